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

/* The lower mounts of the overlay: the layers' own, or clones of them with the container's ids. */
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

/* Only what is attached can be cloned, and ids are mapped once: so the layer's own mount is put
 * below the one with the container's ids, where others can have a clone of it. */
static int tree_mapped(int mount_fd, int userns_fd, int target_fd, int *ret_fd)
{
	const struct mount_change map = { .set = MOUNT_ATTR_IDMAP, .userns_fd = userns_fd };
	cleanup_fd int fd = -1;
	int r = mount_attach(mount_fd, target_fd);

	if (r < 0)
		return r;
	fd = mount_clone(mount_fd, "", false);
	r = fd < 0 ? fd : mount_change(fd, &map);
	if (r >= 0)
		*ret_fd = take_fd(&fd);
	return r;
}

static int trees_open(const struct monitor_args *args, const struct layer_mounts *mounts,
		      int target_fd, struct trees *trees, struct error *err)
{
	int r = 0;

	trees->fds = xcalloc(mounts->n, sizeof(*trees->fds));
	for (size_t i = 0; r >= 0 && i < mounts->n; i++) {
		if (args->userns_fd >= 0)
			r = tree_mapped(mounts->list[i].fd, args->userns_fd, target_fd,
					&trees->fds[i]);
		else
			r = trees->fds[i] = fcntl(mounts->list[i].fd, F_DUPFD_CLOEXEC, 3);
		if (r < 0)
			return error_set(err, ERR_SYSTEM, r == -1 ? errno : -r,
					 "map the ids of '%s' for the user namespace",
					 args->lower[i]);
		trees->n++;
	}
	return 0;
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

static int mount_root(const struct monitor_args *args, const struct layer_mounts *mounts,
		      int target_fd, struct error *err)
{
	cleanup(trees_release) struct trees trees = { NULL, 0 };
	cleanup_fd int root_fd = -1;
	int r = trees_open(args, mounts, target_fd, &trees, err);

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

int rootfs_mount_indexed(const struct monitor_args *args, int dirfd, struct layer_mounts *ret,
			 struct error *err)
{
	cleanup(layer_mounts_release) struct layer_mounts mounts = LAYER_MOUNTS_INIT;
	cleanup_fd int target_fd =
		openat(dirfd, "rootfs", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int r;

	if (target_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open the root's mount point");
	r = layer_mounts_open(args, &mounts, err);
	if (r >= 0)
		r = mount_root(args, &mounts, target_fd, err);
	if (r < 0)
		return r;
	*ret = mounts;
	mounts = (struct layer_mounts)LAYER_MOUNTS_INIT;
	return 0;
}
