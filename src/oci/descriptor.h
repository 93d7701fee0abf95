/* SPDX-License-Identifier: Apache-2.0 */
/* image-spec 1.1 "descriptor": points at a blob by digest and size. And the media types that hoy
 * knows. */
#pragma once

#include "base/json.h"
#include "oci/platform.h"

#define MEDIA_OCI_INDEX "application/vnd.oci.image.index.v1+json"
#define MEDIA_OCI_MANIFEST "application/vnd.oci.image.manifest.v1+json"
#define MEDIA_OCI_CONFIG "application/vnd.oci.image.config.v1+json"
#define MEDIA_OCI_LAYER "application/vnd.oci.image.layer.v1.tar"
#define MEDIA_DOCKER_LIST "application/vnd.docker.distribution.manifest.list.v2+json"
#define MEDIA_DOCKER_MANIFEST "application/vnd.docker.distribution.manifest.v2+json"
#define MEDIA_DOCKER_CONFIG "application/vnd.docker.container.image.v1+json"
#define MEDIA_DOCKER_LAYER "application/vnd.docker.image.rootfs.diff.tar"

struct descriptor_platform {
	char *architecture, *os, *os_version, *variant;
};

struct descriptor {
	char *media_type, *digest;
	int64_t size;
	struct descriptor_platform *platform; /* NULL none */
	struct strmap annotations;
};

extern const struct json_shape descriptor_shape;

/* Digest well formed, size within 0 … max. ERR_INVALID names what. */
must_check int descriptor_check(const struct descriptor *desc, int64_t max, const char *what,
				struct error *err);
bool media_is_index(const char *media_type);
bool media_is_manifest(const char *media_type);
/* A layer that can be unpacked: tar, tar+gzip, tar+zstd of either family (the stream's magic
 * tells which). */
bool media_is_layer(const char *media_type);
