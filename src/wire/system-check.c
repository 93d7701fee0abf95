/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of system check. */
#include "wire/system-check.h"

static const struct json_field system_problem_fields[] = {
	FIELD_STR(struct system_problem, kind, "Kind"),
	FIELD_STR(struct system_problem, name, "Name"),
	FIELD_STR(struct system_problem, text, "Text"),
	FIELD_BOOL(struct system_problem, repaired, "Repaired"),
};
static const struct json_shape system_problem_shape =
	JSON_SHAPE(struct system_problem, system_problem_fields, 0);

static const struct json_field system_check_fields[] = {
	FIELD_I64(struct system_check, images, "Images"),
	FIELD_I64(struct system_check, layers, "Layers"),
	FIELD_I64(struct system_check, bytes, "Bytes"),
	FIELD_ARRAY(struct system_check, problems, n_problems, "Problems", &system_problem_shape),
};
const struct json_shape system_check_shape =
	JSON_SHAPE(struct system_check, system_check_fields, 0);
