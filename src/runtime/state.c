/* SPDX-License-Identifier: Apache-2.0 */
/* hoy-runtime state, list. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/strv.h"
#include "runtime/command.h"
#include "runtime/container.h"

static const struct arg_spec state_spec = {
	.command = "state",
	.usage = "CONTAINER",
	.summary = "Print the state of a container",
	.min_args = 1,
	.max_args = 1,
};

struct list_options {
	char *format;
	bool quiet;
};

static const struct arg_option list_rows[] = {
	ARG_STR(struct list_options, format, "format", 'f', "format", "table or json",
		.def = "table"),
	ARG_BOOL(struct list_options, quiet, "quiet", 'q', "only ids"),
};

static const struct arg_spec list_spec = {
	.command = "list",
	.usage = "[OPTIONS]",
	.summary = "List containers",
	ARG_OPTIONS(list_rows),
};

static int run_state(const struct globals *g, int argc, char **argv, int *ret_status,
		     struct error *err)
{
	cleanup(container_unload) struct container c = CONTAINER_INIT;
	struct strbuf compact = STRBUF_INIT, text = STRBUF_INIT;
	cleanup_free char **words = NULL;
	int r = command_parse(&state_spec, argc, argv, NULL, &words, err);

	*ret_status = 0;
	if (!r)
		r = container_open(g->root, words[0], &c, err);
	if (r < 0)
		return r;
	container_state_json(&c, NULL, false, &compact);
	r = json_pretty(compact.data, compact.len, 2, &text, err);
	if (!r)
		(void)puts(strbuf_str(&text));
	strbuf_release(&compact);
	strbuf_release(&text);
	return r;
}

/* Sorted ids of the directory; a root that is not there has none. */
static char **list_ids(const char *root)
{
	struct dirent **entries = NULL;
	char **ids = NULL;
	int n = scandir(root, &entries, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		if (entries[i]->d_name[0] != '.' &&
		    (entries[i]->d_type == DT_DIR || entries[i]->d_type == DT_UNKNOWN))
			strv_push(&ids, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return ids;
}

enum { COLUMNS = 6 };

static char **row_of(const struct container *c)
{
	enum container_status status = container_status(c);
	char **row = NULL;

	strv_push(&row, c->id);
	strv_pushf(&row, "%lld", status == CONTAINER_STOPPED ? 0LL : (long long)c->pid);
	strv_push(&row, container_status_word(status));
	strv_push(&row, c->bundle ? c->bundle : "");
	strv_push(&row, c->created ? c->created : "");
	strv_push_take(&row, container_owner(c));
	return row;
}

static void print_table(char ***rows, size_t n)
{
	size_t width[COLUMNS];

	for (int col = 0; col < COLUMNS; col++) {
		width[col] = 9;
		for (size_t i = 0; i < n; i++) {
			if (strlen(rows[i][col]) > width[col])
				width[col] = strlen(rows[i][col]);
		}
	}
	for (size_t i = 0; i < n; i++) {
		for (int col = 0; col < COLUMNS - 1; col++)
			(void)printf("%-*s   ", (int)width[col], rows[i][col]);
		(void)puts(rows[i][COLUMNS - 1]);
	}
}

static void list_table(const struct globals *g, char **ids)
{
	char ***rows = xcalloc(strv_len(ids) + 1, sizeof(*rows));
	size_t n = 1;

	rows[0] = strv_split("ID,PID,STATUS,BUNDLE,CREATED,OWNER", ',');
	for (; ids && *ids; ids++) {
		cleanup(container_unload) struct container c = CONTAINER_INIT;
		struct error gone = ERROR_INIT;

		if (container_open(g->root, *ids, &c, &gone) == 0)
			rows[n++] = row_of(&c);
		error_release(&gone); /* deleted meanwhile */
	}
	print_table(rows, n);
	while (n--)
		strv_free(rows[n]);
	free(rows);
}

static void list_json(const struct globals *g, char **ids)
{
	struct strbuf out = STRBUF_INIT;

	for (; ids && *ids; ids++) {
		cleanup(container_unload) struct container c = CONTAINER_INIT;
		struct error gone = ERROR_INIT;

		if (container_open(g->root, *ids, &c, &gone) == 0) {
			strbuf_addc(&out, out.len ? ',' : '[');
			free(c.owner);
			c.owner = container_owner(&c);
			container_state_json(&c, NULL, false, &out);
		}
		error_release(&gone);
	}
	if (out.len)
		strbuf_addc(&out, ']');
	(void)printf("%s\n", out.len ? strbuf_str(&out) : "null");
	strbuf_release(&out);
}

static int run_list(const struct globals *g, int argc, char **argv, int *ret_status,
		    struct error *err)
{
	struct list_options o = { 0 };
	cleanup(strv_release) char **ids = NULL;
	cleanup_free char **words = NULL;
	int r = command_parse(&list_spec, argc, argv, &o, &words, err);

	*ret_status = 0;
	if (r < 0)
		return r;
	ids = list_ids(g->root);
	if (o.quiet) {
		for (char **id = ids; id && *id; id++)
			(void)puts(*id);
	} else if (!strcmp(o.format, "json")) {
		list_json(g, ids);
	} else if (!strcmp(o.format, "table")) {
		list_table(g, ids);
	} else {
		r = error_set(err, ERR_INVALID, 0, "invalid format option");
	}
	args_release(&list_spec, &o);
	return r;
}

const struct command cmd_state = { .spec = &state_spec, .run = run_state };
const struct command cmd_list = { .spec = &list_spec, .run = run_list };
