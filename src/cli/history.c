/* SPDX-License-Identifier: Apache-2.0 */
/* hoy history */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/strv.h"
#include "cli/command.h"
#include "cli/listing.h"
#include "cli/platform-flag.h"
#include "client/containers.h"
#include "http/url.h"
#include "wire/image.h"

struct history_flags {
	bool human, no_trunc, quiet;
	char *format, *platform;
};

static const struct arg_option history_rows[] = {
	ARG_STR(struct history_flags, format, "format", 0, "string", FORMAT_HELP_TABLE),
	ARG_BOOL(struct history_flags, human, "human", 'H',
		 "Print sizes and dates in human readable format", .def = "true"),
	ARG_BOOL(struct history_flags, no_trunc, "no-trunc", 0, "Don't truncate output"),
	ARG_STR(struct history_flags, platform, "platform", 0, "string",
		"Platform of the image, when it has several"),
	ARG_BOOL(struct history_flags, quiet, "quiet", 'q', "Only show image IDs"),
};

static const struct listing_column history_columns[] = {
	{ "Comment", "COMMENT" },
	{ "CreatedAt", "CREATED AT" },
	{ "CreatedBy", "CREATED BY" },
	{ "CreatedSince", "CREATED" },
	{ "ID", "IMAGE" },
	{ "Size", "SIZE" },
};

static char *created_by(const struct image_history_item *item, bool whole)
{
	cleanup_free char *text = xstrdup(item->created_by ? item->created_by : "");

	for (char *p = text; *p; p++)
		if (*p == '\t')
			*p = ' ';
	return whole ? take_ptr(text) : text_ellipsis(text, 45);
}

static char *history_row(const struct image_history_item *item, const struct history_flags *flags)
{
	cleanup(strbuf_release) struct strbuf at = STRBUF_INIT;
	cleanup_free char *by = created_by(item, flags->no_trunc),
			  *id = id_short(item->id, flags->no_trunc);
	cleanup_free char *size = flags->human ? size_text(item->size)
					       : xasprintf("%lld", (long long)item->size);
	cleanup_free char *ago = NULL;
	struct strbuf row = STRBUF_INIT;

	clock_format(item->created * 1000000000, &at);
	ago = item->created <= 0 ? xstrdup("N/A")
	      : flags->human	 ? time_ago(item->created)
				 : xstrdup(strbuf_str(&at));
	row_add(&row, "Comment", item->comment);
	row_add(&row, "CreatedAt", strbuf_str(&at));
	row_add(&row, "CreatedBy", by);
	row_add(&row, "CreatedSince", ago);
	row_add(&row, "ID", id);
	row_add(&row, "Size", size);
	return row_take(&row);
}

static int fetch_rows(struct cli *cli, const struct history_flags *flags, const char *image,
		      char ***ret_rows, struct error *err)
{
	cleanup(strbuf_release) struct strbuf target = STRBUF_INIT;
	struct image_history_item *items = NULL;
	size_t n = 0;
	int r;

	strbuf_adds(&target, "/images/");
	url_encode_path(&target, image);
	strbuf_adds(&target, "/history");
	r = platform_add(&target, (char *[]){ flags->platform, NULL }, err);
	if (r < 0)
		return r;
	r = client_list(&cli->client, strbuf_str(&target), &image_history_item_shape, &items, &n,
			err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		strv_push_take(ret_rows, history_row(&items[i], flags));
	json_release_array(&image_history_item_shape, items, n);
	return 0;
}

static int run_history(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	const struct history_flags *flags = options;
	cleanup(strv_release) char **rows = NULL;
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;
	struct listing listing = {
		LISTING_COLUMNS(history_columns),
		.table = flags->human ? "{{.ID}}\t{{.CreatedSince}}\t{{.CreatedBy}}\t{{.Size}}\t{{."
					"Comment}}"
				      : "{{.ID}}\t{{.CreatedAt}}\t{{.CreatedBy}}\t{{.Size}}\t{{."
					"Comment}}",
	};
	cleanup(listing_view_release) struct listing_view view = { NULL };
	int r = listing_view_init(&view, &listing, flags->format, flags->quiet, err);

	if (r == 0)
		r = fetch_rows(cli, flags, argv[0], &rows, err);
	if (r == 0)
		r = listing_render(&view, rows, &out, err);
	return r < 0 ? r : command_print(&out, err);
}

const struct command cmd_history = {
	.spec =
		{
			.usage = "[OPTIONS] IMAGE",
			.summary = "Show the history of an image",
			ARG_OPTIONS(history_rows),
			.min_args = 1,
			.max_args = 1,
		},
	.options_size = sizeof(struct history_flags),
	.run = run_history,
};
