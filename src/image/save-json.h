/* SPDX-License-Identifier: Apache-2.0 */
/* Inside image/: the documents of an archive of images. */
#pragma once

#include "image/image.h"
#include "oci/digest.h"
#include "oci/manifest.h"
#include "oci/platform.h"
#include "store/images.h"

struct save_image {
	struct image_record rec;
	struct image_config config;
	char **tags;	    /* normal forms, in the order asked for; NULL none */
	uint64_t *sizes;    /* of the layers' blobs, bottom first              */
	const char **blobs; /* their digests: diff-ids, or those of came; borrowed */
	size_t n_layers;
	struct manifest
		came; /* that it came with, when all of its blobs are here; else no config */
	struct strbuf manifest;
	const char *manifest_type;
	char manifest_digest[DIGEST_SIZE];
};

void save_image_release(struct save_image *image);
/* ERR_NOT_FOUND: the image is for another one. os NULL: any. */
must_check int save_check_platform(const struct save_image *image, const struct platform *want,
				   struct error *err);

/* The manifest that it came with, or an OCI one of uncompressed layers. */
void save_manifest(struct save_image *image);
void save_index_json(const struct save_image *images, size_t n, struct strbuf *out);
void save_manifest_json(const struct save_image *images, size_t n, struct strbuf *out);
