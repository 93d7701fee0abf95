/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A container's process can reach the file that we run from: by /proc/PID/exe of our child before
 * its execve (another container with CAP_SYS_PTRACE that shares the pid namespace, or any with
 * exec), and by making us execute /proc/self/exe, as a path or behind "#!". As root it could then
 * overwrite the host's runtime (CVE-2019-5736).
 *
 * So we run from a read-only clone of the mount that our file is on: a /proc/PID/exe link leads to
 * file *and mount*, so that opening it for writing is EROFS whoever asks, and a detached mount is
 * in no namespace from which it could be remounted. A caller that executed us through such a mount
 * already (hoy-monitor does) saves the second execve.
 */
#include "runtime/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

#include "sys/mountfd.h"

enum { ALL_SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };

static bool exe_is_sealed(int exe)
{
	struct statvfs st;
	int seals;

	if (fstatvfs(exe, &st) == 0 && st.f_flag & ST_RDONLY)
		return true;
	seals = fcntl(exe, F_GET_SEALS);
	return seals >= 0 && (seals & ALL_SEALS) == ALL_SEALS;
}

static int readonly_clone(void)
{
	static const struct mount_change readonly = { .set = MOUNT_ATTR_RDONLY };
	cleanup_fd int fd = mount_clone(AT_FDCWD, "/proc/self/exe", false);
	int r = fd < 0 ? fd : mount_change(fd, &readonly);

	return r < 0 ? r : take_fd(&fd);
}

/* FALLBACK(open_tree without CAP_SYS_ADMIN): a sealed copy in memory. */
static int sealed_copy(int exe)
{
	cleanup_fd int fd = memfd_create("hoy-runtime", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct stat st;

	if (fd < 0 || fstat(exe, &st) < 0)
		return -errno;
	for (off_t done = 0; done < st.st_size;) {
		ssize_t n = sendfile(fd, exe, NULL, (size_t)(st.st_size - done));

		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		done += n;
	}
	if (fchmod(fd, 0500) < 0 || fcntl(fd, F_ADD_SEALS, ALL_SEALS) < 0)
		return -errno;
	return take_fd(&fd);
}

int seal_self(char *const *argv, struct error *err)
{
	cleanup_fd int exe = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	cleanup_fd int fd = -1;

	/* Nor may our memory be read or our fds be taken by /proc/PID. */
	if (exe < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return error_set(err, ERR_SYSTEM, errno, "open /proc/self/exe");
	if (exe_is_sealed(exe))
		return 0;
	fd = readonly_clone();
	if (fd < 0)
		fd = sealed_copy(exe);
	if (fd < 0)
		return error_set(err, ERR_SYSTEM, -fd, "make a read-only copy of this program");
	(void)syscall(SYS_execveat, fd, "", argv, environ, AT_EMPTY_PATH);
	return error_set(err, ERR_SYSTEM, errno, "execute the read-only copy of this program");
}
