/* SPDX-License-Identifier: Apache-2.0 */
/* Running without the host's root: what tells it, what is different. */
#pragma once

#include "base/error.h"
#include "oci/runtime-spec.h"

/* --rootless. Auto: when we are not root, or root of a user namespace only. */
enum rootless_mode { ROOTLESS_AUTO, ROOTLESS_YES, ROOTLESS_NO };

must_check int rootless_parse(const char *text, enum rootless_mode *ret, struct error *err);
bool rootless_is(enum rootless_mode mode);
/* What an ordinary user cannot have: no user namespace. */
must_check int rootless_check(const struct oci_spec *spec, struct error *err);

/* /proc/PID of a process that is not dumpable belongs to root, and a user could not write the maps
 * of his own child: until they are written (stage_user_namespace ends it) the child is dumpable.
 * Nothing for root. */
must_check int rootless_expose(bool on);
/* Write the id maps of the child @pid, whose /proc/PID is @proc: ourselves where the kernel lets us
 * (root, or the one id that is our own), else by newuidmap(1) and newgidmap(1). */
must_check int rootless_write_maps(pid_t pid, int proc, const struct oci_linux *lx,
				   struct error *err);
