/* SPDX-License-Identifier: Apache-2.0 */
/* hoy ps */
#include <string.h>

#include "base/json.h"
#include "base/strv.h"
#include "cli/command.h"
#include "cli/filters.h"
#include "cli/listing.h"
#include "cli/port-text.h"
#include "http/url.h"
#include "wire/container.h"

struct ps_flags {
	bool all, latest, no_trunc, quiet, size;
	int64_t last;
	char **filters, *format;
};

static const struct arg_option ps_rows[] = {
	ARG_BOOL(struct ps_flags, all, "all", 'a',
		 "Show all containers (default shows just running)"),
	ARG_FUNC(struct ps_flags, filters, "filter", 'f', "filter", set_filter,
		 "Show only what meets the conditions"),
	ARG_STR(struct ps_flags, format, "format", 0, "string", FORMAT_HELP_TABLE),
	ARG_I64(struct ps_flags, last, "last", 'n', "int",
		"Show n last created containers (includes all states)", .def = "-1"),
	ARG_BOOL(struct ps_flags, latest, "latest", 'l',
		 "Show the latest created container (includes all states)"),
	ARG_BOOL(struct ps_flags, no_trunc, "no-trunc", 0, "Don't truncate output"),
	ARG_BOOL(struct ps_flags, quiet, "quiet", 'q', "Only display container IDs"),
	ARG_BOOL(struct ps_flags, size, "size", 's', "Display total file sizes"),
};

static const struct listing_column ps_columns[] = {
	{ "Command", "COMMAND" },    { "CreatedAt", "CREATED AT" },
	{ "ID", "CONTAINER ID" },    { "Image", "IMAGE" },
	{ "Labels", "LABELS" },	     { "LocalVolumes", "LOCAL VOLUMES" },
	{ "Mounts", "MOUNTS" },	     { "Names", "NAMES" },
	{ "Networks", "NETWORKS" },  { "Ports", "PORTS" },
	{ "RunningFor", "CREATED" }, { "Size", "SIZE" },
	{ "State", "STATE" },	     { "Status", "STATUS" },
};

#define PS_TABLE                                                                                   \
	"{{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}\t{{.Names}}"

static char *names_text(const struct container_summary *c, bool whole)
{
	cleanup(strv_release) char **names = NULL;

	for (char **n = c->names; n && *n; n++) {
		const char *name = **n == '/' ? *n + 1 : *n;

		/* "/other/alias" is a link: the name by which another container knows this one. */
		if (whole || !strchr(name, '/'))
			strv_push(&names, name);
	}
	return strv_join(names, ",");
}

static char *image_text(const struct container_summary *c, bool whole)
{
	cleanup_free char *id = id_short(c->image_id, false), *name = NULL;
	const char *digest;

	if (!c->image || !*c->image)
		return xstrdup("<no image>");
	name = id_short(c->image, false);
	if (!whole && strcmp(id, name) == 0)
		return take_ptr(id);
	digest = whole ? NULL : strstr(c->image, "@sha256:");
	return digest ? xstrndup(c->image, digest - c->image) : xstrdup(c->image);
}

static char *command_text(const struct container_summary *c, bool whole)
{
	const char *command = c->command ? c->command : "";
	cleanup_free char *text = whole ? xstrdup(command) : text_ellipsis(command, 20);
	struct strbuf out = STRBUF_INIT;

	json_quote(&out, text, strlen(text));
	return strbuf_take(&out);
}

static char *sizes_text(const struct container_summary *c)
{
	cleanup_free char *rw = size_text(c->size_rw), *root = size_text(c->size_root_fs);

	return c->size_root_fs > 0 ? xasprintf("%s (virtual %s)", rw, root) : take_ptr(rw);
}

static char *mounts_text(const struct container_summary *c, bool whole)
{
	cleanup(strv_release) char **names = NULL;

	for (size_t i = 0; i < c->n_mounts; i++) {
		const struct mount_point *m = &c->mounts[i];
		const char *name = m->name && *m->name ? m->name : m->source ? m->source : "";

		strv_push_take(&names, whole ? xstrdup(name) : text_ellipsis(name, 15));
	}
	return strv_join(names, ",");
}

static char *networks_text(const struct container_summary *c)
{
	cleanup(strv_release) char **names = NULL;

	for (size_t i = 0; i < c->network_settings.n_networks; i++)
		strv_push(&names, c->network_settings.networks[i].key);
	return strv_join(names, ",");
}

static char *volumes_text(const struct container_summary *c)
{
	int n = 0;

	for (size_t i = 0; i < c->n_mounts; i++)
		if (c->mounts[i].driver && strcmp(c->mounts[i].driver, "local") == 0)
			n++;
	return xasprintf("%d", n);
}

static void add_owned(struct strbuf *row, const char *name, char *value)
{
	row_add(row, name, value);
	free(value);
}

static char *ps_row(struct container_summary *c, bool whole)
{
	cleanup(strbuf_release) struct strbuf ports = STRBUF_INIT;
	struct strbuf row = STRBUF_INIT;

	ports_text(c->ports, c->n_ports, &ports);
	add_owned(&row, "Command", command_text(c, whole));
	add_owned(&row, "CreatedAt", time_text(c->created));
	add_owned(&row, "ID", id_short(c->id, whole));
	add_owned(&row, "Image", image_text(c, whole));
	add_owned(&row, "Labels", labels_join(&c->labels));
	add_owned(&row, "LocalVolumes", volumes_text(c));
	add_owned(&row, "Mounts", mounts_text(c, whole));
	add_owned(&row, "Names", names_text(c, whole));
	add_owned(&row, "Networks", networks_text(c));
	row_add(&row, "Ports", strbuf_str(&ports));
	add_owned(&row, "RunningFor", time_ago(c->created));
	add_owned(&row, "Size", sizes_text(c));
	row_add(&row, "State", c->state);
	row_add(&row, "Status", c->status);
	row_add_labels(&row, &c->labels);
	return row_take(&row);
}

static void ps_target(const struct ps_flags *flags, struct strbuf *target)
{
	bool size = flags->size || (flags->format && strstr(flags->format, ".Size"));

	strbuf_adds(target, "/containers/json");
	url_add(target, "all", flags->all ? "1" : NULL);
	if (flags->latest || flags->last > 0)
		url_addf(target, "limit", "%lld",
			 flags->latest && flags->last <= 0 ? 1 : (long long)flags->last);
	url_add(target, "size", size ? "1" : NULL);
	filters_add(target, flags->filters);
}

static int fetch_rows(struct cli *cli, const void *options, char ***ret_rows, struct error *err)
{
	const struct ps_flags *flags = options;
	cleanup(strbuf_release) struct strbuf target = STRBUF_INIT, body = STRBUF_INIT;
	struct container_summary *items = NULL;
	struct client_call call = { .method = "GET" };
	size_t n = 0;
	int r;

	ps_target(flags, &target);
	call.target = strbuf_str(&target);
	r = client_call(&cli->client, &call, &body, err);
	if (r < 0)
		return r;
	r = json_decode_array(&container_summary_shape, strbuf_str(&body), body.len, &items, &n,
			      err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		strv_push_take(ret_rows, ps_row(&items[i], flags->no_trunc));
	json_release_array(&container_summary_shape, items, n);
	return 0;
}

static int run_ps(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	struct ps_flags *flags = options;
	const struct listing listing = {
		LISTING_COLUMNS(ps_columns),
		.table = flags->size ? PS_TABLE "\t{{.Size}}" : PS_TABLE,
	};
	int r = listing_run(cli, &listing, flags->format, flags->quiet, fetch_rows, flags, err);

	strv_release(&flags->filters);
	return r;
}

const struct command cmd_ps = {
	.spec =
		{
			.usage = "[OPTIONS]",
			.summary = "List containers",
			ARG_OPTIONS(ps_rows),
		},
	.options_size = sizeof(struct ps_flags),
	.run = run_ps,
};
