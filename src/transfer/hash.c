/* SPDX-License-Identifier: Apache-2.0 */
/* Stream digests. */
#include "transfer/hash.h"

#include <errno.h>
#include <openssl/evp.h>

int hash_init(struct hash *ret, struct error *err)
{
	struct hash hash = { EVP_MD_CTX_new() };

	if (!hash.ctx || EVP_DigestInit_ex(hash.ctx, EVP_sha256(), NULL) != 1) {
		hash_release(&hash);
		return error_set(err, ERR_SYSTEM, ENOSYS, "start SHA-256");
	}
	*ret = hash;
	return 0;
}

void hash_release(struct hash *hash)
{
	EVP_MD_CTX_free(hash->ctx);
	hash->ctx = NULL;
}

void hash_add(struct hash *hash, const void *data, size_t len)
{
	(void)EVP_DigestUpdate(hash->ctx, data, len);
}

void hash_finish(struct hash *hash, char ret[DIGEST_SIZE])
{
	uint8_t raw[EVP_MAX_MD_SIZE] = { 0 };

	(void)EVP_DigestFinal_ex(hash->ctx, raw, NULL);
	digest_format(raw, ret);
}
