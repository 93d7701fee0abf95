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
/* -EINVAL: no architecture that this library knows. */
must_check int filter_arch(const char *name, uint32_t *ret);
/* Whether any rule has SCMP_ACT_NOTIFY. */
bool filter_notifies(const struct oci_seccomp *seccomp);
/* filter-enosys.c: put in front of the program */
void filter_add_enosys(const struct oci_seccomp *seccomp, struct filter *filter);
/* linux.seccomp.listenerPath, when it is used; *ret_fd stays as it is otherwise. */
must_check int filter_connect_listener(const struct oci_seccomp *seccomp, int *ret_fd,
				       struct error *err);
must_check int filter_flags(const struct oci_seccomp *seccomp, unsigned int *ret,
			    struct error *err);
extern const char *const filter_actions[],
	*const filter_operators[], *const filter_archs[], *const filter_flag_names[];
void filter_library_version(char *buf, size_t len);
