/* SPDX-License-Identifier: Apache-2.0 */
/* The table of the one struct that many bodies share. */
#include "wire/shape.h"

static const struct json_field string_list_fields[] = {
	FIELD_STRV_NULL(struct string_list, items, ""),
};
const struct json_shape string_list_shape = JSON_SHAPE(struct string_list, string_list_fields, 0);
