/* SPDX-License-Identifier: Apache-2.0 */
/* Summing up a container's upper directory. */
#include "engine/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "store/images.h"

enum { DEPTH_MAX = 256 };

/* Takes over fd. What goes away while it is read does not count. */
static void tree_size(int fd, int depth, int64_t *sum)
{
	DIR *dir = depth < DEPTH_MAX ? fdopendir(fd) : NULL;
	struct dirent *entry;
	struct stat st;

	if (!dir) {
		(void)close(fd);
		return;
	}
	while ((entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (S_ISREG(st.st_mode))
			*sum += st.st_size;
		if (S_ISDIR(st.st_mode)) {
			int sub = openat(dirfd(dir), entry->d_name,
					 O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

			if (sub >= 0)
				tree_size(sub, depth + 1, sum);
		}
	}
	(void)closedir(dir);
}

int64_t disk_tree_size(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int64_t sum = 0;

	if (fd >= 0)
		tree_size(fd, 0, &sum);
	return sum;
}

int disk_container_size(struct engine *e, const struct container *rec, int64_t *ret_rw,
			int64_t *ret_root_fs, struct error *err)
{
	cleanup_free char *upper = instance_data_path(e, rec->id, "upper");
	struct image_record image = IMAGE_RECORD_INIT;
	int fd = open(upper, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int r;

	*ret_rw = 0;
	if (fd >= 0)
		tree_size(fd, 0, ret_rw);
	else if (errno != ENOENT)
		return error_set(err, ERR_SYSTEM, errno, "open %s", upper);
	*ret_root_fs = *ret_rw;
	if (!rec->image_id[0])
		return 0;
	r = image_record_get(&e->store, rec->image_id, &image, err);
	if (r > 0)
		*ret_root_fs += image.size;
	image_record_release(&image);
	return r < 0 ? r : 0;
}
