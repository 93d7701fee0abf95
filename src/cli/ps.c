/* SPDX-License-Identifier: Apache-2.0 */
/* hoy ps */
#include <string.h>

#include "base/json.h"
#include "base/strv.h"
#include "cli/command.h"
#include "cli/filters.h"
#include "cli/listing.h"
#include "cli/port-text.h"
#include "client/containers.h"
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

enum ps_column {
	PS_COMMAND,
	PS_CREATED_AT,
	PS_ID,
	PS_IMAGE,
	PS_LABELS,
	PS_LOCAL_VOLUMES,
	PS_MOUNTS,
	PS_NAMES,
	PS_NETWORKS,
	PS_PORTS,
	PS_RUNNING_FOR,
	PS_SIZE,
	PS_STATE,
	PS_STATUS,
};

static const struct listing_column ps_columns[] = {
	[PS_COMMAND] = { "Command", "COMMAND" },
	[PS_CREATED_AT] = { "CreatedAt", "CREATED AT" },
	[PS_ID] = { "ID", "CONTAINER ID" },
	[PS_IMAGE] = { "Image", "IMAGE" },
	[PS_LABELS] = { "Labels", "LABELS" },
	[PS_LOCAL_VOLUMES] = { "LocalVolumes", "LOCAL VOLUMES" },
	[PS_MOUNTS] = { "Mounts", "MOUNTS" },
	[PS_NAMES] = { "Names", "NAMES" },
	[PS_NETWORKS] = { "Networks", "NETWORKS" },
	[PS_PORTS] = { "Ports", "PORTS" },
	[PS_RUNNING_FOR] = { "RunningFor", "CREATED" },
	[PS_SIZE] = { "Size", "SIZE" },
	[PS_STATE] = { "State", "STATE" },
	[PS_STATUS] = { "Status", "STATUS" },
};

/* What most formats show, in the order in which our engine tells it: of the rest of the answer
 * nothing is read into structs. */
static const struct json_field plain_fields[] = {
	FIELD_STR(struct container_summary, id, "Id"),
	FIELD_STRV(struct container_summary, names, "Names"),
	FIELD_ARRAY(struct container_summary, ports, n_ports, "Ports", &port_summary_shape),
	FIELD_STR(struct container_summary, state, "State"),
	FIELD_STR(struct container_summary, status, "Status"),
	FIELD_STR(struct container_summary, image, "Image"),
	FIELD_STR(struct container_summary, image_id, "ImageID"),
	FIELD_STR(struct container_summary, command, "Command"),
	FIELD_I64(struct container_summary, created, "Created"),
};
static const struct json_shape plain_shape = JSON_SHAPE(struct container_summary, plain_fields, 0);

/* The columns that need more. */
static const enum ps_column whole_columns[] = { PS_LABELS, PS_LOCAL_VOLUMES, PS_MOUNTS, PS_NETWORKS,
						PS_SIZE };

/* The answer, and how it is to be shown. */
struct ps_items {
	struct container_summary *items;
	size_t n;
	const struct json_shape *shape;
	bool no_trunc;
};

static void ps_items_release(struct ps_items *list)
{
	json_release_array(list->shape, list->items, list->n);
}

#define PS_TABLE                                                                                   \
	"{{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}\t{{.Names}}"

static void add_listed(struct strbuf *out, size_t start, const char *text)
{
	if (out->len > start)
		strbuf_addc(out, ',');
	strbuf_adds(out, text);
}

static void add_names(const struct container_summary *c, bool whole, struct strbuf *out)
{
	size_t start = out->len;

	for (char **n = c->names; n && *n; n++) {
		const char *name = **n == '/' ? *n + 1 : *n;

		/* "/other/alias" is a link: the name by which another container knows this one. */
		if (whole || !strchr(name, '/'))
			add_listed(out, start, name);
	}
}

static void add_id(const char *id, bool whole, struct strbuf *out)
{
	if (whole)
		strbuf_adds(out, id ? id : "");
	else
		strbuf_add(out, id_digits(id), strnlen(id_digits(id), ID_SHORT));
}

static void add_image(const struct container_summary *c, bool whole, struct strbuf *out)
{
	const char *image = c->image && *c->image ? c->image : "<no image>", *digest;
	const char *id = id_digits(c->image_id), *name = id_digits(image);

	if (!whole && strncmp(id, name, ID_SHORT) == 0) {
		strbuf_add(out, id, strnlen(id, ID_SHORT));
		return;
	}
	digest = whole ? NULL : strstr(image, "@sha256:");
	strbuf_add(out, image, digest ? (size_t)(digest - image) : strlen(image));
}

static void add_command(const struct container_summary *c, bool whole, struct strbuf *out)
{
	const char *command = c->command ? c->command : "";
	cleanup_free char *text = whole ? NULL : text_ellipsis(command, 20);

	if (text)
		command = text;
	json_quote(out, command, strlen(command));
}

static void add_sizes(const struct container_summary *c, struct strbuf *out)
{
	cleanup_free char *rw = size_text(c->size_rw), *root = size_text(c->size_root_fs);

	strbuf_adds(out, rw);
	if (c->size_root_fs > 0)
		strbuf_addf(out, " (virtual %s)", root);
}

static void add_mounts(const struct container_summary *c, bool whole, struct strbuf *out)
{
	size_t start = out->len;

	for (size_t i = 0; i < c->n_mounts; i++) {
		const struct mount_point *m = &c->mounts[i];
		const char *name = m->name && *m->name ? m->name : m->source ? m->source : "";
		cleanup_free char *text = whole ? xstrdup(name) : text_ellipsis(name, 15);

		add_listed(out, start, text);
	}
}

static void add_networks(const struct container_summary *c, struct strbuf *out)
{
	size_t start = out->len;

	for (size_t i = 0; i < c->network_settings.n_networks; i++)
		add_listed(out, start, c->network_settings.networks[i].key);
}

static void add_volumes(const struct container_summary *c, struct strbuf *out)
{
	int n = 0;

	for (size_t i = 0; i < c->n_mounts; i++)
		if (c->mounts[i].driver && strcmp(c->mounts[i].driver, "local") == 0)
			n++;
	strbuf_addf(out, "%d", n);
}

static void add_ports(struct container_summary *c, struct strbuf *out)
{
	cleanup(strbuf_release) struct strbuf ports = STRBUF_INIT;

	ports_text(c->ports, c->n_ports, &ports);
	strbuf_adds(out, strbuf_str(&ports));
}

static void add_owned(struct strbuf *out, char *text)
{
	strbuf_adds(out, text);
	free(text);
}

static void ps_cell(const void *data, size_t i, size_t k, struct strbuf *out)
{
	const struct ps_items *list = data;
	struct container_summary *c = &list->items[i];
	bool whole = list->no_trunc;

	switch ((enum ps_column)k) {
	case PS_COMMAND:
		add_command(c, whole, out);
		break;
	case PS_CREATED_AT:
		add_owned(out, time_text(c->created));
		break;
	case PS_ID:
		add_id(c->id, whole, out);
		break;
	case PS_IMAGE:
		add_image(c, whole, out);
		break;
	case PS_LABELS:
		add_owned(out, labels_join(&c->labels));
		break;
	case PS_LOCAL_VOLUMES:
		add_volumes(c, out);
		break;
	case PS_MOUNTS:
		add_mounts(c, whole, out);
		break;
	case PS_NAMES:
		add_names(c, whole, out);
		break;
	case PS_NETWORKS:
		add_networks(c, out);
		break;
	case PS_PORTS:
		add_ports(c, out);
		break;
	case PS_RUNNING_FOR:
		add_owned(out, time_ago(c->created));
		break;
	case PS_SIZE:
		add_sizes(c, out);
		break;
	case PS_STATE:
		strbuf_adds(out, c->state ? c->state : "");
		break;
	case PS_STATUS:
		strbuf_adds(out, c->status ? c->status : "");
		break;
	}
}

static const struct strmap *ps_labels(const void *data, size_t i)
{
	return &((const struct ps_items *)data)->items[i].labels;
}

/* An engine that does not know brief answers with everything. */
static void ps_target(const struct ps_flags *flags, bool brief, struct strbuf *target)
{
	bool size = flags->size || (flags->format && strstr(flags->format, ".Size"));

	strbuf_adds(target, "/containers/json");
	url_add(target, "all", flags->all ? "1" : NULL);
	if (flags->latest || flags->last > 0)
		url_addf(target, "limit", "%lld",
			 flags->latest && flags->last <= 0 ? 1 : (long long)flags->last);
	url_add(target, "size", size ? "1" : NULL);
	url_add(target, "brief", brief ? "1" : NULL);
	filters_add(target, flags->filters);
}

static const struct json_shape *shape_for(const struct listing_view *view)
{
	for (size_t i = 0; i < ARRAY_SIZE(whole_columns); i++)
		if (listing_view_shows(view, ps_columns[whole_columns[i]].name))
			return &container_summary_shape;
	return &plain_shape;
}

static int ps_fetch(struct cli *cli, const struct ps_flags *flags, struct ps_items *ret,
		    struct error *err)
{
	cleanup(strbuf_release) struct strbuf target = STRBUF_INIT;

	ps_target(flags, ret->shape == &plain_shape, &target);
	return client_list(&cli->client, strbuf_str(&target), ret->shape, &ret->items, &ret->n,
			   err);
}

static int ps_show(struct cli *cli, const struct ps_flags *flags, struct error *err)
{
	const struct listing listing = {
		LISTING_COLUMNS(ps_columns),
		.table = flags->size ? PS_TABLE "\t{{.Size}}" : PS_TABLE,
	};
	cleanup(listing_view_release) struct listing_view view = { NULL };
	cleanup(ps_items_release) struct ps_items list = { .shape = &plain_shape,
							   .no_trunc = flags->no_trunc };
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;
	struct listing_items items = { .data = &list, .cell = ps_cell, .labels = ps_labels };
	int r = listing_view_init(&view, &listing, flags->format, flags->quiet, err);

	list.shape = r < 0 ? list.shape : shape_for(&view);
	if (r >= 0)
		r = ps_fetch(cli, flags, &list, err);
	items.n = list.n;
	if (r >= 0)
		r = listing_render_items(&view, &items, &out, err);
	return r < 0 ? r : command_print(&out, err);
}

static int run_ps(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	struct ps_flags *flags = options;
	int r = ps_show(cli, flags, err);

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
