/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 (RFC 4648), the usual alphabet and that of URLs. */
#pragma once

#include "base/strbuf.h"

/* Append, padded. url: "-_" instead of "+/". */
void base64_encode(const void *data, size_t len, bool url, struct strbuf *out);
/* Either alphabet, padded or not. Owned, NUL-terminated; NULL when malformed. */
char *base64_decode(const char *text, size_t *ret_len);
