/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of the OCI runtime and what it answers: pid file and log, in the container's directory. */
#include "monitor/runtime.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/parse.h"
#include "base/strbuf.h"
#include "base/strv.h"
#include "sys/file.h"
#include "sys/mountfd.h"
#include "sys/process.h"
#include "wire/runtime-log.h"

enum { LOG_MAX = 1024 * 1024, PID_MAX_LEN = 32, FAILED_UNSEEN = 255 };

static void add_globals(char ***argv, const struct monitor_args *args)
{
	strv_push(argv, args->runtime);
	if (args->runtime_root) {
		strv_push(argv, "--root");
		strv_push(argv, args->runtime_root);
	}
	strv_extend(argv, args->runtime_args);
}

/* A socket's path must be short; the runtime's working directory is ours, so the name alone will do
 * when it is not. */
static void add_console(char ***argv, const struct monitor_args *args)
{
	cleanup_free char *path = xasprintf("%s/console.sock", args->dir);

	strv_push(argv, "--console-socket");
	if (strlen(path) < sizeof(((struct sockaddr_un *)0)->sun_path))
		strv_push(argv, path);
	else
		strv_push(argv, "console.sock");
}

static char **start_argv(const struct monitor_args *args)
{
	char **argv = NULL;

	add_globals(&argv, args);
	strv_push(&argv, "--log");
	strv_pushf(&argv, "%s/runtime.log", args->dir);
	strv_push(&argv, "--log-format");
	strv_push(&argv, "json");
	strv_push(&argv, args->exec_id ? "exec" : "run");
	strv_push(&argv, "--detach");
	strv_push(&argv, args->exec_id ? "--process" : "--bundle");
	strv_pushf(&argv, args->exec_id ? "%s/process.json" : "%s", args->bundle);
	strv_push(&argv, "--pid-file");
	strv_pushf(&argv, "%s/pid", args->dir);
	if (args->terminal)
		add_console(&argv, args);
	strv_push(&argv, args->id);
	return argv;
}

/* The last error in runtime.log; NULL when there is none. Owned. */
static char *log_message(int dirfd)
{
	cleanup_free char *text = NULL;

	if (file_read_at(dirfd, "runtime.log", LOG_MAX, &text, NULL) < 0)
		return NULL;
	return runtime_log_error(text);
}

/* What it wrote to stderr, which is the container's stderr pipe; NULL when nothing. Owned. */
static char *stderr_message(const struct streams *io)
{
	char text[MONITOR_READY_MAX];
	ssize_t n = -1;

	if (io->out_fd[1] >= 0 && fcntl(io->out_fd[1], F_SETFL, O_NONBLOCK) == 0)
		n = read(io->out_fd[1], text, sizeof(text));
	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		n--;
	return n > 0 ? xstrndup(text, (size_t)n) : NULL;
}

static int start_failed(const struct monitor_args *args, int dirfd, const struct streams *io,
			int status, struct error *err)
{
	cleanup_free char *message = log_message(dirfd);

	if (!message)
		message = stderr_message(io);
	if (!message)
		return error_set(err, ERR_SYSTEM, 0, "runtime %s failed with status %d",
				 args->runtime, status);
	for (char *p = message; *p; p++)
		if (*p == '\n')
			*p = ' ';
	return error_set(err, ERR_SYSTEM, 0, "%s", message);
}

static int read_pid(int dirfd, pid_t *ret_pid, int *ret_pidfd, struct error *err)
{
	cleanup_free char *text = NULL;
	uint32_t pid = 0;
	int r = file_read_at(dirfd, "pid", PID_MAX_LEN, &text, NULL);

	if (r == 0) {
		text[strcspn(text, "\n")] = '\0';
		r = parse_u32(text, &pid);
	}
	if (r == 0 && (pid <= 1 || pid > INT32_MAX))
		r = -ERANGE;
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "read the runtime's pid file");
	/* Its pid cannot be anyone else's: it is our child, and nobody but us waits for it. */
	r = process_pidfd((pid_t)pid);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "open the container's process %u", pid);
	*ret_pidfd = r;
	*ret_pid = (pid_t)pid;
	return 0;
}

/* hoy-runtime starts nothing before it runs from a read-only mount (CVE-2019-5736): executed
 * through one, it is spared a second execve. Another runtime may be a script, or look for its own
 * path. */
static int sealed_runtime(const char *path)
{
	static const struct mount_change readonly = { .set = MOUNT_ATTR_RDONLY };
	const char *slash = strrchr(path, '/');
	cleanup_fd int fd = -1;
	int r;

	if (!slash || strcmp(slash + 1, "hoy-runtime") != 0)
		return -EINVAL;
	fd = mount_clone(AT_FDCWD, path, false);
	r = fd < 0 ? fd : mount_change(fd, &readonly);
	return r < 0 ? r : take_fd(&fd);
}

/* io: of a start, which must not go on when we are killed in its middle: nobody would know. */
static int run(const struct monitor_args *args, char **argv, int dirfd, const struct streams *io,
	       int *ret_status)
{
	cleanup_fd int sealed = io ? sealed_runtime(args->runtime) : -1;
	/* The namespaces of config.json; and the lock, which stays held until the runtime is gone
	 * too: whoever finds it free may be sure that nothing of the container is made any more. */
	const int held[] = { args->netns_fd, args->userns_fd, args->pidns_fd, args->ipcns_fd,
			     args->lock_fd };
	char sealed_path[32];
	struct fd_map fds[3 + ARRAY_SIZE(held)];
	struct spawn spawn = { .file = args->runtime,
			       .argv = argv,
			       .fds = fds,
			       .dirfd = dirfd,
			       .death_signal = io ? SIGKILL : 0 };
	int pidfd cleanup_fd = -1;
	int r;

	for (int i = 0; io && i < 3; i++)
		if (io->child_fd[i] >= 0)
			fds[spawn.n_fds++] = (struct fd_map){ io->child_fd[i], i };
	for (size_t i = 0; i < ARRAY_SIZE(held); i++)
		if (held[i] >= 0)
			fds[spawn.n_fds++] = (struct fd_map){ held[i], held[i] };
	if (sealed >= 0) { /* without the right to, the runtime does it its own way */
		(void)snprintf(sealed_path, sizeof(sealed_path), "/proc/self/fd/%d", sealed);
		spawn.file = sealed_path;
	}
	r = process_spawn(&spawn, &pidfd, NULL);
	macros_close_fd(&sealed);
	return r < 0 ? r : process_wait(pidfd, ret_status);
}

int runtime_start(const struct monitor_args *args, int dirfd, const struct streams *io,
		  pid_t *ret_pid, int *ret_pidfd, struct error *err)
{
	cleanup(strv_release) char **argv = start_argv(args);
	int status = FAILED_UNSEEN, r;

	/* The log is appended to; the pid file is written anew by every start that succeeds. */
	(void)unlinkat(dirfd, "runtime.log", 0);
	r = run(args, argv, dirfd, io, &status);
	if (r < 0) /* not in the words of errno: clients take those for the container's program */
		return error_set(err, ERR_SYSTEM, 0, "cannot execute the OCI runtime %s (%s)",
				 args->runtime, strerrorname_np(-r));
	if (status != 0)
		return start_failed(args, dirfd, io, status, err);
	return read_pid(dirfd, ret_pid, ret_pidfd, err);
}

void runtime_delete(const struct monitor_args *args)
{
	cleanup(strv_release) char **argv = NULL;
	int status;

	add_globals(&argv, args);
	strv_push(&argv, "delete");
	strv_push(&argv, "--force");
	strv_push(&argv, args->id);
	ignore_result(run(args, argv, -1, NULL, &status));
}
