/* SPDX-License-Identifier: Apache-2.0 */
/* commit: a container's changes and config become an image. */
#include <errno.h>
#include <string.h>

#include "base/strv.h"
#include "engine/changes.h"
#include "engine/create-parts.h"
#include "engine/packing.h"
#include "engine/thaw.h"
#include "image/find.h"

struct commit {
	struct engine *e;
	const struct engine_commit_options *opts;
	struct instance in;
	struct packing packing;
	struct transfer_child child;
	bool paused; /* by us */
	struct thaw thaw;
};

static void commit_release(struct commit *c)
{
	instance_release(&c->in);
	packing_release(&c->packing);
	transfer_child_release(&c->child);
	thaw_done(&c->thaw);
}

static int commit_pause(struct commit *c, struct error *err)
{
	int r;

	if (!c->opts->pause || c->in.rec.life.status != CONTAINER_RUNNING)
		return 0;
	r = thaw_guard(c->e, c->in.rec.id, &c->thaw, err);
	if (r >= 0)
		r = engine_pause(c->e, c->in.rec.id, err);
	c->paused = r >= 0;
	return r;
}

/* Somebody else may have let it go, or ended it: as good. */
static void commit_unpause(struct commit *c)
{
	if (c->paused)
		ignore_result(engine_unpause(c->e, c->in.rec.id, NULL));
	c->paused = false;
	thaw_done(&c->thaw);
}

static int source_open(void *arg, int *ret_fd, struct error *err)
{
	struct commit *c = arg;
	int r = commit_pause(c, err);

	return r < 0 ? r : packing_start(&c->packing, &c->child, ret_fd, err);
}

static int source_end(void *arg, bool *ret_empty, struct error *err)
{
	struct commit *c = arg;
	int r = transfer_child_wait(&c->child, err);

	commit_unpause(c);
	*ret_empty = c->child.size == 0;
	return r;
}

static struct image_health *take_health(struct health_config *from)
{
	struct image_health *to;

	if (!from)
		return NULL;
	to = xcalloc(1, sizeof(*to));
	*to = (struct image_health){
		.test = take_ptr(from->test),
		.interval = from->interval,
		.timeout = from->timeout,
		.start_period = from->start_period,
		.start_interval = from->start_interval,
		.retries = from->retries,
	};
	return to;
}

/* What of a container's config is an image's. */
static void take_config(struct container_config *from, struct image_run_config *to)
{
	*to = (struct image_run_config){
		.user = take_ptr(from->user),
		.exposed_ports = take_ptr(from->exposed_ports),
		.env = take_ptr(from->env),
		.cmd = take_ptr(from->cmd),
		.entrypoint = take_ptr(from->entrypoint),
		.volumes = take_ptr(from->volumes),
		.working_dir = take_ptr(from->working_dir),
		.stop_signal = take_ptr(from->stop_signal),
		.stop_timeout = from->stop_timeout,
		.healthcheck = take_health(from->healthcheck),
		.on_build = take_ptr(from->on_build),
		.shell = take_ptr(from->shell),
		.args_escaped = from->args_escaped,
		.labels = from->labels,
	};
	from->labels = (struct strmap)STRMAP_INIT;
}

static void run_config_release(struct image_run_config *config)
{
	json_release(&image_run_config_shape, config);
}

/* The request's config, if it has one, over the container's. */
static void commit_config(const struct commit *c, struct container_config *own,
			  struct image_run_config *ret)
{
	cleanup(run_config_release) struct image_run_config base = { 0 };

	if (!c->opts->config) {
		take_config(own, ret);
		return;
	}
	take_config(own, &base);
	create_merge(c->opts->config, &base);
	take_config(c->opts->config, ret);
}

static int commit_event(struct commit *c, const char *id, struct error *err)
{
	cleanup(strmap_release) struct strmap extra = STRMAP_INIT;
	cleanup_free char *full = NULL, *name = NULL;

	if (c->opts->repository && *c->opts->repository)
		full = xasprintf("%s:%s", c->opts->repository,
				 c->opts->tag && *c->opts->tag ? c->opts->tag : "latest");
	name = full ? image_familiar(full) : NULL;
	strmap_set(&extra, "comment", c->opts->comment ? c->opts->comment : "");
	strmap_set(&extra, "imageID", id);
	strmap_set(&extra, "imageRef", name ? name : "");
	return instance_event(c->e, &c->in.rec, "commit", &extra, err);
}

static int commit_run(struct commit *c, char **ret_id, struct error *err)
{
	cleanup(container_config_release) struct container_config own = { 0 };
	cleanup(run_config_release) struct image_run_config config = { 0 };
	cleanup_free char *created_by = NULL;
	struct image_commit_options opts = {
		.parent_id = c->in.rec.image_id,
		.diff_ids = c->packing.diff_ids,
		.config = &config,
		.changes = c->opts->changes,
		.repository = c->opts->repository,
		.tag = c->opts->tag,
		.comment = c->opts->comment,
		.author = c->opts->author,
		.source = { source_open, source_end, c },
	};
	int r = instance_config(&c->in, &own, err);

	if (r < 0)
		return r;
	created_by = strv_join(own.cmd, " ");
	opts.created_by = created_by;
	commit_config(c, &own, &config);
	r = image_commit(&c->e->images, &opts, ret_id, err);
	commit_unpause(c);
	return r < 0 ? r : commit_event(c, *ret_id, err);
}

int engine_commit(struct engine *e, const struct engine_commit_options *opts, char **ret_id,
		  struct error *err)
{
	cleanup(commit_release) struct commit c = {
		.e = e,
		.opts = opts,
		.in = INSTANCE_INIT,
		.packing = PACKING_INIT,
		.child = TRANSFER_CHILD_INIT,
		.thaw = THAW_INIT,
	};
	int r = instance_open(e, opts->container, &c.in, err);

	if (r < 0)
		return r;
	if (c.in.rec.life.status == CONTAINER_REMOVING || c.in.rec.life.status == CONTAINER_DEAD)
		return error_set(err, ERR_CONFLICT, EBUSY,
				 "You cannot commit container %s which is %s", c.in.rec.id,
				 c.in.rec.life.status == CONTAINER_DEAD ? "Dead" : "being removed");
	r = packing_open(e, &c.in.rec, &c.packing, err);
	return r < 0 ? r : commit_run(&c, ret_id, err);
}
