/* SPDX-License-Identifier: Apache-2.0 */
/* hoy context create, update, rm, use, show */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "base/strv.h"
#include "cli/command.h"
#include "cli/context-store.h"
#include "cli/csv.h"
#include "http/url.h"
#include "sys/file.h"

enum { TLS_FILE_MAX = 1024 * 1024 };

struct context_flags {
	char *description, *from;
	char **docker;
	bool force;
};

#define DESCRIPTION_ROW                                                                            \
	ARG_STR(struct context_flags, description, "description", 0, "string",                     \
		"Description of the context")
#define DOCKER_ROW                                                                                 \
	ARG_LIST(struct context_flags, docker, "docker", 0, "stringToString",                      \
		 "set the docker endpoint (host, ca, cert, key, skip-tls-verify, from)",           \
		 .def_text = "default []")

static const struct arg_option create_rows[] = {
	DESCRIPTION_ROW,
	DOCKER_ROW,
	ARG_STR(struct context_flags, from, "from", 0, "string",
		"create context from a named context"),
};

static const struct arg_option update_rows[] = { DESCRIPTION_ROW, DOCKER_ROW };

static const struct arg_option rm_rows[] = {
	ARG_BOOL(struct context_flags, force, "force", 'f',
		 "Force the removal of a context in use"),
};

/* --docker host=…,ca=…: one map of them all. */
static int docker_options(char *const *flags, struct strmap *ret, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && flags && flags[i]; i++) {
		cleanup(strv_release) char **fields = NULL;

		r = csv_split(flags[i], &fields, err);
		for (size_t j = 0; r >= 0 && fields[j]; j++) {
			char *equals = strchr(fields[j], '=');

			if (!equals)
				return error_set(err, ERR_INVALID, 0,
						 "invalid argument \"%s\" for \"--docker\" flag: "
						 "%s must be formatted as key=value",
						 flags[i], fields[j]);
			*equals = '\0';
			strmap_set(ret, fields[j], equals + 1);
		}
	}
	return r;
}

static int check_keys(const struct strmap *options, struct error *err)
{
	static const char *const keys[] = {
		"from", "host", "ca", "cert", "key", "skip-tls-verify"
	};

	for (size_t i = 0; i < options->n; i++) {
		size_t k = 0;

		while (k < ARRAY_SIZE(keys) && strcmp(keys[k], options->entries[i].key) != 0)
			k++;
		if (k == ARRAY_SIZE(keys))
			return error_set(err, ERR_INVALID, 0, "unrecognized config key: %s",
					 options->entries[i].key);
	}
	return 0;
}

static int add_tls_files(const struct strmap *options, struct context *context, struct error *err)
{
	static const char *const files[][2] = { { "ca", "ca.pem" },
						{ "cert", "cert.pem" },
						{ "key", "key.pem" } };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		const char *path = strmap_get(options, files[i][0]);
		cleanup_free char *data = NULL;
		size_t len = 0;
		int r = path && *path ? file_read_at(AT_FDCWD, path, TLS_FILE_MAX, &data, &len) : 1;

		if (r < 0)
			return error_set(err, ERR_INVALID, -r, "open %s: %s", path,
					 r == -ENOENT ? "no such file or directory" : strerror(-r));
		if (r == 0)
			context_add_tls(context, files[i][1], data, len);
	}
	return 0;
}

static int check_host(const char *host, struct error *err)
{
	cleanup(host_url_release) struct host_url url = { 0 };

	if (!*host || (strstr(host, "://") && host_url_parse(host, &url) >= 0))
		return 0;
	return error_set(
		err, ERR_INVALID, 0,
		"unable to apply docker endpoint options: unable to parse docker host `%s`", host);
}

/* The endpoint of another context, with its TLS files. */
static int take_endpoint(const char *from, struct context *context, struct error *err)
{
	cleanup(context_release) struct context other = { 0 };
	cleanup_free char *host = NULL;
	int r = context_read(from, true, &other, err);

	if (r < 0)
		return r;
	host = context_host(&other);
	context_set_endpoint(context, host, context_skips_verify(&other));
	for (size_t i = 0; i < other.n_tls; i++)
		context_add_tls(context, other.tls[i].name, other.tls[i].data, other.tls[i].len);
	return 0;
}

static int set_endpoint(char *const *flags, struct context *context, struct error *err)
{
	cleanup(strmap_release) struct strmap options = { 0 };
	const char *host, *skip, *from;
	bool skips = false;
	int r = docker_options(flags, &options, err);

	if (r >= 0)
		r = check_keys(&options, err);
	if (r < 0)
		return r;
	context_drop_tls(context);
	from = strmap_get(&options, "from");
	if (from && *from)
		return take_endpoint(from, context, err);
	host = strmap_get(&options, "host");
	skip = strmap_get(&options, "skip-tls-verify");
	if (skip && *skip && parse_bool(skip, &skips) < 0)
		return error_set(err, ERR_INVALID, 0,
				 "skip-tls-verify: parsing \"%s\": invalid syntax", skip);
	r = add_tls_files(&options, context, err);
	if (r >= 0)
		r = check_host(host ? host : "", err);
	if (r >= 0)
		context_set_endpoint(context, host ? host : "", skips);
	return r;
}

static int endpoint_failed(struct error *err)
{
	return error_prefix(err, "unable to create docker endpoint config");
}

int context_say(const char *name, const char *what, struct error *err)
{
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;

	strbuf_addf(&out, "%s\n", name);
	fprintf(stderr, "%s \"%s\"\n", what, name);
	return command_print(&out, err);
}

static int copy_context(struct cli *cli, const char *from, struct context *context,
			struct error *err)
{
	cleanup_free char *current = NULL, *name = take_ptr(context->name);
	int r = from ? 0 : context_current(cli->context, &current, err);

	if (r >= 0)
		r = context_read(from ? from : current, true, context, err);
	if (r >= 0 && strcmp(context->name, CONTEXT_DEFAULT) == 0)
		raw_set_str(&context->metadata, "Description", CONTEXT_DEFAULT_DESCRIPTION);
	free(context->name);
	context->name = take_ptr(name);
	return r;
}

static int run_create(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	cleanup(context_release) struct context context = { .name = xstrdup(argv[0]) };
	const struct context_flags *flags = options;
	const char *from = flags->from && *flags->from ? flags->from : NULL;
	int r = context_name_check(argv[0], err);

	if (r < 0)
		return r;
	if (context_exists(argv[0]))
		return error_set(err, ERR_CONFLICT, 0, "context \"%s\" already exists", argv[0]);
	if (from && flags->docker)
		return error_set(err, ERR_INVALID, 0,
				 "cannot use --docker flag when --from is set");
	if (flags->docker) {
		r = set_endpoint(flags->docker, &context, err);
		if (r < 0)
			return endpoint_failed(err);
	} else {
		r = copy_context(cli, from, &context, err);
	}
	if (flags->description && *flags->description)
		raw_set_str(&context.metadata, "Description", flags->description);
	if (r >= 0)
		r = context_write(&context, err);
	return r < 0 ? r : context_say(argv[0], "Successfully created context", err);
}

static int run_update(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	cleanup(context_release) struct context context = { 0 };
	const struct context_flags *flags = options;
	int r = context_name_check(argv[0], err);

	if (r >= 0)
		r = context_read(argv[0], true, &context, err);
	if (r < 0)
		return r;
	if (flags->description)
		raw_set_str(&context.metadata, "Description", flags->description);
	if (flags->docker) {
		r = set_endpoint(flags->docker, &context, err);
		if (r < 0)
			return endpoint_failed(err);
	}
	r = context_write(&context, err);
	return r < 0 ? r : context_say(argv[0], "Successfully updated context", err);
}

/* NULL: the default one. */
static int set_current(const char *name, struct error *err)
{
	cleanup(config_file_release) struct config_file file = { NULL };
	int r = config_file_read(&file, err);

	if (r < 0)
		return r;
	if (name)
		raw_set_str(&file.all, "currentContext", name);
	else if (!raw_remove(&file.all, "currentContext"))
		return 0;
	return config_file_write(&file, err);
}

static int remove_one(struct cli *cli, const char *name, bool force, struct error *err)
{
	cleanup_free char *current = NULL;
	int r;

	if (strcmp(name, CONTEXT_DEFAULT) == 0)
		return error_set(err, ERR_INVALID, 0, "context \"default\" cannot be removed");
	if (!context_exists(name) && !force)
		return error_set(err, ERR_NOT_FOUND, 0, "context \"%s\" does not exist", name);
	r = context_current(cli->context, &current, err);
	if (r < 0)
		return r;
	if (strcmp(current, name) == 0) {
		if (!force)
			return error_set(err, ERR_CONFLICT, 0,
					 "context \"%s\" is in use, set -f flag to force remove",
					 name);
		r = set_current(NULL, err);
	}
	return r < 0 ? r : context_remove(name, err);
}

static int run_rm(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	const struct context_flags *flags = options;
	int code = 0;

	for (int i = 0; i < argc; i++) {
		cleanup(error_release) struct error own = ERROR_INIT;

		if (remove_one(cli, argv[i], flags->force, &own) < 0) {
			fprintf(stderr, "%s\n", error_text(&own));
			code = 1;
		} else {
			printf("%s\n", argv[i]);
		}
	}
	return code;
}

static int run_use(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	cleanup(context_release) struct context context = { 0 };
	const char *variable = context_overridden();
	bool is_default = strcmp(argv[0], CONTEXT_DEFAULT) == 0;
	int r = is_default ? 0 : context_name_check(argv[0], err);

	if (r >= 0)
		r = context_read(argv[0], false, &context, err);
	if (r >= 0)
		r = set_current(is_default ? NULL : argv[0], err);
	if (r >= 0)
		r = context_say(argv[0], "Current context is now", err);
	if (r >= 0 && variable && !is_default)
		fprintf(stderr,
			"Warning: %s environment variable overrides the active context. To use "
			"\"%s\", either set the global --context flag, or unset %s environment "
			"variable.\n",
			variable, argv[0], variable);
	return r;
}

static int run_show(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	cleanup_free char *current = NULL;
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;
	int r = context_current(cli->context, &current, err);

	if (r < 0)
		return r;
	strbuf_addf(&out, "%s\n", current);
	return command_print(&out, err);
}

const struct command cmd_context_create = {
	.spec = { .usage = "[OPTIONS] CONTEXT",
		  .summary = "Create a context",
		  ARG_OPTIONS(create_rows),
		  .min_args = 1,
		  .max_args = 1 },
	.options_size = sizeof(struct context_flags),
	.run = run_create,
};

const struct command cmd_context_update = {
	.spec = { .usage = "[OPTIONS] CONTEXT",
		  .summary = "Update a context",
		  ARG_OPTIONS(update_rows),
		  .min_args = 1,
		  .max_args = 1 },
	.options_size = sizeof(struct context_flags),
	.run = run_update,
};

const struct command cmd_context_rm = {
	.spec = { .usage = "[OPTIONS] CONTEXT [CONTEXT...]",
		  .summary = "Remove one or more contexts",
		  ARG_OPTIONS(rm_rows),
		  .min_args = 1,
		  .max_args = -1 },
	.options_size = sizeof(struct context_flags),
	.run = run_rm,
};

const struct command cmd_context_use = {
	.spec = { .usage = "CONTEXT",
		  .summary = "Set the current context",
		  .min_args = 1,
		  .max_args = 1 },
	.run = run_use,
};

const struct command cmd_context_show = {
	.spec = { .summary = "Print the name of the current context" },
	.run = run_show,
};
