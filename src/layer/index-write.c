/* SPDX-License-Identifier: Apache-2.0 */
/* Writing the planned index: from the beginning to the end, the superblock last. */
#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "layer/erofs-format.h"
#include "layer/index-internal.h"
#include "sys/fd.h"

enum { OUT_SIZE = 128 * 1024 };

struct writer {
	int fd, tar_fd;
	const struct index_plan *plan;
	uint64_t copy_start; /* bytes */
	uint64_t pos;	     /* of the end of buffer */
	uint32_t ino;
	size_t len;
	int failed; /* -errno of the first write that did not work */
	uint8_t buffer[OUT_SIZE];
};

static void out_flush(struct writer *w)
{
	if (w->failed == 0)
		w->failed = fd_write_all(w->fd, w->buffer, w->len);
	w->len = 0;
}

static void out(struct writer *w, const void *data, size_t len)
{
	const uint8_t *p = data;

	w->pos += len;
	while (len > 0) {
		size_t room = sizeof(w->buffer) - w->len, n = len < room ? len : room;

		if (p) {
			memcpy(w->buffer + w->len, p, n);
			p += n;
		} else {
			memset(w->buffer + w->len, 0, n);
		}
		w->len += n;
		len -= n;
		if (w->len == sizeof(w->buffer))
			out_flush(w);
	}
}

static void out_until(struct writer *w, uint64_t pos)
{
	out(w, NULL, pos > w->pos ? (size_t)(pos - w->pos) : 0);
}

static void out_align(struct writer *w, uint64_t unit)
{
	out_until(w, (w->pos + unit - 1) / unit * unit);
}

static uint8_t dirent_type(uint16_t mode)
{
	static const mode_t types[] = { 0,	 S_IFREG, S_IFDIR,  S_IFCHR,
					S_IFBLK, S_IFIFO, S_IFSOCK, S_IFLNK };
	uint8_t i = 0;

	while (i + 1U < ARRAY_SIZE(types) && types[i] != (mode & S_IFMT))
		i++;
	return i;
}

/* One block: the entries from @from on, then their names. */
static void write_dir_block(const struct index *x, struct writer *w, struct dir_iter from,
			    uint32_t n)
{
	size_t offset = n * sizeof(struct erofs_dirent);
	struct dir_iter iter = from;
	struct dir_entry entry;

	for (uint32_t i = 0; i < n && dir_iter_next(x, &iter, &entry); i++) {
		const struct index_inode *inode = inode_at(x, entry.inode);
		const struct erofs_dirent dirent = { .nid = htole64(inode->slot),
						     .name_offset = htole16((uint16_t)offset),
						     .type = dirent_type(inode->mode) };

		out(w, &dirent, sizeof(dirent));
		offset += strlen(entry.name);
	}
	for (uint32_t i = 0; i < n && dir_iter_next(x, &from, &entry); i++)
		out(w, entry.name, strlen(entry.name));
}

static void write_dir(struct index *x, struct writer *w, uint32_t dir)
{
	struct dir_iter iter = dir_iter(x, dir), from = iter;
	uint64_t start = w->pos;
	uint32_t n, used;

	while ((n = dir_block_take(x, &iter, &used)) > 0) {
		write_dir_block(x, w, from, n);
		if (!dir_iter_ended(&iter))
			out_until(w, start += EROFS_BLOCK_SIZE);
		from = iter;
		index_breathe(x, n);
	}
}

static void write_xattrs(const struct index *x, struct writer *w, uint32_t set)
{
	struct erofs_xattr_head head = { 0 };
	uint32_t n = xattr_set_count(x, set), n_shared = 0;

	if (set == 0)
		return;
	for (uint32_t i = 0; i < n; i++)
		n_shared += xattr_of_set(x, set, i).shared != 0;
	head.shared_count =
		(uint8_t)(n_shared < EROFS_XATTR_SHARED_MAX ? n_shared : EROFS_XATTR_SHARED_MAX);
	out(w, &head, sizeof(head));
	n_shared = 0;
	for (uint32_t i = 0; i < n && n_shared < head.shared_count; i++) {
		uint32_t shared = htole32(xattr_of_set(x, set, i).shared);

		if (shared) {
			out(w, &shared, sizeof(shared));
			n_shared++;
		}
	}
	n_shared = 0;
	for (uint32_t i = 0; i < n; i++) {
		struct xattr_view view = xattr_of_set(x, set, i);

		if (view.shared && n_shared < head.shared_count)
			n_shared++;
		else
			out(w, view.record, view.len);
	}
}

/* Which chunk is where. */
static void write_chunks(const struct index *x, struct writer *w, const struct index_inode *inode)
{
	struct chunks chunks = chunks_of(x, inode);
	struct sparse_iter iter = sparse_iter(inode);
	bool copied = inode->flags & INODE_COPIED;

	out_align(w, sizeof(struct erofs_chunk));
	for (uint64_t i = 0; i < chunks.n; i++) {
		uint32_t block;

		if (inode->flags & INODE_SPARSE)
			block = sparse_block(x, inode, chunks, &iter, i);
		else
			block = inode->data + (uint32_t)(i << (chunks.bits - EROFS_BLOCK_BITS));
		if (copied && block != EROFS_HOLE)
			block += (uint32_t)(w->copy_start >> EROFS_BLOCK_BITS);
		out(w,
		    &(struct erofs_chunk){
			    .device = htole16(copied || block == EROFS_HOLE ? 0 : EROFS_TAR_DEVICE),
			    .block = htole32(block) },
		    sizeof(struct erofs_chunk));
	}
}

static uint32_t inode_u(const struct index *x, const struct index_inode *inode)
{
	if (S_ISREG(inode->mode) && inode->size > 0)
		return EROFS_CHUNK_INDEXES | (chunks_of(x, inode).bits - EROFS_BLOCK_BITS);
	if (S_ISCHR(inode->mode) || S_ISBLK(inode->mode))
		return inode->data;
	return inode->flags & INODE_INLINE ? 0 : inode->copy;
}

static void write_record(const struct index *x, struct writer *w, const struct index_inode *inode)
{
	enum erofs_layout layout = inode->flags & INODE_INLINE ? EROFS_INLINE : EROFS_PLAIN;
	uint32_t xattrs = xattr_set_size(x, inode->xattrs), ino = ++w->ino;
	bool compact = inode->flags & INODE_COMPACT;
	uint16_t format, units;

	if (S_ISREG(inode->mode) && inode->size > 0)
		layout = EROFS_CHUNKS;
	format = (uint16_t)((compact ? 0 : 1) | layout << 1);
	units = (uint16_t)(xattrs ? (xattrs - sizeof(struct erofs_xattr_head)) / 4 + 1 : 0);
	if (compact)
		out(w,
		    &(struct erofs_inode_compact){
			    .format = htole16(format),
			    .xattr_units = htole16(units),
			    .mode = htole16(inode->mode),
			    .nlink = htole16((uint16_t)inode->nlink),
			    .size = htole32((uint32_t)inode->size),
			    .u = htole32(inode_u(x, inode)),
			    .ino = htole32(ino),
			    .uid = htole16((uint16_t)inode->uid),
			    .gid = htole16((uint16_t)inode->gid),
		    },
		    sizeof(struct erofs_inode_compact));
	else
		out(w,
		    &(struct erofs_inode_extended){
			    .format = htole16(format),
			    .xattr_units = htole16(units),
			    .mode = htole16(inode->mode),
			    .size = htole64(inode->size),
			    .u = htole32(inode_u(x, inode)),
			    .ino = htole32(ino),
			    .uid = htole32(inode->uid),
			    .gid = htole32(inode->gid),
			    .mtime = htole64((uint64_t)inode->mtime),
			    .mtime_nsec = htole32(inode->mtime_nsec),
			    .nlink = htole32(inode->nlink),
		    },
		    sizeof(struct erofs_inode_extended));
}

static int write_visit(struct index *x, uint32_t i, void *arg)
{
	struct index_inode *inode = inode_at(x, i);
	struct writer *w = arg;

	if (inode->flags & INODE_WRITTEN)
		return 0;
	inode->flags |= INODE_WRITTEN;
	out_until(w, (uint64_t)inode->slot << EROFS_SLOT_BITS);
	write_record(x, w, inode);
	write_xattrs(x, w, inode->xattrs);
	if (S_ISREG(inode->mode) && inode->size > 0)
		write_chunks(x, w, inode);
	if ((S_ISDIR(inode->mode) || S_ISLNK(inode->mode)) && !(inode->flags & INODE_INLINE))
		out_until(w, (uint64_t)inode->copy << EROFS_BLOCK_BITS);
	if (S_ISDIR(inode->mode))
		write_dir(x, w, i);
	else if (S_ISLNK(inode->mode))
		out(w, name_at(x, inode->data), (size_t)inode->size);
	/* what lies in blocks of its own fills them: the next record comes behind */
	if ((S_ISDIR(inode->mode) || S_ISLNK(inode->mode)) && !(inode->flags & INODE_INLINE))
		out_align(w, EROFS_BLOCK_SIZE);
	return w->failed;
}

static void write_shared(const struct index *x, struct writer *w)
{
	const struct index_xattr *items = x->xattrs.data;
	uint32_t n = (uint32_t)(x->xattrs.len / sizeof(*items));

	out_align(w, EROFS_BLOCK_SIZE);
	if (w->plan->shared_size == 0)
		return;
	out(w, NULL, sizeof(uint32_t));
	for (uint32_t i = 1; i < n; i++) {
		if (items[i].shared)
			out(w, (const uint8_t *)x->xattr_blob.data + items[i].blob, items[i].len);
	}
	out_align(w, EROFS_BLOCK_SIZE);
}

static int copy_visit(struct index *x, uint32_t i, void *arg)
{
	struct index_inode *inode = inode_at(x, i);
	struct writer *w = arg;

	if (!S_ISREG(inode->mode) || !(inode->flags & INODE_COPIED) ||
	    !(inode->flags & INODE_WRITTEN))
		return 0;
	inode->flags &= (uint16_t)~INODE_WRITTEN; /* once, whatever names it has */
	return sparse_copy(x, inode, w->copy_start, w->tar_fd, w->fd);
}

/* No checksum of the superblock: fsck.erofs crashes over one when blocks are smaller than 1024. */
static int write_super(const struct index *x, const struct writer *w, uint64_t tar_size,
		       uint64_t blocks, const uint8_t uuid[16])
{
	uint64_t tar_blocks = (tar_size + EROFS_BLOCK_SIZE - 1) / EROFS_BLOCK_SIZE;
	uint64_t shared = (w->plan->meta_end + EROFS_BLOCK_SIZE - 1) / EROFS_BLOCK_SIZE;
	const struct erofs_device device = { .blocks = htole32((uint32_t)tar_blocks) };
	struct erofs_super super = {
		.magic = htole32(EROFS_MAGIC),
		.feature_compat = htole32(EROFS_COMPAT_MTIME),
		.block_bits = EROFS_BLOCK_BITS,
		.root_nid = htole16((uint16_t)inode_at(x, INDEX_ROOT)->slot),
		.inodes = htole64(w->plan->n_inodes),
		.time = htole64((uint64_t)w->plan->time),
		.time_nsec = htole32(w->plan->time_nsec),
		.blocks = htole32((uint32_t)blocks),
		.xattr_block = htole32((uint32_t)shared),
		.feature_incompat = htole32(EROFS_INCOMPAT_CHUNKED | EROFS_INCOMPAT_DEVICES),
		.extra_devices = htole16(1),
		.device_slot = htole16(EROFS_DEVICE_SLOT),
	};
	uint8_t both[sizeof(super) + sizeof(device)];
	ssize_t n;

	memcpy(super.uuid, uuid, sizeof(super.uuid));
	memcpy(both, &super, sizeof(super));
	memcpy(both + sizeof(super), &device, sizeof(device));
	n = pwrite(w->fd, both, sizeof(both), EROFS_SUPER_OFFSET);
	return n == sizeof(both) ? 0 : n < 0 ? -errno : -EIO;
}

static int write_all(struct index *x, struct writer *w, uint64_t tar_size, const uint8_t uuid[16])
{
	uint64_t end;
	int r;

	out_until(w, EROFS_META_START);
	r = walk_tree(x, write_visit, w);
	if (r < 0)
		return r;
	write_shared(x, w);
	out_flush(w);
	if (w->failed < 0)
		return w->failed;
	end = w->copy_start + (w->plan->copy_blocks << EROFS_BLOCK_BITS);
	if (w->plan->copy_blocks > 0 && ftruncate(w->fd, (off_t)end) < 0)
		return -errno;
	r = w->plan->copy_blocks > 0 ? walk_tree(x, copy_visit, w) : 0;
	return r < 0 ? r : write_super(x, w, tar_size, end >> EROFS_BLOCK_BITS, uuid);
}

int index_write(struct index *x, int fd, int tar_fd, uint64_t tar_size, const uint8_t uuid[16],
		struct error *err)
{
	cleanup_free struct writer *w = xcalloc(1, sizeof(*w));
	struct index_plan plan = { 0 };
	int r = index_plan(x, &plan);

	if (r < 0)
		return index_no_space(err, r);
	w->fd = fd;
	w->tar_fd = tar_fd;
	w->plan = &plan;
	w->copy_start = (plan.meta_end + EROFS_BLOCK_SIZE - 1) & ~(EROFS_BLOCK_SIZE - 1ULL);
	w->copy_start += (plan.shared_size + EROFS_BLOCK_SIZE - 1) & ~(EROFS_BLOCK_SIZE - 1ULL);
	if ((w->copy_start >> EROFS_BLOCK_BITS) + plan.copy_blocks > UINT32_MAX)
		return index_no_space(err, -EFBIG);
	r = write_all(x, w, tar_size, uuid);
	return r < 0 ? index_no_space(err, r) : 0;
}
