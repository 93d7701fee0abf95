/* SPDX-License-Identifier: Apache-2.0 */
/* linux.netDevices: links of the host for the container's network namespace. */
#pragma once

#include "runtime/launch.h"

/* After the clone, by the parent. */
must_check int net_devices_move(struct launch *launch, struct error *err);
/* After a failure, as far as it can be: back with their names and addresses. The container's
 * process may be gone, its network namespace is held until launch_release. */
void net_devices_return(struct launch *launch);
