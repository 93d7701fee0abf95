/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The container's root where layers are EROFS file systems (6.12, which has all that is used here):
 * each is mounted from its two files, gets the container's ids where it has a user namespace, and
 * is attached where the root will be; the overlay of all of them then covers them.
 */
#include "monitor/rootfs-erofs.h"

#include <errno.h>
#include <fcntl.h>

#include "base/strbuf.h"
#include "base/strv.h"
#include "sys/mountfd.h"
#include "sys/overlayfd.h"

struct trees {
	int *fds;
	size_t n;
};

static void trees_release(struct trees *trees)
{
	for (size_t i = 0; i < trees->n; i++)
		macros_close_fd(&trees->fds[i]);
	free(trees->fds);
}

bool lower_has_index(char *const *lower)
{
	for (; lower && *lower; lower++) {
		if (lower_is_index(*lower))
			return true;
	}
	return false;
}

static int tree_open(const char *path, int userns_fd, int *ret_fd, struct error *err)
{
	const struct mount_change map = { .set = MOUNT_ATTR_IDMAP, .userns_fd = userns_fd };
	bool index = lower_is_index(path);
	cleanup_fd int fd = index ? mount_erofs(path, LOWER_DATA)
				  : mount_clone(AT_FDCWD, path, false);
	int r;

	if (fd < 0)
		return error_set(err, ERR_SYSTEM, -fd, "mount the layer '%s'", path);
	r = userns_fd >= 0 ? mount_change(fd, &map) : 0;
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "map the ids of '%s' for the user namespace",
				 path);
	*ret_fd = take_fd(&fd);
	return 0;
}

static int trees_open(const struct monitor_args *args, struct trees *trees, struct error *err)
{
	int r = 0;

	trees->fds = xcalloc(strv_len(args->lower), sizeof(*trees->fds));
	for (size_t i = 0; r == 0 && args->lower[i]; i++) {
		r = tree_open(args->lower[i], args->userns_fd, &trees->fds[i], err);
		trees->n += r == 0;
	}
	return r;
}

static int overlay_of(const struct monitor_args *args, const struct trees *trees, int target_fd,
		      struct error *err)
{
	cleanup_fd int upper = -1, work = -1;
	char words[OVERLAY_WORDS];
	struct overlay_spec spec = { .lower = trees->fds,
				     .n_lower = trees->n,
				     .is_volatile = args->volatile_upper };
	int fd;

	if (args->upper) {
		upper = open(args->upper, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		work = open(args->work, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (upper < 0 || work < 0)
			return error_set(err, ERR_SYSTEM, errno, "open '%s'", args->upper);
	}
	spec.upper = upper;
	spec.work = work;
	fd = overlay_new(&spec, target_fd, words);
	if (fd < 0)
		return error_set(err, ERR_SYSTEM, -fd, "mount the container's overlay root%s%s",
				 *words ? ": " : "", words);
	return fd;
}

int rootfs_mount_indexed(const struct monitor_args *args, int dirfd, struct error *err)
{
	cleanup(trees_release) struct trees trees = { NULL, 0 };
	cleanup_fd int target_fd =
		openat(dirfd, "rootfs", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	cleanup_fd int root_fd = -1;
	int r;

	if (target_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open the root's mount point");
	r = trees_open(args, &trees, err);
	if (r < 0)
		return r;
	if (trees.n == 1 && !args->upper) { /* an overlay needs two layers */
		root_fd = trees.fds[0];
		trees.n = 0;
	} else {
		root_fd = overlay_of(args, &trees, target_fd, err);
	}
	if (root_fd < 0)
		return root_fd;
	r = mount_attach(root_fd, target_fd);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "attach the container's root") : 0;
}
