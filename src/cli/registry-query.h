/* SPDX-License-Identifier: Apache-2.0 */
/* A question to a registry without an engine: the client starts hoy-fetch itself (wire/transfer.h).
 * Credentials are those of hoy login. */
#pragma once

#include "oci/reference.h"
#include "wire/transfer.h"

struct registry_text {
	struct strbuf index, manifest; /* one of both has something */
};

#define REGISTRY_TEXT_INIT                                                                         \
	{                                                                                          \
		STRBUF_INIT, STRBUF_INIT                                                           \
	}

void registry_text_release(struct registry_text *text);

/* action: "describe" or "referrers". reference: tag or digest. insecure: plain HTTP and unverified
 * TLS are allowed; on loopback they are anyway. */
must_check int registry_query(const char *action, const struct reference *ref,
			      const char *reference, bool insecure, struct registry_text *ret,
			      struct error *err);
