/* SPDX-License-Identifier: Apache-2.0 */
/* The keys that let go of a terminal without ending what runs in it. Pure. */
#pragma once

#include "base/error.h"
#include "base/strbuf.h"

enum { DETACH_KEYS_MAX = 16 };

struct detach_keys {
	unsigned char keys[DETACH_KEYS_MAX];
	size_t n;	/* 0: there are none */
	size_t matched; /* of them seen so far, kept back from the input */
};

/* text: "ctrl-p,ctrl-q", "a", "ctrl-@,x" …; NULL or "": the default. ERR_INVALID. */
must_check int detach_keys_parse(const char *text, struct detach_keys *ret, struct error *err);

/* Append to out what of the input goes through. True: the keys were struck. */
bool detach_keys_filter(struct detach_keys *keys, const char *data, size_t len, struct strbuf *out);
