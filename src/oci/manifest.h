/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Manifests and indexes, OCI 1.1 and Docker schema 2. A document that could be read as both
 * (layers and manifests), or whose mediaType contradicts the Content-Type that it came with, is
 * refused.
 */
#pragma once

#include "oci/descriptor.h"

enum {
	MANIFEST_MAX = 4 * 1024 * 1024, /* bytes of a manifest or index */
	MANIFEST_LAYERS_MAX = 512,
	IMAGE_CONFIG_MAX = 8 * 1024 * 1024, /* bytes of an image config     */
};

struct manifest {
	int64_t schema_version;
	char *media_type; /* "" when the document has none */
	struct descriptor config;
	struct descriptor *layers; /* bottom first */
	size_t n_layers;
};

struct manifest_index {
	int64_t schema_version;
	char *media_type;
	struct descriptor *manifests;
	size_t n_manifests;
};

enum manifest_kind { MANIFEST_IMAGE, MANIFEST_INDEX };

/* Which of both it is, by content and content_type (NULL: unknown). ERR_INVALID; schema 1 is
 * refused by name. */
must_check int manifest_classify(const char *text, size_t len, const char *content_type,
				 enum manifest_kind *ret, struct error *err);
/* Decoded and checked: every descriptor valid, layers of known types, within the limits above. */
must_check int manifest_decode(const char *text, size_t len, struct manifest *ret,
			       struct error *err);
must_check int manifest_index_decode(const char *text, size_t len, struct manifest_index *ret,
				     struct error *err);
void manifest_release(struct manifest *manifest);
void manifest_index_release(struct manifest_index *index);

/* The best entry for the platform; ERR_NOT_FOUND "no matching manifest for linux/arm64 in the
 * manifest list entries". */
must_check int manifest_index_select(const struct manifest_index *index,
				     const struct platform *want, const struct descriptor **ret,
				     struct error *err);
