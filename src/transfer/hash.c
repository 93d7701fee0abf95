/* SPDX-License-Identifier: Apache-2.0 */
/* Stream digests. The old interface of libcrypto: the new one reads configuration and looks for
 * modules first, which a sandbox does not have and a short-lived process does not want. */
#define OPENSSL_API_COMPAT 0x10101000L
#include "transfer/hash.h"

#include <openssl/sha.h>

#include "transfer/sha256-lanes.h"

enum { LANES_MIN = 1 }; /* so few are done faster one after the other */

_Static_assert(sizeof(SHA256_CTX) <= sizeof(struct hash), "struct hash has room for it");

static SHA256_CTX *ctx_of(struct hash *hash)
{
	return (SHA256_CTX *)(void *)hash->ctx;
}

void hash_init(struct hash *ret)
{
	(void)SHA256_Init(ctx_of(ret));
}

void hash_add(struct hash *hash, const void *data, size_t len)
{
	(void)SHA256_Update(ctx_of(hash), data, len);
}

size_t hash_misaligned(struct hash *hash)
{
	return (SHA256_BLOCK - ctx_of(hash)->num) % SHA256_BLOCK;
}

/* What SHA256_Update counts: bits. */
static void count(SHA256_CTX *ctx, uint64_t n_bytes)
{
	uint64_t bits = (uint64_t)ctx->Nh << 32 | ctx->Nl;

	bits += n_bytes << 3;
	ctx->Nh = (SHA_LONG)(bits >> 32);
	ctx->Nl = (SHA_LONG)bits;
}

void hash_add_blocks(struct hash *const hashes[], const uint8_t *const data[], size_t n,
		     size_t n_blocks)
{
	uint32_t *states[SHA256_LANES];

	if (n <= LANES_MIN || n > SHA256_LANES || !sha256_lanes_pay()) {
		for (size_t i = 0; i < n; i++)
			hash_add(hashes[i], data[i], n_blocks * SHA256_BLOCK);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		SHA256_CTX *ctx = ctx_of(hashes[i]);

		states[i] = ctx->h;
		count(ctx, n_blocks * SHA256_BLOCK);
	}
	sha256_lanes_add(states, data, n, n_blocks);
}

void hash_finish(struct hash *hash, char ret[DIGEST_SIZE])
{
	uint8_t raw[SHA256_DIGEST_LENGTH];

	(void)SHA256_Final(raw, ctx_of(hash));
	digest_format(raw, ret);
}
