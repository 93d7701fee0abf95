/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 as text from outside must be read: checked, never trusted. */
#pragma once

#include "base/strbuf.h"

enum { UTF8_REPLACEMENT = 0xfffd };

/* Length of the well-formed sequence at data, 0 when there is none. */
size_t utf8_sequence(const char *data, size_t len);

/* The rune at data (len > 0) and its length; a byte that begins none is U+FFFD of length 1. */
uint32_t utf8_decode(const char *data, size_t len, size_t *ret_len);

/* Append a rune; surrogates and what is beyond U+10FFFF become U+FFFD. */
void utf8_add_rune(struct strbuf *out, uint32_t rune);

/* How many runes data has. */
size_t utf8_count(const char *data, size_t len);
