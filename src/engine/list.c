/* SPDX-License-Identifier: Apache-2.0 */
/* ps: the records, corrected by what lives, filtered and put into the API's shape. */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/parse.h"
#include "base/strv.h"
#include "engine/disk.h"
#include "engine/health.h"
#include "engine/list-filter.h"
#include "engine/ports.h"
#include "engine/view.h"
#include "engine/volume-mounts.h"

/* A row on its way, with what it is made from. */
struct row {
	struct container_config config;
	struct host_config host;
	struct networking_config networking;
	struct endpoint *eps;
	size_t n_eps;
	struct health *health;
};

static void row_release(struct row *row)
{
	container_config_release(&row->config);
	host_config_release(&row->host);
	networking_config_release(&row->networking);
	endpoint_list_free(row->eps, row->n_eps);
	if (row->health)
		health_release(row->health);
	free(row->health);
}

static int row_read(struct engine *e, const struct instance *in, struct row *row, struct error *err)
{
	int r;

	r = instance_config(in, &row->config, err);
	if (r >= 0)
		r = instance_host_config(in, &row->host, err);
	if (r >= 0)
		r = instance_networking(in, &row->networking, err);
	if (r >= 0)
		r = health_read(e, &in->rec, &row->config, &row->health, err);
	if (r < 0 || in->rec.life.status == CONTAINER_EXITED ||
	    in->rec.life.status == CONTAINER_CREATED)
		return r;
	return endpoint_list(&e->store, in->rec.id, &row->eps, &row->n_eps, err);
}

static int row_summary(struct engine *e, const struct instance *in, const struct row *row,
		       int64_t now, struct container_summary *s, struct error *err)
{
	cleanup(mount_list_release) struct mount_list mounts = { NULL, 0 };
	const struct container *rec = &in->rec;
	int r = volume_mounts_read(e, rec->id, &row->config, &row->host, &mounts, err);

	if (r < 0)
		return r;
	*s = (struct container_summary){
		.id = xstrdup(rec->id),
		.image = xstrdup(rec->image[0] ? rec->image : row->host.rootfs),
		.image_id = xstrdup(rec->image_id),
		.command = view_command(rec),
		.created = rec->created / 1000000000,
		.state = xstrdup(container_status_name(rec->life.status)),
		.status = view_status(&rec->life, row->health, now),
		.host_config.network_mode = xstrdup(row->host.network_mode),
	};
	if (row->health) {
		s->health = xcalloc(1, sizeof(*s->health));
		s->health->status = xstrdup(row->health->status);
		s->health->failing_streak = row->health->failing_streak;
	}
	strv_pushf(&s->names, "/%s", rec->name);
	strmap_copy(&s->labels, &row->config.labels);
	strmap_copy(&s->host_config.annotations, &row->host.annotations);
	ports_summary(&row->config, row->eps, row->n_eps, rec->life.status == CONTAINER_RUNNING,
		      &s->ports, &s->n_ports);
	view_mounts(&mounts, &s->mounts, &s->n_mounts);
	view_networks(rec, &row->host, &row->networking, row->eps, row->n_eps,
		      &s->network_settings.networks, &s->network_settings.n_networks);
	return 0;
}

/* 1: it is in the list, 0: it is not. */
static int list_one(struct engine *e, struct container *rec, const struct list_filter *filter,
		    const struct container_list_options *opts, struct container_summary *ret,
		    struct error *err)
{
	cleanup(instance_release) struct instance in = INSTANCE_INIT;
	cleanup(row_release) struct row row = { 0 };
	struct container_summary s = { 0 };
	enum container_status status;
	int r = instance_from_record(e, rec, &in, err);

	if (r < 0)
		return r == -ENOENT && !(err && err->kind) ? 0 : r;
	status = in.rec.life.status;
	if (!opts->all && !filter->all && opts->limit <= 0 && status != CONTAINER_RUNNING &&
	    status != CONTAINER_PAUSED && status != CONTAINER_RESTARTING)
		return 0;
	if (!list_filter_record(filter, &in.rec))
		return 0;
	r = row_read(e, &in, &row, err);
	if (r >= 0)
		r = row_summary(e, &in, &row, clock_now(), &s, err);
	if (r >= 0 && opts->size)
		r = disk_container_size(e, &in.rec, &s.size_rw, &s.size_root_fs, err);
	if (r < 0 || !list_filter_config(filter, &row.config, &row.host, &s)) {
		container_summary_release(&s);
		return r < 0 ? r : 0;
	}
	*ret = s;
	return 1;
}

int engine_list(struct engine *e, const struct container_list_options *opts,
		struct container_summary **ret, size_t *ret_n, struct error *err)
{
	cleanup(list_filter_release) struct list_filter filter = { .filters = FILTERS_INIT };
	struct container_summary *out;
	struct container *recs = NULL;
	size_t n_recs = 0, n = 0;
	int r;

	r = list_filter_open(e, opts->filters_json, &filter, err);
	if (r >= 0)
		r = container_list(&e->store, &recs, &n_recs, err);
	if (r < 0)
		return r;
	e->sweep_due = true;
	out = xcalloc(n_recs + 1, sizeof(*out));
	for (size_t i = 0; r >= 0 && i < n_recs; i++) {
		if (opts->limit > 0 && n >= (size_t)opts->limit)
			break;
		r = list_one(e, &recs[i], &filter, opts, &out[n], err);
		n += r > 0;
	}
	container_list_free(recs, n_recs);
	if (r < 0) {
		json_release_array(&container_summary_shape, out, n);
		return r;
	}
	*ret = out;
	*ret_n = n;
	return 0;
}
