/* SPDX-License-Identifier: Apache-2.0 */
/* Inside monitor/: a root that has layers of the driver erofs. */
#pragma once

#include "base/error.h"
#include "monitor/layer-mounts.h"
#include "wire/monitor.h"

bool lower_has_index(char *const *lower);
/* Mount the overlay at <dirfd>/rootfs, in a mount namespace of our own. *ret: the layers in it. */
must_check int rootfs_mount_indexed(const struct monitor_args *args, int dirfd,
				    struct layer_mounts *ret, struct error *err);
