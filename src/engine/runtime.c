/* SPDX-License-Identifier: Apache-2.0 */
/* Finding and calling the OCI runtime. */
#include "engine/runtime.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/json.h"
#include "base/strv.h"
#include "sys/fd.h"
#include "sys/path.h"
#include "sys/process.h"
#include "wire/runtime-log.h"

void runtime_ref_release(struct runtime_ref *ref)
{
	free(ref->path);
	free(ref->root);
	*ref = (struct runtime_ref){ NULL, NULL };
}

/* Read once: each time the kernel has to spell the whole path. */
static char *program_beside_us(const char *name)
{
	static char self[PATH_MAX];
	static ssize_t n;
	char *slash;

	if (n == 0)
		n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n <= 0)
		return NULL;
	self[n] = '\0';
	slash = strrchr(self, '/');
	return slash ? xasprintf("%.*s/%s", (int)(slash - self), self, name) : NULL;
}

char *runtime_program(const struct engine *e, const char *name)
{
	char *beside = program_beside_us(name);

	if (beside && access(beside, X_OK) == 0)
		return beside;
	free(beside);
	return path_join(e->config->libexec_dir ? e->config->libexec_dir : HOY_LIBEXECDIR, name);
}

int runtime_find(const struct engine *e, const char *name, struct runtime_ref *ret,
		 struct error *err)
{
	const char *path;

	if (!name || !name[0])
		name = e->config->default_runtime;
	if (!name || !name[0])
		name = RUNTIME_NAME;
	path = strmap_get(&e->config->runtimes, name);
	if (!path && strcmp(name, RUNTIME_NAME) != 0)
		return error_set(err, ERR_INVALID, 0, "unknown or invalid runtime name: %s", name);
	ret->path = path && path[0] ? xstrdup(path) : runtime_program(e, "hoy-runtime");
	ret->root = xasprintf("%s/runtime-%s", e->config->run_root, name);
	return 0;
}

enum { OUTPUT_MAX = 1024 * 1024, INPUT_MAX = 60 * 1024 };

/* "hoy-runtime pause failed: …" */
const char *runtime_error_words(const char *text)
{
	static const char ours[] = "hoy-runtime ", failed[] = " failed: ";
	const char *found;

	if (strncmp(text, ours, sizeof(ours) - 1) != 0)
		return text;
	found = strstr(text, failed);
	return found ? found + sizeof(failed) - 1 : text;
}

static int call_failed(const struct runtime_ref *ref, char *text, int status, struct error *err)
{
	cleanup_free char *message = runtime_log_error(text);

	for (char *p = text; *p; p++)
		if (*p == '\n')
			*p = p[1] ? ' ' : '\0';
	if (message || text[0])
		return error_set(err, ERR_SYSTEM, 0, "%s",
				 runtime_error_words(message ? message : text));
	return error_set(err, ERR_SYSTEM, 0, "%s failed with status %d", ref->path, status);
}

/* The input fits the pipe: written before anybody reads. */
static int input_pipe(const struct strbuf *input, int *ret_fd, struct error *err)
{
	cleanup_fd int read_fd = -1, write_fd = -1;
	int r;

	if (!input)
		return 0;
	if (input->len > INPUT_MAX)
		return error_set(err, ERR_INVALID, E2BIG, "the runtime's input is too long");
	r = fd_pipe(&read_fd, &write_fd);
	if (r >= 0)
		r = fd_write_all(write_fd, input->data, input->len);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "make a pipe");
	*ret_fd = take_fd(&read_fd);
	return 0;
}

static char **call_argv(const struct runtime_ref *ref, const struct runtime_call *call)
{
	char **argv = NULL;

	strv_push(&argv, ref->path);
	strv_push(&argv, "--root");
	strv_push(&argv, ref->root);
	strv_push(&argv, "--log-format");
	strv_push(&argv, "json");
	strv_extend(&argv, call->words);
	return argv;
}

int runtime_call(const struct runtime_ref *ref, const struct runtime_call *call, struct error *err)
{
	cleanup(strv_release) char **argv = call_argv(ref, call);
	cleanup_fd int in_fd = -1, read_fd = -1, write_fd = -1, pidfd = -1;
	struct spawn spawn = { .file = ref->path, .argv = argv, .dirfd = -1 };
	struct fd_map fds[3];
	cleanup_free char *text = NULL;
	size_t len = 0;
	int status = EXIT_FAILURE, r = input_pipe(call->input, &in_fd, err);

	if (r < 0)
		return r;
	r = fd_pipe(&read_fd, &write_fd);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "make a pipe");
	if (in_fd >= 0)
		fds[spawn.n_fds++] = (struct fd_map){ in_fd, STDIN_FILENO };
	fds[spawn.n_fds++] = (struct fd_map){ write_fd, STDOUT_FILENO };
	fds[spawn.n_fds++] = (struct fd_map){ write_fd, STDERR_FILENO };
	spawn.fds = fds;
	r = process_spawn(&spawn, &pidfd, NULL);
	macros_close_fd(&write_fd);
	if (r >= 0)
		r = fd_read_all(read_fd, OUTPUT_MAX, &text, &len);
	macros_close_fd(&read_fd);
	if (pidfd >= 0 && process_wait(pidfd, &status) < 0)
		status = EXIT_FAILURE;
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "run %s", ref->path);
	if (status != 0)
		return call_failed(ref, text, status, err);
	if (call->output)
		strbuf_add(call->output, text, len);
	return 0;
}

struct status_view {
	char *status;
};

static const struct json_field status_fields[] = { FIELD_STR(struct status_view, status,
							     "status") };
static const struct json_shape status_shape = JSON_SHAPE(struct status_view, status_fields, 0);

int runtime_status(const struct runtime_ref *ref, const char *id, char **ret, struct error *err)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	char *words[] = { (char *)"state", (char *)id, NULL };
	struct status_view view = { NULL };
	int r;

	r = runtime_call(ref, &(struct runtime_call){ .words = words, .output = &text }, err);
	if (r >= 0)
		r = json_decode(&status_shape, strbuf_str(&text), text.len, &view, err);
	if (r < 0)
		return r;
	*ret = view.status ? view.status : xstrdup("");
	return 0;
}

int runtime_remove(const struct runtime_ref *ref, const char *id, struct error *err)
{
	char *argv[] = { ref->path,	    (char *)"--root", ref->root, (char *)"delete",
			 (char *)"--force", (char *)id,	      NULL };
	struct spawn spawn = { .file = ref->path, .argv = argv, .dirfd = -1 };
	cleanup_fd int pidfd = -1;
	int status, r;

	r = process_spawn(&spawn, &pidfd, NULL);
	if (r >= 0)
		r = process_wait(pidfd, &status);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "run %s", ref->path);
	return 0;
}
