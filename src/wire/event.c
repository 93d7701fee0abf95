/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of an event. */
#include "wire/event.h"

static const struct json_field event_actor_fields[] = {
	FIELD_STR(struct event_actor, id, "ID"),
	FIELD_MAP(struct event_actor, attributes, "Attributes"),
};
const struct json_shape event_actor_shape =
	JSON_SHAPE(struct event_actor, event_actor_fields, JSON_SHAPE_ANYCASE);

static const struct json_field event_message_fields[] = {
	FIELD_STR_OMIT(struct event_message, status, "status"),
	FIELD_STR_OMIT(struct event_message, id, "id"),
	FIELD_STR_OMIT(struct event_message, from, "from"),
	FIELD_STR(struct event_message, type, "Type"),
	FIELD_STR(struct event_message, action, "Action"),
	FIELD_OBJ(struct event_message, actor, "Actor", &event_actor_shape),
	FIELD_STR_OMIT(struct event_message, scope, "scope"),
	FIELD_I64_OMIT(struct event_message, time, "time"),
	FIELD_I64_OMIT(struct event_message, time_nano, "timeNano"),
};
const struct json_shape event_message_shape =
	JSON_SHAPE(struct event_message, event_message_fields, JSON_SHAPE_ANYCASE);
