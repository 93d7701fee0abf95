/* SPDX-License-Identifier: Apache-2.0 */
/* Sparse files in tar: GNU's old format and the three PAX versions ("Storing Sparse Files" in GNU
 * tar's manual). */
#include <errno.h>
#include <string.h>

#include "base/strbuf.h"
#include "layer/tar-internal.h"

int tar_segment_add(struct tar_extra *extra, uint64_t offset, uint64_t len, struct error *err)
{
	if (extra->n_map >= TAR_SEGMENTS_MAX)
		return tar_bad(err, "a sparse file with too many segments");
	if ((extra->n_map & (extra->n_map + 1)) == 0) /* grow at 0, 1, 3, 7 … */
		extra->map = xrealloc(extra->map, 2 * extra->n_map + 1, sizeof(*extra->map));
	extra->map[extra->n_map++] = (struct tar_segment){ offset, len };
	return 0;
}

/* "offset,length,offset,length" */
int tar_sparse_pax_map(const char *value, size_t len, struct tar_extra *extra, struct error *err)
{
	const char *p = value, *end = value + len;
	uint64_t numbers[2];
	int r;

	while (p < end) {
		for (int i = 0; i < 2; i++) {
			const char *comma = memchr(p, ',', (size_t)(end - p));
			const char *stop = comma ? comma : end;

			if (tar_decimal(p, (size_t)(stop - p), &numbers[i]) < 0)
				return tar_bad(err, "a malformed sparse map");
			p = stop < end ? stop + 1 : end;
		}
		r = tar_segment_add(extra, numbers[0], numbers[1], err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* n pairs of 12-byte numbers; an empty one ends the list. */
static int gnu_pairs(const char *p, size_t n, struct tar_extra *extra, struct error *err)
{
	for (size_t i = 0; i < n && p[24 * i] != '\0'; i++) {
		int64_t offset, len;
		int r;

		if (tar_number(p + 24 * i, 12, &offset) < 0 || offset < 0 ||
		    tar_number(p + 24 * i + 12, 12, &len) < 0 || len < 0)
			return tar_bad(err, "a malformed sparse map");
		r = tar_segment_add(extra, (uint64_t)offset, (uint64_t)len, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int tar_sparse_gnu(struct tar_reader *reader, const struct tar_header *header,
		   struct tar_extra *extra, struct error *err)
{
	enum { PAIRS_AT = 386, EXTENDED_AT = 482, REAL_SIZE_AT = 483, BLOCK_EXTENDED_AT = 504 };
	const char *raw = (const char *)header;
	char block[TAR_BLOCK_SIZE];
	bool more = raw[EXTENDED_AT] != '\0';
	int64_t real;
	int r;

	if (tar_number(raw + REAL_SIZE_AT, 12, &real) < 0 || real < 0)
		return tar_bad(err, "a malformed sparse map");
	extra->sparse = extra->has_real_size = true;
	extra->real_size = (uint64_t)real;
	r = gnu_pairs(raw + PAIRS_AT, 4, extra, err);
	while (r >= 0 && more) {
		r = tar_take(reader, block, sizeof(block), err);
		if (r < 0)
			return r;
		r = gnu_pairs(block, 21, extra, err);
		more = block[BLOCK_EXTENDED_AT] != '\0';
	}
	return r;
}

/* One decimal number and its newline from the data; *left counts what the entry still has. */
static int data_number(struct tar_reader *reader, uint64_t *left, uint64_t *ret, struct error *err)
{
	char digits[24];
	size_t n = 0;
	int r;

	while (true) {
		if (*left == 0 || n == sizeof(digits))
			return tar_bad(err, "a malformed sparse map");
		r = tar_take(reader, &digits[n], 1, err);
		if (r < 0)
			return r;
		(*left)--;
		if (digits[n] == '\n')
			break;
		n++;
	}
	return tar_decimal(digits, n, ret) < 0 ? tar_bad(err, "a malformed sparse map") : 0;
}

int tar_sparse_in_data(struct tar_reader *reader, struct tar_extra *extra, uint64_t *size,
		       struct error *err)
{
	uint64_t left = *size, n, offset, len, used;
	char pad[TAR_BLOCK_SIZE];
	int r;

	extra->n_map = 0;
	r = data_number(reader, &left, &n, err);
	if (r < 0)
		return r;
	if (n > TAR_SEGMENTS_MAX)
		return tar_bad(err, "a sparse file with too many segments");
	for (uint64_t i = 0; i < n; i++) {
		r = data_number(reader, &left, &offset, err);
		if (r >= 0)
			r = data_number(reader, &left, &len, err);
		if (r >= 0)
			r = tar_segment_add(extra, offset, len, err);
		if (r < 0)
			return r;
	}
	used = (*size - left) % TAR_BLOCK_SIZE;
	used = used > 0 ? TAR_BLOCK_SIZE - used : 0;
	if (used > left)
		return tar_bad(err, "a malformed sparse map");
	r = tar_take(reader, pad, used, err);
	*size = left - used;
	return r;
}

int tar_sparse_check(const struct tar_extra *extra, uint64_t data_size, struct error *err)
{
	uint64_t end = 0, sum = 0;

	if (!extra->has_real_size || extra->half_segment || extra->real_size > INT64_MAX)
		return tar_bad(err, "a malformed sparse map");
	for (size_t i = 0; i < extra->n_map; i++) {
		const struct tar_segment *s = &extra->map[i];

		if (s->offset < end || s->offset > extra->real_size ||
		    s->len > extra->real_size - s->offset)
			return tar_bad(err, "a sparse map that contradicts itself");
		end = s->offset + s->len;
		sum += s->len; /* no overflow: segments do not overlap and end <= real_size */
	}
	if (sum != data_size)
		return tar_bad(err, "a sparse map that contradicts the file's size");
	return 0;
}
