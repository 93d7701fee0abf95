/* SPDX-License-Identifier: Apache-2.0 */
/* The AppArmor profile of a container's processes. */
#pragma once

#include <stdbool.h>

#include "base/error.h"

#define APPARMOR_DEFAULT "hoy-default"

/* The profile to run under: @asked (--security-opt apparmor=), else "unconfined" for a privileged
 * process, else ours. *ret: static or @asked itself; NULL where the kernel has no AppArmor.
 * ERR_INVALID: a profile of the user's own was asked for there, which nothing would enforce. */
must_check int apparmor_choose(const char *asked, bool privileged, const char **ret,
			       struct error *err);

/* What apparmor_choose would give, for inspect: never fails, "" for none. Static or @asked. */
const char *apparmor_name(const char *asked, bool privileged);

/* See to it that @profile is in the kernel when it is ours: once per boot, by
 * apparmor_parser(8). */
must_check int apparmor_load(const char *profile, struct error *err);
