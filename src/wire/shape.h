/* SPDX-License-Identifier: Apache-2.0 */
/* What each Engine API body has: a struct, its JSON table, and a release. Members are named
 * after the API's, in its order; text is char * (NULL is ""), lists are char **, times are
 * int64_t nanoseconds since 1970. Every struct is valid when filled with zeros, and owns all
 * that it points to. */
#pragma once

#include "base/json.h"

#define WIRE_SHAPE(name)                                                                           \
	extern const struct json_shape name##_shape;                                               \
	static inline void name##_release(struct name *p)                                          \
	{                                                                                          \
		json_release(&name##_shape, p);                                                    \
	}

/* A member of the API's [][]string. */
struct string_list {
	char **items;
};
WIRE_SHAPE(string_list)
