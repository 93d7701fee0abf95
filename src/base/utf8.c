/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 as text from outside must be read: checked, never trusted. */
#include "base/utf8.h"

/* Well-formed sequences (Unicode, table 3-7): no overlong forms, no surrogates, nothing above
 * U+10FFFF. */
size_t utf8_sequence(const char *data, size_t len)
{
	const unsigned char *d = (const unsigned char *)data;
	unsigned char low = 0x80, high = 0xbf;
	size_t n;

	if (len == 0)
		return 0;
	if (d[0] < 0x80)
		return 1;
	if (d[0] < 0xc2 || d[0] > 0xf4)
		return 0;
	n = d[0] < 0xe0 ? 2 : d[0] < 0xf0 ? 3 : 4;
	if (d[0] == 0xe0)
		low = 0xa0;
	else if (d[0] == 0xed)
		high = 0x9f;
	else if (d[0] == 0xf0)
		low = 0x90;
	else if (d[0] == 0xf4)
		high = 0x8f;
	if (len < n || d[1] < low || d[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++)
		if ((d[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

uint32_t utf8_decode(const char *data, size_t len, size_t *ret_len)
{
	size_t n = utf8_sequence(data, len);
	uint32_t rune;

	*ret_len = n ? n : 1;
	if (n == 0)
		return UTF8_REPLACEMENT;
	if (n == 1)
		return (unsigned char)data[0];
	rune = (unsigned char)data[0] & (0x7f >> n);
	for (size_t i = 1; i < n; i++)
		rune = rune << 6 | ((unsigned char)data[i] & 0x3f);
	return rune;
}

void utf8_add_rune(struct strbuf *out, uint32_t rune)
{
	if (rune > 0x10ffff || (rune >= 0xd800 && rune < 0xe000))
		rune = UTF8_REPLACEMENT;
	if (rune < 0x80) {
		strbuf_addc(out, (char)rune);
		return;
	}
	if (rune < 0x800) {
		strbuf_addc(out, (char)(0xc0 | rune >> 6));
	} else {
		if (rune < 0x10000) {
			strbuf_addc(out, (char)(0xe0 | rune >> 12));
		} else {
			strbuf_addc(out, (char)(0xf0 | rune >> 18));
			strbuf_addc(out, (char)(0x80 | (rune >> 12 & 0x3f)));
		}
		strbuf_addc(out, (char)(0x80 | (rune >> 6 & 0x3f)));
	}
	strbuf_addc(out, (char)(0x80 | (rune & 0x3f)));
}

size_t utf8_count(const char *data, size_t len)
{
	size_t n = 0, step;

	for (size_t i = 0; i < len; i += step, n++)
		(void)utf8_decode(data + i, len - i, &step);
	return n;
}
