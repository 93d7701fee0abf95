/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of a line of progress. */
#include "wire/progress.h"

static const struct json_field progress_detail_fields[] = {
	FIELD_I64_OMIT(struct progress_detail, current, "current"),
	FIELD_I64_OMIT(struct progress_detail, total, "total"),
	FIELD_BOOL_OMIT(struct progress_detail, hidecounts, "hidecounts"),
	FIELD_STR_OMIT(struct progress_detail, units, "units"),
};
const struct json_shape progress_detail_shape =
	JSON_SHAPE(struct progress_detail, progress_detail_fields, JSON_SHAPE_ANYCASE);

static const struct json_field progress_error_fields[] = {
	FIELD_I64_OMIT(struct progress_error, code, "code"),
	FIELD_STR(struct progress_error, message, "message"),
};
const struct json_shape progress_error_shape =
	JSON_SHAPE(struct progress_error, progress_error_fields, JSON_SHAPE_ANYCASE);

static const struct json_field progress_message_fields[] = {
	FIELD_STR_OMIT(struct progress_message, stream, "stream"),
	FIELD_STR_OMIT(struct progress_message, status, "status"),
	FIELD_OBJP_FLAGS(struct progress_message, progress_detail, "progressDetail",
			 &progress_detail_shape, JSON_OMIT_EMPTY),
	FIELD_STR_OMIT(struct progress_message, progress, "progress"),
	FIELD_STR_OMIT(struct progress_message, id, "id"),
	FIELD_OBJP_FLAGS(struct progress_message, error_detail, "errorDetail",
			 &progress_error_shape, JSON_OMIT_EMPTY),
	FIELD_STR_OMIT(struct progress_message, error, "error"),
	FIELD_FLAGS(struct progress_message, aux, "aux", JSON_RAW, char *, JSON_OMIT_EMPTY),
};
const struct json_shape progress_message_shape =
	JSON_SHAPE(struct progress_message, progress_message_fields, JSON_SHAPE_ANYCASE);
