/* SPDX-License-Identifier: Apache-2.0 */
/* The container's program: found with the container's PATH and rights, executed last. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/strbuf.h"
#include "base/strv.h"
#include "runtime/passwd.h"
#include "runtime/stages.h"
#include "sys/fd.h"

/* Engines tell 126 and 127 apart by these words. */
static int program_error(const char *name, int errnum, struct error *err)
{
	switch (errnum) {
	case ENOENT:
		return error_set(err, ERR_NOT_FOUND, ENOENT,
				 "exec: \"%s\": no such file or directory", name);
	case EISDIR:
		return error_set(err, ERR_INVALID, EISDIR, "exec: \"%s\": is a directory", name);
	case EACCES:
	case EPERM:
		return error_set(err, ERR_FORBIDDEN, errnum, "exec: \"%s\": permission denied",
				 name);
	case ENOEXEC:
		return error_set(err, ERR_INVALID, ENOEXEC, "exec %s: exec format error", name);
	default:
		return error_set(err, ERR_SYSTEM, errnum, "exec %s", name);
	}
}

static int check_executable(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno;
	if (S_ISDIR(st.st_mode))
		return EISDIR;
	return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0 ? errno : 0;
}

#define DEFAULT_PATH "/bin:/usr/bin"

/* As execvp(3) without the shell: the first that can be executed; a refusal is remembered. */
static int search_path(const char *name, const char *path, char **ret)
{
	char **dirs = strv_split(path, ':');
	int errnum = 0;

	for (char **dir = dirs; *dir; dir++) {
		cleanup_free char *candidate = xasprintf("%s/%s", **dir ? *dir : ".", name);
		int e = check_executable(candidate);

		if (e == 0) {
			*ret = take_ptr(candidate);
			errnum = 0;
			break;
		}
		if (e == EACCES)
			errnum = EACCES;
	}
	strv_free(dirs);
	return *ret ? 0 : errnum ? errnum : ENOENT;
}

int stage_find_program(struct launch *l, struct error *err)
{
	const char *name = l->process->args[0];
	const char *path = strv_env_get(l->process->env, "PATH");
	int e;

	if (strchr(name, '/')) {
		e = check_executable(name);
		if (e)
			return program_error(name, e, err);
		l->exec_path = xstrdup(name);
		return 0;
	}
	e = *name ? search_path(name, path ? path : DEFAULT_PATH, &l->exec_path) : ENOENT;
	if (e == ENOENT)
		return error_set(err, ERR_NOT_FOUND, ENOENT,
				 "exec: \"%s\": executable file not found in $PATH", name);
	return e ? program_error(name, e, err) : 0;
}

enum { PASSWD_MAX = 1024 * 1024 };

/* HOME, when the config does not set it: what the container's own /etc/passwd says, else "/". */
int stage_home(struct launch *l, struct error *err)
{
	cleanup_free char *passwd = NULL, *home = NULL, *assignment = NULL;
	cleanup_fd int fd = -1;
	struct stat st;

	if (strv_env_get(l->process->env, "HOME"))
		return 0;
	/* Its file is not to be trusted: no fifo or device that would make us wait. */
	fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= PASSWD_MAX &&
	    fd_read_all(fd, PASSWD_MAX, &passwd, NULL) == 0)
		home = passwd_home(passwd, l->process->user.uid);
	assignment = xasprintf("HOME=%s", home ? home : "/");
	strv_env_set(&l->env, assignment);
	return 0;
}

int stage_wait_start(struct launch *l, struct error *err)
{
	int r;

	if (l->listen_fd < 0)
		return 0;
	r = child_tell(l, MSG_CREATED, err);
	if (r < 0)
		return r;
	macros_close_fd(&l->sync_fd);
	do
		l->start_fd = accept4(l->listen_fd, NULL, NULL, SOCK_CLOEXEC);
	while (l->start_fd < 0 && errno == EINTR);
	if (l->start_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "wait for start");
	return 0;
}

/* What execve gives for a program without its interpreter is ENOENT too: the words are the same. */
int stage_execute(struct launch *l, struct error *err)
{
	(void)execve(l->exec_path, l->process->args, l->env);
	return program_error(l->exec_path, errno, err);
}
