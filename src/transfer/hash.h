/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 of a stream, by libcrypto (which uses the processor's instructions for it). */
#pragma once

#include "oci/digest.h"

struct hash {
	_Alignas(16) uint8_t ctx[128]; /* SHA256_CTX */
};

void hash_init(struct hash *ret);
void hash_add(struct hash *hash, const void *data, size_t len);
/* n streams, n_blocks whole blocks of each: at once where the processor gains by it. */
void hash_add_blocks(struct hash *const hashes[], const uint8_t *const data[], size_t n,
		     size_t n_blocks);
/* Bytes until the next block is whole; 0: blocks may be added. */
size_t hash_misaligned(struct hash *hash);
void hash_finish(struct hash *hash, char ret[DIGEST_SIZE]);
