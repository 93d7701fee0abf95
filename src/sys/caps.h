/* SPDX-License-Identifier: Apache-2.0 */
/* Capability sets as 64-bit masks (bit n is capability n). -errno idiom. */
#pragma once

#include "base/macros.h"

struct caps {
	uint64_t bounding, effective, permitted, inheritable, ambient;
};

/* "CAP_CHOWN" in any case -> 1ULL << 0. -EINVAL when no capability has that name. */
must_check int caps_bit(const char *name, uint64_t *ret);
/* "CAP_CHOWN"; NULL beyond those that have a name. */
const char *caps_name(unsigned int cap);
/* All that this kernel knows. */
uint64_t caps_known(void);
/* A vector of names; unknown names and those that the kernel lacks are left out and counted in
 * *ret_unknown. */
uint64_t caps_from_names(char *const *names, unsigned int *ret_unknown);

/* Drop from the bounding set all but @keep. */
must_check int caps_limit_bounding(uint64_t keep);
/* Set effective, permitted and inheritable, then ambient (bounding is left alone). */
must_check int caps_apply(const struct caps *caps);
/* What we have now: permitted. */
must_check int caps_permitted(uint64_t *ret);
