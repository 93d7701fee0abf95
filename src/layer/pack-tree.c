/* SPDX-License-Identifier: Apache-2.0 */
/* A whole tree of layers into a tar, directories before what they hold, names sorted. */
#include <errno.h>

#include "base/strbuf.h"
#include "layer/pack-internal.h"
#include "layer/union.h"

enum { DEPTH_MAX = 1000 };

struct tree {
	struct packer *packer;
	bool mapped;
	unsigned int depth;
};

static int tree_fail(struct error *err, int r, const char *path)
{
	return error_set(err, ERR_SYSTEM, -r, "read /%.512s", path);
}

static int tree_dir(struct tree *t, const struct union_dir *dir, const char *path,
		    struct error *err);

static int tree_entry(struct tree *t, const struct union_dir *dir, const struct union_name *name,
		      const char *path, struct error *err)
{
	cleanup(union_dir_release) struct union_dir sub = { NULL, NULL, 0 };
	const struct pack_item item = {
		.path = path,
		.dirfd = dir->fds[name->at],
		.name = name->name,
		.mapped = t->mapped && dir->in[name->at] == 0,
	};
	int r = pack_item(t->packer, &item, err);

	if (r < 0)
		return r;
	r = union_open(dir, name->name, name->at, &sub);
	if (r == -ENOTDIR)
		return 0;
	return r < 0 ? tree_fail(err, r, path) : tree_dir(t, &sub, path, err);
}

static int tree_dir(struct tree *t, const struct union_dir *dir, const char *path,
		    struct error *err)
{
	cleanup(union_names_release) struct union_names names = { NULL, 0 };
	int r = t->depth < DEPTH_MAX ? union_list(dir, &names) : -ELOOP;

	if (r < 0)
		return tree_fail(err, r, path);
	t->depth++;
	for (size_t i = 0; r >= 0 && i < names.n; i++) {
		cleanup_free char *sub =
			xasprintf("%s%s%s", path, *path ? "/" : "", names.items[i].name);

		r = tree_entry(t, dir, &names.items[i], sub, err);
	}
	t->depth--;
	return r;
}

int pack_tree(struct packer *packer, char *const *dirs, bool mapped, struct error *err)
{
	cleanup(union_dir_release) struct union_dir root = { NULL, NULL, 0 };
	struct tree tree = { .packer = packer, .mapped = mapped };
	int r = union_root(dirs, &root);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "open the layers");
	r = tree_dir(&tree, &root, "", err);
	return r < 0 ? r : pack_end(packer, err);
}
