/* SPDX-License-Identifier: Apache-2.0 */
/* Walking a tree on directory fds and adding up blocks. */
#include "sys/disk-usage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/strbuf.h"

enum { DEPTH_MAX = 1000, BLOCK = 512, INODES_MIN = 64 };

struct usage {
	int64_t bytes;
	dev_t dev;
	ino_t *inodes; /* with several names, seen: a hash table, 0 is free; cap a power of two */
	size_t n, cap;
};

static ino_t *slot_of(ino_t *inodes, size_t cap, ino_t inode)
{
	size_t i = (size_t)(inode * UINT64_C(0x9e3779b97f4a7c15) >> 20);

	while (inodes[i & (cap - 1)] != 0 && inodes[i & (cap - 1)] != inode)
		i++;
	return &inodes[i & (cap - 1)];
}

static bool seen_before(struct usage *u, ino_t inode)
{
	ino_t *slot;

	if (2 * u->n >= u->cap) {
		size_t cap = u->cap ? 2 * u->cap : INODES_MIN;
		ino_t *inodes = xcalloc(cap, sizeof(*inodes));

		for (size_t i = 0; i < u->cap; i++) {
			if (u->inodes[i] != 0)
				*slot_of(inodes, cap, u->inodes[i]) = u->inodes[i];
		}
		free(u->inodes);
		u->inodes = inodes;
		u->cap = cap;
	}
	slot = slot_of(u->inodes, u->cap, inode);
	if (*slot == inode)
		return true;
	*slot = inode;
	u->n++;
	return false;
}

static void add(struct usage *u, const struct stat *st)
{
	if (S_ISDIR(st->st_mode) || st->st_nlink < 2 || !seen_before(u, st->st_ino))
		u->bytes += (int64_t)st->st_blocks * BLOCK;
}

/* Takes over fd. */
static void walk(struct usage *u, int fd, unsigned int depth)
{
	DIR *dir = depth < DEPTH_MAX ? fdopendir(fd) : NULL;
	struct dirent *entry;
	struct stat st;

	if (!dir) {
		(void)close(fd);
		return;
	}
	while ((entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
		    fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    st.st_dev != u->dev)
			continue;
		add(u, &st);
		if (S_ISDIR(st.st_mode)) {
			int sub = openat(dirfd(dir), entry->d_name,
					 O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

			if (sub >= 0)
				walk(u, sub, depth + 1);
		}
	}
	(void)closedir(dir);
}

int disk_usage_at(int dirfd, const char *path, int64_t *ret)
{
	struct usage u = { 0 };
	struct stat st;
	int fd;

	if (fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	u.dev = st.st_dev;
	add(&u, &st);
	if (S_ISDIR(st.st_mode)) {
		fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			return -errno;
		walk(&u, fd, 0);
	}
	free(u.inodes);
	*ret = u.bytes;
	return 0;
}
