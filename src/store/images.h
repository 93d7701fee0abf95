/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Image records: the exact bytes of config and manifest, the names (tags) and repo digests that
 * point at them, and which layers they stand on. Names are in normal form
 * ("docker.io/library/nginx:latest", "docker.io/library/nginx@sha256:…").
 *
 * (1) an image's layers have rows in `layers`; (2) a row in `layers` has its directory in place
 * (see layer/layer.h); (3) a tag points at one image, an image may have any number of tags, none
 * included.
 */
#pragma once

#include "base/strbuf.h"
#include "store/db.h"

struct image_record {
	char *id;     /* "sha256:…", digest of config                 */
	char *config; /* exact bytes, NUL-terminated behind them      */
	size_t config_len;
	char *manifest; /* exact bytes; NULL: made here (import)        */
	size_t manifest_len;
	char *manifest_type; /* media type of it                             */
	int64_t size;	     /* bytes of all layers, unpacked                */
	int64_t created;     /* ns, as the config says                       */
	int64_t tagged;	     /* ns, last time a name was set on it           */
};

#define IMAGE_RECORD_INIT                                                                          \
	{                                                                                          \
		0                                                                                  \
	}

void image_record_release(struct image_record *rec);
void image_record_list_free(struct image_record *recs, size_t n);

/* 1 found, 0 not found. */
must_check int image_record_get(struct store *store, const char *id, struct image_record *ret,
				struct error *err);
must_check int image_record_by_tag(struct store *store, const char *name, struct image_record *ret,
				   struct error *err);
must_check int image_record_by_repo_digest(struct store *store, const char *name,
					   struct image_record *ret, struct error *err);
/* hex: a prefix of the id behind "sha256:". ERR_INVALID when it fits several. */
must_check int image_record_by_prefix(struct store *store, const char *hex,
				      struct image_record *ret, struct error *err);
/* Newest first. */
must_check int image_record_list(struct store *store, struct image_record **ret, size_t *ret_n,
				 struct error *err);

/* Inserts; an image that is there already keeps its row (manifest is filled in when it had none,
 * config, which has the digest id, is put right when it was damaged).
 * diff_ids: bottom first, all in `layers`. Within the caller's transaction. */
must_check int image_record_put(struct store *store, const struct image_record *rec,
				char *const *diff_ids, struct error *err);
must_check int image_record_delete(struct store *store, const char *id, struct error *err);

/* Diff-ids of an image's layers, bottom first; owned, NULL none. */
must_check int image_layers(struct store *store, const char *id, char ***ret, struct error *err);

/* Names. tags and repo digests of one image, sorted; owned. */
must_check int image_tags(struct store *store, const char *id, char ***ret, struct error *err);
must_check int image_repo_digests(struct store *store, const char *id, char ***ret,
				  struct error *err);
/* The tags of a repository ("docker.io/library/nginx"), sorted; owned, NULL none. */
must_check int image_tags_of_repository(struct store *store, const char *repository, char ***ret,
					struct error *err);
/* Points the name at the image, wherever it pointed before (*ret_old: the id, owned, NULL when
 * none). */
must_check int image_tag_set(struct store *store, const char *name, const char *id, char **ret_old,
			     struct error *err);
/* Remember now (ns) as the time of the image's last naming. */
must_check int image_tag_touch(struct store *store, const char *id, int64_t now, struct error *err);
must_check int image_tag_delete(struct store *store, const char *name, struct error *err);
must_check int image_repo_digest_set(struct store *store, const char *name, const char *id,
				     struct error *err);
must_check int image_repo_digest_delete(struct store *store, const char *name, const char *id,
					struct error *err);
