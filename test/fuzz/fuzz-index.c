/* SPDX-License-Identifier: Apache-2.0 */
/* Archives from anywhere through the indexer: what it takes it must be able to write, as a file
 * system of the size that the superblock tells. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "chunks.h"
#include "layer/erofs-format.h"
#include "layer/index.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int fd)
{
	struct erofs_super super;
	struct stat st;

	if (pread(fd, &super, sizeof(super), EROFS_SUPER_OFFSET) != sizeof(super) ||
	    fstat(fd, &st) < 0)
		abort();
	if (super.magic != EROFS_MAGIC ||
	    super.blocks * (uint64_t)EROFS_BLOCK_SIZE < EROFS_META_START ||
	    st.st_size > super.blocks * (off_t)EROFS_BLOCK_SIZE ||
	    ((off_t)super.root_nid << EROFS_SLOT_BITS) >= st.st_size)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t uuid[16] = { 0 };
	struct chunks in = { data, size, size > 0 ? 1 + data[size - 1] * 7u : 1 };
	cleanup(index_release) struct index *index = index_new(AT_FDCWD);
	cleanup(unpack_result_release) struct unpack_result result = { 0 };
	struct tar_reader reader;
	int fd, tar_fd;

	tar_reader_init(&reader, chunks_next, &in);
	if (index_read(index, &reader, &result, NULL) < 0)
		return 0;
	fd = memfd_create("index", MFD_CLOEXEC);
	tar_fd = memfd_create("tar", MFD_CLOEXEC);
	if (fd < 0 || tar_fd < 0 || pwrite(tar_fd, data, size, 0) != (ssize_t)size)
		abort();
	if (index_write(index, fd, tar_fd, size, uuid, NULL) >= 0)
		check(fd);
	(void)close(fd);
	(void)close(tar_fd);
	return 0;
}
