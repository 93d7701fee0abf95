/* SPDX-License-Identifier: Apache-2.0 */
/* JSON being decoded: what json-decode.c (objects, arrays) and json-decode-scalar.c share. */
#pragma once

#include "base/json-scan.h"
#include "base/json.h"

/* Where we are, for messages: a list on the stack from the member up to the root. */
struct json_path {
	const struct json_path *up;
	const char *name; /* NULL: an array's element */
	size_t index;
};

enum { DECODER_BUDGET = 1 << 20 }; /* of a decoder at its start */

struct json_decoder {
	struct json_scan scan;
	struct error *err;
	struct strbuf key; /* name of the member at hand, until its field is found */
	size_t budget; /* bytes that arrays may still take: a short text must not fill the memory */
	size_t before; /* bytes of the text that came before those of scan */
};

/* Arrays may take more the longer the text is. */
void decoder_allow(struct json_decoder *d, size_t len);

/* Room for one more element behind n, zero-filled; NULL when the budget is spent. */
void *decoder_grow(struct json_decoder *d, void **items, size_t n, size_t size);

/* An object, or null, which leaves item as it is. */
int decoder_element(struct json_decoder *d, const struct json_shape *shape, void *item,
		    const struct json_path *path);

/* One sentence about the member at path; about text that is no JSON. Both return -EINVAL. */
int decoder_fail(struct json_decoder *d, const struct json_path *path, const char *what);
int decoder_fail_syntax(struct json_decoder *d);

/* A value of another kind than the member wants: broken text is told as such, else the kind. */
int decoder_fail_kind(struct json_decoder *d, const struct json_path *path, const char *what);

/* A result of json_scan_*: a failure becomes the error. */
int decoder_check(struct json_decoder *d, int r);

/* null is what an absent member is: 1 when it stood here. */
int decoder_null(struct json_decoder *d);

int decoder_text(struct json_decoder *d, char **ret, const struct json_path *path);
int decoder_i64(struct json_decoder *d, int64_t *ret, const struct json_path *path);

/* Every type of field that is neither vector, map, object nor raw. */
int decoder_scalar(struct json_decoder *d, const struct json_field *field, void *member,
		   const struct json_path *path);
