/* SPDX-License-Identifier: Apache-2.0 */
/* process.capabilities as masks. */
#pragma once

#include "oci/runtime-spec.h"
#include "sys/caps.h"

/* Capabilities that we do not have ourselves cannot be given: they are left out, as are unknown
 * names (a newer engine may know more). Inheritable is empty unless ambient needs it
 * (CVE-2022-29162). */
must_check int capability_sets(const struct oci_process *process, struct caps *ret,
			       struct error *err);
