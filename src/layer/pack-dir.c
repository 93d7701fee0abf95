/* SPDX-License-Identifier: Apache-2.0 */
/* A directory as it is seen, with what is mounted in it, into a tar. */
#include <errno.h>
#include <fcntl.h>

#include "base/strbuf.h"
#include "base/strv.h"
#include "layer/pack-internal.h"
#include "sys/file.h"

enum { DEPTH_MAX = 1000 };

static int dir_fail(struct error *err, int r, const char *path)
{
	return error_set(err, ERR_SYSTEM, -r, "read /%.512s", path);
}

static int pack_level(struct packer *packer, int fd, const char *path, unsigned int depth,
		      struct error *err);

static int pack_name(struct packer *packer, const struct pack_item *item, unsigned int depth,
		     struct error *err)
{
	cleanup_fd int fd = -1;
	int r = pack_item(packer, item, err);

	if (r < 0)
		return r;
	fd = openat(item->dirfd, item->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0)
		return pack_level(packer, fd, item->path, depth + 1, err);
	if (errno == ENOTDIR || errno == ENOENT || errno == ELOOP)
		return 0; /* none, or gone meanwhile */
	return dir_fail(err, -errno, item->path);
}

static int pack_level(struct packer *packer, int fd, const char *path, unsigned int depth,
		      struct error *err)
{
	cleanup(strv_release) char **names = NULL;
	int r = depth < DEPTH_MAX ? dir_names(fd, &names) : -ELOOP;

	if (r < 0)
		return dir_fail(err, r, path);
	for (size_t i = 0; r >= 0 && names[i]; i++) {
		cleanup_free char *sub = xasprintf("%s%s%s", path, *path ? "/" : "", names[i]);
		const struct pack_item item = { .path = sub, .dirfd = fd, .name = names[i] };

		r = pack_name(packer, &item, depth, err);
	}
	return r;
}

int pack_dir(struct packer *packer, int fd, const char *path, struct error *err)
{
	return pack_level(packer, fd, path, 0, err);
}
