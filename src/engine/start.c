/* SPDX-License-Identifier: Apache-2.0 */
/*
 * start: namespaces and endpoints, files, config.json, then hoy-monitor, which says on a pipe when
 * the container's process runs. The order is that of the records: leases first, the record last, so
 * that whatever is killed in between, reap finds it.
 */
#include "engine/health.h"
#include "engine/start.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/parse.h"
#include "base/strv.h"
#include "engine/copy-root.h"
#include "engine/files.h"
#include "engine/joins.h"
#include "engine/launch.h"
#include "engine/reap.h"
#include "engine/runtime.h"
#include "engine/spec.h"
#include "engine/start-net.h"
#include "layer/layer.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "sys/lock.h"
#include "sys/path.h"
#include "sys/process.h"

static void launch_release(struct launch *l)
{
	container_config_release(&l->config);
	host_config_release(&l->host);
	networking_config_release(&l->networking);
	start_spaces_release(&l->spaces);
	links_release(&l->links);
	layer_stack_release(&l->layers);
	runtime_ref_release(&l->runtime);
	macros_close_fd(&l->lock_fd);
	macros_close_fd(&l->ready_read);
	macros_close_fd(&l->ready_write);
	macros_close_fd(&l->monitor_pidfd);
	free(l->dir);
	free(l->upper);
	free(l->work);
	free(l->users_dir);
	log_setup_release(&l->log);
	strv_free(l->exit_command);
	strv_free(l->health_command);
	strv_free(l->resolver_command);
}

static int launch_read(struct engine *e, const struct instance *in, struct launch *l,
		       struct error *err)
{
	int r;

	r = instance_config(in, &l->config, err);
	if (r >= 0)
		r = instance_host_config(in, &l->host, err);
	if (r >= 0)
		r = instance_networking(in, &l->networking, err);
	return r < 0 ? r : runtime_find(e, l->host.runtime, &l->runtime, err);
}

/* The file of the run before: its monitor may be just ending, and still have it. */
static int launch_lock_old(const struct instance *in)
{
	cleanup_fd int fd = lock_open_at(in->dirfd, "lock");
	int r = fd < 0 ? fd : lock_take(fd);

	if (r < 0)
		return r;
	return unlinkat(in->dirfd, "lock", 0) < 0 ? -errno : 0;
}

/* The lock goes to the monitor. Each run has a file of its own (monitor_run_open); the mutex keeps
 * others from making one. */
static int launch_lock(const struct instance *in, struct launch *l, struct error *err)
{
	int r = lock_make_at(in->dirfd, "lock");

	if (r == -EEXIST) {
		r = launch_lock_old(in);
		if (r == 0)
			r = lock_make_at(in->dirfd, "lock");
	}
	if (r >= 0) {
		l->lock_fd = r;
		r = lock_take(l->lock_fd);
	}
	if (r >= 0 && unlinkat(in->dirfd, "state", 0) < 0 && errno != ENOENT)
		r = -errno;
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "take the lock of container %s", in->rec.id)
		     : 0;
}

/* A volatile overlay (--rm) leaves a mark that forbids a second mount, for after a crash of the
 * machine its upper may not be whole. After a mere restart it is
 * (Documentation/filesystems/overlayfs.rst). */
static void launch_renew_work(const struct launch *l)
{
	cleanup_free char *mark = NULL;

	if (!l->host.auto_remove)
		return;
	mark = xasprintf("%s/work/incompat", l->work);
	ignore_result(dir_remove_all_at(AT_FDCWD, mark));
}

/* Its "/" belongs to the container's root. */
static int launch_own_upper(const struct launch *l, struct error *err)
{
	const struct idmaps *maps = &l->spaces.maps;
	uint32_t uid, gid;
	struct stat st;

	if (maps->n_uids == 0)
		return 0;
	if (lstat(l->upper, &st) == 0 && st.st_uid != 0)
		return 0; /* what the container made of it */
	if (idmap_outside(maps->uids, maps->n_uids, 0, &uid) < 0 ||
	    idmap_outside(maps->gids, maps->n_gids, 0, &gid) < 0 || lchown(l->upper, uid, gid) < 0)
		return error_set(err, ERR_SYSTEM, errno, "give %s to the container's root",
				 l->upper);
	return 0;
}

static int launch_layers(struct engine *e, const struct container *rec, struct launch *l,
			 struct error *err)
{
	cleanup(strv_release) char **diff_ids = NULL;
	int r;

	if (l->host.rootfs && l->host.rootfs[0])
		return 0;
	l->upper = instance_data_path(e, rec->id, "upper");
	l->work = instance_data_path(e, rec->id, "work");
	l->users_dir = path_join(e->config->run_root, "layers");
	launch_renew_work(l);
	r = launch_own_upper(l, err);
	if (r < 0)
		return r;
	diff_ids = rec->layers[0] ? strv_split(rec->layers, ' ') : NULL;
	return layer_stack_open(&e->store, diff_ids, &l->layers, err);
}

/* A namespace as config.json names it. Ours inherits the fd from the monitor, for every restart: a
 * path with a pid in it could be somebody else's by then. Other runtimes close what they do not
 * know: for them @path. NULL: none. Owned. */
static char *space_path(const struct launch *l, int fd, const char *path)
{
	if (fd < 0)
		return NULL;
	if (l->host.runtime && strcmp(l->host.runtime, RUNTIME_NAME) == 0)
		return xasprintf("/proc/self/fd/%d", fd);
	return xstrdup(path);
}

static int launch_bundle(struct engine *e, const struct instance *in, struct launch *l,
			 struct error *err)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	const struct start_spaces *s = &l->spaces;
	cleanup_free char *netns_file = instance_run_path(e, in->rec.id, "netns");
	cleanup_free char *netns = space_path(l, s->netns_fd, netns_file); /* see netns_bind */
	cleanup_free char *userns = space_path(l, s->userns_fd, NULL);
	cleanup_free char *pid = space_path(l, s->pid_fd, s->pid_path);
	cleanup_free char *ipc = space_path(l, s->ipc_fd, s->ipc_path);
	cleanup_fd int fd = -1;
	int r;

	r = spec_write(
		e,
		&(struct spec_inputs){
			.rec = &in->rec,
			.config = &l->config,
			.host = &l->host,
			.lower = l->layers.lower,
			.upper = l->upper,
			.rootfs = l->host.rootfs && l->host.rootfs[0] ? l->host.rootfs : NULL,
			.netns_path = netns,
			.userns_path = userns,
			.maps = &s->maps,
			.pid_path = pid,
			.ipc_path = ipc,
			.shm_path = s->shm_path,
			.links_env = l->links.env,
		},
		&text, err);
	if (r < 0)
		return r;
	fd = openat(in->dirfd, "config.json", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	r = fd < 0 ? -errno : fd_write_all(fd, text.data, text.len);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "write config.json of container %s",
				 in->rec.id)
		     : 0;
}

/* Namespaces and endpoints, and the files that tell of them. */
static int launch_network(struct engine *e, const struct instance *in, struct launch *l,
			  struct error *err)
{
	cleanup_fd int lock_fd = -1;
	int r = files_lock(e, in->rec.id, &l->host, &lock_fd, err);

	if (r >= 0)
		r = links_read(e, &in->rec, &l->host, &l->links, err);
	if (r >= 0)
		r = start_spaces_open(e, &in->rec, &l->config, &l->host, &l->networking, &l->spaces,
				      err);
	return r < 0 ? r
		     : files_write(e,
				   &(struct files_inputs){
					   .rec = &in->rec,
					   .config = &l->config,
					   .host = &l->host,
					   .endpoints = l->spaces.endpoints,
					   .n_endpoints = l->spaces.n_endpoints,
					   .resolver = l->spaces.resolver,
					   .links = l->links.hosts,
					   .shared_id = l->spaces.net_peer,
				   },
				   err);
}

static int launch_all(struct engine *e, struct instance *in, struct launch *l, int64_t *ret_pid,
		      int64_t *ret_code, struct error *err)
{
	int r;

	*ret_code = EXIT_START_FAILED;
	r = copy_root_settle(in, err);
	if (r >= 0)
		r = launch_lock(in, l, err);
	if (r >= 0)
		r = launch_network(e, in, l, err);
	if (r >= 0)
		r = launch_layers(e, &in->rec, l, err);
	if (r >= 0)
		r = launch_bundle(e, in, l, err);
	if (r >= 0)
		r = launch_monitor(e, in, l, err);
	return r < 0 ? r : launch_ready(l, ret_pid, ret_code, err);
}

/* l: of a start that went well; NULL: it failed. */
static int start_write(struct engine *e, const struct instance *in,
		       const struct container_life *life, const struct launch *l, struct error *err)
{
	int r = store_begin(&e->store, err);

	if (r < 0)
		return r;
	r = container_set_life(&e->store, in->rec.id, life, err);
	if (r >= 0)
		r = container_set_stopped(&e->store, in->rec.id, false, err);
	if (r >= 0 && l)
		r = health_begin(e, &in->rec, &l->config, err);
	if (r >= 0 && l)
		r = joins_event(e, &in->rec, l->host.network_mode, "connect", err);
	if (r >= 0 && l)
		r = instance_event(e, &in->rec, "start", NULL, err);
	if (r >= 0)
		return store_commit(&e->store, err);
	store_rollback(&e->store);
	return r;
}

/* The record says why it does not run; best effort, the start's own error is what counts. */
static void start_failed(struct engine *e, struct instance *in, int64_t code,
			 const struct error *why)
{
	struct container_life life = {
		.status = in->rec.life.status == CONTAINER_CREATED ? CONTAINER_CREATED
								   : CONTAINER_EXITED,
		.exit_code = code,
		.started = in->rec.life.started,
		.finished = in->rec.life.finished,
		.error = (char *)error_text(why),
	};

	struct monitor_state state = { 0 };
	bool killed = monitor_state_read_at(in->dirfd, "state", &state) >= 0 &&
		      state.status != MONITOR_STOPPED;

	monitor_state_release(&state);
	if (reap_kernel(e, &in->rec, killed, NULL) >= 0)
		ignore_result(endpoint_forget(&e->store, &e->network, in->rec.id, NULL));
	if (killed)
		(void)unlinkat(in->dirfd, "state", 0);
	ignore_result(start_write(e, in, &life, NULL, NULL));
}

int start_instance(struct engine *e, struct instance *in, struct error *err)
{
	cleanup(launch_release) struct launch l = LAUNCH_INIT;
	struct container_life life = { .status = CONTAINER_RUNNING };
	struct error own = ERROR_INIT;
	struct error *why = err ? err : &own;
	int64_t code;
	int r;

	r = launch_read(e, in, &l, why);
	if (r >= 0) {
		r = launch_all(e, in, &l, &life.pid, &code, why);
		if (r < 0)
			start_failed(e, in, code, why);
	}
	if (r >= 0) {
		life.started = clock_now();
		free(in->rec.life.error);
		in->rec.life = life;
		r = start_write(e, in, &life, &l, why);
		links_follow(e, &in->rec, in->dirfd, l.spaces.endpoints, l.spaces.n_endpoints);
	}
	error_release(&own);
	return r;
}

static int start_check(const struct instance *in, struct error *err)
{
	switch (in->rec.life.status) {
	case CONTAINER_RUNNING:
	case CONTAINER_RESTARTING:
		return -EALREADY;
	case CONTAINER_PAUSED:
		return error_set(err, ERR_CONFLICT, 0,
				 "cannot start a paused container, try unpause instead");
	case CONTAINER_REMOVING:
	case CONTAINER_DEAD:
		return error_set(err, ERR_CONFLICT, 0,
				 "container is marked for removal and cannot be started");
	default:
		return 0;
	}
}

int engine_start(struct engine *e, const char *ref, struct error *err)
{
	cleanup(instance_release) struct instance in = INSTANCE_INIT;
	int r = instance_open_locked(e, ref, &in, err);

	if (r >= 0)
		r = start_check(&in, err);
	if (r < 0)
		return r;
	r = start_instance(e, &in, err);
	if (r < 0 && in.rec.auto_remove)
		ignore_result(remove_instance(e, &in, true, NULL));
	return r;
}
