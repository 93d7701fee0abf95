/* SPDX-License-Identifier: Apache-2.0 */
/* Matching containers against the filters of `ps`. */
#include "engine/list-filter.h"

#include <errno.h>
#include <string.h>

#include "base/parse.h"
#include "base/strv.h"

static const char *const allowed[] = {
	"ancestor", "before", "exited",	 "expose",  "health", "id",	"is-task", "isolation",
	"label",    "name",   "network", "publish", "since",  "status", "volume",  NULL,
};

void list_filter_release(struct list_filter *f)
{
	for (size_t i = 0; i < f->n_names; i++)
		if (f->names[i].re_nsub != SIZE_MAX)
			regfree(&f->names[i]);
	free(f->names);
	filters_release(&f->filters);
	strv_release(&f->ancestors);
}

static int filter_status(const struct list_filter *f, struct error *err)
{
	char *const *values = filters_get(&f->filters, "status");
	enum container_status status;

	for (size_t i = 0; values && values[i]; i++) {
		if (container_status_parse(values[i], &status) < 0)
			return error_set(
				err, ERR_INVALID, EINVAL,
				"invalid filter 'status=%s': invalid value for state (%s): "
				"must be one of created, running, paused, restarting, "
				"removing, exited, dead",
				values[i], values[i]);
	}
	return 0;
}

static int filter_health(const struct list_filter *f, struct error *err)
{
	static char *const states[] = { (char *)"none", (char *)"starting", (char *)"healthy",
					(char *)"unhealthy", NULL };
	char *const *values = filters_get(&f->filters, "health");

	for (size_t i = 0; values && values[i]; i++) {
		if (!strv_contains(states, values[i]))
			return error_set(err, ERR_INVALID, EINVAL,
					 "invalid filter 'health=%s': invalid value for health "
					 "(%s): must be one of none, starting, healthy, unhealthy",
					 values[i], values[i]);
	}
	return 0;
}

/* "80", "80/tcp", "8000-8010/udp" */
static int filter_ports(const struct list_filter *f, const char *name, struct error *err)
{
	char *const *values = filters_get(&f->filters, name);
	uint16_t first, last;

	for (size_t i = 0; values && values[i]; i++) {
		cleanup_free char *range = xstrndup(values[i], strcspn(values[i], "/"));

		if (parse_port_range(range, &first, &last) < 0)
			return error_set(err, ERR_INVALID, EINVAL, "invalid filter '%s=%s'", name,
					 values[i]);
	}
	return 0;
}

/* No container is a task of a swarm. */
static int filter_task(struct list_filter *f, struct error *err)
{
	return filters_get_bool(&f->filters, "is-task", &f->none, err);
}

static int filter_exited(const struct list_filter *f, struct error *err)
{
	char *const *values = filters_get(&f->filters, "exited");
	int64_t code;

	for (size_t i = 0; values && values[i]; i++) {
		if (parse_i64(values[i], &code) < 0)
			return error_set(err, ERR_INVALID, EINVAL, "invalid filter 'exited=%s'",
					 values[i]);
	}
	return 0;
}

static int filter_time(struct engine *e, const struct list_filter *f, const char *name,
		       int64_t *ret, struct error *err)
{
	cleanup(container_release) struct container rec = CONTAINER_INIT;
	char *const *values = filters_get(&f->filters, name);
	int r;

	if (!values || !values[0])
		return 0;
	r = container_find(&e->store, values[0], &rec, err);
	if (r >= 0)
		*ret = rec.created;
	return r;
}

/* A name that is no image matches nothing. */
static void filter_ancestors(struct engine *e, struct list_filter *f)
{
	char *const *values = filters_get(&f->filters, "ancestor");

	for (size_t i = 0; values && values[i]; i++) {
		struct image image = { 0 };

		if (image_resolve(&e->images, values[i], &image, NULL) < 0)
			continue;
		strv_push(&f->ancestors, image.id);
		image_release(&image);
	}
}

/* Compiled once, not for each container. */
static void filter_names(struct list_filter *f)
{
	char *const *values = filters_get(&f->filters, "name");

	f->names = xcalloc(strv_len(values), sizeof(*f->names));
	for (; values && values[f->n_names]; f->n_names++) {
		regex_t *regex = &f->names[f->n_names];

		if (regcomp(regex, values[f->n_names], REG_EXTENDED | REG_NOSUB) != 0)
			regex->re_nsub = SIZE_MAX;
	}
}

int list_filter_open(struct engine *e, const char *json, struct list_filter *ret, struct error *err)
{
	cleanup(list_filter_release) struct list_filter f = { .filters = FILTERS_INIT };
	int r;

	r = filters_parse(json, &f.filters, err);
	if (r >= 0)
		r = filters_check(&f.filters, allowed, err);
	if (r >= 0)
		r = filter_status(&f, err);
	if (r >= 0)
		r = filter_exited(&f, err);
	if (r >= 0)
		r = filter_health(&f, err);
	if (r >= 0)
		r = filter_ports(&f, "publish", err);
	if (r >= 0)
		r = filter_ports(&f, "expose", err);
	if (r >= 0)
		r = filter_task(&f, err);
	if (r >= 0)
		r = filter_time(e, &f, "before", &f.before, err);
	if (r >= 0)
		r = filter_time(e, &f, "since", &f.since, err);
	if (r < 0)
		return r;
	filter_ancestors(e, &f);
	filter_names(&f);
	f.all = filters_get(&f.filters, "status") || filters_get(&f.filters, "exited");
	*ret = f;
	f = (struct list_filter){ .filters = FILTERS_INIT };
	return 0;
}

static bool text_fits(const regex_t *regex, const char *pattern, const char *text)
{
	if (regex->re_nsub == SIZE_MAX)
		return strstr(text, pattern) != NULL;
	return regexec(regex, text, 0, NULL, 0) == 0;
}

/* A regular expression, tried on the name with and without its slash; links are not looked at. */
static bool name_fits(const struct list_filter *f, const struct container *rec)
{
	char *const *values = filters_get(&f->filters, "name");
	cleanup_free char *slashed = NULL;

	if (!values)
		return true;
	slashed = xasprintf("/%s", rec->name);
	for (size_t i = 0; values[i]; i++)
		if (text_fits(&f->names[i], values[i], slashed) ||
		    text_fits(&f->names[i], values[i], rec->name))
			return true;
	return false;
}

static bool exited_fits(const struct list_filter *f, const struct container *rec)
{
	cleanup_free char *code = xasprintf("%lld", (long long)rec->life.exit_code);

	if (!filters_get(&f->filters, "exited"))
		return true;
	return rec->life.status == CONTAINER_EXITED && filters_match(&f->filters, "exited", code);
}

bool list_filter_record(const struct list_filter *f, const struct container *rec)
{
	if (f->none)
		return false;
	if (f->before && rec->created >= f->before)
		return false;
	if (f->since && rec->created <= f->since)
		return false;
	if (filters_get(&f->filters, "ancestor") && !strv_contains(f->ancestors, rec->image_id))
		return false;
	return filters_match_prefix(&f->filters, "id", rec->id) && name_fits(f, rec) &&
	       filters_match(&f->filters, "status", container_status_name(rec->life.status)) &&
	       exited_fits(f, rec);
}

static bool network_fits(const struct list_filter *f, const struct container_summary *s)
{
	for (size_t i = 0; i < s->network_settings.n_networks; i++) {
		const struct endpoint_settings *ep = &s->network_settings.networks[i];

		if (filters_match(&f->filters, "network", ep->key) ||
		    (ep->network_id && ep->network_id[0] &&
		     filters_match(&f->filters, "network", ep->network_id)))
			return true;
	}
	return !filters_get(&f->filters, "network");
}

static bool volume_fits(const struct list_filter *f, const struct container_summary *s)
{
	for (size_t i = 0; i < s->n_mounts; i++) {
		if (filters_match(&f->filters, "volume", s->mounts[i].destination) ||
		    (s->mounts[i].name &&
		     filters_match(&f->filters, "volume", s->mounts[i].name)) ||
		    (s->mounts[i].source &&
		     filters_match(&f->filters, "volume", s->mounts[i].source)))
			return true;
	}
	return !filters_get(&f->filters, "volume");
}

/* "80", "80/tcp", "8000-8010/udp" against one port. */
static bool port_fits(const char *want, int64_t port, const char *type)
{
	cleanup_free char *range = xstrndup(want, strcspn(want, "/"));
	const char *proto = strchr(want, '/');
	uint16_t first, last;

	return parse_port_range(range, &first, &last) >= 0 && port >= first && port <= last &&
	       strcmp(proto ? proto + 1 : "tcp", type ? type : "tcp") == 0;
}

static bool ports_fit(const struct list_filter *f, const char *name,
		      const struct container_summary *s, bool published)
{
	char *const *values = filters_get(&f->filters, name);

	for (size_t i = 0; values && values[i]; i++) {
		for (size_t j = 0; j < s->n_ports; j++) {
			const struct port_summary *p = &s->ports[j];

			if (port_fits(values[i], published ? p->public_port : p->private_port,
				      p->type))
				return true;
		}
	}
	return !values;
}

bool list_filter_needs_summary(const struct list_filter *f)
{
	static const char *const of_summary[] = { "label", "network", "volume", "publish",
						  "expose" };

	for (size_t i = 0; i < ARRAY_SIZE(of_summary); i++)
		if (filters_get(&f->filters, of_summary[i]))
			return true;
	return false;
}

bool list_filter_summary(const struct list_filter *f, const struct container_summary *summary)
{
	return filters_match_labels(&f->filters, "label", &summary->labels) &&
	       network_fits(f, summary) && volume_fits(f, summary) &&
	       ports_fit(f, "publish", summary, true) && ports_fit(f, "expose", summary, false);
}

bool list_filter_health(const struct list_filter *f, const char *health)
{
	return filters_match(&f->filters, "health", health ? health : "none");
}
