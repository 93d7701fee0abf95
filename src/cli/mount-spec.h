/* SPDX-License-Identifier: Apache-2.0 */
/* What --mount and -v take. */
#pragma once

#include "base/error.h"
#include "wire/host-config.h"

/* "type=bind,source=/a,target=/b,readonly". A relative source ("./x") becomes absolute. */
must_check int mount_spec_parse(const char *spec, struct mount *ret, struct error *err);

/* "[source:]target[:options]". With a source *ret_bind is what HostConfig.Binds takes, owned (a
 * "./x" source made absolute); without one it is NULL: the whole spec names an anonymous volume. */
must_check int volume_spec_parse(const char *spec, char **ret_bind, struct error *err);
