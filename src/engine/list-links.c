/* SPDX-License-Identifier: Apache-2.0 */
/* Links of all containers, turned round. */
#include "engine/list-links.h"

#include <string.h>

#include "base/strbuf.h"
#include "base/strv.h"
#include "wire/link-spec.h"

static int add_links(const struct container_row *row, struct list_links *links, struct error *err)
{
	cleanup(strv_release) char **specs = strv_split(row->summary.links, ' ');
	int r = 0;

	for (char **spec = specs; r >= 0 && *spec; spec++) {
		struct list_link link = { NULL, NULL };
		cleanup_free char *alias = NULL;

		r = link_spec_parse(*spec, &link.target, &alias, err);
		if (r < 0)
			break;
		link.name = xasprintf("/%s/%s", row->rec.name, alias);
		links->items = xrealloc(links->items, links->n + 1, sizeof(*links->items));
		links->items[links->n++] = link;
	}
	return r;
}

static int compare_links(const void *pa, const void *pb)
{
	const struct list_link *a = pa, *b = pb;
	int r = strcmp(a->target, b->target);

	return r != 0 ? r : strcmp(a->name, b->name);
}

int list_links_read(const struct container_row *rows, size_t n, struct list_links *ret,
		    struct error *err)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < n; i++)
		if (rows[i].summary.text && rows[i].summary.links[0])
			r = add_links(&rows[i], ret, err);
	if (ret->n > 0)
		qsort(ret->items, ret->n, sizeof(*ret->items), compare_links);
	return r;
}

void list_links_release(struct list_links *links)
{
	for (size_t i = 0; i < links->n; i++) {
		free(links->items[i].target);
		free(links->items[i].name);
	}
	free(links->items);
	*links = (struct list_links){ NULL, 0 };
}

/* The first of a target's. */
static size_t links_find(const struct list_links *links, const char *id)
{
	size_t from = 0, to = links->n;

	while (from < to) {
		size_t middle = (from + to) / 2;

		if (strcmp(links->items[middle].target, id) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static void push_own(const struct container *rec, char ***names)
{
	struct strbuf name = STRBUF_INIT;

	strbuf_addc(&name, '/');
	strbuf_adds(&name, rec->name);
	strv_push_take(names, strbuf_take(&name));
}

char **list_links_names(const struct list_links *links, const struct container *rec)
{
	size_t i = links_find(links, rec->id);
	char **names = NULL;
	bool own = false;

	for (; i < links->n && strcmp(links->items[i].target, rec->id) == 0; i++) {
		if (!own && strcmp(links->items[i].name + 1, rec->name) > 0) {
			push_own(rec, &names);
			own = true;
		}
		strv_push(&names, links->items[i].name);
	}
	if (!own)
		push_own(rec, &names);
	return names;
}
