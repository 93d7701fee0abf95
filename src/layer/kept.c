/* SPDX-License-Identifier: Apache-2.0 */
/* Compressed blobs beside their layers. */
#include "layer/kept.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/strbuf.h"
#include "base/strv.h"
#include "oci/digest.h"

static const char prefix[] = "blob-";

/* Owned. */
static char *temp_name(const char *name)
{
	return xasprintf("%s.blob", name);
}

static char *file_name(const char *digest)
{
	return xasprintf("%s%s", prefix, digest_hex(digest));
}

/* The directory of a stored layer; -1 with errno set. */
static int open_layer(struct store *store, const char *diff_id)
{
	cleanup_free char *path = xasprintf("layers/%s", digest_hex(diff_id));

	return openat(store->data_fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int fail(const char *what, const char *diff_id, struct error *err)
{
	return error_set(err, ERR_SYSTEM, errno, "%s the compressed blob of layer %s", what,
			 diff_id);
}

int layer_kept_begin(const struct layer_temp *temp, const char *name, int *ret_fd,
		     struct error *err)
{
	cleanup_free char *file = temp_name(name);

	*ret_fd = openat(temp->dirfd, file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			 0600);
	return *ret_fd < 0 ? error_set(err, ERR_SYSTEM, errno, "create a temporary file") : 0;
}

int layer_kept_finish(const struct layer_temp *temp, const char *name, int dirfd,
		      const char *digest, struct error *err)
{
	cleanup_free char *from = temp_name(name), *to = file_name(digest);

	return renameat(temp->dirfd, from, dirfd, to) < 0 ? fail("keep", digest, err) : 0;
}

int layer_kept_open(struct store *store, const char *diff_id, const char *digest, int64_t size,
		    int *ret_fd, struct error *err)
{
	cleanup_free char *name = file_name(digest);
	cleanup_fd int dirfd = open_layer(store, diff_id), fd = -1;
	struct stat st;

	if (dirfd >= 0)
		fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return -ENOENT;
	if (fd < 0 || fstat(fd, &st) < 0)
		return fail("open", diff_id, err);
	if (!S_ISREG(st.st_mode) || (size >= 0 && st.st_size != size))
		return -ENOENT;
	*ret_fd = take_fd(&fd);
	return 0;
}

int layer_kept_list(struct store *store, const char *diff_id, char ***ret, struct error *err)
{
	cleanup_fd int dirfd = open_layer(store, diff_id);
	DIR *dir = dirfd < 0 ? NULL : fdopendir(dirfd);
	struct dirent *entry;

	if (!dir)
		return errno == ENOENT ? 0 : fail("look for", diff_id, err);
	(void)take_fd(&dirfd);
	while ((entry = readdir(dir))) {
		const char *hex = entry->d_name + strlen(prefix);

		if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0 &&
		    strlen(hex) == DIGEST_HEX_LEN && digest_is_hex(hex, DIGEST_HEX_LEN))
			strv_pushf(ret, "sha256:%s", hex);
	}
	(void)closedir(dir);
	return 0;
}

int layer_kept_remove(struct store *store, const char *diff_id, const char *digest,
		      int64_t *ret_freed, struct error *err)
{
	cleanup_free char *name = file_name(digest);
	cleanup_fd int dirfd = open_layer(store, diff_id);
	struct stat st;

	if (dirfd < 0 || fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    unlinkat(dirfd, name, 0) < 0)
		return errno == ENOENT ? 0 : fail("remove", diff_id, err);
	if (ret_freed)
		*ret_freed += (int64_t)st.st_blocks * 512;
	return 0;
}

int layer_kept_link(struct store *store, const char *diff_id, int dirfd, struct error *err)
{
	cleanup_fd int from = open_layer(store, diff_id);
	cleanup(strv_release) char **digests = NULL;
	int r = layer_kept_list(store, diff_id, &digests, err);

	for (size_t i = 0; r >= 0 && digests && digests[i]; i++) {
		cleanup_free char *name = file_name(digests[i]);

		if (linkat(from, name, dirfd, name, 0) < 0 && errno != ENOENT)
			r = fail("keep", diff_id, err);
	}
	return r;
}
