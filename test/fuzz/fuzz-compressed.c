/* SPDX-License-Identifier: Apache-2.0 */
/* A layer as a registry sends it: gzip members, zstd frames, xz streams; cut, damaged, huge. */
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/macros.h"
#include "sys/fd.h"
#include "transfer/stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROOM = 256 * 1024 };

static int read_all(struct stream *stream, uint64_t *ret_total)
{
	const uint8_t *piece;
	size_t len;
	int r;

	*ret_total = 0;
	while ((r = stream_next(stream, &piece, &len, NULL)) >= 0 && len > 0)
		*ret_total += len;
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_fd int fd = memfd_create("layer", MFD_CLOEXEC);
	static struct hasher *hasher;
	cleanup(stream_release) struct stream *stream = NULL;
	uint64_t total;
	int r;

	if (fd < 0 || fd_write_all(fd, data, size) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		abort();
	if (!hasher)
		hasher = hasher_new();
	stream = stream_new(fd, hasher, true);
	stream_limit(stream, ROOM);
	r = read_all(stream, &total);
	/* what was allowed and no more; all of it was looked at when it is said to be good */
	if (total > ROOM || stream_consumed(stream) > size)
		abort();
	if (r >= 0 && stream_consumed(stream) != size)
		abort();
	return 0;
}
