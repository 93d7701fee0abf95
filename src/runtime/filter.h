/* SPDX-License-Identifier: Apache-2.0 */
/* linux.seccomp as a program: compiled by libseccomp once, then taken from <root>/.seccomp. */
#pragma once

#include "runtime/launch.h"

/* *ret is zero-filled when the config has no seccomp. */
must_check int filter_prepare(const char *root, const struct oci_seccomp *seccomp,
			      struct filter *ret, struct error *err);
void filter_release(struct filter *filter);
/* filter-compile.c */
must_check int filter_compile(const struct oci_seccomp *seccomp, struct filter *ret,
			      struct error *err);
must_check int filter_flags(const struct oci_seccomp *seccomp, unsigned int *ret,
			    struct error *err);
extern const char *const filter_actions[],
	*const filter_operators[], *const filter_archs[], *const filter_flag_names[];
void filter_library_version(char *buf, size_t len);
