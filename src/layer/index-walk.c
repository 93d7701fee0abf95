/* SPDX-License-Identifier: Apache-2.0 */
/* Walking the finished tree: directories in the order of their names. */
#include <string.h>
#include <sys/stat.h>

#include "layer/erofs-format.h"
#include "layer/index-internal.h"

static const char *node_name(const struct index *x, uint32_t node)
{
	return name_at(x, node_at(x, node)->name);
}

/* Two sorted lists become one. */
static uint32_t list_merge(struct index *x, uint32_t a, uint32_t b)
{
	uint32_t head = 0, tail = 0;

	while (a != 0 || b != 0) {
		bool first = b == 0 || (a != 0 && strcmp(node_name(x, a), node_name(x, b)) < 0);
		uint32_t taken = first ? a : b;

		if (first)
			a = node_at(x, a)->next;
		else
			b = node_at(x, b)->next;
		if (tail != 0)
			node_at(x, tail)->next = taken;
		else
			head = taken;
		tail = taken;
		index_breathe(x, 1);
	}
	if (tail != 0)
		node_at(x, tail)->next = 0;
	return head;
}

/* Merge sort: runs[i] is a sorted list of 2^i nodes, or none. */
void dir_sort(struct index *x, uint32_t dir)
{
	uint32_t runs[32] = { 0 }, all = 0;
	uint32_t node = inode_at(x, dir)->data;

	while (node != 0) {
		uint32_t next = node_at(x, node)->next, run = node;
		unsigned int i;

		if (node_at(x, node)->inode != 0) {
			node_at(x, node)->next = 0;
			for (i = 0; runs[i] != 0; i++) {
				run = list_merge(x, runs[i], run);
				runs[i] = 0;
			}
			runs[i] = run;
		}
		node = next;
		index_breathe(x, 1);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(runs); i++)
		all = list_merge(x, runs[i], all);
	inode_at(x, dir)->data = all;
}

/* The first node from @node on that is a directory. */
static uint32_t next_dir(const struct index *x, uint32_t node)
{
	while (node != 0 && !S_ISDIR(inode_at(x, node_at(x, node)->inode)->mode))
		node = node_at(x, node)->next;
	return node;
}

static int walk_entries(struct index *x, uint32_t dir, walk_visit visit, void *arg)
{
	int r = 0;

	for (uint32_t i = inode_at(x, dir)->data; r >= 0 && i != 0; i = node_at(x, i)->next) {
		r = visit(x, node_at(x, i)->inode, arg);
		index_breathe(x, 1);
	}
	return r;
}

int walk_tree(struct index *x, walk_visit visit, void *arg)
{
	uint32_t dir = INDEX_ROOT, node;
	int r = visit(x, dir, arg);

	if (r >= 0)
		r = walk_entries(x, dir, visit, arg);
	node = next_dir(x, inode_at(x, dir)->data);
	while (r >= 0 && (node != 0 || dir != INDEX_ROOT)) {
		if (node == 0) { /* up, and on behind it */
			node = next_dir(x, node_at(x, inode_at(x, dir)->node)->next);
			dir = inode_at(x, dir)->aux;
			continue;
		}
		dir = node_at(x, node)->inode;
		r = walk_entries(x, dir, visit, arg);
		node = next_dir(x, inode_at(x, dir)->data);
	}
	return r;
}

struct dir_iter dir_iter(const struct index *x, uint32_t dir)
{
	return (struct dir_iter){ .dir = dir, .node = inode_at(x, dir)->data };
}

bool dir_iter_ended(const struct dir_iter *iter)
{
	return iter->node == 0 && iter->dots == 2;
}

bool dir_iter_next(const struct index *x, struct dir_iter *iter, struct dir_entry *ret)
{
	static const char *const dots[] = { ".", ".." };
	const char *name = iter->node ? node_name(x, iter->node) : NULL;

	if (iter->dots < 2 && (!name || strcmp(dots[iter->dots], name) < 0)) {
		*ret = (struct dir_entry){ dots[iter->dots],
					   iter->dots == 0 ? iter->dir
							   : inode_at(x, iter->dir)->aux };
		iter->dots++;
		return true;
	}
	if (!name)
		return false;
	*ret = (struct dir_entry){ name, node_at(x, iter->node)->inode };
	iter->node = node_at(x, iter->node)->next;
	return true;
}

uint32_t dir_block_take(const struct index *x, struct dir_iter *iter, uint32_t *ret_used)
{
	struct dir_iter next = *iter;
	struct dir_entry entry;
	uint32_t n = 0, used = 0;

	while (dir_iter_next(x, &next, &entry)) {
		uint32_t size = (uint32_t)(sizeof(struct erofs_dirent) + strlen(entry.name));

		if (used + size > EROFS_BLOCK_SIZE)
			break;
		used += size;
		n++;
		*iter = next;
	}
	*ret_used = used;
	return n;
}
