/* SPDX-License-Identifier: Apache-2.0 */
/* Running hoy-copy for a request. */
#include "engine/copy.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "base/strv.h"
#include "engine/copy-root.h"
#include "engine/users.h"
#include "image/child.h"
#include "layer/layer.h"
#include "sys/fd.h"

enum { PIECE = 256 * 1024 };

static int request_fd(const struct copy_request *req, int *ret_fd)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	cleanup_fd int fd = memfd_create("copy", MFD_CLOEXEC);
	int r;

	json_encode(&copy_request_shape, req, &text);
	r = fd < 0 ? -errno : fd_write_all(fd, text.data, text.len);
	if (r >= 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	if (r >= 0)
		*ret_fd = take_fd(&fd);
	return r;
}

/* data_fd: the archive, to is where it goes in hoy-copy; -1 none. */
static int start(struct engine *e, const struct copy_root *root, struct copy_request *req,
		 struct fd_map data, struct transfer_child *ret, struct error *err)
{
	cleanup_free struct fd_map *fds = xcalloc(root->n_mounts + 6, sizeof(*fds));
	cleanup_fd int req_fd = -1;
	size_t n = 0;
	int r;

	req->targets = root->targets;
	req->userns = root->userns_fd >= 0;
	req->readonly_rootfs = root->host.readonly_rootfs;
	if (req->userns &&
	    (idmap_outside(root->maps.uids, root->maps.n_uids, 0, &req->root_uid) < 0 ||
	     idmap_outside(root->maps.gids, root->maps.n_gids, 0, &req->root_gid) < 0))
		return error_set(err, ERR_SYSTEM, ERANGE,
				 "the container's user namespace has no root");
	r = request_fd(req, &req_fd);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "start hoy-copy");
	if (data.from >= 0)
		fds[n++] = data;
	fds[n++] = (struct fd_map){ req_fd, COPY_REQUEST_FD };
	fds[n++] = (struct fd_map){ root->root_fd, COPY_ROOT_FD };
	fds[n++] = (struct fd_map){ root->mntns_fd, COPY_MNTNS_FD };
	if (req->userns)
		fds[n++] = (struct fd_map){ root->userns_fd, COPY_USERNS_FD };
	for (size_t i = 0; i < root->n_mounts; i++)
		fds[n++] = (struct fd_map){ root->mounts[i], COPY_MOUNTS_FD + (int)i };
	return transfer_child_copy(&e->images, fds, n, ret, err);
}

static int take_stat(struct transfer_child *child, struct container_path_stat *ret,
		     struct error *err)
{
	while (!child->items && child->control_fd >= 0)
		transfer_child_read(child);
	if (!child->items)
		return transfer_child_fail(child, err);
	return json_decode(&container_path_stat_shape, child->items[0], strlen(child->items[0]),
			   ret, err);
}

int engine_copy_stat(struct engine *e, const char *ref, const char *path,
		     struct container_path_stat *ret, struct error *err)
{
	cleanup(transfer_child_release) struct transfer_child child = TRANSFER_CHILD_INIT;
	cleanup(copy_root_release) struct copy_root root = COPY_ROOT_INIT;
	struct copy_request req = { .action = (char *)"stat",
				    .container = (char *)ref,
				    .path = (char *)path };
	int r = copy_root_open(e, ref, false, &root, err);

	if (r >= 0)
		r = start(e, &root, &req, (struct fd_map){ -1, -1 }, &child, err);
	return r < 0 ? r : take_stat(&child, ret, err);
}

static int pump(int fd, const struct engine_copy_sink *sink)
{
	cleanup_free char *buf = xmalloc(PIECE);

	for (;;) {
		ssize_t n = read(fd, buf, PIECE);
		int r;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		r = sink->write(sink->arg, buf, (size_t)n);
		if (r < 0)
			return r;
	}
}

static int pass_on(struct transfer_child *child, int fd, const struct engine_copy_sink *sink,
		   struct error *err)
{
	cleanup(container_path_stat_release) struct container_path_stat stat = { 0 };
	int r = take_stat(child, &stat, err);

	if (r >= 0)
		r = sink->begin(sink->arg, &stat);
	if (r >= 0)
		r = pump(fd, sink);
	return r < 0 ? r : transfer_child_wait(child, err);
}

int engine_copy_read(struct engine *e, const char *ref, const char *path,
		     const struct engine_copy_sink *sink, struct error *err)
{
	cleanup(transfer_child_release) struct transfer_child child = TRANSFER_CHILD_INIT;
	cleanup(copy_root_release) struct copy_root root = COPY_ROOT_INIT;
	struct copy_request req = { .action = (char *)"read",
				    .container = (char *)ref,
				    .path = (char *)path };
	cleanup_fd int read_fd = -1, write_fd = -1;
	int r = copy_root_open(e, ref, false, &root, err);

	if (r < 0)
		return r;
	r = fd_pipe(&read_fd, &write_fd);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "create a pipe");
	r = start(e, &root, &req, (struct fd_map){ write_fd, STDOUT_FILENO }, &child, err);
	macros_close_fd(&write_fd);
	write_fd = -1;
	if (r >= 0)
		r = pass_on(&child, read_fd, sink, err);
	return r < 0 ? r : instance_event(e, &root.in.rec, "archive-path", NULL, err);
}

/* Whose files they become, when they are to be the container's own. */
static int find_user(struct engine *e, const struct copy_root *root, struct copy_request *req,
		     struct error *err)
{
	cleanup(user_identity_release) struct user_identity user = { 0 };
	cleanup(layer_stack_release) struct layer_stack layers = { NULL };
	cleanup(strv_release) char **diff_ids = NULL, **dirs = NULL;
	const char *rootfs = root->host.rootfs;
	int r = 0;

	if (!root->config.user || !root->config.user[0])
		return 0;
	if (rootfs && rootfs[0]) {
		strv_push(&dirs, rootfs);
	} else {
		cleanup_free char *upper = instance_data_path(e, root->in.rec.id, "upper");

		diff_ids = root->in.rec.layers[0] ? strv_split(root->in.rec.layers, ' ') : NULL;
		r = layer_stack_open(&e->store, diff_ids, &layers, err);
		strv_push(&dirs, upper);
		if (r >= 0)
			strv_extend(&dirs, layers.lower);
	}
	if (r >= 0)
		r = users_resolve_in(e, dirs, root->config.user, NULL, &user, err);
	if (r < 0)
		return r;
	req->own = true;
	req->uid = user.uid;
	req->gid = user.gid;
	return 0;
}

int engine_copy_write(struct engine *e, const struct engine_copy_write_options *opts,
		      struct error *err)
{
	cleanup(transfer_child_release) struct transfer_child child = TRANSFER_CHILD_INIT;
	cleanup(copy_root_release) struct copy_root root = COPY_ROOT_INIT;
	struct copy_request req = { .action = (char *)"write",
				    .container = (char *)opts->ref,
				    .path = (char *)opts->path,
				    .keep_kinds = opts->keep_kinds };
	int r = copy_root_open(e, opts->ref, true, &root, err);

	if (r >= 0 && opts->own)
		r = find_user(e, &root, &req, err);
	if (r >= 0)
		r = start(e, &root, &req, (struct fd_map){ opts->tar_fd, STDIN_FILENO }, &child,
			  err);
	if (r >= 0)
		r = transfer_child_wait(&child, err);
	return r < 0 ? r : instance_event(e, &root.in.rec, "extract-to-dir", NULL, err);
}
