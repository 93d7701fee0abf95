/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a registry's directory has: /etc/hoy/certs.d/HOST, else /etc/docker/certs.d/HOST, as docker
 * reads it. *.crt are CAs that are trusted beside the machine's; X.cert and X.key are shown to a
 * registry that asks who we are. Keys are root's alone to read: hoy-fetch reads them before it
 * gives its rights up.
 */
#pragma once

#include "base/error.h"
#include "base/strbuf.h"

struct registry_certificates {
	struct strbuf ca;	 /* PEM, one behind the other; empty: none */
	struct strbuf cert, key; /* PEM; both or none                      */
};

#define REGISTRY_CERTIFICATES_INIT                                                                 \
	{                                                                                          \
		STRBUF_INIT, STRBUF_INIT, STRBUF_INIT                                              \
	}

void registry_certificates_release(struct registry_certificates *certificates);
/* host: as in a reference, "localhost:5000". A directory that is not there has nothing.
 * ERR_INVALID: a certificate without its key or the other way round, or more than one pair. */
must_check int registry_certificates_read(const char *host, struct registry_certificates *ret,
					  struct error *err);
