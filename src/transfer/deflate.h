/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gzip, the same bytes for the same input: the input is cut into pieces of one size, for igzip's
 * output depends on them, and the header has neither time nor name. Level 2 of igzip 2.30 gives the
 * same on every x86 processor with SSE 4.2 (older ones take another path through it): it was chosen
 * over zlib because it is ten times as fast.
 */
#pragma once

#include "base/error.h"

/* Takes a piece of the output; < 0 ends the work, with err set. */
typedef int (*deflate_sink)(void *arg, const void *data, size_t len, struct error *err);

struct deflater; /* owns its buffers */

struct deflater *deflater_new(deflate_sink sink, void *arg);
void deflater_free(struct deflater *deflater);
void deflater_release(struct deflater **deflater); /* for cleanup() */
must_check int deflater_add(struct deflater *deflater, const void *data, size_t len,
			    struct error *err);
/* What is left, and the trailer. Once. */
must_check int deflater_finish(struct deflater *deflater, struct error *err);
