/* SPDX-License-Identifier: Apache-2.0 */
/* One file after the other into a tar. */
#include "layer/pack.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/strbuf.h"
#include "layer/pack-internal.h"

enum { BUF_SIZE = 256 * 1024, OVERFLOW_ID = 65534, HOLES_MIN = 64 * 1024, LINKS_MIN = 64 };

void packer_init(struct packer *packer, tar_sink sink, void *arg)
{
	*packer = (struct packer){ .buf = xmalloc(BUF_SIZE) };
	tar_writer_init(&packer->writer, sink, arg);
}

void packer_release(struct packer *packer)
{
	for (size_t i = 0; i < packer->cap_links; i++)
		free(packer->links[i].path);
	free(packer->links);
	free(packer->buf);
	tar_writer_release(&packer->writer);
	*packer = (struct packer){ 0 };
}

static uint32_t inside(const struct idmap *map, size_t n, uint32_t id)
{
	uint32_t ret;

	return idmap_inside(map, n, id, &ret) < 0 ? OVERFLOW_ID : ret;
}

void pack_ids(const struct idmaps *maps, uint32_t *uid, uint32_t *gid)
{
	if (!maps || maps->n_uids == 0)
		return;
	*uid = inside(maps->uids, maps->n_uids, *uid);
	*gid = inside(maps->gids, maps->n_gids, *gid);
}

static int pack_fail(struct error *err, int r, const char *path)
{
	if (r == -EXDEV)
		return error_set(err, ERR_NOT_IMPLEMENTED, ENOTSUP,
				 "the kernel keeps the contents of /%.512s in another layer "
				 "(overlay's metacopy), which cannot be packed",
				 path);
	return error_set(err, ERR_SYSTEM, -r, "read /%.512s", path);
}

/* Where the table has it, or has room for it. */
static struct pack_link *link_slot(struct pack_link *links, size_t cap, uint64_t dev, uint64_t ino)
{
	size_t i = (size_t)((ino ^ dev << 17) * UINT64_C(0x9e3779b97f4a7c15) >> 20);

	for (;; i++) {
		struct pack_link *slot = &links[i & (cap - 1)];

		if (!slot->path || (slot->ino == ino && slot->dev == dev))
			return slot;
	}
}

static void links_grow(struct packer *p)
{
	size_t cap = p->cap_links ? 2 * p->cap_links : LINKS_MIN;
	struct pack_link *links = xcalloc(cap, sizeof(*links));

	for (size_t i = 0; i < p->cap_links; i++) {
		if (p->links[i].path)
			*link_slot(links, cap, p->links[i].dev, p->links[i].ino) = p->links[i];
	}
	free(p->links);
	p->links = links;
	p->cap_links = cap;
}

/* The name under which the archive has this file already; else it is remembered as path. */
static const char *link_find(struct packer *p, const struct stat *st, const char *path)
{
	struct pack_link *slot;

	if (2 * p->n_links >= p->cap_links)
		links_grow(p);
	slot = link_slot(p->links, p->cap_links, st->st_dev, st->st_ino);
	if (slot->path)
		return slot->path;
	*slot = (struct pack_link){ st->st_dev, st->st_ino, xstrdup(path) };
	p->n_links++;
	return NULL;
}

/* False: not for archives. */
static bool entry_type(mode_t mode, enum tar_type *ret)
{
	static const struct {
		mode_t mode;
		enum tar_type type;
	} rows[] = {
		{ S_IFREG, TAR_FILE }, { S_IFDIR, TAR_DIR },   { S_IFLNK, TAR_SYMLINK },
		{ S_IFCHR, TAR_CHAR }, { S_IFBLK, TAR_BLOCK }, { S_IFIFO, TAR_FIFO },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if ((mode & S_IFMT) == rows[i].mode) {
			*ret = rows[i].type;
			return true;
		}
	}
	return false;
}

static int read_link(int fd, char **ret)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(fd, "", target, sizeof(target));

	if (n < 0)
		return -errno;
	if (n == sizeof(target))
		return -ENAMETOOLONG;
	*ret = xstrndup(target, (size_t)n);
	return 0;
}

/* Where the data lie, when that saves something worth the while. */
static int file_map(int fd, const struct stat *st, struct tar_entry *e)
{
	uint64_t data = 0;
	off_t at = 0, end;
	size_t n = 0;

	if ((uint64_t)st->st_blocks * 512 + HOLES_MIN > (uint64_t)st->st_size)
		return 0;
	e->map = xcalloc(2, sizeof(*e->map));
	while (at < st->st_size && (at = lseek(fd, at, SEEK_DATA)) >= 0 && at < st->st_size) {
		end = lseek(fd, at, SEEK_HOLE);
		if (end < 0 || end > st->st_size)
			end = st->st_size;
		if (n + 1 >= TAR_SEGMENTS_MAX) {
			n = 0;
			data = (uint64_t)st->st_size;
			break;
		}
		e->map = xrealloc(e->map, n + 2, sizeof(*e->map));
		e->map[n++] = (struct tar_segment){ (uint64_t)at, (uint64_t)(end - at) };
		data += (uint64_t)(end - at);
		at = end;
	}
	/* GNU tar makes a file as long as its last segment says, if that is empty */
	if (n == 0 || e->map[n - 1].offset + e->map[n - 1].len < (uint64_t)st->st_size)
		e->map[n++] = (struct tar_segment){ (uint64_t)st->st_size, 0 };
	e->n_map = n;
	if (data + HOLES_MIN > (uint64_t)st->st_size) {
		free(e->map);
		e->map = NULL;
		e->n_map = 0;
	}
	return lseek(fd, 0, SEEK_SET) < 0 ? -errno : 0;
}

static int pack_range(struct packer *p, int fd, uint64_t at, uint64_t len, const char *path,
		      struct error *err)
{
	while (len > 0) {
		size_t want = len < BUF_SIZE ? (size_t)len : BUF_SIZE;
		ssize_t n = pread(fd, p->buf, want, (off_t)at);
		int r;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return pack_fail(err, -errno, path);
		if (n == 0) { /* shorter than it was: zeros, so that what follows stays in place */
			memset(p->buf, 0, want);
			n = (ssize_t)want;
		}
		r = tar_write_data(&p->writer, p->buf, (size_t)n, err);
		if (r < 0)
			return r;
		at += (uint64_t)n;
		len -= (uint64_t)n;
	}
	return 0;
}

static int pack_file(struct packer *p, int fd, const struct stat *st, struct tar_entry *e,
		     struct error *err)
{
	cleanup_fd int readable = -1;
	char path[64];
	int r;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	readable = open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	r = readable < 0 ? -errno : file_map(readable, st, e);
	if (r < 0)
		return pack_fail(err, r, e->path);
	r = tar_write_entry(&p->writer, e, err);
	if (r >= 0 && !e->map)
		return pack_range(p, readable, 0, e->size, e->path, err);
	for (size_t i = 0; r >= 0 && i < e->n_map; i++)
		r = pack_range(p, readable, e->map[i].offset, e->map[i].len, e->path, err);
	return r;
}

static void entry_fill(const struct packer *p, const struct pack_item *item, const struct stat *st,
		       struct tar_entry *e)
{
	e->path = xasprintf("%s%s", item->path, e->type == TAR_DIR ? "/" : "");
	e->mode = st->st_mode & 07777;
	e->uid = st->st_uid;
	e->gid = st->st_gid;
	if (item->mapped)
		pack_ids(p->maps, &e->uid, &e->gid);
	if (e->type == TAR_CHAR || e->type == TAR_BLOCK) {
		e->major = major(st->st_rdev);
		e->minor = minor(st->st_rdev);
	}
	e->mtime = st->st_mtim.tv_sec;
	e->mtime_nsec = (uint32_t)st->st_mtim.tv_nsec;
}

static int pack_new(struct packer *p, const struct pack_item *item, int fd, const struct stat *st,
		    struct tar_entry *e, struct error *err)
{
	int r = 0;

	if (e->type == TAR_SYMLINK)
		r = read_link(fd, &e->link);
	if (r >= 0)
		r = pack_xattrs(fd, item->mapped ? p->maps : NULL, e);
	if (r < 0)
		return pack_fail(err, r, item->path);
	if (e->type != TAR_FILE)
		return tar_write_entry(&p->writer, e, err);
	e->size = (uint64_t)st->st_size;
	return pack_file(p, fd, st, e, err);
}

int pack_item(struct packer *p, const struct pack_item *item, struct error *err)
{
	cleanup_fd int fd = openat(item->dirfd, item->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	cleanup(tar_entry_release) struct tar_entry e = TAR_ENTRY_INIT;
	const char *first;
	struct stat st;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || fstat(fd, &st) < 0)
		return pack_fail(err, -errno, item->path);
	if (!entry_type(st.st_mode, &e.type))
		return 0;
	entry_fill(p, item, &st, &e);
	first = e.type != TAR_DIR && st.st_nlink > 1 ? link_find(p, &st, item->path) : NULL;
	if (!first)
		return pack_new(p, item, fd, &st, &e, err);
	e.type = TAR_HARDLINK;
	e.link = xstrdup(first);
	return tar_write_entry(&p->writer, &e, err);
}

int pack_mark(struct packer *p, const char *path, struct error *err)
{
	const struct tar_file file = { .path = path };

	return tar_write_file(&p->writer, &file, err);
}

int pack_end(struct packer *p, struct error *err)
{
	return tar_write_end(&p->writer, err);
}
