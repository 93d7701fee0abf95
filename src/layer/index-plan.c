/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where everything goes, before the first byte is written: a directory's entries name places of
 * inodes. The first walk sorts, counts links and finds the most usual time (then short inodes do);
 * the second gives each inode its place, in the order in which index-write.c writes them.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "layer/erofs-format.h"
#include "layer/index-internal.h"

struct planner {
	struct index_plan plan;
	uint64_t pos;	/* the next free byte */
	uint64_t votes; /* for plan.time, by Boyer and Moore */
};

uint32_t inode_head_size(const struct index_inode *inode)
{
	return inode->flags & INODE_COMPACT ? (uint32_t)sizeof(struct erofs_inode_compact)
					    : (uint32_t)sizeof(struct erofs_inode_extended);
}

uint64_t dir_size(struct index *x, uint32_t dir)
{
	struct dir_iter iter = dir_iter(x, dir);
	uint64_t size = 0;
	uint32_t n, used = 0;

	while ((n = dir_block_take(x, &iter, &used)) > 0) {
		size += dir_iter_ended(&iter) ? used : EROFS_BLOCK_SIZE;
		index_breathe(x, n);
	}
	return size;
}

static void vote(struct planner *p, const struct index_inode *inode)
{
	bool same = inode->mtime == p->plan.time && inode->mtime_nsec == p->plan.time_nsec;

	if (p->votes == 0) {
		p->plan.time = inode->mtime;
		p->plan.time_nsec = inode->mtime_nsec;
		p->votes = 1;
	} else {
		p->votes = same ? p->votes + 1 : p->votes - 1;
	}
}

static int count_visit(struct index *x, uint32_t i, void *arg)
{
	struct planner *p = arg;
	struct index_inode *inode = inode_at(x, i);
	uint32_t set;
	int r = 0;

	if (S_ISDIR(inode->mode)) {
		dir_sort(x, i);
		inode_at(x, i)->nlink += 2;
		inode_at(x, inode_at(x, i)->aux)->nlink += i != INDEX_ROOT;
	} else {
		inode->nlink++;
	}
	inode = inode_at(x, i);
	if (inode->flags & INODE_OPAQUE) {
		r = xattr_set_opaque(x, inode->xattrs, &set);
		if (r >= 0)
			inode_at(x, i)->xattrs = set;
	}
	vote(p, inode_at(x, i));
	return r;
}

static bool is_compact(const struct index_plan *plan, const struct index_inode *inode)
{
	return inode->mtime == plan->time && inode->mtime_nsec == plan->time_nsec &&
	       inode->uid <= UINT16_MAX && inode->gid <= UINT16_MAX && inode->nlink <= UINT16_MAX &&
	       inode->size <= UINT32_MAX;
}

static uint64_t round_up_to(uint64_t n, uint64_t unit)
{
	return (n + unit - 1) / unit * unit;
}

/* A place for the record whose @tail bytes must lie within one block. */
static bool place_inline(struct planner *p, uint32_t head, uint64_t tail)
{
	uint64_t pos = round_up_to(p->pos, 1 << EROFS_SLOT_BITS);

	for (unsigned int i = 0; i < EROFS_BLOCK_SIZE >> EROFS_SLOT_BITS; i++) {
		if ((pos + head) % EROFS_BLOCK_SIZE + tail <= EROFS_BLOCK_SIZE) {
			p->pos = pos;
			return true;
		}
		pos += 1 << EROFS_SLOT_BITS;
	}
	return false;
}

/* A directory, or the target of a symbolic link: behind the record, or in blocks of its own. */
static void plan_content(struct planner *p, struct index_inode *inode, uint32_t head)
{
	if (inode->size <= EROFS_BLOCK_SIZE && place_inline(p, head, inode->size)) {
		inode->flags |= INODE_INLINE;
		inode->slot = (uint32_t)(p->pos >> EROFS_SLOT_BITS);
		p->pos += head + inode->size;
		return;
	}
	inode->slot = (uint32_t)(p->pos >> EROFS_SLOT_BITS);
	p->pos = round_up_to(p->pos + head, EROFS_BLOCK_SIZE);
	inode->copy = (uint32_t)(p->pos >> EROFS_BLOCK_BITS);
	p->pos += round_up_to(inode->size, EROFS_BLOCK_SIZE);
}

static int plan_file(struct index *x, struct planner *p, struct index_inode *inode, uint32_t head)
{
	int r = inode->flags & INODE_SPARSE ? sparse_plan(x, inode, &p->plan.copy_blocks) : 0;

	if (r < 0)
		return r;
	inode->slot = (uint32_t)(p->pos >> EROFS_SLOT_BITS);
	p->pos += head;
	if (inode->size > 0)
		p->pos = round_up_to(p->pos, sizeof(struct erofs_chunk)) +
			 chunks_of(x, inode).n * sizeof(struct erofs_chunk);
	return 0;
}

static int plan_visit(struct index *x, uint32_t i, void *arg)
{
	struct index_inode *inode = inode_at(x, i);
	struct planner *p = arg;
	uint32_t xattrs, head;

	if (inode->flags & INODE_PLANNED)
		return 0;
	inode->flags |= INODE_PLANNED;
	p->plan.n_inodes++;
	if (S_ISDIR(inode->mode))
		inode->size = dir_size(x, i);
	if (is_compact(&p->plan, inode))
		inode->flags |= INODE_COMPACT;
	xattrs = xattr_set_size(x, inode->xattrs);
	if (xattrs / sizeof(uint32_t) > EROFS_XATTR_UNITS_MAX)
		return -EFBIG;
	head = inode_head_size(inode) + xattrs;
	p->pos = round_up_to(p->pos, 1 << EROFS_SLOT_BITS);
	if (p->pos >> EROFS_SLOT_BITS > UINT32_MAX)
		return -EFBIG;
	if (S_ISREG(inode->mode))
		return plan_file(x, p, inode, head);
	if (S_ISDIR(inode->mode) || S_ISLNK(inode->mode)) {
		plan_content(p, inode, head);
		return 0;
	}
	inode->slot = (uint32_t)(p->pos >> EROFS_SLOT_BITS);
	p->pos += head;
	return 0;
}

int index_plan(struct index *x, struct index_plan *ret)
{
	struct planner p = { .pos = EROFS_META_START };
	int r;

	r = walk_tree(x, count_visit, &p);
	if (r < 0)
		return r;
	p.plan.shared_size = xattr_share(x);
	r = walk_tree(x, plan_visit, &p);
	if (r < 0)
		return r;
	p.plan.meta_end = p.pos;
	*ret = p.plan;
	return 0;
}
