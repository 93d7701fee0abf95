/* SPDX-License-Identifier: Apache-2.0 */
/* --device: "/dev/a[:/dev/b][:rwm]". */
#pragma once

#include "base/error.h"
#include "wire/host-config.h"

must_check int device_spec_parse(const char *spec, struct device_mapping *ret, struct error *err);
