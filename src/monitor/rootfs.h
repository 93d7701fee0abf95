/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The container's root, mounted where only this monitor and its children see it: in a mount
 * namespace of the monitor's own, at <dir>/rootfs. It goes with the namespace, whatever kills us.
 */
#pragma once

#include "base/error.h"
#include "wire/monitor.h"

/* Enter a mount namespace of our own and mount what args ask for (overlay, bind, or nothing: the
 * bundle's root is used as it is). *ret_host_ns: the namespace we came from, for rootfs_leave. */
must_check int rootfs_enter(const struct monitor_args *args, int *ret_host_ns, struct error *err);
/* Back into the host's mount namespace: the exit command sees what everyone sees. */
must_check int rootfs_leave(int host_ns);
