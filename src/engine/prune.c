/* SPDX-License-Identifier: Apache-2.0 */
/* container prune. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/strv.h"
#include "engine/instance.h"
#include "engine/usage.h"
#include "store/events.h"
#include "sys/disk-usage.h"
#include "wire/filters.h"

static bool is_wanted(const struct filters *filters, int64_t until, const struct instance *in,
		      const struct container_config *config)
{
	return in->rec.created < until && filters_match_labels(filters, "label", &config->labels) &&
	       !filters_spare(filters, &config->labels);
}

/* One that was started meanwhile, or removed by another, is no failure. */
static int prune_one(struct engine *e, const struct filters *filters, int64_t until,
		     struct container *rec, struct container_prune_response *ret, struct error *err)
{
	cleanup(container_config_release) struct container_config config = { 0 };
	cleanup(instance_release) struct instance in = INSTANCE_INIT;
	const struct engine_remove_options opts = { .force = false };
	cleanup(error_release) struct error own = ERROR_INIT;
	cleanup_free char *upper = instance_data_path(e, rec->id, "upper");
	int64_t size = 0;
	int r = instance_from_record(e, rec, &in, &own);

	if (r == -ENOENT && own.kind == ERR_NONE)
		return 0;
	if (r >= 0 && container_status_is_up(in.rec.life.status))
		return 0;
	if (r >= 0)
		r = instance_config(&in, &config, &own);
	if (r >= 0 && !is_wanted(filters, until, &in, &config))
		return 0;
	if (r >= 0 && disk_usage_at(AT_FDCWD, upper, &size) < 0)
		size = 0;
	if (r >= 0)
		r = engine_remove(e, in.rec.id, &opts, &own);
	if (r >= 0) {
		strv_push(&ret->containers_deleted, in.rec.id);
		ret->space_reclaimed += size;
		return 0;
	}
	if (own.kind == ERR_CONFLICT || own.kind == ERR_NOT_FOUND)
		return 0;
	return error_set(err, own.kind, 0, "%s", error_text(&own));
}

static int prune_event(struct engine *e, int64_t reclaimed, struct error *err)
{
	cleanup(strmap_release) struct strmap attributes = STRMAP_INIT;
	cleanup_free char *text = xasprintf("%lld", (long long)reclaimed);

	strmap_set(&attributes, "reclaimed", text);
	return event_record(&e->store, "container", "prune", "", &attributes, err);
}

int engine_container_prune(struct engine *e, const char *filters_json,
			   struct container_prune_response *ret, struct error *err)
{
	static const char *const allowed[] = { "label", "label!", "until", NULL };
	cleanup(filters_release) struct filters filters = FILTERS_INIT;
	struct container *list = NULL;
	int64_t until;
	size_t n = 0;
	int r = filters_parse(filters_json, &filters, err);

	if (r >= 0)
		r = filters_check(&filters, allowed, err);
	if (r >= 0)
		r = filters_get_until(&filters, &until, err);
	if (r >= 0)
		r = container_list(&e->store, &list, &n, err);
	for (size_t i = 0; r >= 0 && i < n; i++)
		r = prune_one(e, &filters, until, &list[i], ret, err);
	container_list_free(list, n);
	return r < 0 ? r : prune_event(e, ret->space_reclaimed, err);
}
