/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Manifest lists in the making, where docker's client keeps them too: a directory for each list
 * below "manifests" of the user's configuration, a JSON file in it for each member. Either client
 * reads what the other wrote.
 *
 * The names of those directories are ambiguous ("x-y:1" and "x:y-1" have the same): ours say in
 * each file which list it belongs to, and another list in its place is refused.
 */
#pragma once

#include "cli/registry-query.h"
#include "oci/reference.h"
#include "wire/image.h"

struct manifest_member {
	char *ref; /* "localhost:5000/a/b:1" */
	struct image_descriptor descriptor;
	char *raw;	     /* the manifest's bytes, base64; NULL: not kept (older clients) */
	char *schema2, *oci; /* the manifest as JSON: one of both, by its media type         */
	char *list;	     /* of which list; NULL: docker wrote it                         */
};
WIRE_SHAPE(manifest_member)

struct manifest_members {
	struct manifest_member *items; /* in the order of their file names, as docker has them */
	size_t n;
};

void manifest_members_release(struct manifest_members *members);
/* One more, zero-filled. */
struct manifest_member *manifest_members_add(struct manifest_members *members);
/* NULL: no member of this name. */
struct manifest_member *manifest_members_find(const struct manifest_members *members,
					      const struct reference *ref);

/* With the default tag, as docker names lists and members. */
must_check int manifest_ref_parse(const char *text, struct reference *ret, struct error *err);

/* "No such manifest: X", ERR_NOT_FOUND. */
int manifest_no_such(const struct reference *ref, struct error *err);
/* What ref names at the registry. */
must_check int manifest_ask(const struct registry_talk *talk, const struct reference *ref,
			    struct registry_reply *ret, struct error *err);

/* Out of what a registry said. ERR_INVALID when it is a list itself. */
must_check int manifest_member_fill(const struct reference *ref, struct registry_reply *reply,
				    struct manifest_member *ret, struct error *err);
/* Append the bytes of the manifest; proven by the descriptor's digest. */
must_check int manifest_member_text(const struct manifest_member *member, struct strbuf *out,
				    struct error *err);

/* 1, or 0: there is none, and with want ERR_NOT_FOUND "No such manifest: X". */
must_check int manifest_list_read(const struct reference *list, bool want,
				  struct manifest_members *ret, struct error *err);
/* Write these members; others of the list stay. */
must_check int manifest_list_save(const struct reference *list,
				  const struct manifest_members *members, struct error *err);
must_check int manifest_list_remove(const struct reference *list, struct error *err);

/* Whether it can be pushed. ERR_INVALID: a member without a platform, or from another registry;
 * ERR_CONFLICT: two for one platform. */
must_check int manifest_list_check(const struct reference *list,
				   const struct manifest_members *members, struct error *err);
/* Append the list as it is pushed, the bytes that docker's client makes: an OCI index when the
 * first member is an OCI manifest. *ret_type: its media type. */
must_check int manifest_list_encode(const struct manifest_members *members, struct strbuf *out,
				    const char **ret_type, struct error *err);
/* Append a list as people see it. */
must_check int manifest_list_pretty(const char *text, size_t len, struct strbuf *out,
				    struct error *err);
