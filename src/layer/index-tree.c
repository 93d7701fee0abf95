/* SPDX-License-Identifier: Apache-2.0 */
/* The tree of names: one hash table of all of them, keyed by directory and name. */
#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "base/strbuf.h"
#include "layer/index-internal.h"

enum { BUCKETS_FIRST = 4096, LINKS_MAX = 40 };

static uint32_t *bucket_of(const struct index *x, uint32_t dir, const char *name)
{
	uint64_t hash = x->seed ^ (dir * 0x9E3779B97F4A7C15ULL);

	for (; *name; name++)
		hash = (hash ^ (uint8_t)*name) * 0x100000001B3ULL;
	hash ^= hash >> 29;
	return (uint32_t *)x->buckets.data + (hash & (x->n_buckets - 1));
}

uint32_t tree_find(const struct index *x, uint32_t dir, const char *name)
{
	uint32_t i = *bucket_of(x, dir, name);

	while (i != 0) {
		const struct index_node *node = node_at(x, i);

		if (node->dir == dir && strcmp(name_at(x, node->name), name) == 0)
			return i;
		i = node->hash_next;
	}
	return 0;
}

static void tree_hash_in(struct index *x, uint32_t i)
{
	struct index_node *node = node_at(x, i);
	uint32_t *bucket = bucket_of(x, node->dir, name_at(x, node->name));

	node->hash_next = *bucket;
	*bucket = i;
}

static int tree_rehash(struct index *x)
{
	struct spill buckets = SPILL_INIT(x->buckets.dirfd);
	int r = spill_add(&buckets, 2 * x->buckets.len, NULL);

	if (r < 0) {
		spill_release(&buckets);
		return r;
	}
	spill_release(&x->buckets);
	x->buckets = buckets;
	x->n_buckets *= 2;
	for (uint32_t i = 1; i < x->n_nodes; i++) {
		tree_hash_in(x, i);
		index_breathe(x, 1);
	}
	return 0;
}

int tree_text(struct index *x, const char *text, uint32_t *ret)
{
	size_t len = strlen(text) + 1, offset;
	int r = x->names.len > UINT32_MAX - len ? -EFBIG : spill_add(&x->names, len, &offset);

	if (r < 0)
		return r;
	memcpy((char *)x->names.data + offset, text, len);
	*ret = (uint32_t)offset;
	return 0;
}

int tree_new_inode(struct index *x, mode_t mode, uint32_t *ret)
{
	int r = spill_add(&x->inodes, sizeof(struct index_inode), NULL);

	if (r < 0)
		return r;
	*ret = x->n_inodes++;
	inode_at(x, *ret)->mode = (uint16_t)mode;
	return 0;
}

/* Number 0 is none, in every array. */
int tree_init(struct index *x)
{
	uint32_t unused;
	int r;

	if (getrandom(&x->seed, sizeof(x->seed), 0) != sizeof(x->seed))
		return -errno;
	x->n_buckets = BUCKETS_FIRST;
	r = spill_add(&x->buckets, x->n_buckets * sizeof(uint32_t), NULL);
	if (r >= 0)
		r = spill_add(&x->nodes, sizeof(struct index_node), NULL);
	if (r >= 0)
		r = spill_add(&x->xattrs, sizeof(struct index_xattr), NULL);
	if (r >= 0)
		r = spill_add(&x->xattr_sets, sizeof(uint32_t), NULL);
	x->n_nodes = 1;
	if (r >= 0)
		r = tree_new_inode(x, 0, &unused);
	if (r >= 0)
		r = tree_new_inode(x, S_IFDIR | 0755, &unused);
	if (r >= 0)
		inode_at(x, INDEX_ROOT)->aux = INDEX_ROOT;
	return r;
}

int tree_set(struct index *x, uint32_t dir, const char *name, uint32_t inode)
{
	uint32_t i = tree_find(x, dir, name);
	struct index_node *node;
	int r = 0;

	if (i == 0) {
		if (x->n_nodes >= INDEX_ENTRIES_MAX)
			return -EMLINK;
		if (x->n_nodes >= x->n_buckets)
			r = tree_rehash(x);
		if (r >= 0)
			r = spill_add(&x->nodes, sizeof(*node), NULL);
		if (r < 0)
			return r;
		i = x->n_nodes++;
		node = node_at(x, i);
		*node = (struct index_node){ .dir = dir, .next = inode_at(x, dir)->data };
		r = tree_text(x, name, &node->name);
		if (r < 0)
			return r;
		inode_at(x, dir)->data = i;
		tree_hash_in(x, i);
	}
	node_at(x, i)->inode = inode;
	if (inode != 0 && S_ISDIR(inode_at(x, inode)->mode)) {
		inode_at(x, inode)->aux = dir;
		inode_at(x, inode)->node = i;
	}
	return 0;
}

/* A walk along a path: what is left of it, and how much of that stood in the path itself and not in
 * a symbolic link. */
struct walk {
	char *path; /* owned */
	const char *rest;
	size_t literal;
	unsigned int links;
	uint32_t dir;
};

static int walk_link(struct index *x, struct walk *w, uint32_t inode)
{
	const char *target = name_at(x, inode_at(x, inode)->data);
	size_t left = strlen(w->rest);
	char *path;

	if (++w->links > LINKS_MAX)
		return -ELOOP;
	if (strlen(target) + left + 1 > INDEX_PATH_MAX)
		return -ENAMETOOLONG;
	if (*target == '/')
		w->dir = INDEX_ROOT;
	if (left < w->literal)
		w->literal = left;
	path = xasprintf("%s/%s", target, w->rest);
	free(w->path);
	w->path = path;
	w->rest = path;
	return 0;
}

/* A directory without an entry of its own: root's, 0755. One where a whiteout was hides all that
 * was there: it is opaque. */
static int walk_make(struct index *x, struct walk *w, const char *name, const struct tar_entry *e,
		     bool opaque)
{
	uint32_t inode;
	int r = tree_new_inode(x, S_IFDIR | 0755, &inode);

	if (r < 0)
		return r;
	inode_at(x, inode)->mtime = e->mtime;
	inode_at(x, inode)->mtime_nsec = e->mtime_nsec;
	inode_at(x, inode)->flags = opaque ? INODE_OPAQUE : 0;
	r = tree_set(x, w->dir, name, inode);
	w->dir = inode;
	return r;
}

static int walk_step(struct index *x, struct walk *w, const struct tar_entry *e)
{
	size_t len = strcspn(w->rest, "/");
	bool literal = strlen(w->rest) <= w->literal;
	cleanup_free char *name = xstrndup(w->rest, len);
	const struct index_inode *found;
	uint32_t inode;

	w->rest += len;
	w->rest += strspn(w->rest, "/");
	if (len == 0 || strcmp(name, ".") == 0)
		return 0;
	if (strcmp(name, "..") == 0) {
		w->dir = inode_at(x, w->dir)->aux;
		return 0;
	}
	if (len > INDEX_NAME_MAX)
		return -ENAMETOOLONG;
	inode = tree_find(x, w->dir, name);
	inode = inode ? node_at(x, inode)->inode : 0;
	if (inode == 0)
		return literal ? walk_make(x, w, name, e, false) : -ENOTDIR;
	found = inode_at(x, inode);
	if (S_ISLNK(found->mode))
		return walk_link(x, w, inode);
	if (S_ISCHR(found->mode) && found->data == 0 && literal)
		return walk_make(x, w, name, e, true);
	if (!S_ISDIR(found->mode))
		return -ENOTDIR;
	w->dir = inode;
	return 0;
}

static int walk_path(struct index *x, const char *path, const struct tar_entry *e, uint32_t *ret)
{
	struct walk w = { .path = xstrdup(path), .dir = INDEX_ROOT };
	int r = 0;

	w.rest = w.path;
	w.literal = strlen(w.path);
	while (r >= 0 && *w.rest)
		r = walk_step(x, &w, e);
	free(w.path);
	if (r >= 0)
		*ret = w.dir;
	return r;
}

int tree_parent(struct index *x, const char *path, const struct tar_entry *e, uint32_t *ret_dir,
		const char **ret_name, struct error *err)
{
	const char *slash = strrchr(path, '/');
	cleanup_free char *parent = xstrndup(path, slash ? (size_t)(slash - path) : 0);
	int r = 0;

	*ret_name = slash ? slash + 1 : path;
	if (strlen(path) > INDEX_PATH_MAX || strlen(*ret_name) > INDEX_NAME_MAX)
		return unpack_refuse(err, path, "its name is too long");
	if (x->parent_inode == 0 || strcmp(x->parent, parent) != 0) {
		x->parent_inode = 0;
		r = walk_path(x, parent, e, &x->parent_inode);
		free(x->parent);
		x->parent = take_ptr(parent);
	}
	if (r == -ENOTDIR || r == -ELOOP)
		return unpack_refuse(err, path, "its parent is not a directory");
	if (r == -ENAMETOOLONG)
		return unpack_refuse(err, path, "its name is too long");
	if (r < 0)
		return index_no_space(err, r);
	*ret_dir = x->parent_inode;
	return 0;
}
