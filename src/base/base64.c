/* SPDX-License-Identifier: Apache-2.0 */
/* Base64. */
#include "base/base64.h"

#include <string.h>

void base64_encode(const void *data, size_t len, bool url, struct strbuf *out)
{
	static const char digits[2][65] = {
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
	};
	const char *set = digits[url];
	const uint8_t *p = data;

	for (size_t i = 0; i < len; i += 3) {
		uint32_t v = (uint32_t)p[i] << 16 | (i + 1 < len ? (uint32_t)p[i + 1] << 8 : 0) |
			     (i + 2 < len ? p[i + 2] : 0U);

		strbuf_addc(out, set[v >> 18]);
		strbuf_addc(out, set[v >> 12 & 63]);
		strbuf_addc(out, i + 1 < len ? set[v >> 6 & 63] : '=');
		strbuf_addc(out, i + 2 < len ? set[v & 63] : '=');
	}
}

static int base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '-')
		return 62;
	return c == '/' || c == '_' ? 63 : -1;
}

char *base64_decode(const char *text, size_t *ret_len)
{
	size_t len = strcspn(text, "="), n = 0;
	cleanup_free char *out = xmalloc(len / 4 * 3 + 4);
	uint32_t bits = 0;

	if (strspn(text + len, "=") != strlen(text + len) || len % 4 == 1)
		return NULL;
	for (size_t i = 0; i < len; i++) {
		int value = base64_value(text[i]);

		if (value < 0)
			return NULL;
		bits = bits << 6 | (uint32_t)value;
		if (i % 4 != 0)
			out[n++] = (char)(bits >> (6 - 2 * (i % 4)));
	}
	out[n] = '\0';
	*ret_len = n;
	return take_ptr(out);
}
