/* SPDX-License-Identifier: Apache-2.0 */
/* Names of images as the engine means them: one without a registry is of its default registry. */
#pragma once

#include "cli/command.h"
#include "oci/reference.h"

/* reference_parse. The engine is asked what its default is by the first name that needs it. */
must_check int image_name_read(struct cli *cli, const char *text, struct reference *ret,
			       struct error *err);
