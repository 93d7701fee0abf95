/* SPDX-License-Identifier: Apache-2.0 */
/* Questions to a registry without an engine: the client starts a hoy-fetch for each
 * (wire/transfer.h). Credentials are those of hoy login. */
#pragma once

#include "oci/reference.h"
#include "wire/transfer.h"

/* What all questions about one repository share. Zero-filled is empty. */
struct registry_talk {
	struct fetch_request request; /* owned by json_release */
};

void registry_talk_release(struct registry_talk *talk);
/* insecure: plain HTTP and unverified TLS are allowed; on loopback they are anyway. */
must_check int registry_talk_open(const struct reference *ref, bool insecure,
				  struct registry_talk *ret, struct error *err);

struct registry_reply {
	struct fetch_resolved resolved;
	struct strbuf index, manifest, config; /* describe: an index, or a manifest and a config */
	char *digest;			       /* find: what is there now; NULL nothing */
};

#define REGISTRY_REPLY_INIT                                                                        \
	{                                                                                          \
		.index = STRBUF_INIT                                                               \
	}

void registry_reply_release(struct registry_reply *reply);

/* One question (struct fetch_request has the actions). question: talk->request with what is
 * special about it; borrowed. source_fd: what is sent, -1 nothing. */
must_check int registry_query(const struct fetch_request *question, int source_fd,
			      struct registry_reply *ret, struct error *err);
/* The same for an action that takes a tag or a digest, or nothing (NULL). */
must_check int registry_talk_ask(const struct registry_talk *talk, const char *action,
				 const char *reference, struct registry_reply *ret,
				 struct error *err);
/* From here on it is about writing: log in for that, and for reading the repositories from. */
must_check int registry_talk_push(struct registry_talk *talk, char *const *from, struct error *err);
