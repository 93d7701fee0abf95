/* SPDX-License-Identifier: Apache-2.0 */
/* The terminal: a pty of the container's own devpts; its master goes out by the console socket. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "runtime/stages.h"
#include "sys/mountfd.h"
#include "sys/path.h"
#include "sys/pty.h"
#include "sys/unixsock.h"

/* /dev/console is the slave, bound by its fd, on a plain file that we made (CVE-2025-52565). */
static int bind_console(struct launch *l, int slave)
{
	cleanup_fd int dir = path_open(l->root_fd, "dev", O_PATH | O_DIRECTORY, 0,
				       RESOLVE_IN_ROOT | LOOKUP_NO_LINKS);
	cleanup_fd int made = -1, target = -1, fd = -1;
	struct stat st;

	if (dir < 0)
		return dir;
	made = openat(dir, "console", O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0620);
	target = openat(dir, "console", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (target < 0 || fstat(target, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) && !S_ISCHR(st.st_mode))
		return -EINVAL;
	fd = mount_clone(slave, "", false);
	return fd < 0 ? fd : mount_attach(fd, target);
}

static int take_terminal(struct launch *l, int master, int slave, struct error *err)
{
	const struct oci_console_size *size = l->process->console_size;
	char name[64];
	int r = 0;

	if (ttyname_r(slave, name, sizeof(name)) != 0) /* only a name for whoever reads it */
		(void)snprintf(name, sizeof(name), "/dev/pts/0");
	if (size && (size->height || size->width))
		r = pty_set_size(slave, (unsigned int)size->height, (unsigned int)size->width);
	if (!r)
		r = pty_make_controlling(slave);
	for (int fd = 0; !r && fd < 3; fd++) {
		if (dup2(slave, fd) < 0)
			r = -errno;
	}
	if (!r)
		r = unixsock_send_fd(l->console_fd, name, strlen(name), master);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "set up the terminal");
	return 0;
}

static int open_pty(int root_fd, int *ret_master, int *ret_slave)
{
	cleanup_fd int pts = path_open(root_fd, "dev/pts", O_PATH | O_DIRECTORY, 0,
				       RESOLVE_IN_ROOT | LOOKUP_NO_LINKS);
	struct statfs st;

	if (pts < 0)
		return pts;
	if (fstatfs(pts, &st) < 0)
		return -errno;
	if (st.f_type != DEVPTS_SUPER_MAGIC)
		return -ENOTTY;
	return pty_open_at(pts, "ptmx", ret_master, ret_slave);
}

static int console(struct launch *l, int root_fd, bool bind, struct error *err)
{
	cleanup_fd int master = -1, slave = -1;
	int r;

	if (!l->process->terminal)
		return 0;
	r = open_pty(root_fd, &master, &slave);
	if (!r && bind)
		r = bind_console(l, slave);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r,
				 "open a terminal in /dev/pts of the container");
	return take_terminal(l, master, slave, err);
}

int stage_console(struct launch *l, struct error *err)
{
	cleanup_fd int root = -1;

	if (l->ns_new[NS_MOUNT])
		return console(l, l->root_fd, true, err);
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return console(l, root, false, err);
}

int stage_console_exec(struct launch *l, struct error *err)
{
	cleanup_fd int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	return console(l, root, false, err);
}
