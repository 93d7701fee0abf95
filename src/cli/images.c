/* SPDX-License-Identifier: Apache-2.0 */
/* hoy images: a row for each tag of an image, or one for an image without. */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/strv.h"
#include "cli/image-row.h"
#include "cli/command.h"
#include "cli/filters.h"
#include "cli/images-tree.h"
#include "cli/listing.h"
#include "client/containers.h"
#include "oci/reference.h"
#include "wire/image.h"

struct images_flags {
	bool all, digests, no_trunc, quiet, tree;
	char **filters, *format;
};

static const struct arg_option images_rows[] = {
	ARG_BOOL(struct images_flags, all, "all", 'a',
		 "Show all images (default hides intermediate images)"),
	ARG_BOOL(struct images_flags, digests, "digests", 0, "Show digests"),
	ARG_FUNC(struct images_flags, filters, "filter", 'f', "filter", set_filter,
		 "Show only what meets the conditions"),
	ARG_STR(struct images_flags, format, "format", 0, "string", FORMAT_HELP_TABLE),
	ARG_BOOL(struct images_flags, no_trunc, "no-trunc", 0, "Don't truncate output"),
	ARG_BOOL(struct images_flags, quiet, "quiet", 'q', "Only show image IDs"),
	ARG_BOOL(struct images_flags, tree, "tree", 0, "Show each image once, with its disk usage"),
};

#define IMAGES_TABLE "{{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}"
#define IMAGES_TABLE_DIGESTS                                                                       \
	"{{.Repository}}\t{{.Tag}}\t{{.Digest}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}"

/* "localhost:5000/a@sha256:…" or "a:b" -> what the engine calls it, and the tag or digest. An
 * engine with another default registry says "docker.io/library/a:b". */
static char *split_name(const char *text, struct reference *ref)
{
	struct strbuf name = STRBUF_INIT;

	if (reference_parse(text, ref, NULL) < 0)
		return NULL;
	ref->implied ? reference_familiar_name(ref, &name) : reference_name(ref, &name);
	return strbuf_take(&name);
}

/* Rows of one tag: one, or with digests one for each digest of its repository. */
static void add_tag(const struct image_summary *image, const struct images_flags *flags,
		    const char *tag, char ***rows)
{
	cleanup(reference_release) struct reference ref = REFERENCE_INIT;
	cleanup_free char *repo = split_name(tag, &ref);
	struct image_name name = { repo, ref.tag, "<none>" };
	size_t shown = 0;

	if (!repo || !ref.tag)
		return;
	for (char **d = image->repo_digests; flags->digests && d && *d; d++) {
		cleanup(reference_release) struct reference by_digest = REFERENCE_INIT;
		cleanup_free char *other = split_name(*d, &by_digest);

		if (!other || strcmp(other, repo) != 0)
			continue;
		name.digest = by_digest.digest;
		strv_push_take(rows, image_row(image, &name, flags->no_trunc, size_human_short));
		shown++;
	}
	if (shown == 0)
		strv_push_take(rows, image_row(image, &name, flags->no_trunc, size_human_short));
}

static bool has_tag_in(const struct image_summary *image, const char *repo)
{
	for (char **t = image->repo_tags; t && *t; t++) {
		cleanup(reference_release) struct reference ref = REFERENCE_INIT;
		cleanup_free char *other = split_name(*t, &ref);

		if (other && strcmp(other, repo) == 0)
			return true;
	}
	return false;
}

/* A digest whose repository has no tag here is a row of its own. */
static void add_digest(const struct image_summary *image, const struct images_flags *flags,
		       const char *digest, char ***rows)
{
	cleanup(reference_release) struct reference ref = REFERENCE_INIT;
	cleanup_free char *repo = split_name(digest, &ref);
	struct image_name name = { repo, "<none>", flags->digests ? ref.digest : "<none>" };

	if (repo && !has_tag_in(image, repo))
		strv_push_take(rows, image_row(image, &name, flags->no_trunc, size_human_short));
}

static bool names_nothing(char *const *names)
{
	return !names || !*names || strncmp(*names, "<none>", 6) == 0;
}

static void add_image(const struct image_summary *image, const struct images_flags *flags,
		      char ***rows)
{
	const struct image_name none = { "<none>", "<none>", "<none>" };

	if (names_nothing(image->repo_tags) && names_nothing(image->repo_digests)) {
		strv_push_take(rows, image_row(image, &none, flags->no_trunc, size_human_short));
		return;
	}
	for (char **t = image->repo_tags; t && *t; t++)
		add_tag(image, flags, *t, rows);
	for (char **d = image->repo_digests; d && *d; d++)
		add_digest(image, flags, *d, rows);
}

static int fetch_images(struct cli *cli, const struct images_flags *flags,
			struct image_summary **ret, size_t *ret_n, struct error *err)
{
	cleanup(strbuf_release) struct strbuf target = STRBUF_INIT;

	strbuf_adds(&target, flags->all ? "/images/json?all=1" : "/images/json");
	filters_add(&target, flags->filters);
	return client_list(&cli->client, strbuf_str(&target), &image_summary_shape, ret, ret_n,
			   err);
}

static int fetch_rows(struct cli *cli, const void *options, char ***ret_rows, struct error *err)
{
	const struct images_flags *flags = options;
	struct image_summary *items = NULL;
	size_t n = 0;
	int r = fetch_images(cli, flags, &items, &n, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		add_image(&items[i], flags, ret_rows);
	json_release_array(&image_summary_shape, items, n);
	return 0;
}

static int run_tree(struct cli *cli, const struct images_flags *flags, struct error *err)
{
	const char *other = flags->no_trunc  ? "no-trunc"
			    : flags->quiet   ? "quiet"
			    : flags->digests ? "digests"
			    : flags->format  ? "format"
					     : NULL;
	struct image_summary *items = NULL;
	size_t n = 0;
	int r;

	if (other)
		return error_set(err, ERR_INVALID, 0, "--%s is not supported with --tree", other);
	r = fetch_images(cli, flags, &items, &n, err);
	if (r >= 0)
		r = images_tree(cli, items, n, err);
	json_release_array(&image_summary_shape, items, n);
	return r;
}

static int run_images(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	struct images_flags *flags = options;
	const struct listing listing = {
		IMAGE_COLUMNS,
		.table = flags->digests ? IMAGES_TABLE_DIGESTS : IMAGES_TABLE,
	};
	int r;

	if (argc)
		strv_pushf(&flags->filters, "reference=%s", argv[0]);
	r = flags->tree ? run_tree(cli, flags, err)
			: listing_run(cli, &listing, flags->format, flags->quiet, fetch_rows, flags,
				      err);
	strv_release(&flags->filters);
	return r;
}

const struct command cmd_images = {
	.spec =
		{
			.usage = "[OPTIONS] [REPOSITORY[:TAG]]",
			.summary = "List images",
			ARG_OPTIONS(images_rows),
			.max_args = 1,
		},
	.options_size = sizeof(struct images_flags),
	.run = run_images,
};
