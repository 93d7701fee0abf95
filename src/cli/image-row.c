/* SPDX-License-Identifier: Apache-2.0 */
/* An image as a row of `images` and of `system df -v`. */
#include "cli/image-row.h"

#include "base/clock.h"
#include "cli/times.h"

const struct listing_column image_columns[N_IMAGE_COLUMNS] = {
	{ "Containers", "CONTAINERS" },
	{ "CreatedAt", "CREATED AT" },
	{ "CreatedSince", "CREATED" },
	{ "Digest", "DIGEST" },
	{ "ID", "IMAGE ID" },
	{ "Repository", "REPOSITORY" },
	{ "SharedSize", "SHARED SIZE" },
	{ "Size", "SIZE" },
	{ "Tag", "TAG" },
	{ "UniqueSize", "UNIQUE SIZE" },
	{ "VirtualSize", "SIZE" },
};

/* Of shared and own bytes, which the engine counts only when it is asked to. */
static char *part_text(const struct image_summary *image, int64_t bytes,
		       void (*human)(double bytes, struct strbuf *out))
{
	struct strbuf out = STRBUF_INIT;

	if (image->shared_size < 0)
		return xstrdup("N/A");
	human((double)bytes, &out);
	return strbuf_take(&out);
}

char *image_row(const struct image_summary *image, const struct image_name *name, bool whole,
		void (*human)(double bytes, struct strbuf *out))
{
	cleanup_free char *id = id_short(image->id, whole), *created = time_text(image->created);
	cleanup_free char *ago = image->created > 0 ? time_ago(image->created) : xstrdup("N/A");
	cleanup_free char *size = size_text(image->size);
	cleanup_free char *containers = image->containers >= 0
						? xasprintf("%lld", (long long)image->containers)
						: xstrdup("N/A");
	cleanup_free char *shared = part_text(image, image->shared_size, human);
	cleanup_free char *own = part_text(image, image->size - image->shared_size, human);
	cleanup(strbuf_release) struct strbuf virtual = STRBUF_INIT;
	struct strbuf row = STRBUF_INIT;

	row_add(&row, "Containers", containers);
	row_add(&row, "CreatedAt", created);
	row_add(&row, "CreatedSince", ago);
	row_add(&row, "Digest", name->digest);
	row_add(&row, "ID", id);
	row_add(&row, "Repository", name->repo);
	row_add(&row, "SharedSize", shared);
	row_add(&row, "Size", size);
	row_add(&row, "Tag", name->tag);
	row_add(&row, "UniqueSize", own);
	size_human((double)image->size, &virtual);
	row_add(&row, "VirtualSize", strbuf_str(&virtual));
	return row_take(&row);
}
