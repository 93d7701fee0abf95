/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that keep credentials (docker's credential helper protocol): get, store, erase. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cli/credentials-internal.h"
#include "sys/fd.h"
#include "sys/process.h"

enum { ANSWER_MAX = 1024 * 1024, INPUT_MAX = 60 * 1024 };

struct helper_secret {
	char *server_url, *username, *secret;
};

static const struct json_field helper_secret_fields[] = {
	FIELD_STR(struct helper_secret, server_url, "ServerURL"),
	FIELD_STR(struct helper_secret, username, "Username"),
	FIELD_STR(struct helper_secret, secret, "Secret"),
};
static const struct json_shape helper_secret_shape =
	JSON_SHAPE(struct helper_secret, helper_secret_fields, 0);

/* As a shell finds it; owned, NULL none. */
static char *find_program(const char *program)
{
	const char *path = getenv("PATH");

	for (const char *p = path ? path : "/usr/bin:/bin"; *p != '\0';) {
		size_t len = strcspn(p, ":");
		cleanup_free char *file = xasprintf("%.*s/%s", (int)len, p, program);

		if (*file == '/' && access(file, X_OK) == 0)
			return take_ptr(file);
		p += len + (p[len] == ':');
	}
	return NULL;
}

/* Its input fits a pipe: written before it reads. */
static int helper_start(const char *file, const char *program, const char *action,
			const char *input, int *ret_pidfd, int *ret_out_fd)
{
	cleanup_fd int in_read = -1, in_write = -1, out_read = -1, out_write = -1;
	char *argv[] = { (char *)program, (char *)action, NULL };
	struct fd_map fds[3] = { { 0 } };
	struct spawn spawn = { .file = file, .argv = argv, .fds = fds, .n_fds = 3, .dirfd = -1 };
	int r = strlen(input) > INPUT_MAX ? -E2BIG : fd_pipe(&in_read, &in_write);

	if (r >= 0)
		r = fd_pipe(&out_read, &out_write);
	if (r >= 0)
		r = fd_write_all(in_write, input, strlen(input));
	if (r < 0)
		return r;
	fds[0] = (struct fd_map){ in_read, STDIN_FILENO };
	fds[1] = (struct fd_map){ out_write, STDOUT_FILENO };
	fds[2] = (struct fd_map){ STDERR_FILENO, STDERR_FILENO };
	r = process_spawn(&spawn, ret_pidfd, NULL);
	if (r >= 0)
		*ret_out_fd = take_fd(&out_read);
	return r;
}

int credential_helper_run(const char *name, const char *action, const char *input,
			  struct strbuf *out, struct error *err)
{
	cleanup_free char *program = xasprintf("docker-credential-%s", name);
	cleanup_free char *file = strchr(name, '/') ? NULL : find_program(program);
	cleanup_free char *answer = NULL;
	cleanup_fd int pidfd = -1, out_fd = -1;
	int status = 0, r;
	size_t len = 0;

	if (!file)
		return error_set(err, ERR_SYSTEM, 0, "%s: executable file not found in $PATH",
				 program);
	r = helper_start(file, program, action, input, &pidfd, &out_fd);
	if (r >= 0)
		r = fd_read_all(out_fd, ANSWER_MAX, &answer, &len);
	if (pidfd >= 0 && r < 0)
		(void)!process_signal(pidfd, SIGKILL);
	if (pidfd >= 0 && process_wait(pidfd, &status) < 0)
		status = -1;
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "%s %s", program, action);
	while (len > 0 && (answer[len - 1] == '\n' || answer[len - 1] == '\r'))
		answer[--len] = '\0';
	if (status == 0) {
		strbuf_add(out, answer, len);
		return 0;
	}
	if (strstr(answer, "credentials not found"))
		return error_set(err, ERR_NOT_FOUND, ENOENT, "%s", answer);
	return error_set(err, ERR_SYSTEM, 0, "%s %s: %.1024s", program, action,
			 len > 0 ? answer : "it failed");
}

int credential_helper_get(const char *name, const char *key, struct credentials *ret,
			  struct error *err)
{
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;
	struct helper_secret secret = { 0 };
	int r = credential_helper_run(name, "get", key, &out, err);

	if (r < 0 && err && err->kind == ERR_NOT_FOUND) {
		error_release(err);
		return 0;
	}
	if (r >= 0)
		r = json_decode(&helper_secret_shape, strbuf_str(&out), out.len, &secret, err);
	if (r < 0)
		return error_prefix(err, "error getting credentials");
	if (secret.username && strcmp(secret.username, "<token>") == 0) {
		ret->identity_token = take_ptr(secret.secret);
	} else {
		ret->username = take_ptr(secret.username);
		ret->password = take_ptr(secret.secret);
	}
	json_release(&helper_secret_shape, &secret);
	return 1;
}

int credential_helper_store(const char *name, const char *key,
			    const struct credentials *credentials, struct error *err)
{
	bool token = credentials->identity_token && *credentials->identity_token;
	const struct helper_secret secret = {
		.server_url = (char *)key,
		.username = token ? (char *)"<token>" : credentials->username,
		.secret = token ? credentials->identity_token : credentials->password,
	};
	cleanup(strbuf_release) struct strbuf in = STRBUF_INIT, out = STRBUF_INIT;
	int r;

	json_encode(&helper_secret_shape, &secret, &in);
	r = credential_helper_run(name, "store", in.data, &out, err);
	return r < 0 ? error_prefix(err, "error storing credentials") : 0;
}
