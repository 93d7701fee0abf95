/* SPDX-License-Identifier: Apache-2.0 */
/* The keys that leave a terminal session while the container goes on: "ctrl-p,ctrl-q", "a,b". */
#pragma once

#include "base/error.h"
#include "base/strbuf.h"

enum { ESCAPE_KEYS_MAX = 16 };

struct escape_keys {
	unsigned char keys[ESCAPE_KEYS_MAX];
	size_t n;
	size_t matched; /* how many of keys were typed and are held back */
};

/* NULL or "": the default, ctrl-p ctrl-q. */
must_check int escape_keys_parse(const char *text, struct escape_keys *ret, struct error *err);

/* Take typed bytes; what goes on to the container is appended to out. True when the whole sequence
 * was typed: what follows it is dropped. */
bool escape_keys_feed(struct escape_keys *keys, const void *data, size_t len, struct strbuf *out);
