/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of a tar header: numbers, checksum. */
#include <errno.h>
#include <string.h>

#include "layer/tar-internal.h"

/* GNU's base-256: the top bit of the first byte is set, the rest is a big-endian two's
 * complement. */
static int tar_base256(const uint8_t *p, size_t len, int64_t *ret)
{
	bool negative = p[0] & 0x40;
	uint64_t value = negative ? ~UINT64_C(0) : 0;

	for (size_t i = 0; i < len; i++) {
		uint8_t byte = i == 0 ? (uint8_t)((p[0] & 0x7f) | (negative ? 0x80 : 0)) : p[i];

		/* what is shifted out, and the bit that becomes the sign, must all be the sign */
		if (value >> 55 != (negative ? 0x1ffU : 0U))
			return -ERANGE;
		value = value << 8 | byte;
	}
	*ret = (int64_t)value;
	return 0;
}

int tar_number(const char *field, size_t len, int64_t *ret)
{
	size_t i = 0, end;
	uint64_t value = 0;

	if ((uint8_t)field[0] & 0x80)
		return tar_base256((const uint8_t *)field, len, ret);
	while (i < len && field[i] == ' ')
		i++;
	for (end = i; end < len && field[end] != ' ' && field[end] != '\0'; end++) {
		if (field[end] < '0' || field[end] > '7')
			return -EINVAL;
		if (value >> 60)
			return -ERANGE;
		value = value << 3 | (uint64_t)(field[end] - '0');
	}
	*ret = (int64_t)value;
	return 0;
}

int tar_u32(const char *field, size_t len, uint32_t *ret)
{
	int64_t value;
	int r = tar_number(field, len, &value);

	if (r < 0)
		return r;
	if (value < 0 || value > UINT32_MAX)
		return -ERANGE;
	*ret = (uint32_t)value;
	return 0;
}

int tar_decimal(const char *str, size_t len, uint64_t *ret)
{
	uint64_t value = 0;

	if (len == 0)
		return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		if (str[i] < '0' || str[i] > '9')
			return -EINVAL;
		if (value > (INT64_MAX - 9) / 10)
			return -ERANGE;
		value = value * 10 + (uint64_t)(str[i] - '0');
	}
	*ret = value;
	return 0;
}

/* The sum of all bytes, blanks in the place of the sum; some old writers summed signed ones. */
bool tar_checksum_ok(const struct tar_header *header)
{
	const uint8_t *p = (const uint8_t *)header;
	const size_t at = offsetof(struct tar_header, checksum), len = sizeof(header->checksum);
	int64_t stored, sum = 0, signed_sum = 0;

	if (tar_number(header->checksum, len, &stored) < 0)
		return false;
	for (size_t i = 0; i < sizeof(*header); i++) {
		uint8_t byte = i >= at && i < at + len ? ' ' : p[i];

		sum += byte;
		signed_sum += (int8_t)byte;
	}
	return stored == sum || stored == signed_sum;
}

bool tar_is_zero(const struct tar_header *header)
{
	static const struct tar_header zero;

	return memcmp(header, &zero, sizeof(zero)) == 0;
}
