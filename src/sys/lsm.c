/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/thread-self/attr, through a procfs that nobody else can have touched. */
#include "sys/lsm.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/strbuf.h"
#include "sys/file.h"
#include "sys/path.h"

bool lsm_has_apparmor(void)
{
	cleanup_free char *enabled = NULL;

	return file_read_at(AT_FDCWD, "/sys/module/apparmor/parameters/enabled", 16, &enabled,
			    NULL) >= 0 &&
	       enabled[0] == 'Y';
}

bool lsm_shows_apparmor(void)
{
	return lsm_has_apparmor() && access("/sys/kernel/security/apparmor", F_OK) == 0;
}

bool lsm_has_selinux(void)
{
	return access("/sys/fs/selinux/enforce", F_OK) == 0;
}

static int attr_write(int proc_fd, const char *path, const char *value)
{
	/* "thread-self" is a symlink of procfs itself; the rest must be plain. */
	cleanup_fd int fd = path_open(proc_fd, path, O_WRONLY, 0, RESOLVE_NO_XDEV | LOOKUP_IN_ROOT);
	size_t len = strlen(value);

	if (fd < 0)
		return fd;
	return write(fd, value, len) == (ssize_t)len ? 0 : -errno;
}

int lsm_set_apparmor(int proc_fd, const char *profile)
{
	cleanup_free char *value = xasprintf("exec %s", profile);
	int r = attr_write(proc_fd, "thread-self/attr/apparmor/exec", value);

	/* FALLBACK(attr/apparmor, 5.8): before that the file is shared by all modules. */
	return r == -ENOENT ? attr_write(proc_fd, "thread-self/attr/exec", value) : r;
}

int lsm_set_selinux(int proc_fd, const char *label)
{
	return attr_write(proc_fd, "thread-self/attr/exec", label);
}
