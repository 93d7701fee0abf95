/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors and media types. */
#include "oci/descriptor.h"

#include <errno.h>
#include <string.h>

#include "oci/digest.h"

static const struct json_field descriptor_platform_fields[] = {
	FIELD_STR(struct descriptor_platform, architecture, "architecture"),
	FIELD_STR(struct descriptor_platform, os, "os"),
	FIELD_STR_OMIT(struct descriptor_platform, os_version, "os.version"),
	FIELD_STR_OMIT(struct descriptor_platform, variant, "variant"),
};
static const struct json_shape descriptor_platform_shape =
	JSON_SHAPE(struct descriptor_platform, descriptor_platform_fields, 0);

static const struct json_field descriptor_fields[] = {
	FIELD_STR(struct descriptor, media_type, "mediaType"),
	FIELD_STR(struct descriptor, digest, "digest"),
	FIELD_I64(struct descriptor, size, "size"),
	FIELD_OBJP_FLAGS(struct descriptor, platform, "platform", &descriptor_platform_shape,
			 JSON_OMIT_EMPTY),
	FIELD_FLAGS(struct descriptor, annotations, "annotations", JSON_MAP, struct strmap,
		    JSON_OMIT_EMPTY),
};
const struct json_shape descriptor_shape = JSON_SHAPE(struct descriptor, descriptor_fields, 0);

int descriptor_check(const struct descriptor *desc, int64_t max, const char *what,
		     struct error *err)
{
	if (!digest_is_valid(desc->digest))
		return error_set(err, ERR_INVALID, EINVAL,
				 "%s has an invalid or unsupported digest", what);
	if (desc->size < 0 || desc->size > max)
		return error_set(err, ERR_INVALID, EINVAL,
				 "%s %s has an impossible size: %lld bytes", what, desc->digest,
				 (long long)desc->size);
	return 0;
}

bool media_is_index(const char *media_type)
{
	return media_type && (strcmp(media_type, MEDIA_OCI_INDEX) == 0 ||
			      strcmp(media_type, MEDIA_DOCKER_LIST) == 0);
}

bool media_is_manifest(const char *media_type)
{
	return media_type && (strcmp(media_type, MEDIA_OCI_MANIFEST) == 0 ||
			      strcmp(media_type, MEDIA_DOCKER_MANIFEST) == 0);
}

bool media_is_layer(const char *media_type)
{
	static const char *const types[] = {
		MEDIA_OCI_LAYER,
		MEDIA_OCI_LAYER "+gzip",
		MEDIA_OCI_LAYER "+zstd",
		"application/vnd.oci.image.layer.nondistributable.v1.tar",
		"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
		"application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
		MEDIA_DOCKER_LAYER,
		MEDIA_DOCKER_LAYER ".gzip",
		MEDIA_DOCKER_LAYER ".zstd",
		MEDIA_DOCKER_LAYER ".tar.gzip",
		"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
	};

	for (size_t i = 0; media_type && i < ARRAY_SIZE(types); i++) {
		if (strcmp(types[i], media_type) == 0)
			return true;
	}
	return false;
}
