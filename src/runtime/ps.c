/* SPDX-License-Identifier: Apache-2.0 */
/* hoy-runtime ps: the host's ps, shortened to the container's processes. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "base/strbuf.h"
#include "base/strv.h"
#include "runtime/command.h"
#include "runtime/cgroup-container.h"
#include "sys/cgroup.h"
#include "sys/fd.h"
#include "sys/process.h"

enum { PS_MAX = 64 * 1024 * 1024 };

struct ps_options {
	char *format;
};

static const struct arg_option ps_rows[] = {
	ARG_STR(struct ps_options, format, "format", 'f', "format", "table or json",
		.def = "table"),
};

static const struct arg_spec ps_spec = {
	.command = "ps",
	.usage = "[OPTIONS] CONTAINER [PS OPTIONS]",
	.summary = "List the processes of a container",
	ARG_OPTIONS(ps_rows),
	.flags = ARGS_STOP_AT_FIRST,
	.min_args = 1,
	.max_args = -1,
};

static bool contains(const pid_t *pids, size_t n, uint32_t pid)
{
	for (size_t i = 0; i < n; i++) {
		if ((uint32_t)pids[i] == pid)
			return true;
	}
	return false;
}

static int ps_output(char *const *options, char **ret, struct error *err)
{
	static char *const standard[] = { (char *)"-ef", NULL };
	cleanup(strv_release) char **argv = NULL;
	cleanup_fd int rd = -1, wr = -1, pidfd = -1;
	int status = 0, r = fd_pipe(&rd, &wr);
	const struct fd_map fds[] = { { wr, 1 }, { 2, 2 } };
	struct spawn spawn = {
		.file = "/bin/ps", .fds = fds, .n_fds = ARRAY_SIZE(fds), .dirfd = -1
	};

	strv_push(&argv, "ps");
	strv_extend(&argv, *options ? options : standard);
	spawn.argv = argv;
	if (!r)
		r = process_spawn(&spawn, &pidfd, NULL);
	macros_close_fd(&wr);
	if (!r)
		r = fd_read_all(rd, PS_MAX, ret, NULL);
	if (!r)
		r = process_wait(pidfd, &status);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "run ps");
	return status ? error_set(err, ERR_SYSTEM, 0, "ps: exit status %d", status) : 0;
}

/* Which column is PID; -1 when there is none. */
static int pid_column(const char *header)
{
	cleanup_free char *copy = xstrdup(header);
	char *save = NULL;
	int i = 0;

	for (char *word = strtok_r(copy, " \t", &save); word;
	     word = strtok_r(NULL, " \t", &save), i++) {
		if (!strcmp(word, "PID"))
			return i;
	}
	return -1;
}

static bool line_has_pid(const char *line, int column, const pid_t *pids, size_t n)
{
	cleanup_free char *copy = xstrdup(line);
	char *save = NULL;
	uint32_t pid;
	int i = 0;

	for (char *word = strtok_r(copy, " \t", &save); word;
	     word = strtok_r(NULL, " \t", &save), i++) {
		if (i == column)
			return parse_u32(word, &pid) == 0 && contains(pids, n, pid);
	}
	return false;
}

static int print_table(char *const *options, const pid_t *pids, size_t n, struct error *err)
{
	char *text cleanup_free = NULL, *line, *save = NULL;
	int column, r = ps_output(options, &text, err);

	if (r < 0)
		return r;
	line = strtok_r(text, "\n", &save);
	column = line ? pid_column(line) : -1;
	if (column < 0)
		return error_set(err, ERR_INVALID, 0, "couldn't find PID field in ps output");
	(void)puts(line);
	while ((line = strtok_r(NULL, "\n", &save))) {
		if (line_has_pid(line, column, pids, n))
			(void)puts(line);
	}
	return 0;
}

static void print_json(const pid_t *pids, size_t n)
{
	(void)putchar('[');
	for (size_t i = 0; i < n; i++)
		(void)printf("%s%d", i ? "," : "", (int)pids[i]);
	(void)puts("]");
}

static int print(const struct container *c, const char *format, char *const *options,
		 struct error *err)
{
	cleanup(cgroup_release) struct cgroup cg = { 0 };
	cleanup_free pid_t *pids = NULL;
	size_t n = 0;
	int r = container_cgroup_find(c, &cg, err);

	if (r < 0)
		return r;
	r = cgroup_pids(&cg, &pids, &n);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "list the processes of the cgroup");
	if (!strcmp(format, "table"))
		return print_table(options, pids, n, err);
	if (strcmp(format, "json") != 0)
		return error_set(err, ERR_INVALID, 0, "invalid format option");
	print_json(pids, n);
	return 0;
}

static int run_ps(const struct globals *g, int argc, char **argv, int *ret_status,
		  struct error *err)
{
	struct ps_options o = { 0 };
	cleanup(container_unload) struct container c = CONTAINER_INIT;
	cleanup_free char **words = NULL;
	int r = command_parse(&ps_spec, argc, argv, &o, &words, err);

	*ret_status = 0;
	if (!r)
		r = container_open(g->root, words[0], &c, err);
	if (!r && (c.half_made))
		r = error_set(err, ERR_CONFLICT, 0, "container is not there yet");
	if (!r)
		r = print(&c, o.format, words + 1, err);
	args_release(&ps_spec, &o);
	return r;
}

const struct command cmd_ps = { .spec = &ps_spec, .run = run_ps };
