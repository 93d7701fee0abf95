/* SPDX-License-Identifier: Apache-2.0 */
/* Folding: from lock and state file into records, events and the kernel. */
#include "engine/reap.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/strv.h"
#include "engine/exec-session.h"
#include "engine/joins.h"
#include "engine/runtime.h"
#include "engine/shm.h"
#include "engine/volumes.h"
#include "network/names.h"
#include "store/images.h"
#include "sys/cgroup.h"

/* What reap needs of a HostConfig. */
struct host_view {
	char *network_mode, *runtime, *ipc_mode;
};

static const struct json_field host_view_fields[] = {
	FIELD_STR(struct host_view, network_mode, "NetworkMode"),
	FIELD_STR(struct host_view, runtime, "Runtime"),
	FIELD_STR(struct host_view, ipc_mode, "IpcMode"),
};
static const struct json_shape host_view_shape = JSON_SHAPE(struct host_view, host_view_fields, 0);

static void host_view_release(struct host_view *view)
{
	json_release(&host_view_shape, view);
}

int reap_kernel(struct engine *e, const struct container *rec, bool monitor_died, struct error *err)
{
	cleanup(host_view_release) struct host_view host = { NULL, NULL, NULL };
	cleanup(runtime_ref_release) struct runtime_ref runtime = { NULL, NULL };
	int r;

	r = json_decode(&host_view_shape, rec->host, strlen(rec->host), &host, err);
	if (r < 0)
		return r;
	if (monitor_died) {
		r = runtime_find(e, host.runtime, &runtime, err);
		if (r >= 0)
			r = runtime_remove(&runtime, rec->id, err);
		if (r < 0)
			return r;
	}
	if (host.ipc_mode && strcmp(host.ipc_mode, "shareable") == 0)
		shm_unmount(e, rec->id);
	return joins_mode_network(host.network_mode)
		       ? endpoint_withdraw(&e->store, &e->network, rec->id, err)
		       : 0;
}

static int event_die(struct engine *e, const struct container *rec,
		     const struct container_life *life, struct error *err)
{
	cleanup(strmap_release) struct strmap extra = STRMAP_INIT;
	cleanup_free char *code = xasprintf("%lld", (long long)life->exit_code);
	cleanup_free char *seconds =
		xasprintf("%lld", (long long)((life->finished - life->started) / 1000000000));
	int r = 0;

	if (life->oom_killed)
		r = instance_event(e, rec, "oom", NULL, err);
	if (r < 0)
		return r;
	strmap_set(&extra, "execDuration", seconds);
	strmap_set(&extra, "exitCode", code);
	return instance_event(e, rec, "die", &extra, err);
}

/* In a transaction: it is on no network any more. */
static int leave_networks(struct engine *e, const struct container *rec, char ***ret_networks,
			  struct error *err)
{
	cleanup(host_view_release) struct host_view host = { NULL, NULL, NULL };
	int r = json_decode(&host_view_shape, rec->host, strlen(rec->host), &host, err);

	if (r < 0)
		return r;
	if (joins_mode_network(host.network_mode))
		return endpoint_delete(&e->store, rec->id, ret_networks, err);
	return joins_event(e, rec, host.network_mode, "disconnect", err);
}

/* In a transaction: the new life, and what it tells to followers. */
static int reap_write(struct engine *e, const struct container *rec,
		      const struct container_life *life, char ***ret_networks, struct error *err)
{
	bool began_again = life->restart_count > rec->life.restart_count;
	bool ended = life->status == CONTAINER_EXITED || life->status == CONTAINER_RESTARTING;
	int r;

	r = container_set_life(&e->store, rec->id, life, err);
	if (r >= 0 && (ended || began_again))
		r = event_die(e, rec, life, err);
	if (r >= 0 && life->status == CONTAINER_EXITED)
		r = leave_networks(e, rec, ret_networks, err);
	if (r >= 0 && !ended && (began_again || rec->life.status != CONTAINER_RUNNING))
		r = instance_event(e, rec, "start", NULL, err);
	return r;
}

/* Volumes without a name that nobody else has: their records, and their files out of the way. */
static int drop_volumes(struct engine *e, char *const *volumes, struct error *err)
{
	int r = 0;

	if (volumes && !e->temps.name)
		r = layer_temp_new(&e->store, &e->temps, err);
	for (size_t i = 0; r >= 0 && volumes && volumes[i]; i++)
		r = volume_drop(e, volumes[i], &e->temps, err);
	return r;
}

static int remove_write(struct engine *e, const struct container *rec, bool volumes,
			struct error *err)
{
	cleanup(strv_release) char **own = NULL;
	int r = volumes ? volume_mount_own(&e->store, rec->id, &own, err) : 0;

	if (r >= 0)
		r = container_delete(&e->store, rec->id, err);
	if (r >= 0)
		r = drop_volumes(e, own, err);
	return r < 0 ? r : instance_event(e, rec, "destroy", NULL, err);
}

static int image_is_there(struct engine *e, const char *id, bool *ret, struct error *err)
{
	struct image_record rec = IMAGE_RECORD_INIT;
	int r = image_record_get(&e->store, id, &rec, err);

	image_record_release(&rec);
	*ret = r > 0;
	return r < 0 ? r : 0;
}

/* The record is gone: nobody can find it any more; the rest is engine_tidy's. */
static int removed(struct engine *e, struct instance *in, struct error *err)
{
	bool there = true;
	int r = 0;

	strv_push(&e->trash, in->rec.id);
	if (in->rec.image_id[0])
		r = image_is_there(e, in->rec.image_id, &there, err);
	if (!there)
		e->images_loose = true;
	container_release(&in->rec);
	return r;
}

int remove_instance(struct engine *e, struct instance *in, bool volumes, struct error *err)
{
	int r = store_begin(&e->store, err);

	if (r < 0)
		return r;
	r = remove_write(e, &in->rec, volumes || in->rec.auto_remove, err);
	if (r >= 0)
		r = store_commit(&e->store, err);
	if (r < 0) {
		store_rollback(&e->store);
		return r;
	}
	return removed(e, in, err);
}

static int reap_commit(struct engine *e, struct instance *in, const struct container_life *life,
		       bool remove, struct error *err)
{
	cleanup(strv_release) char **networks = NULL;
	int r = store_begin(&e->store, err);

	if (r < 0)
		return r;
	r = reap_write(e, &in->rec, life, &networks, err);
	if (r >= 0 && remove)
		r = remove_write(e, &in->rec, true, err);
	if (r >= 0)
		r = store_commit(&e->store, err);
	if (r < 0) {
		store_rollback(&e->store);
		return r;
	}
	in->rec.life = *life;
	r = names_write_all(&e->store, &e->network, networks, err);
	return r >= 0 && remove ? removed(e, in, err) : r;
}

bool reap_is_left_over(const struct container *rec)
{
	return rec->life.status == CONTAINER_REMOVING ||
	       (rec->auto_remove && rec->life.status == CONTAINER_EXITED);
}

int reap_instance(struct engine *e, struct instance *in, struct error *err)
{
	struct container_life life = in->rec.life;
	struct instance_news news;
	int r;

	r = instance_look(in, &life, &news, err);
	if (r < 0)
		return r;
	if (!news.changed && !news.alive && reap_is_left_over(&in->rec))
		return remove_instance(e, in, false, err);
	if (!news.changed)
		return 0;
	if (life.status != CONTAINER_EXITED)
		return reap_commit(e, in, &life, false, err);
	r = reap_kernel(e, &in->rec, !news.told, err);
	if (r >= 0 && !news.told && unlinkat(in->dirfd, "state", 0) < 0 && errno != ENOENT)
		r = error_set(err, ERR_SYSTEM, errno, "forget the run of container %s", in->rec.id);
	if (r < 0)
		return r;
	/* A monitor that is still about its last steps must find what it removes. */
	return reap_commit(e, in, &life, in->rec.auto_remove && !news.alive, err);
}

/* 1: folded (or gone), 0: somebody else has the mutex. */
static int reap_one(struct engine *e, const char *id, bool wait, struct error *err)
{
	cleanup(instance_release) struct instance in = INSTANCE_INIT;
	struct error own = ERROR_INIT;
	int r = instance_open_unfolded(e, id, wait, &in, &own);

	if (r == -EAGAIN && !own.kind)
		return 0;
	if (r >= 0)
		r = reap_instance(e, &in, &own);
	if (r < 0 && own.kind != ERR_NOT_FOUND) {
		if (err)
			*err = own;
		else
			error_release(&own);
		return r;
	}
	error_release(&own);
	return 1;
}

int reap_if_free(struct engine *e, const char *id, struct error *err)
{
	return reap_one(e, id, false, err);
}

int engine_reap(struct engine *e, const char *id, struct error *err)
{
	int r = reap_one(e, id, true, err);

	return r < 0 ? r : 0;
}

int engine_reap_all(struct engine *e, struct error *err)
{
	struct container *list = NULL;
	size_t n = 0;
	int r, first = 0;

	r = container_list(&e->store, &list, &n, err);
	for (size_t i = 0; r >= 0 && i < n; i++) {
		/* One that cannot be folded does not keep the others from it. */
		int one = engine_reap(e, list[i].id, first < 0 ? NULL : err);

		if (one < 0 && first == 0)
			first = one;
	}
	container_list_free(list, n);
	if (r < 0)
		return r;
	e->sweep_due = true;
	engine_tidy(e);
	if (first < 0)
		return first;
	r = network_sweep(&e->store, &e->network, err);
	return r < 0 ? r : image_sweep(&e->images, err);
}
