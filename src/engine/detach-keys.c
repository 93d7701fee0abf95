/* SPDX-License-Identifier: Apache-2.0 */
/* Detach keys: between a client's terminal and the container's, in engine/relay. */
#include "engine/detach-keys.h"

#include <string.h>

#include "base/strv.h"

static const char detach_default[] = "ctrl-p,ctrl-q";

/* One key; -1 when it is none. */
static int parse_key(const char *text)
{
	static const char others[] = "@[\\]^_";
	static const unsigned char codes[] = { 0, 27, 28, 29, 30, 31 };
	const char *other;

	if (text[0] != '\0' && text[1] == '\0')
		return (unsigned char)text[0];
	if (strncmp(text, "ctrl-", 5) != 0 || text[5] == '\0' || text[6] != '\0')
		return -1;
	if (text[5] >= 'a' && text[5] <= 'z')
		return text[5] - 'a' + 1;
	other = strchr(others, text[5]);
	return other ? codes[other - others] : -1;
}

int detach_keys_parse(const char *text, struct detach_keys *ret, struct error *err)
{
	const char *from = text && text[0] ? text : detach_default;
	cleanup(strv_release) char **parts = strv_split(from, ',');
	struct detach_keys keys = { .n = strv_len(parts) };
	int key = 0;

	for (size_t i = 0; i < keys.n && keys.n <= DETACH_KEYS_MAX && key >= 0; i++) {
		key = parse_key(parts[i]);
		keys.keys[i] = (unsigned char)key;
	}
	if (key < 0 || keys.n > DETACH_KEYS_MAX)
		return error_set(err, ERR_INVALID, 0, "Invalid detach keys (%s) provided", text);
	*ret = keys;
	return 0;
}

bool detach_keys_filter(struct detach_keys *keys, const char *data, size_t len, struct strbuf *out)
{
	for (size_t i = 0; i < len; i++) {
		if (keys->n > 0 && (unsigned char)data[i] != keys->keys[keys->matched]) {
			strbuf_add(out, keys->keys, keys->matched);
			keys->matched = 0;
		}
		if (keys->n == 0 || (unsigned char)data[i] != keys->keys[keys->matched])
			strbuf_addc(out, data[i]);
		else if (++keys->matched == keys->n)
			return true;
	}
	return false;
}
