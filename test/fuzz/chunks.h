/* SPDX-License-Identifier: Apache-2.0 */
/* A tar_source over the fuzzer's input, in chunks of a size that the input chose. */
#pragma once

#include "base/error.h"

struct chunks {
	const uint8_t *data;
	size_t len, chunk;
};

static inline int chunks_next(void *arg, const uint8_t **ret_data, size_t *ret_len,
			      struct error *err)
{
	struct chunks *in = arg;
	size_t n = in->len < in->chunk ? in->len : in->chunk;

	*ret_data = in->data;
	*ret_len = n;
	in->data += n;
	in->len -= n;
	return 0;
}
