/* SPDX-License-Identifier: Apache-2.0 */
/* hoy inspect, and inspect of containers, images, networks, volumes: the engine's answers as they
 * are, indented or through a template. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/template.h"
#include "cli/command.h"
#include "cli/listing.h"
#include "cli/platform-flag.h"
#include "http/url.h"
#include "wire/container.h"
#include "wire/image.h"
#include "wire/network.h"
#include "wire/volume.h"

struct inspect_flags {
	char *format, *type, *platform;
	bool size, verbose;
};

/* Where an object may be looked up. */
struct inspect_kind {
	const char *type, *prefix, *suffix;
	const struct json_shape *shape; /* of the answer: what it leaves out when it is empty */
};

static const struct inspect_kind container_kind = { "container", "/containers/", "/json",
						    &container_inspect_shape };
static const struct inspect_kind image_kind = { "image", "/images/", "/json",
						&image_inspect_shape };
static const struct inspect_kind network_kind = { "network", "/networks/", "",
						  &network_inspect_shape };
static const struct inspect_kind volume_kind = { "volume", "/volumes/", "", &volume_shape };

/* Where an object is looked for that was named without its type. */
static const struct inspect_kind *const kinds[] = { &container_kind, &image_kind, &network_kind,
						    &volume_kind };

struct inspected {
	struct strbuf body;
	const struct inspect_kind *kind;
};

static int fetch(struct cli *cli, const struct inspect_kind *kind,
		 const struct inspect_flags *flags, const char *name, struct inspected *ret,
		 struct error *err)
{
	cleanup(strbuf_release) struct strbuf target = STRBUF_INIT;
	struct client_call call = { .method = "GET" };
	int r;

	strbuf_adds(&target, kind->prefix);
	url_encode_path(&target, name);
	strbuf_adds(&target, kind->suffix);
	if (flags->size && kind == &container_kind)
		url_add(&target, "size", "1");
	r = platform_add(&target, (char *[]){ flags->platform, NULL }, err);
	if (r < 0)
		return r;
	call.target = strbuf_str(&target);
	strbuf_reset(&ret->body);
	ret->kind = kind;
	r = client_call(&cli->client, &call, &ret->body, err);
	return r < 0 ? r : 0;
}

/* Of --type, or the first kind that has one of that name. */
static int fetch_any(struct cli *cli, const struct inspect_flags *flags, const char *name,
		     struct inspected *ret, struct error *err)
{
	bool any = !flags->type || !*flags->type;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		int r;

		if (!any && strcmp(flags->type, kinds[i]->type) != 0)
			continue;
		r = fetch(cli, kinds[i], flags, name, ret, err);
		if (r == 0 || !any ||
		    (err->kind != ERR_NOT_FOUND && (i == 0 || err->kind != ERR_INVALID)))
			return r;
		error_release(err);
	}
	return error_set(err, ERR_NOT_FOUND, 0, "Error: No such object: %s", name);
}

/* What the objects become: one array, or a line each. */
struct inspect_output {
	struct template *tmpl; /* NULL: JSON */
	struct strbuf text;
	size_t n;
};

static void output_release(struct inspect_output *out)
{
	template_free(out->tmpl);
	strbuf_release(&out->text);
}

static int output_add(struct inspect_output *out, const struct inspected *in, struct error *err)
{
	int r = 0;

	if (out->tmpl) {
		r = template_execute_as(out->tmpl, TEMPLATE_STRICT, in->kind->shape,
					strbuf_str(&in->body), in->body.len, &out->text, err);
		strbuf_addc(&out->text, '\n');
	} else {
		strbuf_adds(&out->text, out->n == 0 ? "[" : ",");
		strbuf_add(&out->text, in->body.data, in->body.len);
	}
	out->n++;
	return r;
}

static int output_finish(struct inspect_output *out, struct error *err)
{
	cleanup(strbuf_release) struct strbuf pretty = STRBUF_INIT;
	int r;

	if (out->tmpl)
		return command_print(&out->text, err);
	strbuf_adds(&out->text, out->n == 0 ? "[]" : "]");
	r = json_pretty(strbuf_str(&out->text), out->text.len, 4, &pretty, err);
	if (r < 0)
		return r;
	strbuf_addc(&pretty, '\n');
	return command_print(&pretty, err);
}

static int output_init(struct inspect_output *out, const char *format, struct error *err)
{
	cleanup_free char *text = NULL;
	bool table;

	*out = (struct inspect_output){ .tmpl = NULL };
	if (!format || !*format)
		return 0;
	template_format(format, &table, &text);
	return text ? template_compile(text, &out->tmpl, err) : 0;
}

typedef int (*inspect_fetch)(struct cli *cli, const struct inspect_flags *flags, const char *name,
			     struct inspected *ret, struct error *err);

static int inspect_all(struct cli *cli, const struct inspect_flags *flags, inspect_fetch get,
		       char **argv, struct error *err)
{
	cleanup(output_release) struct inspect_output out = { .tmpl = NULL };
	cleanup(strbuf_release) struct strbuf errors = STRBUF_INIT;
	struct inspected in = { .body = STRBUF_INIT };
	int r = output_init(&out, flags->format, err);

	for (; r == 0 && *argv; argv++) {
		cleanup(error_release) struct error one = ERROR_INIT;

		if (get(cli, flags, *argv, &in, &one) == 0 && output_add(&out, &in, &one) == 0)
			continue;
		strbuf_addf(&errors, "%s\n", error_text(&one));
	}
	strbuf_release(&in.body);
	if (r == 0)
		r = output_finish(&out, err);
	if (r < 0)
		return r;
	(void)fputs(strbuf_str(&errors), stderr);
	return errors.len ? 1 : 0;
}

static int run_inspect(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	const struct inspect_flags *flags = options;
	bool known = !flags->type || !*flags->type;

	for (size_t i = 0; !known && i < ARRAY_SIZE(kinds); i++)
		known = strcmp(flags->type, kinds[i]->type) == 0;
	if (!known)
		return error_set(err, ERR_INVALID, 0,
				 "unknown type: \"%s\": must be one of \"container\", "
				 "\"image\", \"network\", \"volume\"",
				 flags->type);
	return inspect_all(cli, flags, fetch_any, argv, err);
}

static const struct arg_option inspect_rows[] = {
	ARG_STR(struct inspect_flags, format, "format", 'f', "string", FORMAT_HELP),
	ARG_BOOL(struct inspect_flags, size, "size", 's',
		 "Display total file sizes if the type is container"),
	ARG_STR(struct inspect_flags, type, "type", 0, "string",
		"Only inspect objects of the given type"),
};

const struct command cmd_inspect = {
	.spec =
		{
			.usage = "[OPTIONS] NAME|ID [NAME|ID...]",
			.summary = "Return low-level information on objects",
			ARG_OPTIONS(inspect_rows),
			.min_args = 1,
			.max_args = -1,
		},
	.options_size = sizeof(struct inspect_flags),
	.run = run_inspect,
};

static int fetch_container(struct cli *cli, const struct inspect_flags *flags, const char *name,
			   struct inspected *ret, struct error *err)
{
	return fetch(cli, &container_kind, flags, name, ret, err);
}

static int run_container_inspect(struct cli *cli, void *options, int argc, char **argv,
				 struct error *err)
{
	return inspect_all(cli, options, fetch_container, argv, err);
}

static const struct arg_option container_inspect_rows[] = {
	ARG_STR(struct inspect_flags, format, "format", 'f', "string", FORMAT_HELP),
	ARG_BOOL(struct inspect_flags, size, "size", 's', "Display total file sizes"),
};

const struct command cmd_container_inspect = {
	.spec =
		{
			.usage = "[OPTIONS] CONTAINER [CONTAINER...]",
			.summary = "Display detailed information on one or more containers",
			ARG_OPTIONS(container_inspect_rows),
			.min_args = 1,
			.max_args = -1,
		},
	.options_size = sizeof(struct inspect_flags),
	.run = run_container_inspect,
};

static int fetch_image(struct cli *cli, const struct inspect_flags *flags, const char *name,
		       struct inspected *ret, struct error *err)
{
	return fetch(cli, &image_kind, flags, name, ret, err);
}

static int run_image_inspect(struct cli *cli, void *options, int argc, char **argv,
			     struct error *err)
{
	return inspect_all(cli, options, fetch_image, argv, err);
}

static const struct arg_option image_inspect_rows[] = {
	ARG_STR(struct inspect_flags, format, "format", 'f', "string", FORMAT_HELP),
	ARG_STR(struct inspect_flags, platform, "platform", 0, "string",
		"Platform of the image, when it has several"),
};

const struct command cmd_image_inspect = {
	.spec =
		{
			.usage = "[OPTIONS] IMAGE [IMAGE...]",
			.summary = "Display detailed information on one or more images",
			ARG_OPTIONS(image_inspect_rows),
			.min_args = 1,
			.max_args = -1,
		},
	.options_size = sizeof(struct inspect_flags),
	.run = run_image_inspect,
};

static int fetch_network(struct cli *cli, const struct inspect_flags *flags, const char *name,
			 struct inspected *ret, struct error *err)
{
	return fetch(cli, &network_kind, flags, name, ret, err);
}

static int run_network_inspect(struct cli *cli, void *options, int argc, char **argv,
			       struct error *err)
{
	return inspect_all(cli, options, fetch_network, argv, err);
}

static const struct arg_option network_inspect_rows[] = {
	ARG_STR(struct inspect_flags, format, "format", 'f', "string", FORMAT_HELP),
	ARG_BOOL(struct inspect_flags, verbose, "verbose", 'v', "Verbose output for diagnostics"),
};

const struct command cmd_network_inspect = {
	.spec =
		{
			.usage = "[OPTIONS] NETWORK [NETWORK...]",
			.summary = "Display detailed information on one or more networks",
			ARG_OPTIONS(network_inspect_rows),
			.min_args = 1,
			.max_args = -1,
		},
	.options_size = sizeof(struct inspect_flags),
	.run = run_network_inspect,
};

static int fetch_volume(struct cli *cli, const struct inspect_flags *flags, const char *name,
			struct inspected *ret, struct error *err)
{
	return fetch(cli, &volume_kind, flags, name, ret, err);
}

static int run_volume_inspect(struct cli *cli, void *options, int argc, char **argv,
			      struct error *err)
{
	return inspect_all(cli, options, fetch_volume, argv, err);
}

static const struct arg_option volume_inspect_rows[] = {
	ARG_STR(struct inspect_flags, format, "format", 'f', "string", FORMAT_HELP),
};

const struct command cmd_volume_inspect = {
	.spec =
		{
			.usage = "[OPTIONS] VOLUME [VOLUME...]",
			.summary = "Display detailed information on one or more volumes",
			ARG_OPTIONS(volume_inspect_rows),
			.min_args = 1,
			.max_args = -1,
		},
	.options_size = sizeof(struct inspect_flags),
	.run = run_volume_inspect,
};
