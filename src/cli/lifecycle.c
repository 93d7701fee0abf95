/* SPDX-License-Identifier: Apache-2.0 */
/* hoy stop, restart, kill, pause, unpause, rm: one request for each container. */
#include <errno.h>
#include <string.h>

#include "cli/each.h"
#include "http/url.h"

struct stop_flags {
	char *signal;
	struct opt_i64 timeout;
	struct opt_i64 time; /* the older name of --timeout */
};

static const struct arg_option stop_rows[] = {
	ARG_STR(struct stop_flags, signal, "signal", 's', "string",
		"Signal to send to the container"),
	ARG_OPT_I64(struct stop_flags, time, "time", 0, "int",
		    "Seconds to wait before killing the container", .flags = ARG_HIDDEN),
	ARG_OPT_I64(struct stop_flags, timeout, "timeout", 't', "int",
		    "Seconds to wait before killing the container"),
};

static int run_stopping(struct cli *cli, const char *path, const struct stop_flags *flags,
			char **argv, struct error *err)
{
	cleanup(strbuf_release) struct strbuf suffix = STRBUF_INIT;
	struct opt_i64 timeout = flags->timeout.set ? flags->timeout : flags->time;
	struct each_call each = { "POST", "/containers/", NULL };

	if (flags->timeout.set && flags->time.set)
		return error_set(err, ERR_INVALID, 0,
				 "conflicting options: cannot specify both --timeout and --time");
	strbuf_adds(&suffix, path);
	if (flags->signal && *flags->signal)
		url_add(&suffix, "signal", flags->signal);
	if (timeout.set)
		url_addf(&suffix, "t", "%lld", (long long)timeout.value);
	each.suffix = strbuf_str(&suffix);
	return each_run(cli, &each, argv, err);
}

static int run_stop(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	return run_stopping(cli, "/stop", options, argv, err);
}

const struct command cmd_stop = {
	.spec =
		{
			.usage = "[OPTIONS] CONTAINER [CONTAINER...]",
			.summary = "Stop one or more running containers",
			ARG_OPTIONS(stop_rows),
			.min_args = 1,
			.max_args = -1,
		},
	.options_size = sizeof(struct stop_flags),
	.run = run_stop,
};

static int run_restart(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	return run_stopping(cli, "/restart", options, argv, err);
}

const struct command cmd_restart = {
	.spec =
		{
			.usage = "[OPTIONS] CONTAINER [CONTAINER...]",
			.summary = "Restart one or more containers",
			ARG_OPTIONS(stop_rows),
			.min_args = 1,
			.max_args = -1,
		},
	.options_size = sizeof(struct stop_flags),
	.run = run_restart,
};

struct kill_flags {
	char *signal;
};

static const struct arg_option kill_rows[] = {
	ARG_STR(struct kill_flags, signal, "signal", 's', "string",
		"Signal to send to the container"),
};

static int run_kill(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	const struct kill_flags *flags = options;
	cleanup(strbuf_release) struct strbuf suffix = STRBUF_INIT;
	struct each_call each = { "POST", "/containers/", NULL };

	strbuf_adds(&suffix, "/kill");
	if (flags->signal && *flags->signal)
		url_add(&suffix, "signal", flags->signal);
	each.suffix = strbuf_str(&suffix);
	return each_run(cli, &each, argv, err);
}

const struct command cmd_kill = {
	.spec =
		{
			.usage = "[OPTIONS] CONTAINER [CONTAINER...]",
			.summary = "Kill one or more running containers",
			ARG_OPTIONS(kill_rows),
			.min_args = 1,
			.max_args = -1,
		},
	.options_size = sizeof(struct kill_flags),
	.run = run_kill,
};

static int run_pause(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	return each_run(cli, &(struct each_call){ "POST", "/containers/", "/pause" }, argv, err);
}

const struct command cmd_pause = {
	.spec =
		{
			.usage = "CONTAINER [CONTAINER...]",
			.summary = "Pause all processes within one or more containers",
			.min_args = 1,
			.max_args = -1,
		},
	.run = run_pause,
};

static int run_unpause(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	return each_run(cli, &(struct each_call){ "POST", "/containers/", "/unpause" }, argv, err);
}

const struct command cmd_unpause = {
	.spec =
		{
			.usage = "CONTAINER [CONTAINER...]",
			.summary = "Unpause all processes within one or more containers",
			.min_args = 1,
			.max_args = -1,
		},
	.run = run_unpause,
};

struct rm_flags {
	bool force, link, volumes;
};

static const struct arg_option rm_rows[] = {
	ARG_BOOL(struct rm_flags, force, "force", 'f',
		 "Remove a running container too (it is killed)"),
	ARG_BOOL(struct rm_flags, link, "link", 'l', "Remove the specified link"),
	ARG_BOOL(struct rm_flags, volumes, "volumes", 'v',
		 "Remove anonymous volumes of the container"),
};

static int run_rm(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	const struct rm_flags *flags = options;
	cleanup(strbuf_release) struct strbuf suffix = STRBUF_INIT;
	struct each_call each = { "DELETE", "/containers/", NULL, .missing_is_fine = flags->force };

	for (int i = 0; i < argc; i++) {
		argv[i] += strspn(argv[i], "/");
		if (!*argv[i])
			return error_set(err, ERR_INVALID, 0, "Container name cannot be empty");
	}
	url_add(&suffix, "force", flags->force ? "1" : NULL);
	url_add(&suffix, "link", flags->link ? "1" : NULL);
	url_add(&suffix, "v", flags->volumes ? "1" : NULL);
	each.suffix = strbuf_str(&suffix);
	return each_run(cli, &each, argv, err);
}

const struct command cmd_rm = {
	.spec =
		{
			.usage = "[OPTIONS] CONTAINER [CONTAINER...]",
			.summary = "Remove one or more containers",
			ARG_OPTIONS(rm_rows),
			.min_args = 1,
			.max_args = -1,
		},
	.options_size = sizeof(struct rm_flags),
	.run = run_rm,
};
