/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of things: --format, -q and the command's own table, all as templates over one JSON object
 * a row. */
#pragma once

#include "base/error.h"
#include "base/strbuf.h"
#include "base/strmap.h"
#include "base/template.h"

struct cli;

struct listing_column {
	const char *name;   /* member of the rows: "ID"    */
	const char *header; /* "CONTAINER ID"              */
};

struct listing {
	const struct listing_column *columns; /* by name, in the order that --format json shows */
	size_t n_columns;
	const char *table; /* the command's own: "{{.ID}}\t{{.Image}}" */
};

#define LISTING_COLUMNS(table) .columns = (table), .n_columns = ARRAY_SIZE(table)

enum { LISTING_PIECES_MAX = 64 };

/* A listing in the format that was asked for; compiled before anything is asked of the engine. */
struct listing_view {
	const struct listing *listing;
	struct template *tmpl;
	bool table;
	/* Of a format that is nothing but columns and text, otherwise none: */
	struct template_piece pieces[LISTING_PIECES_MAX];
	size_t columns[LISTING_PIECES_MAX]; /* of those that are a field */
	size_t n_pieces;
};

/* Rows that are not text yet. */
struct listing_items {
	const void *data;
	size_t n;
	/* Append column k of the i-th. */
	void (*cell)(const void *data, size_t i, size_t k, struct strbuf *out);
	const struct strmap *(*labels)(const void *data, size_t i);
};

/* format: as typed; NULL or "" is the listing's own table, or only ids when quiet. */
must_check int listing_view_init(struct listing_view *view, const struct listing *listing,
				 const char *format, bool quiet, struct error *err);
void listing_view_release(struct listing_view *view);
/* Whether the format may show that column; one that is more than columns may show all. */
bool listing_view_shows(const struct listing_view *view, const char *column);
/* Makes no more of the items than the format shows. */
must_check int listing_render_items(const struct listing_view *view,
				    const struct listing_items *items, struct strbuf *out,
				    struct error *err);
/* rows: each a JSON object of all columns. */
must_check int listing_render(const struct listing_view *view, char *const *rows,
			      struct strbuf *out, struct error *err);

/* Adds the rows, each a JSON object of all columns; flags are the command's own. */
typedef int (*listing_fetch)(struct cli *cli, const void *flags, char ***ret_rows,
			     struct error *err);
/* A whole list command: the format is compiled, the rows are fetched, rendered and printed. */
must_check int listing_run(struct cli *cli, const struct listing *listing, const char *format,
			   bool quiet, listing_fetch fetch, const void *flags, struct error *err);

/* Append "name":"value" to an object that is being built; the first opens it. */
void row_add(struct strbuf *row, const char *name, const char *value);
/* For {{.Label "x"}}. */
void row_add_labels(struct strbuf *row, const struct strmap *labels);
char *row_take(struct strbuf *row); /* closes the object; owned */

/* "k=v,k2=v2", owned. */
char *labels_join(const struct strmap *labels);
enum { ID_SHORT = 12 };
/* Behind "sha256:", within id; NULL is "". */
const char *id_digits(const char *id);
/* The first ID_SHORT of them, or all of id when whole; owned. */
char *id_short(const char *id, bool whole);
/* At most max characters, the last one "…"; owned. */
char *text_ellipsis(const char *text, size_t max);
/* Seconds since 1970 as "2006-01-02 15:04:05 +0000 UTC" and as "5 minutes ago"; owned. */
char *time_text(int64_t seconds);
char *time_ago(int64_t seconds);
/* Docker's three-digit sizes: "4.26MB"; owned. */
char *size_text(int64_t bytes);

#define FORMAT_HELP_REST                                                                           \
	"'json':             Print in JSON format\n"                                               \
	"'TEMPLATE':         Print output using the given Go template."
#define FORMAT_HELP "Format output using a template:\n" FORMAT_HELP_REST
#define FORMAT_HELP_TABLE                                                                          \
	"Format output using a template:\n"                                                        \
	"'table':            Print a table with column headers (default)\n"                        \
	"'table TEMPLATE':   Print a table using the given Go template\n" FORMAT_HELP_REST
