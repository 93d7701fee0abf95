/* SPDX-License-Identifier: Apache-2.0 */
/* A table in which an image stands once, whatever names it has. */
#include "cli/images-tree.h"

#include <string.h>

#include "cli/listing.h"
#include "cli/table.h"
#include "wire/disk-usage.h"

static const struct image_summary *find(const struct image_usage *usage, const char *id)
{
	for (size_t i = 0; i < usage->n_items; i++)
		if (strcmp(usage->items[i].id, id) == 0)
			return &usage->items[i];
	return NULL;
}

/* U: a container uses it. */
static void add_image(struct table *table, const struct image_summary *image,
		      const struct image_summary *used)
{
	cleanup_free char *id = id_short(image->id, false), *content = size_text(image->size);
	cleanup_free char *disk = size_text(used ? used->size : 0);
	char *const *names = image->repo_tags;
	cleanup_free char *line = xasprintf("%s\t%s\t%s\t%s\t%s",
					    names && names[0] ? names[0] : "<untagged>", id, disk,
					    content, used && used->containers > 0 ? "U" : "");

	table_add_line(table, line);
	for (size_t i = 1; names && names[0] && names[i]; i++)
		table_add_line(table, names[i]);
}

int images_tree(struct cli *cli, const struct image_summary *items, size_t n, struct error *err)
{
	cleanup(strbuf_release) struct strbuf body = STRBUF_INIT, out = STRBUF_INIT;
	cleanup(disk_usage_release) struct disk_usage usage = { NULL };
	cleanup(table_release) struct table table = TABLE_INIT;
	static const struct image_usage none = { 0 };
	const struct client_call call = { .method = "GET",
					  .target = "/system/df?type=image&verbose=1" };
	int r = client_call(&cli->client, &call, &body, err);

	if (r >= 0)
		r = json_decode(&disk_usage_shape, strbuf_str(&body), body.len, &usage, err);
	if (r < 0)
		return r;
	table_add_line(&table, "IMAGE\tID\tDISK USAGE\tCONTENT SIZE\tEXTRA");
	for (size_t i = 0; i < n; i++)
		add_image(&table, &items[i],
			  find(usage.images ? usage.images : &none, items[i].id));
	table_render(&table, &out);
	return command_print(&out, err);
}
