/* SPDX-License-Identifier: Apache-2.0 */
/* The eight namespaces: their names in the runtime-spec, clone flags and files in /proc/PID/ns.
 * -errno idiom. */
#pragma once

#include <sys/types.h>

#include "base/macros.h"

enum namespace_type {
	NS_USER,
	NS_PID,
	NS_MOUNT,
	NS_NETWORK,
	NS_IPC,
	NS_UTS,
	NS_CGROUP,
	NS_TIME,
	NS_COUNT
};

struct namespace_info {
	const char *name; /* "network" */
	const char *file; /* "net"     */
	int flag;	  /* CLONE_NEWNET */
};

extern const struct namespace_info namespace_table[NS_COUNT];

/* -EINVAL when there is no such type. */
must_check int namespace_by_name(const char *name, enum namespace_type *ret);
/* Open a namespace's file and make sure that it is one of @type (-EINVAL otherwise). Fd, owned. */
must_check int namespace_open(const char *path, enum namespace_type type);
must_check int namespace_enter(int fd, enum namespace_type type);
/* Do both name one namespace? */
must_check int namespace_is_same(int a, int b, bool *ret);
/* Does @fd name the namespace that the caller is in? */
must_check int namespace_is_own(int fd, enum namespace_type type, bool *ret);
