/* SPDX-License-Identifier: Apache-2.0 */
/* Networks made, removed and pruned, with their events. */
#include "engine/networks.h"

#include <errno.h>
#include <string.h>

#include "base/strv.h"
#include "store/events.h"
#include "wire/filters.h"

static int network_event(struct engine *e, const char *action, const char *id, const char *name,
			 const char *driver)
{
	cleanup(strmap_release) struct strmap attributes = STRMAP_INIT;
	int r;

	strmap_set(&attributes, "name", name);
	strmap_set(&attributes, "type", driver && driver[0] ? driver : "bridge");
	r = store_begin(&e->store, NULL);
	if (r >= 0)
		r = event_record(&e->store, "network", action, id, &attributes, NULL);
	if (r >= 0)
		r = store_commit(&e->store, NULL);
	if (r < 0)
		store_rollback(&e->store);
	return r;
}

int engine_network_create(struct engine *e, const struct network_create_request *req, char **ret_id,
			  struct error *err)
{
	int r = network_create(&e->store, &e->network, req, ret_id, err);

	if (r >= 0) /* it is made: that nobody hears of it is no reason to say it is not */
		ignore_result(network_event(e, "create", *ret_id, req->name, req->driver));
	return r;
}

static int remove_record(struct engine *e, const struct network_record *rec, struct error *err)
{
	int r = network_remove(&e->store, &e->network, rec, err);

	if (r >= 0)
		ignore_result(network_event(e, "destroy", rec->id, rec->name, rec->driver));
	return r;
}

/* Endpoints of containers whose end nobody has noticed yet are none. */
static int fold_users(struct engine *e, const char *network_id, struct error *err)
{
	struct endpoint_record *eps = NULL;
	size_t n = 0;
	int r = endpoint_record_list(&e->store, NULL, network_id, &eps, &n, err);

	for (size_t i = 0; r >= 0 && i < n; i++)
		r = engine_reap(e, eps[i].container_id, err);
	endpoint_record_list_free(eps, n);
	return r;
}

int engine_network_remove(struct engine *e, const char *ref, struct error *err)
{
	cleanup(network_record_release) struct network_record rec = { 0 };
	int r = network_record_find(&e->store, ref, &rec, err);

	if (r >= 0)
		r = fold_users(e, rec.id, err);
	return r < 0 ? r : remove_record(e, &rec, err);
}

static const char *const prune_filters[] = { "label", "label!", "until", NULL };

/* 1: it is to go. */
static int prune_wants(struct engine *e, const struct filters *filters, int64_t until,
		       const struct network_record *rec, struct error *err)
{
	cleanup(network_create_request_release) struct network_create_request said = { 0 };
	struct endpoint_record *eps = NULL;
	size_t n = 0;
	int r;

	if (rec->builtin || rec->created >= until)
		return 0;
	r = network_describe(&e->network, rec, &said, err);
	if (r < 0 || !filters_match_labels(filters, "label", &said.labels) ||
	    filters_spare(filters, &said.labels))
		return r;
	r = fold_users(e, rec->id, err);
	if (r >= 0)
		r = endpoint_record_list(&e->store, NULL, rec->id, &eps, &n, err);
	endpoint_record_list_free(eps, n);
	return r < 0 ? r : n == 0;
}

int engine_network_prune(struct engine *e, const char *filters_json, char ***ret_names,
			 struct error *err)
{
	cleanup(filters_release) struct filters filters = FILTERS_INIT;
	cleanup(strv_release) char **names = NULL;
	struct network_record *list = NULL;
	int64_t until;
	size_t n = 0;
	int r = filters_parse(filters_json, &filters, err);

	if (r >= 0)
		r = filters_check(&filters, prune_filters, err);
	if (r >= 0)
		r = filters_get_until(&filters, &until, err);
	if (r >= 0)
		r = network_record_list(&e->store, &list, &n, err);
	for (size_t i = 0; r >= 0 && i < n; i++) {
		r = prune_wants(e, &filters, until, &list[i], err);
		/* somebody joined it just now, or removed it: it is not ours to remove */
		if (r > 0 && remove_record(e, &list[i], NULL) >= 0)
			strv_push(&names, list[i].name);
	}
	network_record_list_free(list, n);
	if (r < 0)
		return r;
	*ret_names = take_ptr(names);
	return 0;
}
