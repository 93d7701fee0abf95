/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 (FIPS 180-4) of short texts, for programs that have no crypto library: names made of
 * names. Layers and blobs are hashed by the library. */
#pragma once

#include "base/macros.h"

enum { SHA256_SIZE = 32, SHA256_HEX_SIZE = 2 * SHA256_SIZE + 1 };

void sha256_hex(const void *data, size_t len, char ret[SHA256_HEX_SIZE]);
