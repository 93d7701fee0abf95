/* SPDX-License-Identifier: Apache-2.0 */
/* The help page of a command, from its table of options: sorted by name, one column of flags,
 * one of text. */
#include <stdlib.h>
#include <string.h>

#include "base/args.h"

enum {
	INDENT_WIDE = 16, /* of text that has no room beside the flags */
	ROOM_LEAST = 24,
	SLOP = 5, /* a line may be this much longer to spare a lone short word on the next */
};

static int compare_options(const void *a, const void *b)
{
	return strcmp((*(const struct arg_option *const *)a)->name,
		      (*(const struct arg_option *const *)b)->name);
}

/* All that is shown, sorted. Owned by the caller. */
static const struct arg_option **sorted_options(const struct arg_spec *spec, size_t *ret_n)
{
	const struct arg_option **list;
	size_t n = 0;

	for (const struct arg_spec *s = spec; s; s = s->parent)
		n += s->n_options;
	list = xcalloc(n + 1, sizeof(*list));
	n = 0;
	for (; spec; spec = spec->parent)
		for (size_t i = 0; i < spec->n_options; i++)
			if (!(spec->options[i].flags & ARG_HIDDEN))
				list[n++] = &spec->options[i];
	qsort(list, n, sizeof(*list), compare_options);
	*ret_n = n;
	return list;
}

static void add_flags(const struct arg_option *opt, struct strbuf *out)
{
	if (opt->short_name)
		strbuf_addf(out, "  -%c, --%s", opt->short_name, opt->name);
	else
		strbuf_addf(out, "      --%s", opt->name);
	if (opt->value && *opt->value)
		strbuf_addf(out, " %s", opt->value);
}

static void add_text(const struct arg_option *opt, struct strbuf *out)
{
	strbuf_adds(out, opt->help);
	if (opt->def_text)
		strbuf_addf(out, " (%s)", opt->def_text);
	else if (opt->def && opt->type == ARG_TYPE_STR)
		strbuf_addf(out, " (default \"%s\")", opt->def);
	else if (opt->def && strcmp(opt->def, "false") != 0)
		strbuf_addf(out, " (default %s)", opt->def);
}

static void add_blanks(size_t n, struct strbuf *out)
{
	while (n-- > 0)
		strbuf_addc(out, ' ');
}

/* How much of text stands on a line of room columns. */
static size_t line_length(const char *text, size_t room)
{
	size_t len = strcspn(text, "\n"), at;

	if (room + SLOP > len)
		return len;
	for (at = room; at > 0 && !strchr(" \t\n", text[at - 1]); at--)
		;
	return at > 1 ? at - 1 : len;
}

static void add_wrapped(size_t indent, size_t width, const char *text, struct strbuf *out)
{
	size_t room = width > indent ? width - indent : 0;

	if (width > 0 && room < ROOM_LEAST) {
		indent = INDENT_WIDE;
		room = width > indent ? width - indent : 0;
		strbuf_addc(out, '\n');
		add_blanks(indent, out);
	}
	if (room < ROOM_LEAST) {
		strbuf_adds(out, text);
		return;
	}
	for (;;) {
		size_t n = line_length(text, room - SLOP);

		strbuf_add(out, text, n);
		text += n;
		if (!*text)
			return;
		text++;
		strbuf_addc(out, '\n');
		add_blanks(indent, out);
	}
}

void args_help_options(const struct arg_spec *spec, unsigned int width, struct strbuf *out)
{
	size_t n, longest = 0;
	cleanup_free const struct arg_option **list = sorted_options(spec, &n);
	cleanup(strbuf_release) struct strbuf line = STRBUF_INIT;

	for (size_t i = 0; i < n; i++) {
		strbuf_reset(&line);
		add_flags(list[i], &line);
		if (line.len > longest)
			longest = line.len;
	}
	for (size_t i = 0; i < n; i++) {
		strbuf_reset(&line);
		add_flags(list[i], &line);
		strbuf_add(out, line.data, line.len);
		add_blanks(longest + 3 - line.len, out);
		strbuf_reset(&line);
		add_text(list[i], &line);
		add_wrapped(longest + 3, width, strbuf_str(&line), out);
		strbuf_addc(out, '\n');
	}
}

void args_usage(const struct arg_spec *spec, struct strbuf *out)
{
	strbuf_addf(out, "Usage:  %s", spec->command);
	if (spec->usage && *spec->usage)
		strbuf_addf(out, " %s", spec->usage);
	strbuf_addc(out, '\n');
}

void args_help(const struct arg_spec *spec, unsigned int width, struct strbuf *out)
{
	struct strbuf options = STRBUF_INIT;

	args_usage(spec, out);
	if (spec->summary)
		strbuf_addf(out, "\n%s\n", spec->summary);
	if (spec->aliases)
		strbuf_addf(out, "\nAliases:\n  %s\n", spec->aliases);
	args_help_options(spec, width, &options);
	if (options.len > 0)
		strbuf_addf(out, "\nOptions:\n%s", options.data);
	strbuf_release(&options);
}
