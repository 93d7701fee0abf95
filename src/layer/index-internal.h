/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the indexer share. A name in a directory is a node; what it names an inode.
 * Both are known by number, from 1; 0 is none. Inode 1 is the root.
 *
 * Invariants: (1) a directory has one node and knows its parent. (2) A node whose inode is 0 was
 * replaced by nothing; it stays where it is, for the next of that name. (3) An inode that no node
 * names any more is never met again, for everything is looked up and written by walking from the
 * root.
 */
#pragma once

#include "layer/index.h"
#include "layer/spill.h"
#include "layer/unpack-internal.h"

enum { INDEX_ROOT = 1, INDEX_TRIM_INTERVAL = 256, XATTR_BUCKETS = 1 << 14 };

enum inode_flag {
	INODE_OPAQUE = 1 << 0,
	INODE_SPARSE = 1 << 1, /* data: its first segment, aux: how many */
	/* from here on: set by index-plan.c */
	INODE_COPIED = 1 << 2, /* sparse, and its data is copied into the index */
	INODE_COMPACT = 1 << 3,
	INODE_INLINE = 1 << 4, /* its directory or target stands behind its record */
	INODE_PLANNED = 1 << 5,
	INODE_WRITTEN = 1 << 6,
};

struct index_node {
	uint32_t dir;  /* the directory's inode */
	uint32_t next; /* in the directory */
	uint32_t hash_next;
	uint32_t name; /* offset in names */
	uint32_t inode;
};

struct index_inode {
	uint64_t size;
	int64_t mtime;
	uint32_t mtime_nsec, uid, gid, nlink;
	uint32_t data;	 /* file: its first block in the tar; directory: its first node; symbolic
			* link: offset in names; device: its number */
	uint32_t aux;	 /* directory: its parent */
	uint32_t xattrs; /* offset in xattr_sets; 0 none */
	uint32_t slot;	 /* where its record is, in units of 32 bytes */
	uint32_t copy;	 /* block in the index: of copied data, of what does not fit in line */
	uint32_t node;	 /* directory: its own */
	uint16_t mode, flags;
};

struct index_segment {		    /* of a sparse file */
	uint64_t offset, len, from; /* from: byte in the tar */
};

struct index_xattr {
	uint32_t blob, len; /* its record as it will be written */
	uint32_t refs, hash, hash_next;
	uint32_t shared; /* its number in the shared area; 0 none */
};

struct index {
	struct spill nodes, inodes, names, buckets, segments;
	struct spill xattrs, xattr_blob, xattr_sets; /* a set: how many, then numbers of xattrs */
	uint32_t *xattr_buckets;
	uint32_t n_nodes, n_inodes, n_buckets;
	uint32_t work; /* since the last trim */
	uint64_t seed;
	char *parent;	       /* the directory that was asked for last … */
	uint32_t parent_inode; /* … and what it is; 0 none */
	struct tar_reader *reader;
	struct unpack_result result;
};

/* Valid until something is added. */
static inline struct index_node *node_at(const struct index *x, uint32_t i)
{
	return (struct index_node *)x->nodes.data + i;
}

static inline struct index_inode *inode_at(const struct index *x, uint32_t i)
{
	return (struct index_inode *)x->inodes.data + i;
}

static inline const char *name_at(const struct index *x, uint32_t offset)
{
	return (const char *)x->names.data + offset;
}

int index_no_space(struct error *err, int r);
/* After each @n names or inodes that were looked at: now and then it gives memory back. */
void index_breathe(struct index *x, uint32_t n);

/* index-tree.c. *ret_inode is 0 when there is nothing by that name. */
must_check int tree_init(struct index *x);
uint32_t tree_find(const struct index *x, uint32_t dir, const char *name); /* a node, 0 none */
must_check int tree_text(struct index *x, const char *text, uint32_t *ret);
must_check int tree_new_inode(struct index *x, mode_t mode, uint32_t *ret);
/* Make @name mean @inode, whatever it meant. */
must_check int tree_set(struct index *x, uint32_t dir, const char *name, uint32_t inode);
/* The directory of @path and the name in it (pointing into path). Symbolic links are followed
 * within the root; what is missing is made, with @e's time. */
must_check int tree_parent(struct index *x, const char *path, const struct tar_entry *e,
			   uint32_t *ret_dir, const char **ret_name, struct error *err);

/* index-xattr.c: *ret_set holds what @e has (what is kept of it), over those of @old. An access
 * ACL changes *mode as chmod(1) would see it. */
must_check int xattr_set_of(struct index *x, const struct tar_entry *e, uint32_t old,
			    uint32_t *ret_set, uint16_t *mode, struct error *err);
/* … and the mark of an opaque directory. */
must_check int xattr_set_opaque(struct index *x, uint32_t old, uint32_t *ret_set);

struct xattr_view { /* one of a set */
	const uint8_t *record;
	uint32_t len, shared; /* shared: 0 no */
};
struct xattr_view xattr_of_set(const struct index *x, uint32_t set, uint32_t i);
uint32_t xattr_set_count(const struct index *x, uint32_t set);
uint32_t xattr_set_size(const struct index *x, uint32_t set); /* in bytes, behind an inode */
/* Number those that are worth sharing; the bytes of their area. */
uint32_t xattr_share(struct index *x);

/* index-walk.c */
typedef int (*walk_visit)(struct index *x, uint32_t inode, void *arg);
/* A directory before what it holds, its entries before theirs; a file as often as it has names. */
must_check int walk_tree(struct index *x, walk_visit visit, void *arg);
/* Sort the directory's nodes by name; those that name nothing go. */
void dir_sort(struct index *x, uint32_t dir);

struct dir_entry {
	const char *name; /* valid until something is added */
	uint32_t inode;
};
struct dir_iter { /* all entries, "." and ".." too, in EROFS' order */
	uint32_t dir, node;
	unsigned int dots;
};
struct dir_iter dir_iter(const struct index *x, uint32_t dir);
bool dir_iter_next(const struct index *x, struct dir_iter *iter, struct dir_entry *ret);
/* How many entries fit into the block that begins at @iter, and the bytes that they take. */
uint32_t dir_block_take(const struct index *x, struct dir_iter *iter, uint32_t *ret_used);
bool dir_iter_ended(const struct dir_iter *iter);

/* index-sparse.c */
struct chunks {		   /* how EROFS finds a file's data */
	unsigned int bits; /* size of a chunk */
	uint64_t n;
};
struct chunks chunks_of(const struct index *x, const struct index_inode *inode);
/* Decide whether a sparse file is copied; *copy_blocks is where copies go and grows. */
must_check int sparse_plan(struct index *x, struct index_inode *inode, uint64_t *copy_blocks);
struct sparse_iter {
	uint32_t segment, end;
	uint64_t copied; /* chunks with data so far */
};
struct sparse_iter sparse_iter(const struct index_inode *inode);
/* The block of chunk @i, to be asked for one after the other; EROFS_HOLE: none. */
uint32_t sparse_block(const struct index *x, const struct index_inode *inode, struct chunks chunks,
		      struct sparse_iter *iter, uint64_t i);
must_check int sparse_copy(struct index *x, const struct index_inode *inode, uint64_t copy_start,
			   int tar_fd, int fd);

/* index-plan.c */
struct index_plan {
	int64_t time; /* that most inodes have */
	uint32_t time_nsec;
	uint64_t meta_end;    /* bytes; the shared attributes follow at the next block */
	uint32_t shared_size; /* bytes */
	uint64_t copy_blocks;
	uint64_t n_inodes;
};
must_check int index_plan(struct index *x, struct index_plan *ret);
uint32_t inode_head_size(const struct index_inode *inode);
/* Bytes of a directory's blocks, the last one as far as it is used. */
uint64_t dir_size(struct index *x, uint32_t dir);

/* acl.c: a POSIX ACL as in extended attributes (xattr(7), acl(5)). -EINVAL. *ret_keep is false when
 * the mode says all of it. */
must_check int acl_check(const void *value, size_t len, uint16_t *mode, bool *ret_keep);
