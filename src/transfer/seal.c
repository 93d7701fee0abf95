/* SPDX-License-Identifier: Apache-2.0 */
/* Writing and checking the seals of indexes. */
#include "transfer/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "layer/erofs-format.h"
#include "transfer/hash.h"

struct seal {
	char magic[8];
	char digest[DIGEST_SIZE];
};

static const char magic[8] = "hoyseal1";

enum { PIECE = 256 * 1024 };

void seal_uuid(const char *diff_id, uint8_t ret[16])
{
	const char *hex = digest_hex(diff_id);

	for (size_t i = 0; i < 16; i++) {
		char byte[3] = { hex[2 * i], hex[2 * i + 1], '\0' };

		ret[i] = (uint8_t)strtoul(byte, NULL, 16);
	}
}

static int digest_file(int fd, off_t len, char ret[DIGEST_SIZE])
{
	cleanup_free uint8_t *data = xmalloc(PIECE);
	struct hash hash;
	off_t done = 0;

	hash_init(&hash);
	while (done < len) {
		size_t want = len - done < PIECE ? (size_t)(len - done) : PIECE;
		ssize_t n = pread(fd, data, want, done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		hash_add(&hash, data, (size_t)n);
		done += n;
	}
	hash_finish(&hash, ret);
	return 0;
}

int seal_write(int fd, struct error *err)
{
	struct seal seal = { 0 };
	struct stat st;
	int r = fstat(fd, &st) < 0 ? -errno : digest_file(fd, st.st_size, seal.digest);

	memcpy(seal.magic, magic, sizeof(magic));
	if (r >= 0 && pwrite(fd, &seal, sizeof(seal), st.st_size) != sizeof(seal))
		r = errno ? -errno : -EIO;
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "seal the layer's index") : 0;
}

static int damaged(struct error *err, const char *what)
{
	return error_set(err, ERR_SYSTEM, 0, "its index %s", what);
}

static int check_fd(int fd, const char *diff_id, struct error *err)
{
	char digest[DIGEST_SIZE];
	uint8_t want[16], uuid[16];
	struct seal seal;
	struct stat st;
	off_t len;
	int r;

	if (fstat(fd, &st) < 0)
		return error_set(err, ERR_SYSTEM, errno, "read the index");
	len = st.st_size - (off_t)sizeof(seal);
	seal_uuid(diff_id, want);
	if (len < EROFS_META_START ||
	    pread(fd, uuid, sizeof(uuid),
		  EROFS_SUPER_OFFSET + offsetof(struct erofs_super, uuid)) != sizeof(uuid) ||
	    pread(fd, &seal, sizeof(seal), len) != sizeof(seal))
		return damaged(err, "is cut short");
	if (memcmp(uuid, want, sizeof(want)) != 0)
		return damaged(err, "is that of another layer");
	if (memcmp(seal.magic, magic, sizeof(magic)) != 0)
		return 0;
	r = digest_file(fd, len, digest);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "read the index");
	return strcmp(seal.digest, digest) == 0 ? 0 : damaged(err, "is damaged");
}

int seal_check(int dirfd, const char *diff_id, struct error *err)
{
	cleanup_fd int fd = openat(dirfd, "index", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : error_set(err, ERR_SYSTEM, errno, "open the index");
	return check_fd(fd, diff_id, err);
}
