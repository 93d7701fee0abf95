/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the data of files is. A file without holes is one chunk, or as few as there can be. Of a
 * sparse file the tar has the pieces one behind the other: where all of them are aligned to blocks,
 * chunks point to them; else, or when the list of chunks would be longer than the data, they are
 * copied behind the index, chunk by chunk, with holes in the file where the chunk has holes.
 */
#include <errno.h>
#include <unistd.h>

#include "layer/erofs-format.h"
#include "layer/index-internal.h"

enum {
	COPY_CHUNKS = 1024, /* of a copied file, at most */
	COPY_CHUNK_BITS_MIN = 12,
	CHUNKS_MAX = 1 << 20,
	COPY_BUFFER = 64 * 1024,
};

static const struct index_segment *segment_at(const struct index *x, uint32_t i)
{
	return (const struct index_segment *)x->segments.data + i;
}

static uint64_t chunk_count(uint64_t size, unsigned int bits)
{
	return size == 0 ? 0 : ((size - 1) >> bits) + 1;
}

static unsigned int bits_for(uint64_t size, uint64_t n, unsigned int bits)
{
	while (bits < EROFS_BLOCK_BITS + EROFS_CHUNK_BITS_MAX && chunk_count(size, bits) > n)
		bits++;
	return bits;
}

/* The largest chunk that all pieces are multiples of; 0: not even a block is. */
static unsigned int direct_bits(const struct index *x, const struct index_inode *inode)
{
	uint64_t all = 0;

	for (uint32_t i = inode->data; i < inode->data + inode->aux; i++) {
		const struct index_segment *s = segment_at(x, i);
		uint64_t end = s->offset + s->len;

		if (s->from % EROFS_BLOCK_SIZE != 0)
			return 0;
		all |= s->offset | (end == inode->size ? 0 : end);
	}
	for (unsigned int bits = EROFS_BLOCK_BITS + EROFS_CHUNK_BITS_MAX; bits >= EROFS_BLOCK_BITS;
	     bits--) {
		if ((all & ((1ULL << bits) - 1)) == 0)
			return bits;
	}
	return 0;
}

struct chunks chunks_of(const struct index *x, const struct index_inode *inode)
{
	unsigned int bits;

	if (!(inode->flags & INODE_SPARSE))
		bits = bits_for(inode->size, 1, EROFS_BLOCK_BITS);
	else if (inode->flags & INODE_COPIED)
		bits = bits_for(inode->size, COPY_CHUNKS, COPY_CHUNK_BITS_MIN);
	else
		bits = direct_bits(x, inode);
	return (struct chunks){ bits, chunk_count(inode->size, bits) };
}

struct sparse_iter sparse_iter(const struct index_inode *inode)
{
	return (struct sparse_iter){ inode->data, inode->data + inode->aux, 0 };
}

uint32_t sparse_block(const struct index *x, const struct index_inode *inode, struct chunks chunks,
		      struct sparse_iter *iter, uint64_t i)
{
	uint64_t start = i << chunks.bits, end = start + (1ULL << chunks.bits);
	const struct index_segment *s;

	while (iter->segment < iter->end &&
	       segment_at(x, iter->segment)->offset + segment_at(x, iter->segment)->len <= start)
		iter->segment++;
	if (iter->segment == iter->end || segment_at(x, iter->segment)->offset >= end)
		return EROFS_HOLE;
	s = segment_at(x, iter->segment);
	if (inode->flags & INODE_COPIED)
		return inode->copy + (uint32_t)(iter->copied++ << (chunks.bits - EROFS_BLOCK_BITS));
	return (uint32_t)((s->from + start - s->offset) >> EROFS_BLOCK_BITS);
}

int sparse_plan(struct index *x, struct index_inode *inode, uint64_t *copy_blocks)
{
	struct sparse_iter iter = sparse_iter(inode);
	struct chunks chunks = chunks_of(x, inode);
	uint64_t data = 0;

	for (uint32_t i = iter.segment; i < iter.end; i++)
		data += segment_at(x, i)->len;
	if (chunks.bits != 0 && chunks.n * sizeof(struct erofs_chunk) <= data + EROFS_BLOCK_SIZE)
		return 0;
	inode->flags |= INODE_COPIED;
	inode->copy = (uint32_t)*copy_blocks;
	chunks = chunks_of(x, inode);
	if (chunks.n > CHUNKS_MAX)
		return -EFBIG;
	for (uint64_t i = 0; i < chunks.n; i++)
		(void)sparse_block(x, inode, chunks, &iter, i);
	*copy_blocks += iter.copied << (chunks.bits - EROFS_BLOCK_BITS);
	return *copy_blocks > UINT32_MAX ? -EFBIG : 0;
}

static int copy_bytes(int from_fd, uint64_t from, int to_fd, uint64_t to, uint64_t len)
{
	static uint8_t buffer[COPY_BUFFER];

	while (len > 0) {
		size_t want = len < sizeof(buffer) ? (size_t)len : sizeof(buffer);
		ssize_t n = pread(from_fd, buffer, want, (off_t)from);

		if (n > 0)
			n = pwrite(to_fd, buffer, (size_t)n, (off_t)to);
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		from += (uint64_t)n;
		to += (uint64_t)n;
		len -= (uint64_t)n;
	}
	return 0;
}

/* The part of the segments that lies in chunk @i, to @at. */
static int copy_chunk(const struct index *x, const struct sparse_iter *iter, uint64_t start,
		      uint64_t end, uint64_t at, int tar_fd, int fd)
{
	int r = 0;

	for (uint32_t i = iter->segment; r >= 0 && i < iter->end; i++) {
		const struct index_segment *s = segment_at(x, i);
		uint64_t a = s->offset > start ? s->offset : start;
		uint64_t b = s->offset + s->len < end ? s->offset + s->len : end;

		if (s->offset >= end)
			break;
		r = copy_bytes(tar_fd, s->from + (a - s->offset), fd, at + (a - start), b - a);
	}
	return r;
}

int sparse_copy(struct index *x, const struct index_inode *inode, uint64_t copy_start, int tar_fd,
		int fd)
{
	struct chunks chunks = chunks_of(x, inode);
	struct sparse_iter iter = sparse_iter(inode);
	int r = 0;

	for (uint64_t i = 0; r >= 0 && i < chunks.n; i++) {
		uint32_t block = sparse_block(x, inode, chunks, &iter, i);
		uint64_t start = i << chunks.bits;

		if (block != EROFS_HOLE)
			r = copy_chunk(x, &iter, start, start + (1ULL << chunks.bits),
				       copy_start + ((uint64_t)block << EROFS_BLOCK_BITS), tar_fd,
				       fd);
	}
	return r;
}
