/* SPDX-License-Identifier: Apache-2.0 */
/* One mount of the config as a detached mount. */
#pragma once

#include "runtime/launch.h"
#include "runtime/mount-options.h"

/* Before the clone, with the host's rights: the user namespaces of idmapped mounts, and in a user
 * namespace the sources of binds. */
must_check int mounts_prepare(struct launch *l, struct error *err);
/* *ret_is_dir: what its target has to be. */
must_check int mounts_make(struct launch *l, const struct oci_mount *m,
			   const struct mount_options *options, int *ret_fd, bool *ret_is_dir,
			   struct error *err);
/* "remount": change what is already mounted on the target. */
must_check int mounts_remount(struct launch *l, const struct oci_mount *m,
			      const struct mount_options *options, struct error *err);
/* Of type "cgroup" where the controllers are those of v1: a tmpfs with a directory for each. */
bool mounts_is_cgroup_v1(const struct launch *l, const struct oci_mount *m);
/* The tmpfs @mount_fd is in place: give it a directory for each hierarchy, showing our own cgroup
 * as its root. */
must_check int mounts_fill_cgroup_v1(struct launch *l, const struct mount_options *options,
				     int mount_fd, struct error *err);
/* copy-up.c: the content of the directory @from into @to, with owners and modes. */
must_check int copy_tree(int from, int to, unsigned int depth);
