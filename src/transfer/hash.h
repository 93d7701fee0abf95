/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 of a stream, by libcrypto (which uses the processor's instructions for it). */
#pragma once

#include "base/error.h"
#include "oci/digest.h"

struct hash {
	void *ctx; /* EVP_MD_CTX */
};

/* Before the sandbox is entered: libcrypto may load things. */
must_check int hash_init(struct hash *ret, struct error *err);
void hash_release(struct hash *hash);
void hash_add(struct hash *hash, const void *data, size_t len);
void hash_finish(struct hash *hash, char ret[DIGEST_SIZE]);
