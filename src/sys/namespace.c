/* SPDX-License-Identifier: Apache-2.0 */
/* Namespaces by name and by file descriptor. */
#include "sys/namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

const struct namespace_info namespace_table[NS_COUNT] = {
	[NS_USER] = { "user", "user", CLONE_NEWUSER },
	[NS_PID] = { "pid", "pid", CLONE_NEWPID },
	[NS_MOUNT] = { "mount", "mnt", CLONE_NEWNS },
	[NS_NETWORK] = { "network", "net", CLONE_NEWNET },
	[NS_IPC] = { "ipc", "ipc", CLONE_NEWIPC },
	[NS_UTS] = { "uts", "uts", CLONE_NEWUTS },
	[NS_CGROUP] = { "cgroup", "cgroup", CLONE_NEWCGROUP },
	[NS_TIME] = { "time", "time", CLONE_NEWTIME },
};

int namespace_by_name(const char *name, enum namespace_type *ret)
{
	for (int i = 0; i < NS_COUNT; i++) {
		if (strcmp(namespace_table[i].name, name))
			continue;
		*ret = (enum namespace_type)i;
		return 0;
	}
	return -EINVAL;
}

int namespace_open(const char *path, enum namespace_type type)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int flag;

	if (fd < 0)
		return -errno;
	flag = ioctl(fd, NS_GET_NSTYPE);
	if (flag != namespace_table[type].flag)
		return -EINVAL;
	return take_fd(&fd);
}

int namespace_enter(int fd, enum namespace_type type)
{
	return setns(fd, namespace_table[type].flag) < 0 ? -errno : 0;
}

int namespace_is_same(int a, int b, bool *ret)
{
	struct stat one, other;

	if (fstat(a, &one) < 0 || fstat(b, &other) < 0)
		return -errno;
	*ret = one.st_dev == other.st_dev && one.st_ino == other.st_ino;
	return 0;
}

int namespace_is_own(int fd, enum namespace_type type, bool *ret)
{
	struct stat own, other;
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/self/ns/%s", namespace_table[type].file);
	if (stat(path, &own) < 0 || fstat(fd, &other) < 0)
		return -errno;
	*ret = own.st_dev == other.st_dev && own.st_ino == other.st_ino;
	return 0;
}
