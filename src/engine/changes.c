/* SPDX-License-Identifier: Apache-2.0 */
/* diff and export. */
#include "engine/changes.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/strv.h"
#include "engine/packing.h"
#include "layer/delta.h"

struct change_list {
	struct filesystem_change *items;
	size_t n, cap;
};

static int add_change(void *arg, const struct delta_change *change, struct error *err)
{
	struct change_list *list = arg;

	if (list->n == list->cap) {
		list->cap = list->cap ? 2 * list->cap : 64;
		list->items = xrealloc(list->items, list->cap, sizeof(*list->items));
	}
	list->items[list->n++] = (struct filesystem_change){
		.path = xasprintf("/%s", change->path),
		.kind = change->kind,
	};
	return 0;
}

int engine_changes(struct engine *e, const char *ref, struct filesystem_change **ret, size_t *ret_n,
		   struct error *err)
{
	cleanup(instance_release) struct instance in = INSTANCE_INIT;
	cleanup(packing_release) struct packing packing = PACKING_INIT;
	struct change_list list = { NULL, 0, 0 };
	struct delta_options opts = { .visit = add_change, .arg = &list, .maps = &packing.maps };
	int r = instance_open(e, ref, &in, err);

	if (r >= 0)
		r = packing_open(e, &in.rec, &packing, err);
	if (r < 0)
		return r;
	opts.upper = packing.upper;
	opts.lower = packing.layers.lower;
	r = delta_walk(&opts, err);
	if (r < 0) {
		json_release_array(&filesystem_change_shape, list.items, list.n);
		return r;
	}
	*ret = list.items;
	*ret_n = list.n;
	return 0;
}

static int export_files(const struct packing *packing, const struct engine_export_sink *sink,
			struct error *err)
{
	cleanup(strv_release) char **dirs = NULL;
	bool has_upper = access(packing->upper, F_OK) == 0;
	struct packer packer;
	int r;

	if (has_upper)
		strv_push(&dirs, packing->upper);
	strv_extend(&dirs, packing->layers.lower);
	r = sink->begin(sink->arg);
	if (r < 0)
		return r;
	packer_init(&packer, sink->write, sink->arg);
	packer.maps = &packing->maps;
	r = pack_tree(&packer, dirs, has_upper, err);
	packer_release(&packer);
	return r;
}

int engine_export(struct engine *e, const char *ref, const struct engine_export_sink *sink,
		  struct error *err)
{
	cleanup(instance_release) struct instance in = INSTANCE_INIT;
	cleanup(packing_release) struct packing packing = PACKING_INIT;
	int r = instance_open(e, ref, &in, err);

	if (r >= 0)
		r = packing_open(e, &in.rec, &packing, err);
	if (r >= 0)
		r = export_files(&packing, sink, err);
	return r < 0 ? r : instance_event(e, &in.rec, "export", NULL, err);
}
