/* SPDX-License-Identifier: Apache-2.0 */
/* The default seccomp profile, resolved for one container: what engine/spec puts into
 * linux.seccomp. Pure data. */
#pragma once

#include "oci/runtime-spec.h"

/* Fill @ret (zero-filled or released; release with json_release(&oci_seccomp_shape, ret)) with the
 * default profile for this machine's architecture and for a container whose bounding set is @caps
 * ("CAP_SYS_ADMIN", NULL-terminated). Cannot fail. */
void seccomp_default(char *const *caps, struct oci_seccomp *ret);

/* The same from the text of a profile file in Docker's format (--security-opt seccomp=FILE:
 * archMap, includes, excludes) or in the runtime-spec's. */
must_check int seccomp_profile_parse(const char *text, size_t len, char *const *caps,
				     struct oci_seccomp *ret, struct error *err);
