/* SPDX-License-Identifier: Apache-2.0 */
/* Values of templates as their tables know them: what JSON left out because it is empty is put
 * back, for look-ups alone. */
#include <string.h>

#include "base/template-value.h"

static struct value zero_value(const struct json_field *field)
{
	struct value v = { .kind = VALUE_NIL, .was_null = true };

	switch (field->type) {
	case JSON_STR:
	case JSON_TIME:
		return (struct value){ .kind = VALUE_STR, .str = "" };
	case JSON_BOOL:
		return (struct value){ .kind = VALUE_BOOL };
	case JSON_I64:
	case JSON_U64:
	case JSON_U32:
	case JSON_F64:
		return (struct value){ .kind = VALUE_INT };
	case JSON_STRV:
	case JSON_STR_OR_STRV:
	case JSON_ARRAY:
	case JSON_ARRAY_I64:
		v.kind = VALUE_LIST;
		return v;
	case JSON_SET:
	case JSON_MAP:
	case JSON_OBJMAP:
		v.kind = VALUE_MAP;
		return v;
	default:
		return v;
	}
}

static struct value list_with_shape(struct arena *arena, const struct json_shape *shape,
				    const struct value *list)
{
	struct value v = *list, *items;

	if (list->kind != VALUE_LIST)
		return v;
	v.items = items = arena_alloc(arena, list->len * sizeof(*items));
	for (size_t i = 0; i < list->len; i++)
		items[i] = value_with_shape(arena, shape, &list->items[i]);
	return v;
}

static struct value map_with_shape(struct arena *arena, const struct json_shape *shape,
				   const struct value *map)
{
	struct value_member *members;
	struct value v = *map;

	if (map->kind != VALUE_MAP)
		return v;
	v.members = members = arena_alloc(arena, map->len * sizeof(*members));
	for (size_t i = 0; i < map->len; i++) {
		members[i].key = map->members[i].key;
		members[i].value = value_with_shape(arena, shape, &map->members[i].value);
	}
	return v;
}

static struct value member_with_shape(struct arena *arena, const struct json_field *field,
				      const struct value *value)
{
	if (value->kind == VALUE_NIL)
		return zero_value(field);
	switch (field->type) {
	case JSON_OBJ:
	case JSON_OBJP:
		return value_with_shape(arena, field->shape, value);
	case JSON_ARRAY:
		return list_with_shape(arena, field->shape, value);
	case JSON_OBJMAP:
		return map_with_shape(arena, field->shape, value);
	default:
		return *value;
	}
}

static bool shape_has(const struct json_shape *shape, const char *key)
{
	for (size_t i = 0; i < shape->n_fields; i++)
		if (strcmp(shape->fields[i].name, key) == 0)
			return true;
	return false;
}

/* Of an object: the members of the shape in its order, then those that it does not know. */
static struct value struct_with_shape(struct arena *arena, const struct json_shape *shape,
				      const struct value *value)
{
	struct value_member *members =
		arena_alloc(arena, (shape->n_fields + value->len) * sizeof(*members));
	struct value v = { .kind = VALUE_MAP, .members = members, .is_struct = true };

	for (size_t i = 0; i < shape->n_fields; i++) {
		const struct json_field *field = &shape->fields[i];
		const struct value *found = value_member(value, field->name, false);

		members[v.len] = (struct value_member){ .key = field->name, .left_out = !found };
		members[v.len++].value = found ? member_with_shape(arena, field, found)
					       : zero_value(field);
	}
	for (size_t i = 0; i < value->len; i++)
		if (!shape_has(shape, value->members[i].key))
			members[v.len++] = value->members[i];
	return v;
}

struct value value_with_shape(struct arena *arena, const struct json_shape *shape,
			      const struct value *value)
{
	if (json_shape_is_bare(shape))
		return member_with_shape(arena, shape->fields, value);
	return value->kind == VALUE_MAP ? struct_with_shape(arena, shape, value) : *value;
}
