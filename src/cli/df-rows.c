/* SPDX-License-Identifier: Apache-2.0 */
/* Images, containers and volumes with what they take. */
#include "cli/df-rows.h"

#include <string.h>

#include "base/clock.h"
#include "base/strv.h"
#include "cli/image-row.h"
#include "oci/reference.h"

const struct listing df_images = {
	IMAGE_COLUMNS,
	.table = "{{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}\t{{.SharedSize}}"
		 "\t{{.UniqueSize}}\t{{.Containers}}",
};

static const struct listing_column container_columns[] = {
	{ "Command", "COMMAND" },
	{ "CreatedAt", "CREATED AT" },
	{ "ID", "CONTAINER ID" },
	{ "Image", "IMAGE" },
	{ "LocalVolumes", "LOCAL VOLUMES" },
	{ "Names", "NAMES" },
	{ "RunningFor", "CREATED" },
	{ "Size", "SIZE" },
	{ "State", "STATE" },
	{ "Status", "STATUS" },
};
const struct listing df_containers = {
	LISTING_COLUMNS(container_columns),
	.table = "{{.ID}}\t{{.Image}}\t{{.Command}}\t{{.LocalVolumes}}\t{{.Size}}\t{{.RunningFor}}"
		 "\t{{.Status}}\t{{.Names}}",
};

static const struct listing_column volume_columns[] = {
	{ "Driver", "DRIVER" },	   { "Labels", "LABELS" },
	{ "Links", "LINKS" },	   { "Mountpoint", "MOUNTPOINT" },
	{ "Name", "VOLUME NAME" }, { "Scope", "SCOPE" },
	{ "Size", "SIZE" },
};
const struct listing df_volumes = {
	LISTING_COLUMNS(volume_columns),
	.table = "{{.Name}}\t{{.Links}}\t{{.Size}}",
};

static const struct listing_column cache_columns[] = {
	{ "CacheType", "CACHE TYPE" },	  { "CreatedSince", "CREATED" }, { "ID", "CACHE ID" },
	{ "LastUsedSince", "LAST USED" }, { "Shared", "SHARED" },	 { "Size", "SIZE" },
	{ "UsageCount", "USAGE" },
};
const struct listing df_build_cache = {
	LISTING_COLUMNS(cache_columns),
	.table = "{{.ID}}\t{{.CacheType}}\t{{.Size}}\t{{.CreatedSince}}\t{{.LastUsedSince}}"
		 "\t{{.UsageCount}}\t{{.Shared}}",
};

static char *size_four(int64_t bytes)
{
	struct strbuf out = STRBUF_INIT;

	size_human((double)bytes, &out);
	return strbuf_take(&out);
}

/* A row an image, by its first name; shared and own sizes with four digits, as docker has them. */
void df_image_rows(const struct image_usage *usage, bool whole, char ***ret)
{
	*ret = xcalloc(1, sizeof(**ret));
	for (size_t i = 0; i < usage->n_items; i++) {
		const struct image_summary *image = &usage->items[i];
		cleanup(reference_release) struct reference ref = REFERENCE_INIT;
		cleanup(strbuf_release) struct strbuf repo = STRBUF_INIT;
		const char *name = image->repo_tags ? image->repo_tags[0] : NULL;
		struct image_name row = { .digest = "" };

		if (!name && image->repo_digests)
			name = image->repo_digests[0];
		if (name && reference_parse(name, &ref, NULL) >= 0)
			ref.implied ? reference_familiar_name(&ref, &repo)
				    : reference_name(&ref, &repo);
		row.repo = repo.len ? strbuf_str(&repo) : "<none>";
		row.tag = ref.tag ? ref.tag : "<none>";
		strv_push_take(ret, image_row(image, &row, whole, size_human));
	}
}

static char *container_row(const struct container_summary *c, bool whole)
{
	cleanup_free char *id = id_short(c->id, whole), *created = time_text(c->created);
	cleanup_free char *ago = time_ago(c->created), *size = size_text(c->size_rw);
	cleanup_free char *text = whole ? xstrdup(c->command) : text_ellipsis(c->command, 20);
	cleanup_free char *command = xasprintf("\"%s\"", text);
	const char *name = c->names && c->names[0] ? c->names[0] : "";
	cleanup_free char *volumes = NULL;
	struct strbuf row = STRBUF_INIT;
	int n = 0;

	for (size_t i = 0; i < c->n_mounts; i++)
		n += c->mounts[i].type && strcmp(c->mounts[i].type, "volume") == 0;
	volumes = xasprintf("%d", n);
	row_add(&row, "Command", command);
	row_add(&row, "CreatedAt", created);
	row_add(&row, "ID", id);
	row_add(&row, "Image", c->image);
	row_add(&row, "LocalVolumes", volumes);
	row_add(&row, "Names", *name == '/' ? name + 1 : name);
	row_add(&row, "RunningFor", ago);
	row_add(&row, "Size", size);
	row_add(&row, "State", c->state);
	row_add(&row, "Status", c->status);
	return row_take(&row);
}

void df_container_rows(const struct container_usage *usage, bool whole, char ***ret)
{
	*ret = xcalloc(1, sizeof(**ret));
	for (size_t i = 0; i < usage->n_items; i++)
		strv_push_take(ret, container_row(&usage->items[i], whole));
}

void df_volume_rows(const struct volumes_usage *usage, char ***ret)
{
	*ret = xcalloc(1, sizeof(**ret));
	for (size_t i = 0; i < usage->n_items; i++) {
		const struct volume *v = &usage->items[i];
		cleanup_free char *labels = labels_join(&v->labels);
		cleanup_free char *size = size_four(v->usage_data ? v->usage_data->size : 0);
		cleanup_free char *links = xasprintf(
			"%lld", (long long)(v->usage_data ? v->usage_data->ref_count : 0));
		struct strbuf row = STRBUF_INIT;

		row_add(&row, "Driver", v->driver);
		row_add(&row, "Labels", labels);
		row_add(&row, "Links", links);
		row_add(&row, "Mountpoint", v->mountpoint);
		row_add(&row, "Name", v->name);
		row_add(&row, "Scope", v->scope);
		row_add(&row, "Size", size);
		strv_push_take(ret, row_take(&row));
	}
}
