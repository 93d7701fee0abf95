/* SPDX-License-Identifier: Apache-2.0 */
/* Starting hoy-tls around a connection. */
#include "http/tls.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/strv.h"
#include "sys/fd.h"
#include "sys/process.h"

static char **arguments(const char *program, const char *mode, const struct tls_files *files)
{
	const struct {
		const char *option, *value;
	} all[] = { { "--ca", files->ca }, { "--cert", files->cert }, { "--key", files->key } };
	char **argv = NULL;

	strv_push(&argv, program);
	strv_push(&argv, mode);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		if (!all[i].value)
			continue;
		strv_push(&argv, all[i].option);
		strv_push(&argv, all[i].value);
	}
	return argv;
}

struct tls_fds {
	int network, plain, status; /* the child's ends; -1 none */
};

static int start(char *const *argv, const struct tls_fds *fds, struct error *err)
{
	const struct fd_map all[] = { { fds->network, TLS_NETWORK_FD },
				      { fds->plain, TLS_PLAIN_FD },
				      { fds->status, TLS_STATUS_FD } };
	struct fd_map map[ARRAY_SIZE(all) + 1] = { { 2, 2 } };
	struct spawn spawn = { .file = argv[0], .argv = argv, .fds = map, .n_fds = 1, .dirfd = -1 };
	cleanup_fd int pidfd = -1;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (all[i].from >= 0)
			map[spawn.n_fds++] = all[i];
	r = process_spawn(&spawn, &pidfd, NULL);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "run %s", argv[0]) : 0;
}

static int pair(int *ret_ours, int *ret_theirs, struct error *err)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a pair of sockets");
	*ret_ours = fds[0];
	*ret_theirs = fds[1];
	return 0;
}

/* "ok", or why not. */
static int hear_status(int fd, struct error *err)
{
	cleanup_free char *text = NULL;
	size_t len;
	int r = fd_read_all(fd, TLS_STATUS_MAX, &text, &len);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "hear from hoy-tls");
	while (len > 0 && text[len - 1] == '\n')
		text[--len] = '\0';
	if (strcmp(text, "ok") == 0)
		return 0;
	return error_set(err, ERR_UNAVAILABLE, EPROTO, "%s",
			 len > 0 ? text : "hoy-tls ended without a word");
}

int tls_check(const char *program, const struct tls_files *files, struct error *err)
{
	cleanup(strv_release) char **argv = arguments(program, "check", files);
	cleanup_fd int status = -1, theirs = -1;
	int r = fd_pipe(&status, &theirs);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "make a pipe");
	r = start(argv, &(struct tls_fds){ -1, -1, theirs }, err);
	macros_close_fd(&theirs);
	return r < 0 ? r : hear_status(status, err);
}

int tls_accept(const char *program, const struct tls_files *files, int conn, int *ret_fd,
	       struct error *err)
{
	cleanup(strv_release) char **argv = arguments(program, "server", files);
	cleanup_fd int network = conn, ours = -1, theirs = -1;
	int r = pair(&ours, &theirs, err);

	if (r >= 0)
		r = start(argv, &(struct tls_fds){ network, theirs, -1 }, err);
	if (r >= 0)
		*ret_fd = take_fd(&ours);
	return r;
}

int tls_connect(const struct tls_client *tls, const char *name, int conn, int *ret_fd,
		struct error *err)
{
	const struct tls_files files = { tls->ca, tls->cert, tls->key };
	cleanup(strv_release) char **argv = arguments(tls->program, "client", &files);
	cleanup_fd int network = conn, ours = -1, theirs = -1, status = -1, status_theirs = -1;
	int r = pair(&ours, &theirs, err);

	if (r < 0)
		return r;
	r = fd_pipe(&status, &status_theirs);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "make a pipe");
	strv_push(&argv, "--name");
	strv_push(&argv, name);
	if (!tls->verify)
		strv_push(&argv, "--no-verify");
	r = start(argv, &(struct tls_fds){ network, theirs, status_theirs }, err);
	macros_close_fd(&status_theirs);
	macros_close_fd(&theirs);
	if (r >= 0)
		r = hear_status(status, err);
	if (r >= 0)
		*ret_fd = take_fd(&ours);
	return r;
}
