/* SPDX-License-Identifier: Apache-2.0 */
/* AppArmor profiles and SELinux labels of the next execve, written through a private procfs
 * (mount_private_proc): a container cannot shadow it. -errno idiom; -EOPNOTSUPP when this kernel
 * does not have the module. */
#pragma once

#include "base/macros.h"

bool lsm_has_apparmor(void);
/* Its profiles can be listed and loaded: an engine may hide that from its runtime (Podman does). */
bool lsm_shows_apparmor(void);
bool lsm_has_selinux(void);
/* @proc_fd: root of a private procfs. */
must_check int lsm_set_apparmor(int proc_fd, const char *profile);
must_check int lsm_set_selinux(int proc_fd, const char *label);
