/* SPDX-License-Identifier: Apache-2.0 */
/* A name that an image is to get. */
#pragma once

#include "base/strbuf.h"
#include "oci/reference.h"

/* As repo and tag of a request; a digest is refused, the default tag taken where there is none. */
must_check int tag_add(struct strbuf *target, struct reference *ref, struct error *err);
