/* SPDX-License-Identifier: Apache-2.0 */
/* Making and borrowing namespaces for a start. */
#include "engine/start-net.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "engine/joins.h"
#include "engine/shm.h"
#include "sys/namespace.h"
#include "sys/process.h"

#define CONTAINER_PREFIX "container:"

const char *mode_container(const char *mode)
{
	size_t len = strlen(CONTAINER_PREFIX);

	return mode && strncmp(mode, CONTAINER_PREFIX, len) == 0 ? mode + len : NULL;
}

void start_spaces_release(struct start_spaces *s)
{
	idmaps_release(&s->maps);
	macros_close_fd(&s->userns_fd);
	macros_close_fd(&s->netns_fd);
	endpoint_list_free(s->endpoints, s->n_endpoints);
	free(s->resolver_name);
	free(s->net_peer);
	macros_close_fd(&s->pid_fd);
	macros_close_fd(&s->ipc_fd);
	free(s->pid_path);
	free(s->ipc_path);
	free(s->shm_path);
	*s = (struct start_spaces)START_SPACES_INIT;
}

/* What a running container's init is in. */
struct peer_space {
	char *path, *id; /* its file; the container's full id */
	int fd;
};

#define PEER_SPACE_INIT                                                                            \
	{                                                                                          \
		.fd = -1                                                                           \
	}

static void peer_space_release(struct peer_space *space)
{
	free(space->path);
	free(space->id);
	macros_close_fd(&space->fd);
}

/* The pid is still that process: asked after its file was opened. */
static int peer_check(const struct instance *peer, pid_t *ret_pid, const char *type,
		      struct peer_space *ret)
{
	struct monitor_state state = { 0 };
	uint64_t start = 0;
	int r = monitor_state_read_at(peer->dirfd, "state", &state);

	if (r >= 0) {
		ret->path = xasprintf("/proc/%d/ns/%s", (int)state.pid, type);
		ret->fd = open(ret->path, O_RDONLY | O_CLOEXEC);
		r = ret->fd < 0 ? -errno : process_start_time(state.pid, &start);
	}
	if (r >= 0 && start != state.pid_start)
		r = -ESRCH;
	*ret_pid = state.pid;
	monitor_state_release(&state);
	return r;
}

static int peer_namespace(struct engine *e, const char *ref, const char *what, const char *type,
			  struct peer_space *ret, struct error *err)
{
	cleanup(instance_release) struct instance peer = INSTANCE_INIT;
	pid_t pid;
	int r = instance_open(e, ref, &peer, err);

	if (r < 0)
		return r;
	if ((peer.rec.life.status != CONTAINER_RUNNING &&
	     peer.rec.life.status != CONTAINER_PAUSED) ||
	    peer.rec.life.pid <= 0)
		return error_set(err, ERR_CONFLICT, 0,
				 "cannot join %s of a non running container: %s", what,
				 peer.rec.id);
	r = peer_check(&peer, &pid, type, ret);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "find process %d of container %s", (int)pid,
				 peer.rec.id);
	ret->id = take_ptr(peer.rec.id);
	return 0;
}

int container_netns_open(struct engine *e, const char *id, int *ret_fd, struct error *err)
{
	cleanup(peer_space_release) struct peer_space space = PEER_SPACE_INIT;
	int r = peer_namespace(e, id, "network", "net", &space, err);

	if (r < 0)
		return r;
	*ret_fd = take_fd(&space.fd);
	return 0;
}

/* The fd of namespaces that belong to a user namespace; made with them, or in one that is shared.
 */
static int spaces_own_network(struct start_spaces *s, struct error *err)
{
	int r;

	if (s->maps.n_uids == 0)
		return netns_new(&s->netns_fd, err);
	if (s->userns_fd >= 0)
		r = s->netns_fd = idmap_net_of(s->userns_fd);
	else
		r = idmap_userns_and_net(s->maps.uids, s->maps.n_uids, s->maps.gids, s->maps.n_gids,
					 &s->userns_fd, &s->netns_fd);
	if (r == -ENOSPC)
		return error_set(err, ERR_SYSTEM, ENOSPC,
				 "this machine allows no further user namespace "
				 "(user.max_user_namespaces)");
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "create a user namespace");
	return netns_adopt(s->netns_fd, err);
}

static int spaces_network(struct engine *e, const struct container *rec,
			  const struct container_config *config, const struct host_config *host,
			  const struct networking_config *networking, struct start_spaces *s,
			  struct error *err)
{
	const char *mode = host->network_mode && host->network_mode[0] ? host->network_mode
								       : "bridge";
	const char *peer = mode_container(mode);
	cleanup(peer_space_release) struct peer_space space = PEER_SPACE_INIT;
	int r;

	if (strcmp(mode, "host") == 0)
		return 0;
	if (peer) {
		r = peer_namespace(e, peer, "network", "net", &space, err);
		s->netns_fd = take_fd(&space.fd);
		s->net_peer = take_ptr(space.id);
		return r;
	}
	r = spaces_own_network(s, err);
	if (r < 0 || config->network_disabled ||
	    (strcmp(mode, "none") == 0 && !networking->complete))
		return r;
	r = joins_make(e, rec, config, host, networking, s, err);
	return r < 0 ? error_prefix(err, "failed to set up container networking") : 0;
}

/* The user namespace of those whose other namespaces are shared: one, and with our mappings. */
static int spaces_user(struct engine *e, const struct container *rec,
		       const struct host_config *host, struct start_spaces *s, struct error *err)
{
	const char *const modes[] = { host->network_mode, host->pid_mode, host->ipc_mode };
	int r = idmaps_get(&e->store, rec->id, &s->maps, err);

	for (size_t i = 0; r >= 0 && s->maps.n_uids > 0 && i < ARRAY_SIZE(modes); i++) {
		const char *peer = mode_container(modes[i]);
		cleanup(idmaps_release) struct idmaps maps = { 0 };
		cleanup(peer_space_release) struct peer_space space = PEER_SPACE_INIT;
		bool same = s->userns_fd < 0;

		if (!peer)
			continue;
		r = peer_namespace(e, peer, "user namespace", "user", &space, err);
		if (r >= 0)
			r = idmaps_get(&e->store, space.id, &maps, err);
		if (r < 0)
			return r;
		if (!same && namespace_is_same(space.fd, s->userns_fd, &same) < 0)
			return error_set(err, ERR_SYSTEM, errno, "look at %s", space.path);
		if (!same || !idmaps_equal(&maps, &s->maps))
			return error_set(err, ERR_CONFLICT, 0,
					 "cannot join namespaces of container %s: it is in another "
					 "user namespace",
					 peer);
		if (s->userns_fd < 0)
			s->userns_fd = take_fd(&space.fd);
	}
	return r;
}

/* A guest needs a donor that shares; a donor needs a tmpfs that outsiders can bind. */
static int spaces_ipc(struct engine *e, const struct container *rec, const struct host_config *host,
		      struct start_spaces *s, struct error *err)
{
	const char *peer = mode_container(host->ipc_mode);
	cleanup(instance_release) struct instance donor = INSTANCE_INIT;
	cleanup(host_config_release) struct host_config donor_host = { 0 };
	cleanup(peer_space_release) struct peer_space space = PEER_SPACE_INIT;
	int r;

	if (host->ipc_mode && strcmp(host->ipc_mode, "shareable") == 0) {
		s->shm_path = instance_run_path(e, rec->id, "shm");
		return shm_mount(e, rec->id, host->shm_size, err);
	}
	if (!peer)
		return 0;
	r = peer_namespace(e, peer, "IPC namespace", "ipc", &space, err);
	if (r >= 0)
		r = instance_open(e, peer, &donor, err);
	if (r >= 0)
		r = instance_host_config(&donor, &donor_host, err);
	if (r < 0)
		return r;
	if (!donor_host.ipc_mode || strcmp(donor_host.ipc_mode, "shareable") != 0)
		return error_set(err, ERR_CONFLICT, 0,
				 "cannot join IPC of container %s: non-shareable IPC (hint: use "
				 "IpcMode:shareable for the donor container)",
				 peer);
	s->shm_path = instance_run_path(e, donor.rec.id, "shm");
	s->ipc_fd = take_fd(&space.fd);
	s->ipc_path = take_ptr(space.path);
	return 0;
}

int start_spaces_open(struct engine *e, const struct container *rec,
		      const struct container_config *config, const struct host_config *host,
		      const struct networking_config *networking, struct start_spaces *ret,
		      struct error *err)
{
	cleanup(peer_space_release) struct peer_space pids = PEER_SPACE_INIT;
	const char *peer = mode_container(host->pid_mode);
	int r = spaces_user(e, rec, host, ret, err);

	if (r >= 0 && peer)
		r = peer_namespace(e, peer, "PID namespace", "pid", &pids, err);
	ret->pid_fd = take_fd(&pids.fd);
	ret->pid_path = take_ptr(pids.path);
	if (r >= 0)
		r = spaces_ipc(e, rec, host, ret, err);
	return r < 0 ? r : spaces_network(e, rec, config, host, networking, ret, err);
}
