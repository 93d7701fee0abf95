/* SPDX-License-Identifier: Apache-2.0 */
/* Growing arrays in memory, then in a file. */
#include "layer/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

enum { SPILL_MEMORY = 2 * 1024 * 1024, SPILL_FIRST = 64 * 1024 };

/* Its own name for a moment, then none. */
static int spill_file(struct spill *spill)
{
	static const char name[] = ".scratch";
	int fd = openat(spill->dirfd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			0600);

	if (fd < 0)
		return -errno;
	if (unlinkat(spill->dirfd, name, 0) < 0) {
		int r = -errno;

		(void)close(fd);
		return r;
	}
	return fd;
}

/* The blocks are reserved: a mapped write to a full disk would be a SIGBUS. */
static int spill_to_file(struct spill *spill, size_t cap)
{
	void *data;
	int fd = spill_file(spill), r;

	if (fd < 0)
		return fd;
	r = -posix_fallocate(fd, 0, (off_t)cap);
	data = r == 0 ? mmap(NULL, cap, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;
	if (data == MAP_FAILED) {
		r = r < 0 ? r : -errno;
		(void)close(fd);
		return r;
	}
	if (spill->data) {
		memcpy(data, spill->data, spill->len);
		(void)munmap(spill->data, spill->cap);
	}
	spill->data = data;
	spill->cap = cap;
	spill->fd = fd;
	return 0;
}

static int spill_grow(struct spill *spill, size_t cap)
{
	void *data;
	int r = 0;

	if (cap > SPILL_MEMORY && spill->fd < 0)
		return spill_to_file(spill, cap);
	if (spill->fd >= 0)
		r = -posix_fallocate(spill->fd, (off_t)spill->cap, (off_t)(cap - spill->cap));
	if (r < 0)
		return r;
	if (spill->data)
		data = mremap(spill->data, spill->cap, cap, MREMAP_MAYMOVE);
	else
		data = mmap(NULL, cap, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (data == MAP_FAILED)
		return -errno;
	spill->data = data;
	spill->cap = cap;
	return 0;
}

int spill_add(struct spill *spill, size_t len, size_t *ret_offset)
{
	size_t cap = spill->cap ? spill->cap : SPILL_FIRST;
	int r;

	if (len > SIZE_MAX / 4 - spill->len)
		return -EFBIG;
	while (cap < spill->len + len)
		cap *= 2;
	if (cap != spill->cap) {
		r = spill_grow(spill, cap);
		if (r < 0)
			return r;
	}
	if (ret_offset)
		*ret_offset = spill->len;
	spill->len += len;
	return 0;
}

void spill_trim(struct spill *spill)
{
	if (spill->fd >= 0)
		(void)madvise(spill->data, spill->cap, MADV_DONTNEED); /* the file has it all */
}

void spill_release(struct spill *spill)
{
	if (spill->data)
		(void)munmap(spill->data, spill->cap);
	macros_close_fd(&spill->fd);
	*spill = (struct spill)SPILL_INIT(-1);
}
