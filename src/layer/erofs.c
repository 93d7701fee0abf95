/* SPDX-License-Identifier: Apache-2.0 */
/* The erofs driver: a layer's tar as it came, and its index (index.h). */
#include <errno.h>
#include <fcntl.h>

#include "layer/driver.h"
#include "sys/mountfd.h"
#include "wire/monitor.h"

static int erofs_begin(int dirfd)
{
	static const char *const names[] = { LOWER_DATA, LOWER_INDEX };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		cleanup_fd int fd = openat(dirfd, names[i],
					   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
					   0600);

		if (fd < 0)
			return -errno;
	}
	return 0;
}

static int erofs_finish(int dirfd, char *const *opaque, struct error *err)
{
	return 0; /* the index has it all */
}

static int erofs_open(const char *path)
{
	return mount_erofs(path, LOWER_DATA);
}

const struct layer_driver layer_driver_erofs = {
	.name = "erofs",
	.graph_name = "erofs",
	.lower = LOWER_INDEX,
	.begin = erofs_begin,
	.finish = erofs_finish,
	.open = erofs_open,
};
