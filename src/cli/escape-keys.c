/* SPDX-License-Identifier: Apache-2.0 */
/* The automaton between what is typed and what the container gets. */
#include "cli/escape-keys.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/strv.h"

/* "a" or "ctrl-<a letter, @ [ \ ] ^ _>" -> its byte, or -1. */
static int parse_key(const char *key)
{
	int c;

	if (strlen(key) == 1)
		return (unsigned char)*key;
	if (strncasecmp(key, "ctrl-", 5) != 0 || strlen(key) != 6)
		return -1;
	c = toupper((unsigned char)key[5]);
	return c >= '@' && c <= '_' ? c - '@' : -1;
}

int escape_keys_parse(const char *text, struct escape_keys *ret, struct error *err)
{
	cleanup(strv_release) char **keys = strv_split(text && *text ? text : "ctrl-p,ctrl-q", ',');
	struct escape_keys parsed = { .n = 0 };

	for (char **k = keys; *k; k++) {
		int byte = parse_key(*k);

		if (byte < 0)
			return error_set(err, ERR_INVALID, 0,
					 "invalid detach keys (%s): Unknown character: '%s'", text,
					 *k);
		if (parsed.n == ESCAPE_KEYS_MAX)
			return error_set(err, ERR_INVALID, 0,
					 "invalid detach keys (%s): more than %d", text,
					 ESCAPE_KEYS_MAX);
		parsed.keys[parsed.n++] = (unsigned char)byte;
	}
	*ret = parsed;
	return 0;
}

bool escape_keys_feed(struct escape_keys *keys, const void *data, size_t len, struct strbuf *out)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == keys->keys[keys->matched]) {
			if (++keys->matched == keys->n)
				return true;
			continue;
		}
		/* Not the sequence: what was held back belongs to the container. The byte may start
		 * it anew. */
		strbuf_add(out, keys->keys, keys->matched);
		keys->matched = bytes[i] == keys->keys[0] ? 1 : 0;
		if (keys->matched == 0)
			strbuf_addc(out, (char)bytes[i]);
		else if (keys->n == 1)
			return true;
	}
	return false;
}
