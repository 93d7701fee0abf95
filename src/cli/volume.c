/* SPDX-License-Identifier: Apache-2.0 */
/* hoy volume create, rm */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/each.h"
#include "cli/flag-values.h"
#include "wire/volume.h"

struct create_flags {
	char *driver, *name;
	char **labels;
	struct strmap options;
};

static const struct arg_option create_rows[] = {
	ARG_STR(struct create_flags, driver, "driver", 'd', "string", "Specify volume driver name",
		.def = "local"),
	ARG_FUNC(struct create_flags, labels, "label", 0, "list", set_label,
		 "Set metadata for a volume"),
	ARG_STR(struct create_flags, name, "name", 0, "string", "Specify volume name",
		.flags = ARG_HIDDEN),
	ARG_FUNC(struct create_flags, options, "opt", 'o', "map", set_map_pair,
		 "Set driver specific options", .def_text = "default map[]"),
};

static void add_labels(char *const *labels, struct strmap *ret)
{
	for (size_t i = 0; labels && labels[i]; i++) {
		const char *equals = strchr(labels[i], '=');
		cleanup_free char *key = equals ? xstrndup(labels[i], (size_t)(equals - labels[i]))
						: xstrdup(labels[i]);

		strmap_set(ret, key, equals ? equals + 1 : "");
	}
}

static int run_create(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	struct create_flags *flags = options;
	cleanup(volume_create_request_release) struct volume_create_request req = {
		.name = xstrdup(argv[0] ? argv[0] : flags->name),
		.driver = xstrdup(flags->driver),
	};
	cleanup(volume_release) struct volume volume = { NULL };
	cleanup(strbuf_release) struct strbuf body = STRBUF_INIT, answer = STRBUF_INIT;
	struct client_call call = { .method = "POST", .target = "/volumes/create" };
	int r;

	strmap_copy(&req.driver_opts, &flags->options);
	strmap_release(&flags->options);
	add_labels(flags->labels, &req.labels);
	if (argv[0] && flags->name)
		return error_set(err, ERR_INVALID, 0,
				 "conflicting options: cannot specify a volume-name through both "
				 "--name and as a positional arg");
	json_encode(&volume_create_request_shape, &req, &body);
	call.body = strbuf_str(&body);
	r = client_call(&cli->client, &call, &answer, err);
	if (r >= 0)
		r = json_decode(&volume_shape, strbuf_str(&answer), answer.len, &volume, err);
	return r < 0 ? r : printf("%s\n", volume.name ? volume.name : "") < 0;
}

const struct command cmd_volume_create = {
	.spec =
		{
			.usage = "[OPTIONS] [VOLUME]",
			.summary = "Create a volume",
			ARG_OPTIONS(create_rows),
			.max_args = 1,
		},
	.options_size = sizeof(struct create_flags),
	.run = run_create,
};

struct rm_flags {
	bool force;
};

static const struct arg_option rm_rows[] = {
	ARG_BOOL(struct rm_flags, force, "force", 'f', "Force the removal of one or more volumes"),
};

static int run_rm(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	const struct rm_flags *flags = options;
	const struct each_call each = { "DELETE", "/volumes/", flags->force ? "?force=1" : "" };

	return each_run(cli, &each, argv, err);
}

const struct command cmd_volume_rm = {
	.spec =
		{
			.usage = "[OPTIONS] VOLUME [VOLUME...]",
			.summary = "Remove one or more volumes",
			ARG_OPTIONS(rm_rows),
			.min_args = 1,
			.max_args = -1,
		},
	.options_size = sizeof(struct rm_flags),
	.run = run_rm,
};
