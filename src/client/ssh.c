/* SPDX-License-Identifier: Apache-2.0 */
/* The way to an engine by ssh(1): its standard streams are our connection. */
#include "client/ssh.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "base/strv.h"
#include "sys/process.h"

static char *find_ssh(void)
{
	const char *path = getenv("PATH");
	cleanup(strv_release) char **dirs = strv_split(path && *path ? path : "/usr/bin:/bin", ':');

	for (char **dir = dirs; *dir; dir++) {
		cleanup_free char *file = xasprintf("%s/ssh", *dir);

		if (**dir == '/' && access(file, X_OK) == 0)
			return take_ptr(file);
	}
	return NULL;
}

/* For the shell at the other end: in single quotes. */
static void quote(struct strbuf *out, const char *text)
{
	strbuf_addc(out, '\'');
	for (; *text; text++) {
		if (*text == '\'')
			strbuf_adds(out, "'\\''");
		else
			strbuf_addc(out, *text);
	}
	strbuf_addc(out, '\'');
}

static void add_dial(struct strbuf *out, const char *program, const char *socket)
{
	strbuf_addf(out, "exec %s ", program);
	if (socket && *socket) {
		strbuf_adds(out, "--host ");
		quote(out, socket);
		strbuf_addc(out, ' ');
	}
	strbuf_adds(out, "system dial-stdio");
}

static char **arguments(const char *program, const struct host_url *url)
{
	cleanup(strbuf_release) struct strbuf remote = STRBUF_INIT;
	cleanup_free char *socket = url->path && *url->path ? xasprintf("unix://%s", url->path)
							    : NULL;
	const char *at = strrchr(url->host, '@');
	char **argv = NULL;

	strbuf_adds(&remote, "command -v hoy >/dev/null && ");
	add_dial(&remote, "hoy", socket);
	strbuf_adds(&remote, "; ");
	add_dial(&remote, "docker", socket);
	strv_push(&argv, program);
	strv_push(&argv, "-o");
	strv_push(&argv, "ConnectTimeout=30");
	strv_push(&argv, "-T");
	if (at) {
		strv_push(&argv, "-l");
		strv_pushf(&argv, "%.*s", (int)(at - url->host), url->host);
	}
	if (url->port) {
		strv_push(&argv, "-p");
		strv_push(&argv, url->port);
	}
	strv_push(&argv, "--");
	strv_push(&argv, at ? at + 1 : url->host);
	strv_push(&argv, strbuf_str(&remote));
	return argv;
}

int ssh_dial(const struct host_url *url, int *ret_fd, struct error *err)
{
	cleanup_free char *program = find_ssh();
	cleanup(strv_release) char **argv = NULL;
	cleanup_fd int ours = -1, theirs = -1, pidfd = -1;
	struct spawn spawn = { .file = program, .dirfd = -1, .new_session = false };
	int fds[2], r;

	if (!program)
		return error_set(err, ERR_UNAVAILABLE, EHOSTUNREACH, "ssh is not installed");
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a pair of sockets");
	ours = fds[0];
	theirs = fds[1];
	argv = arguments(program, url);
	spawn.argv = argv;
	spawn.fds = (struct fd_map[]){ { theirs, 0 }, { theirs, 1 }, { 2, 2 } };
	spawn.n_fds = 3;
	r = process_spawn(&spawn, &pidfd, NULL);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "run %s", program);
	*ret_fd = take_fd(&ours);
	return 0;
}
