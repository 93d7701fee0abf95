/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_decode_array for text that comes in pieces, cut anywhere: an element is decoded as soon as
 * it is whole, so that reading goes on beside writing and nothing keeps all of a long text. Errors
 * are those of base/json.h, bytes counted over all pieces; behind one there is only release.
 */
#pragma once

#include "base/json.h"

struct json_array_reader {
	const struct json_shape *shape;
	void *items;
	size_t n;
	struct strbuf partial; /* the element at hand, of earlier pieces */
	size_t taken;	       /* bytes before it                        */
	size_t budget;	       /* bytes that arrays may still take       */
	unsigned int depth;    /* brackets that are open within it       */
	bool quoted, escaped, begun, ended;
};

#define JSON_ARRAY_READER_INIT(sh)                                                                 \
	{                                                                                          \
		.shape = (sh)                                                                      \
	}

must_check int json_array_add(struct json_array_reader *a, const char *text, size_t len,
			      struct error *err);
/* All pieces were added: what json_decode_array gives, owned. */
must_check int json_array_end(struct json_array_reader *a, void *ret_items, size_t *ret_n,
			      struct error *err);
void json_array_release(struct json_array_reader *a);
