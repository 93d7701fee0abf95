/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hoy-copy: looks at a path in a container's root, packs it, or unpacks an archive there.
 * wire/copy.h has the protocol.
 *
 * The container may run meanwhile, and be hostile. Nothing of it is executed, and no name is given
 * to the kernel but below the root's fd (RESOLVE_IN_ROOT). Phases:
 *
 *	1 root of the host, in a private copy of the mount namespace that has the container's root
 *	  (its monitor's): volumes are mounted into that copy, on what their targets are in the root
 *	2 the container's user namespace, when it has one: no more rights than its root has
 *	3 the sandbox: few capabilities, Landlock below the root; only now a byte of the archive is
 *	  read, or one of the container's files
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/strv.h"
#include "sys/fd.h"
#include "sys/mountfd.h"
#include "sys/namespace.h"
#include "sys/path.h"
#include "sys/sandbox.h"
#include "transfer/copy.h"

static int request_read(struct copy_request *ret, struct error *err)
{
	cleanup_free char *text = NULL;
	size_t len;
	int r = fd_read_all(COPY_REQUEST_FD, COPY_REQUEST_MAX, &text, &len);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "hoy-copy: read the request");
	return json_decode(&copy_request_shape, text, len, ret, err);
}

/* An fd does not come along into a new mount namespace, the working directory does. */
static int enter_root(int *ret_fd)
{
	int fd, r = namespace_enter(COPY_MNTNS_FD, NS_MOUNT);

	if (r < 0)
		return r;
	if (fchdir(COPY_ROOT_FD) < 0 || unshare(CLONE_NEWNS) < 0)
		return -errno;
	fd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = mount_hide(fd);
	if (r < 0) {
		(void)close(fd);
		return r;
	}
	*ret_fd = fd;
	return 0;
}

/* A mount point that is missing is made, as a start would make it. */
static int make_target(int rootfd, const char *path, bool is_dir)
{
	const char *slash = strrchr(path, '/');
	cleanup_free char *parent = xstrndup(path, (size_t)(slash - path));
	cleanup_fd int dirfd = -1, fd = -1;

	if (is_dir)
		return path_mkdir_all(rootfd, path, 0755);
	dirfd = path_mkdir_all(rootfd, *parent ? parent : "/", 0755);
	if (dirfd < 0)
		return dirfd;
	fd = openat(dirfd, slash + 1, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	return fd < 0 ? -errno : path_open(rootfd, path, O_PATH, 0, LOOKUP_IN_ROOT);
}

static int open_target(int rootfd, const struct copy_request *req, const char *path, int mount_fd)
{
	int fd = path_open(rootfd, path, O_PATH, 0, LOOKUP_IN_ROOT);
	struct stat st;

	if (fd != -ENOENT)
		return fd;
	if (fstat(mount_fd, &st) < 0)
		return -errno;
	(void)setfsgid(req->root_gid);
	(void)setfsuid(req->root_uid);
	fd = make_target(rootfd, path, S_ISDIR(st.st_mode));
	(void)setfsuid(0);
	(void)setfsgid(0);
	return fd;
}

static int mount_targets(int rootfd, const struct copy_request *req, struct error *err)
{
	for (int i = 0; req->targets && req->targets[i]; i++) {
		cleanup_fd int target =
			open_target(rootfd, req, req->targets[i], COPY_MOUNTS_FD + i);
		int r = target < 0 ? target : mount_attach(COPY_MOUNTS_FD + i, target);

		if (r < 0)
			return error_set(err, ERR_SYSTEM, -r, "mount %s of the container",
					 req->targets[i]);
	}
	return 0;
}

/* Devices in it are not to be opened by us, and what is only read is not written. */
static int limit_mounts(int rootfd, bool writes)
{
	const struct mount_change change = {
		.set = MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC |
		       (writes ? 0 : MOUNT_ATTR_RDONLY),
		.recursive = true,
	};

	return mount_change(rootfd, &change);
}

/* The root's fd has to be opened anew: limits are the mount's, which it names. */
static int enter(const struct copy_request *req, bool writes, int *ret_rootfd, struct error *err)
{
	int r = enter_root(ret_rootfd);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "enter the container's root");
	r = mount_targets(*ret_rootfd, req, err);
	if (r < 0)
		return r;
	r = limit_mounts(*ret_rootfd, writes);
	if (r >= 0 && req->userns) {
		r = namespace_enter(COPY_USERNS_FD, NS_USER);
		if (r >= 0 &&
		    (setgroups(0, NULL) < 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0))
			r = -errno;
	}
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "enter the container's root") : 0;
}

static int confine(int rootfd, bool writes, struct error *err)
{
	struct sandbox sandbox = { .keep_caps = 1ULL << CAP_DAC_READ_SEARCH,
				   .readable_dirs = &rootfd,
				   .n_readable_dirs = 1 };
	int r;

	if (writes)
		sandbox = (struct sandbox){
			.keep_caps = 1ULL << CAP_CHOWN | 1ULL << CAP_DAC_OVERRIDE |
				     1ULL << CAP_FOWNER | 1ULL << CAP_FSETID | 1ULL << CAP_MKNOD |
				     1ULL << CAP_SETFCAP,
			.writable_dirs = &rootfd,
			.n_writable_dirs = 1,
		};
	r = sandbox_enter(&sandbox);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "hoy-copy: enter the sandbox") : 0;
}

static int copy(struct error *err)
{
	cleanup(copy_request_release) struct copy_request req = { 0 };
	cleanup(stream_release) struct stream *stream = NULL;
	cleanup_fd int rootfd = -1;
	bool writes;
	int r = request_read(&req, err);

	if (r < 0)
		return r;
	writes = strcmp(req.action, "write") == 0;
	if (writes) /* what decompression needs is loaded from the host's files */
		stream = stream_new(STDIN_FILENO, NULL, false);
	r = enter(&req, writes, &rootfd, err);
	if (r >= 0)
		r = confine(rootfd, writes, err);
	if (r < 0)
		return r;
	if (writes)
		return copy_write(rootfd, &req, stream, err);
	r = copy_stat(rootfd, &req, err);
	if (r >= 0 && strcmp(req.action, "read") == 0)
		r = copy_read(rootfd, &req, STDOUT_FILENO, err);
	return r;
}

int main(void)
{
	cleanup(error_release) struct error err = ERROR_INIT;
	const struct transfer_done done = { .diff_id = NULL };

	log_init("hoy-copy", LOG_WARNING);
	(void)signal(SIGPIPE, SIG_IGN); /* a reader that is gone is an ordinary EPIPE */
	(void)umask(022);
	if (copy(&err) < 0) {
		transfer_send_error(TRANSFER_CONTROL_FD, &err);
		return EXIT_FAILURE;
	}
	return transfer_send_json(TRANSFER_CONTROL_FD, TRANSFER_DONE, &transfer_done_shape, &done) <
			       0
		       ? EXIT_FAILURE
		       : EXIT_SUCCESS;
}
