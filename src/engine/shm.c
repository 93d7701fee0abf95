/* SPDX-License-Identifier: Apache-2.0 */
/* The one mount that the engine makes in the host's namespace. */
#include "engine/shm.h"

#include <errno.h>
#include <sys/mount.h>
#include <sys/stat.h>

int shm_mount(struct engine *e, const char *id, int64_t size, struct error *err)
{
	cleanup_free char *path = instance_run_path(e, id, "shm");
	cleanup_free char *parent = instance_run_path(e, id, NULL);
	cleanup_free char *options = xasprintf("mode=1777,size=%lld", (long long)size);
	struct stat own, above;

	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return error_set(err, ERR_SYSTEM, errno, "create %s", path);
	if (stat(path, &own) < 0 || stat(parent, &above) < 0)
		return error_set(err, ERR_SYSTEM, errno, "look at %s", path);
	if (own.st_dev != above.st_dev)
		return 0;
	if (mount("shm", path, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, options) < 0)
		return error_set(err, ERR_SYSTEM, errno, "mount %s", path);
	return 0;
}

void shm_unmount(const struct engine *e, const char *id)
{
	cleanup_free char *path = instance_run_path(e, id, "shm");

	(void)umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW);
}
