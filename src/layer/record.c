/* SPDX-License-Identifier: Apache-2.0 */
/* What the engine asks about a layer's archive. */
#include "layer/record.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/strbuf.h"
#include "oci/digest.h"
#include "sys/fd.h"

int layer_dir_open(struct store *store, const char *diff_id, int *ret_fd, struct error *err)
{
	cleanup_free char *path = NULL;
	int fd;

	if (!digest_is_valid(diff_id))
		return error_set(err, ERR_SYSTEM, EINVAL, "layer %.80s", diff_id);
	path = xasprintf("layers/%s", digest_hex(diff_id));
	fd = openat(store->data_fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "layer %s is missing", diff_id);
	*ret_fd = fd;
	return 0;
}

static int record_tar_size(int dirfd, uint64_t *ret)
{
	cleanup_fd int fd = openat(dirfd, RECORD_NAME, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct record_header header;

	if (fd < 0)
		return -errno;
	if (fd_read_full(fd, &header, sizeof(header)) != sizeof(header) ||
	    memcmp(header.magic, RECORD_MAGIC, sizeof(header.magic)) != 0)
		return -ENOENT;
	*ret = le64toh(header.tar_size);
	return 0;
}

int layer_tar_size(struct store *store, const char *diff_id, uint64_t *ret, struct error *err)
{
	cleanup_fd int dirfd = -1;
	struct stat st;
	int r;

	r = layer_dir_open(store, diff_id, &dirfd, err);
	if (r < 0)
		return r;
	if (fstatat(dirfd, RECORD_TAR_NAME, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode)) {
		*ret = (uint64_t)st.st_size;
		return 0;
	}
	r = record_tar_size(dirfd, ret);
	if (r == -ENOENT)
		return error_set(err, ERR_SYSTEM, 0,
				 "layer %s was stored without a record of its archive: "
				 "pull or import the image again",
				 diff_id);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "read the record of layer %s", diff_id) : 0;
}
