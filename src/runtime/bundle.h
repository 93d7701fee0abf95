/* SPDX-License-Identifier: Apache-2.0 */
/* A bundle: a directory with config.json, read and checked before anything is made. */
#pragma once

#include "oci/runtime-spec.h"

struct bundle {
	char *path;   /* absolute */
	char *rootfs; /* absolute; in the mount namespace that is joined, else without links */
	char *text;   /* config.json as it is */
	size_t text_len;
	struct oci_spec spec;
};

/* @path NULL: the working directory. */
must_check int bundle_load(const char *path, struct bundle *ret, struct error *err);
void bundle_release(struct bundle *bundle);
/* What a process must have, for create and for exec. */
must_check int bundle_check_process(const struct oci_process *process, struct error *err);
/* The namespace of @type: NULL when the config does not name it. */
const struct oci_namespace *spec_namespace(const struct oci_spec *spec, const char *type);
