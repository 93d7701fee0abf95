/* SPDX-License-Identifier: Apache-2.0 */
/*
 * top: the host's ps, asked about the processes in the container's cgroup. Nothing of the
 * container is
 * run and nothing of its file system is read.
 */
#include <errno.h>
#include <string.h>

#include "base/parse.h"
#include "base/strv.h"
#include "engine/container-cgroup.h"
#include "sys/fd.h"
#include "sys/process.h"

enum { PS_MAX = 16 << 20 };

/* Arguments that name other processes would show what is not the container's. */
static int ps_arguments(const char *text, char ***ret, struct error *err)
{
	cleanup(strv_release) char **words = strv_split(text && text[0] ? text : "-ef", ' ');
	char **argv = NULL;

	strv_push(&argv, "ps");
	for (size_t i = 0; words[i]; i++) {
		if (words[i][0])
			strv_push(&argv, words[i]);
	}
	if (strv_len(argv) < 2) {
		strv_free(argv);
		return error_set(err, ERR_INVALID, EINVAL, "invalid ps arguments: %s", text);
	}
	*ret = argv;
	return 0;
}

static int ps_run_once(char **argv, char **ret, struct error *err)
{
	static const char *const places[] = { "/usr/bin/ps", "/bin/ps" };
	const char *file = access(places[0], X_OK) == 0 ? places[0] : places[1];
	cleanup_fd int out = -1, in = -1, pidfd = -1;
	struct fd_map fds[2];
	size_t len;
	int status, r;

	r = fd_pipe(&out, &in);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "create a pipe");
	fds[0] = (struct fd_map){ in, 1 };
	fds[1] = (struct fd_map){ in, 2 };
	r = process_spawn(
		&(struct spawn){ .file = file, .argv = argv, .fds = fds, .n_fds = 2, .dirfd = -1 },
		&pidfd, NULL);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "run %s", file);
	macros_close_fd(&in);
	r = fd_read_all(out, PS_MAX, ret, &len);
	macros_close_fd(&out);
	if (r >= 0)
		r = process_wait(pidfd, &status);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "read from ps");
	if (status != 0)
		return error_set(err, ERR_INVALID, EINVAL, "error running ps: %s", *ret);
	return 0;
}

/* Asked for the pids first; where these arguments and -q do not go together, for all. */
static int ps_run(char **argv, const pid_t *pids, size_t n, char **ret, struct error *err)
{
	cleanup(strv_release) char **with_pids = strv_copy(argv);
	cleanup(strbuf_release) struct strbuf list = STRBUF_INIT;

	for (size_t i = 0; i < n; i++)
		strbuf_addf(&list, "%s%d", i == 0 ? "-q" : ",", (int)pids[i]);
	strv_push(&with_pids, strbuf_str(&list));
	if (n > 0 && ps_run_once(with_pids, ret, NULL) >= 0)
		return 0;
	free(take_ptr(*ret));
	return ps_run_once(argv, ret, err);
}

/* At most max words; the last one is the rest of the line. */
static char **line_words(const char *line, size_t max)
{
	char **words = NULL;
	size_t n = 0;

	while (*(line += strspn(line, " \t"))) {
		size_t len = ++n == max ? strlen(line) : strcspn(line, " \t");
		cleanup_free char *word = xstrndup(line, len);

		strv_push(&words, word);
		line += len;
	}
	return words;
}

static bool pid_listed(const char *text, const pid_t *pids, size_t n)
{
	uint32_t pid;

	if (parse_u32(text, &pid) < 0)
		return false;
	for (size_t i = 0; i < n; i++) {
		if ((uint32_t)pids[i] == pid)
			return true;
	}
	return false;
}

static int top_read(char **lines, const pid_t *pids, size_t n, struct container_top *ret,
		    struct error *err)
{
	size_t columns, pid_column = SIZE_MAX, cap = strv_len(lines);

	ret->titles = line_words(lines[0], SIZE_MAX);
	columns = strv_len(ret->titles);
	for (size_t i = 0; i < columns; i++) {
		if (strcmp(ret->titles[i], "PID") == 0)
			pid_column = i;
	}
	if (pid_column == SIZE_MAX)
		return error_set(err, ERR_INVALID, EINVAL, "Couldn't find PID field in ps output");
	ret->processes = xcalloc(cap + 1, sizeof(*ret->processes));
	for (size_t i = 1; i < cap; i++) {
		char **words = line_words(lines[i], columns);

		if (strv_len(words) > pid_column && pid_listed(words[pid_column], pids, n))
			ret->processes[ret->n_processes++].items = words;
		else
			strv_free(words);
	}
	return 0;
}

static int top_pids(struct engine *e, const struct instance *in, pid_t **ret, size_t *ret_n,
		    struct error *err)
{
	cleanup(cgroup_release) struct cgroup cg = { 0 };
	int r = container_cgroup(e, in, &cg, err);

	if (r < 0)
		return r;
	r = cgroup_pids(&cg, ret, ret_n);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "list the processes of container %s",
				 in->rec.id)
		     : 0;
}

int engine_top(struct engine *e, const char *ref, const char *ps_args, struct container_top *ret,
	       struct error *err)
{
	cleanup(instance_release) struct instance in = INSTANCE_INIT;
	cleanup(strv_release) char **argv = NULL, **lines = NULL;
	cleanup_free char *text = NULL;
	cleanup_free pid_t *pids = NULL;
	struct container_top out = { 0 };
	size_t n = 0;
	int r;

	r = ps_arguments(ps_args, &argv, err);
	if (r >= 0)
		r = instance_open(e, ref, &in, err);
	if (r >= 0)
		r = instance_must_run(&in, err);
	if (r >= 0)
		r = top_pids(e, &in, &pids, &n, err);
	if (r >= 0)
		r = ps_run(argv, pids, n, &text, err);
	if (r < 0)
		return r;
	lines = strv_split(text, '\n');
	r = top_read(lines, pids, n, &out, err);
	if (r < 0) {
		container_top_release(&out);
		return r;
	}
	*ret = out;
	return instance_event(e, &in.rec, "top", NULL, err);
}
