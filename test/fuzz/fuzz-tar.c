/* SPDX-License-Identifier: Apache-2.0 */
/* Archives from anywhere through the tar reader, in chunks whose size depends on the input. */
#include <stdint.h>
#include <string.h>

#include "base/strbuf.h"
#include "chunks.h"
#include "layer/tar.h"
#include "layer/unpack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_entry(struct tar_reader *reader, const struct tar_entry *e)
{
	cleanup_free char *path = NULL;
	const uint8_t *piece;
	uint64_t offset, end = 0;
	size_t len;

	(void)!unpack_clean_path(e->path, &path);
	while (tar_data(reader, &piece, &len, &offset, NULL) > 0) {
		/* pieces ascend and stay within the file */
		if (offset < end || len > e->size || offset > e->size - len)
			abort();
		end = offset + len;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free uint8_t *copy = xmalloc(size + 1);
	struct chunks in = { copy, size, size > 0 ? 1 + data[size - 1] * 7u : 1 };
	struct tar_reader reader;

	memcpy(copy, data, size);
	tar_reader_init(&reader, chunks_next, &in);
	while (true) {
		cleanup(tar_entry_release) struct tar_entry e = TAR_ENTRY_INIT;

		if (tar_next(&reader, &e, NULL) <= 0)
			break;
		if (e.path[0] != 's')
			read_entry(&reader, &e);
	}
	return 0;
}
