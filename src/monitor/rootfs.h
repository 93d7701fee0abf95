/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The container's root, mounted where only this monitor and its children see it: in a mount
 * namespace of the monitor's own, at <dir>/rootfs. It goes with the namespace, whatever kills us.
 */
#pragma once

#include "base/error.h"
#include "monitor/layer-mounts.h"
#include "wire/monitor.h"

/* Where we came from: the mount namespace, and our root in it, which a chroot may have moved. */
struct mount_home {
	int ns, root; /* -1: none */
};

#define MOUNT_HOME_INIT                                                                            \
	{                                                                                          \
		-1, -1                                                                             \
	}

void mount_home_release(struct mount_home *home);

/* Enter a mount namespace of our own and mount what args ask for (overlay, bind, or nothing: the
 * bundle's root is used as it is). *ret_layers: what others may be given (none: empty). */
must_check int rootfs_enter(const struct monitor_args *args, struct mount_home *ret_home,
			    struct layer_mounts *ret_layers, struct error *err);
/* Back home: the exit command sees what everyone sees. */
must_check int rootfs_leave(const struct mount_home *home);
