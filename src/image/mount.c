/* SPDX-License-Identifier: Apache-2.0 */
/* Mounting images to look inside. */
#include "image/mount.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/strv.h"
#include "image/find.h"
#include "layer/layer.h"
#include "oci/digest.h"
#include "sys/file.h"
#include "sys/lock.h"
#include "sys/mountfd.h"

/* One at a time. The directory of all of them, made if missing. */
static int mounts_lock(struct image_context *ctx, int *ret_dirfd, int *ret_lock, struct error *err)
{
	cleanup_free char *path = xasprintf("%s/images", ctx->run_root);
	cleanup_fd int dirfd = -1, lock = -1;
	int r = dir_make_all_at(AT_FDCWD, path, 0700);

	if (r >= 0) {
		dirfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		r = dirfd < 0 ? -errno : 0;
	}
	if (r >= 0) {
		lock = lock_open_at(dirfd, "lock");
		r = lock < 0 ? lock : lock_take(lock);
	}
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "lock %s", path);
	*ret_dirfd = take_fd(&dirfd);
	*ret_lock = take_fd(&lock);
	return 0;
}

static char *mount_point(struct image_context *ctx, const char *hex)
{
	return xasprintf("%s/images/%s/root", ctx->run_root, hex);
}

static bool is_mount(const char *path)
{
	cleanup_free char *parent = xasprintf("%s/..", path);
	struct stat st, up;

	return stat(path, &st) == 0 && stat(parent, &up) == 0 && st.st_dev != up.st_dev;
}

bool image_is_mounted(struct image_context *ctx, const char *id)
{
	cleanup_free char *path = mount_point(ctx, digest_hex(id));

	return is_mount(path);
}

/* Beside the mount point: an empty directory (an overlay needs two), and one for layers' names. */
static int mount_layers(struct image_context *ctx, int dirfd, const struct image_record *rec,
			struct error *err)
{
	cleanup(image_config_release) struct image_config config = { 0 };
	cleanup(layer_stack_release) struct layer_stack layers = { NULL };
	const char *hex = digest_hex(rec->id);
	cleanup_free char *none = xasprintf("%s/images/%s/none", ctx->run_root, hex);
	cleanup_free char *root_name = xasprintf("%s/root", hex);
	cleanup_free char *none_name = xasprintf("%s/none", hex);
	cleanup_free char *names_name = xasprintf("%s/names", hex);
	cleanup_fd int names = -1, root = -1, mounted = -1;
	int r = image_config_of(rec, &config, err);

	if (r >= 0)
		r = layer_stack_open(ctx->store, config.rootfs.diff_ids, &layers, err);
	if (r < 0)
		return r;
	r = dir_remove_all_at(dirfd, hex);
	if (r >= 0)
		r = dir_make_all_at(dirfd, root_name, 0700);
	if (r >= 0 && (mkdirat(dirfd, none_name, 0755) < 0 || mkdirat(dirfd, names_name, 0700) < 0))
		r = -errno;
	if (r >= 0) {
		names = openat(dirfd, names_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		root = openat(dirfd, root_name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		r = names < 0 || root < 0 ? -errno : 0;
	}
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "make the mount point of the image");
	r = layer_stack_mount(layers.lower, none, names, &mounted, err);
	if (r < 0)
		return r;
	r = mount_attach(mounted, root);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "mount the image") : 0;
}

static int fill(struct image_context *ctx, const char *id, struct image_mount *ret,
		struct error *err)
{
	cleanup(strv_release) char **tags = NULL;
	int r = image_tags(ctx->store, id, &tags, err);

	if (r < 0)
		return r;
	ret->id = xstrdup(id);
	ret->mountpoint = mount_point(ctx, digest_hex(id));
	ret->repo_tags = xcalloc(1, sizeof(*ret->repo_tags));
	for (size_t i = 0; tags && tags[i]; i++)
		strv_push_take(&ret->repo_tags, image_familiar(tags[i]));
	return 0;
}

int image_mount(struct image_context *ctx, const char *ref, struct image_mount *ret,
		struct error *err)
{
	cleanup(image_record_release) struct image_record rec = IMAGE_RECORD_INIT;
	cleanup_fd int dirfd = -1, lock = -1;
	cleanup_free char *name = NULL;
	int r = mounts_lock(ctx, &dirfd, &lock, err);

	if (r >= 0)
		r = image_find(ctx, ref, &rec, &name, err);
	if (r >= 0 && !image_is_mounted(ctx, rec.id)) {
		r = mount_layers(ctx, dirfd, &rec, err);
		if (r < 0)
			ignore_result(dir_remove_all_at(dirfd, digest_hex(rec.id)));
	}
	return r < 0 ? r : fill(ctx, rec.id, ret, err);
}

static int umount_id(struct image_context *ctx, int dirfd, const char *id, bool force,
		     struct error *err)
{
	cleanup_free char *path = mount_point(ctx, digest_hex(id));
	cleanup_free char *short_id = image_short_id(id);
	int r;

	if (is_mount(path) && umount2(path, UMOUNT_NOFOLLOW | (force ? MNT_DETACH : 0)) < 0) {
		if (errno == EBUSY)
			return error_set(err, ERR_CONFLICT, EBUSY,
					 "image %s is in use at %s: somebody has a file open there",
					 short_id, path);
		return error_set(err, ERR_SYSTEM, errno, "unmount %s", path);
	}
	r = dir_remove_all_at(dirfd, digest_hex(id));
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "remove %s", path) : 0;
}

int image_umount(struct image_context *ctx, const char *ref, bool force, char **ret_id,
		 struct error *err)
{
	cleanup(image_record_release) struct image_record rec = IMAGE_RECORD_INIT;
	cleanup_fd int dirfd = -1, lock = -1;
	cleanup_free char *name = NULL;
	int r = mounts_lock(ctx, &dirfd, &lock, err);

	if (r >= 0)
		r = image_find(ctx, ref, &rec, &name, err);
	if (r < 0)
		return r;
	if (!image_is_mounted(ctx, rec.id))
		return error_set(err, ERR_INVALID, EINVAL, "image %s is not mounted", ref);
	r = umount_id(ctx, dirfd, rec.id, force, err);
	if (r >= 0)
		*ret_id = take_ptr(rec.id);
	return r;
}

/* Ids of the directories that there are, mounted or left. */
static char **read_ids(struct image_context *ctx)
{
	cleanup_free char *path = xasprintf("%s/images", ctx->run_root);
	DIR *dir = opendir(path);
	struct dirent *entry;
	char **ids = NULL;

	while (dir && (entry = readdir(dir))) {
		cleanup_free char *id = xasprintf("sha256:%s", entry->d_name);

		if (digest_is_valid(id))
			strv_push(&ids, id);
	}
	if (dir)
		(void)closedir(dir);
	return ids;
}

int image_mounts(struct image_context *ctx, struct image_mount **ret, size_t *ret_n,
		 struct error *err)
{
	cleanup(strv_release) char **ids = read_ids(ctx);
	struct image_mount *items = xcalloc(strv_len(ids) + 1, sizeof(*items));
	size_t n = 0;
	int r = 0;

	for (size_t i = 0; r >= 0 && ids && ids[i]; i++) {
		if (image_is_mounted(ctx, ids[i]))
			r = fill(ctx, ids[i], &items[n++], err);
	}
	if (r < 0) {
		json_release_array(&image_mount_shape, items, n);
		return r;
	}
	*ret = items;
	*ret_n = n;
	return 0;
}

int image_mounts_forbid(struct image_context *ctx, int *ret_lock, struct error *err)
{
	cleanup(strv_release) char **ids = NULL;
	cleanup_fd int dirfd = -1, lock = -1;
	int r = mounts_lock(ctx, &dirfd, &lock, err);

	if (r < 0)
		return r;
	ids = read_ids(ctx);
	for (size_t i = 0; ids && ids[i]; i++) {
		cleanup_free char *id = image_short_id(ids[i]);

		if (image_is_mounted(ctx, ids[i]))
			return error_set(err, ERR_CONFLICT, EBUSY,
					 "image %s is mounted: unmount it first", id);
	}
	*ret_lock = take_fd(&lock);
	return 0;
}

int image_umount_all(struct image_context *ctx, struct error *err)
{
	cleanup(strv_release) char **ids = read_ids(ctx);
	cleanup_fd int dirfd = -1, lock = -1;
	int r = ids ? mounts_lock(ctx, &dirfd, &lock, err) : 0;

	for (size_t i = 0; r >= 0 && ids && ids[i]; i++)
		r = umount_id(ctx, dirfd, ids[i], true, err);
	return r;
}
