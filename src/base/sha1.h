/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-1 (FIPS 180-4) of short texts: what the handshake of a WebSocket asks for. It protects
 * nothing. */
#pragma once

#include "base/macros.h"

enum { SHA1_SIZE = 20 };

void sha1(const void *data, size_t len, uint8_t ret[SHA1_SIZE]);
