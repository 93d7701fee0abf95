/* SPDX-License-Identifier: Apache-2.0 */
/* The entries of a tar become the tree of an index. */
#include "layer/index.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/strbuf.h"
#include "layer/index-internal.h"
#include "sys/fd.h"

enum { MAJOR_MAX = 0xfff, MINOR_MAX = 0xfffff, KEEP_EARLY = 8 * 1024 * 1024 };

int tar_keeper_next(void *arg, const uint8_t **ret_data, size_t *ret_len, struct error *err)
{
	struct tar_keeper *keeper = arg;
	int r = keeper->source(keeper->arg, ret_data, ret_len, err);

	if (r < 0)
		return r;
	r = fd_write_all(keeper->fd, *ret_data, *ret_len);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "write the layer");
	keeper->written += *ret_len;
	/* The layer is synced before it counts: let the disk begin now. Best effort. */
	if (keeper->written - keeper->started >= KEEP_EARLY) {
		(void)sync_file_range(keeper->fd, (off_t)keeper->started,
				      (off_t)(keeper->written - keeper->started),
				      SYNC_FILE_RANGE_WRITE);
		keeper->started = keeper->written;
	}
	return 0;
}

struct index *index_new(int dirfd)
{
	const struct spill empty = SPILL_INIT(dirfd);
	struct index *x = xcalloc(1, sizeof(*x));

	x->nodes = x->inodes = x->names = x->buckets = x->segments = empty;
	x->xattrs = x->xattr_blob = x->xattr_sets = empty;
	x->xattr_buckets = xcalloc(XATTR_BUCKETS, sizeof(*x->xattr_buckets));
	return x;
}

void index_free(struct index *x)
{
	if (!x)
		return;
	spill_release(&x->nodes);
	spill_release(&x->inodes);
	spill_release(&x->names);
	spill_release(&x->buckets);
	spill_release(&x->segments);
	spill_release(&x->xattrs);
	spill_release(&x->xattr_blob);
	spill_release(&x->xattr_sets);
	unpack_result_release(&x->result);
	free(x->xattr_buckets);
	free(x->parent);
	free(x);
}

void index_release(struct index **index)
{
	index_free(*index);
	*index = NULL;
}

int index_no_space(struct error *err, int r)
{
	if (r == -EMLINK)
		return error_set(err, ERR_INVALID, E2BIG, "the layer has more than %d files",
				 INDEX_ENTRIES_MAX);
	if (r == -EFBIG)
		return error_set(err, ERR_INVALID, EFBIG, "the layer is too large");
	return error_set(err, ERR_SYSTEM, -r, "make the layer's index");
}

void index_breathe(struct index *x, uint32_t n)
{
	x->work += n;
	if (x->work < INDEX_TRIM_INTERVAL)
		return;
	x->work = 0;
	spill_trim(&x->nodes);
	spill_trim(&x->inodes);
	spill_trim(&x->names);
	spill_trim(&x->buckets);
	spill_trim(&x->segments);
	spill_trim(&x->xattrs);
	spill_trim(&x->xattr_blob);
	spill_trim(&x->xattr_sets);
}

/* Owner, mode, times. */
static void entry_owner(struct index_inode *inode, const struct tar_entry *e)
{
	inode->uid = e->uid;
	inode->gid = e->gid;
	inode->mtime = e->mtime;
	inode->mtime_nsec = e->mtime_nsec;
}

static int entry_attributes(struct index *x, uint32_t inode, const struct tar_entry *e,
			    struct error *err)
{
	uint32_t set = inode_at(x, inode)->xattrs;
	uint16_t mode = inode_at(x, inode)->mode;
	int r = xattr_set_of(x, e, set, &set, &mode, err);

	inode_at(x, inode)->xattrs = set;
	inode_at(x, inode)->mode = mode;
	return r;
}

/* The directory's own entry. One that is there already keeps what it holds; where a whiteout was,
 * the new one hides all of the old: it is opaque. */
static int index_dir(struct index *x, uint32_t dir, const char *name, const struct tar_entry *e,
		     struct error *err)
{
	uint32_t node = *name ? tree_find(x, dir, name) : 0;
	uint32_t inode = *name ? (node ? node_at(x, node)->inode : 0) : INDEX_ROOT;
	const struct index_inode *old = inode_at(x, inode);
	bool hidden = inode != 0 && S_ISCHR(old->mode) && old->data == 0;
	int r = 0;

	if (inode == 0 || !S_ISDIR(old->mode)) {
		x->parent_inode = 0;
		r = tree_new_inode(x, S_IFDIR, &inode);
		if (r >= 0)
			r = tree_set(x, dir, name, inode);
		if (r < 0)
			return index_no_space(err, r);
	}
	inode_at(x, inode)->mode = (uint16_t)(S_IFDIR | e->mode);
	inode_at(x, inode)->flags |= hidden ? INODE_OPAQUE : 0;
	entry_owner(inode_at(x, inode), e);
	return entry_attributes(x, inode, e, err);
}

/* Where the pieces of a file with holes are. They follow each other in the tar without padding. */
static int index_segments(struct index *x, const struct tar_entry *e, struct index_inode *inode)
{
	uint64_t from = x->reader->n_read;
	size_t first = x->segments.len / sizeof(struct index_segment);

	if (first + e->n_map > UINT32_MAX)
		return -EFBIG;
	inode->data = (uint32_t)first;
	inode->flags |= INODE_SPARSE;
	for (size_t i = 0; i < e->n_map; i++) {
		size_t offset;
		int r;

		if (e->map[i].len == 0)
			continue;
		r = spill_add(&x->segments, sizeof(struct index_segment), &offset);
		if (r < 0)
			return r;
		*(struct index_segment *)((char *)x->segments.data + offset) =
			(struct index_segment){ e->map[i].offset, e->map[i].len, from };
		from += e->map[i].len;
		inode->aux++;
	}
	return 0;
}

static int index_data(struct index *x, const struct tar_entry *e, struct index_inode *inode,
		      struct error *err)
{
	uint64_t block = x->reader->n_read / TAR_BLOCK_SIZE;
	int r = 0;

	if (e->size > INT64_MAX || block + e->size / TAR_BLOCK_SIZE >= UINT32_MAX)
		r = e->map && e->size <= INT64_MAX ? 0 : -EFBIG;
	inode->size = e->size;
	inode->data = (uint32_t)block;
	if (r >= 0 && e->map)
		r = index_segments(x, e, inode);
	x->result.size += (int64_t)e->size;
	return r < 0 ? index_no_space(err, r) : 0;
}

/* Files, symbolic links, devices, fifos: what the inode is about. */
static int index_describe(struct index *x, const struct tar_entry *e, struct index_inode *inode,
			  struct error *err)
{
	size_t len;
	int r;

	switch (e->type) {
	case TAR_FILE:
		inode->mode |= S_IFREG;
		return index_data(x, e, inode, err);
	case TAR_SYMLINK:
		len = strlen(e->link);
		inode->mode = S_IFLNK | 0777;
		inode->size = len;
		if (len == 0 || len > INDEX_PATH_MAX)
			return unpack_refuse(err, e->path, "the target of a symbolic link");
		r = tree_text(x, e->link, &inode->data);
		return r < 0 ? index_no_space(err, r) : 0;
	case TAR_CHAR:
	case TAR_BLOCK:
		inode->mode |= e->type == TAR_CHAR ? S_IFCHR : S_IFBLK;
		if (e->major > MAJOR_MAX || e->minor > MINOR_MAX)
			return unpack_refuse(err, e->path, "a device number that Linux has not");
		inode->data = (e->minor & 0xff) | e->major << 8 | (e->minor & ~0xffU) << 12;
		return 0;
	default:
		inode->mode |= S_IFIFO;
		return 0;
	}
}

static int index_file(struct index *x, uint32_t dir, const char *name, const struct tar_entry *e,
		      struct error *err)
{
	struct index_inode draft = { .mode = (uint16_t)e->mode };
	uint32_t inode;
	int r;

	r = index_describe(x, e, &draft, err);
	if (r < 0)
		return r;
	entry_owner(&draft, e);
	x->parent_inode = 0; /* it may have been below what goes now */
	r = tree_new_inode(x, 0, &inode);
	if (r >= 0)
		r = tree_set(x, dir, name, inode);
	if (r < 0)
		return index_no_space(err, r);
	*inode_at(x, inode) = draft;
	return e->type == TAR_FILE ? entry_attributes(x, inode, e, err) : 0;
}

/* What @path names, its last component not followed. 0: nothing. */
static int index_target(struct index *x, const char *path, const struct tar_entry *e,
			uint32_t *ret_inode, struct error *err)
{
	uint32_t dir, node;
	const char *name;
	int r = tree_parent(x, path, e, &dir, &name, err);

	if (r < 0)
		return r;
	node = tree_find(x, dir, name);
	*ret_inode = node ? node_at(x, node)->inode : 0;
	return 0;
}

static int index_hardlink(struct index *x, const char *path, const struct tar_entry *e,
			  struct error *err)
{
	cleanup_free char *target = NULL;
	uint32_t dir, inode = 0;
	const char *name;
	int r;

	if (unpack_clean_path(e->link, &target) < 0 || *target == '\0')
		return unpack_refuse(err, e->path, "a hard link out of the layer");
	if (strcmp(target, path) == 0)
		return 0;
	r = tree_parent(x, path, e, &dir, &name, err);
	if (r >= 0)
		r = index_target(x, target, e, &inode, err);
	if (r < 0)
		return r;
	if (inode == 0)
		return unpack_refuse(err, e->path, "a hard link to what is not in the layer");
	if (S_ISDIR(inode_at(x, inode)->mode))
		return unpack_refuse(err, e->path, "a hard link to a directory");
	r = tree_set(x, dir, name, inode);
	x->parent_inode = 0;
	return r < 0 ? index_no_space(err, r) : 0;
}

/* What the same layer has by that name wins; a directory then is opaque. */
static int index_hide(struct index *x, uint32_t dir, const char *name, struct error *err)
{
	uint32_t node = tree_find(x, dir, name);
	uint32_t inode = node ? node_at(x, node)->inode : 0;
	int r;

	if (inode != 0) {
		if (S_ISDIR(inode_at(x, inode)->mode))
			inode_at(x, inode)->flags |= INODE_OPAQUE;
		return 0;
	}
	r = tree_new_inode(x, S_IFCHR, &inode);
	if (r >= 0)
		r = tree_set(x, dir, name, inode);
	return r < 0 ? index_no_space(err, r) : 0;
}

static int index_entry(struct index *x, const char *path, const struct tar_entry *e,
		       struct error *err)
{
	const char *name, *hidden;
	uint32_t dir;
	int r;

	if (*path == '\0') {
		if (e->type != TAR_DIR)
			return unpack_refuse(err, e->path, "the root must be a directory");
		return index_dir(x, INDEX_ROOT, "", e, err);
	}
	r = tree_parent(x, path, e, &dir, &name, err);
	if (r < 0)
		return r;
	switch (whiteout_of(name, &hidden)) {
	case WHITEOUT_OPAQUE:
		inode_at(x, dir)->flags |= INODE_OPAQUE;
		return 0;
	case WHITEOUT_META:
		return 0;
	case WHITEOUT_BAD:
		return unpack_refuse(err, path, "a whiteout of no file");
	case WHITEOUT_NAME:
		return index_hide(x, dir, hidden, err);
	case WHITEOUT_NONE:
		break;
	}
	if (e->type == TAR_HARDLINK)
		return index_hardlink(x, path, e, err);
	return e->type == TAR_DIR ? index_dir(x, dir, name, e, err)
				  : index_file(x, dir, name, e, err);
}

static int index_next(struct index *x, struct tar_entry *e, struct error *err)
{
	cleanup_free char *path = NULL;

	if (unpack_clean_path(e->path, &path) < 0)
		return unpack_refuse(err, e->path, "it is outside of the layer");
	if (*path) {
		free(e->path); /* what errors name */
		e->path = xstrdup(path);
	}
	return index_entry(x, path, e, err);
}

int index_read(struct index *x, struct tar_reader *reader, struct unpack_result *ret,
	       struct error *err)
{
	int r = tree_init(x);

	if (r < 0)
		return index_no_space(err, r);
	x->reader = reader;
	while (true) {
		cleanup(tar_entry_release) struct tar_entry e = TAR_ENTRY_INIT;

		r = tar_next(reader, &e, err);
		if (r <= 0)
			break;
		x->result.n_entries++;
		r = index_next(x, &e, err);
		if (r < 0)
			break;
		index_breathe(x, 1);
	}
	if (r >= 0)
		r = tar_drain(reader, err);
	if (r < 0)
		return r;
	*ret = x->result;
	x->result = (struct unpack_result){ 0 };
	return 0;
}
