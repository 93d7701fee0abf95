/* SPDX-License-Identifier: Apache-2.0 */
/* All of a root, mounted to be read by the engine. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "base/strv.h"
#include "layer/layer.h"
#include "sys/mountfd.h"
#include "sys/overlayfd.h"
#include "sys/unixsock.h"
#include "wire/monitor.h"

enum {
	OPTION_MAX = 255 + sizeof("lowerdir=") - 1,
	VIEW_ATTRS = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
};

/* The n-th name: one letter for most, so that many fit into the option. */
static void layer_name(size_t n, char name[3])
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	size_t base = sizeof(letters) - 1;

	(void)snprintf(name, 3, n < base ? "%c" : "%c%c", letters[n % base],
		       letters[n / base % base]);
}

/* fsconfig(2) takes 255 characters an option: the layers get short names in a directory. */
static int name_layers(int dirfd, const char *upper, char *const *lower, char ***ret_options)
{
	cleanup(strbuf_release) struct strbuf all = STRBUF_INIT;
	char **each = NULL;
	char name[3];

	strbuf_adds(&all, "lowerdir=");
	for (size_t i = 0; i == 0 || lower[i - 1]; i++) {
		if (i == 0 && !upper)
			continue;
		layer_name(i, name);
		if (symlinkat(i == 0 ? upper : lower[i - 1], dirfd, name) < 0) {
			strv_free(each);
			return -errno;
		}
		strbuf_addf(&all, each ? ":%s" : "%s", name);
		strv_pushf(&each, "lowerdir+=%s", name);
	}
	if (all.len <= OPTION_MAX) {
		strv_free(each);
		each = NULL;
		strv_push(&each, strbuf_str(&all));
	}
	*ret_options = each;
	return 0;
}

/* FALLBACK(overlay lowerdir+, 6.8): a hundred layers fit into one option, more are refused. */
static int mount_directories(int dirfd, const char *upper, char *const *lower)
{
	cleanup(strv_release) char **options = NULL;
	int fd, r = name_layers(dirfd, upper, lower, &options);

	if (r < 0)
		return r;
	if (fchdir(dirfd) < 0)
		return -errno;
	fd = mount_new("overlay", "overlay", options, VIEW_ATTRS, NULL);
	return chdir("/") < 0 ? -errno : fd;
}

static int tree_open(const char *path)
{
	return lower_is_index(path) ? mount_erofs(path, LOWER_DATA)
				    : mount_clone(AT_FDCWD, path, false);
}

static bool has_index(char *const *lower)
{
	for (; *lower; lower++) {
		if (lower_is_index(*lower))
			return true;
	}
	return false;
}

/* In a mount namespace of our own: the overlay of @upper and @lower, uppermost first. */
static int mount_indexed(int dirfd, const char *upper, char *const *lower)
{
	const struct mount_change readonly = { .set = VIEW_ATTRS };
	cleanup_free int *fds = xcalloc(strv_len(lower) + 1, sizeof(*fds));
	struct overlay_spec spec = { .lower = fds, .upper = -1, .work = -1 };
	char words[OVERLAY_WORDS];
	cleanup_fd int here = -1;
	int fd, r = 0;

	/* the working directory comes along into the namespace, an fd does not */
	if (fchdir(dirfd) < 0 || unshare(CLONE_NEWNS) < 0)
		return -errno;
	here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	r = here < 0 ? -errno : mount_hide(here);
	for (size_t i = 0; r >= 0 && (i == 0 || lower[i - 1]); i++) {
		const char *path = i == 0 ? upper : lower[i - 1];

		r = path ? tree_open(path) : 0;
		if (path && r >= 0)
			fds[spec.n_lower++] = r;
	}
	if (r < 0)
		return r;
	fd = spec.n_lower == 1 ? fds[0] : overlay_new(&spec, here, words);
	r = fd < 0 ? fd : mount_change(fd, &readonly);
	return r < 0 ? r : fd;
}

/* An overlay takes what is mounted in the caller's namespace: a child makes one for that. Its fds
 * and its namespace end with it, the overlay is ours then. */
static int mount_aside(int dirfd, const char *upper, char *const *lower)
{
	int pair[2], fd = -1, answer = -EIO;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	pid = fork();
	if (pid == 0) {
		fd = mount_indexed(dirfd, upper, lower);
		answer = fd < 0 ? fd : 0;
		ignore_result(unixsock_send_fd(pair[1], &answer, sizeof(answer), fd));
		_exit(0);
	}
	(void)close(pair[1]);
	if (pid < 0)
		answer = -errno;
	else if (unixsock_recv_fd(pair[0], &answer, sizeof(answer), &fd) != sizeof(answer))
		answer = -EIO;
	(void)close(pair[0]);
	if (pid > 0)
		(void)waitpid(pid, NULL, 0);
	if (answer == 0 && fd < 0)
		answer = -EIO;
	return answer < 0 ? answer : fd;
}

int layer_stack_mount(char *const *lower, const char *upper, int dirfd, int *ret_fd,
		      struct error *err)
{
	int fd = has_index(lower) ? mount_aside(dirfd, upper, lower)
				  : mount_directories(dirfd, upper, lower);

	if (fd < 0)
		return error_set(err, ERR_SYSTEM, -fd, "mount the image's layers");
	*ret_fd = fd;
	return 0;
}
