/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Content digests, "sha256:" and 64 lower-case hex digits. A digest that came from outside is
 * checked by digest_is_valid before it is used in a path or a URL.
 *
 * digest_of() is a small portable SHA-256 for small things (configs, manifests, ids): hoyd needs
 * no crypto library for it. Bulk data goes through transfer/hash.h.
 */
#pragma once

#include "base/macros.h"

enum {
	DIGEST_HEX_LEN = 64,
	DIGEST_LEN = 7 + DIGEST_HEX_LEN, /* strlen of a digest */
	DIGEST_SIZE = DIGEST_LEN + 1,	 /* with the NUL       */
};

bool digest_is_valid(const char *digest);	 /* NULL is not */
bool digest_is_hex(const char *str, size_t len); /* only 0-9a-f, len > 0 */
const char *digest_hex(const char *digest);	 /* behind "sha256:"; the digest must be valid */

/* Write the digest's text of raw[32] to ret. */
void digest_format(const uint8_t raw[32], char ret[DIGEST_SIZE]);
/* K of SHA-256 (FIPS 180-4, 4.2.2). */
extern const uint32_t digest_round_constants[64];
/* SHA-256 of data as text. */
void digest_of(const void *data, size_t len, char ret[DIGEST_SIZE]);
