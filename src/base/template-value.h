/* SPDX-License-Identifier: Apache-2.0 */
/* The values that templates work on: JSON's, in an arena. Only for template-*.c. */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

enum value_kind { VALUE_NIL, VALUE_BOOL, VALUE_INT, VALUE_FLOAT, VALUE_STR, VALUE_LIST, VALUE_MAP };

struct value_member;

struct value {
	enum value_kind kind;
	union {
		bool b;
		int64_t i;
		double f;
		const char *str;		    /* len bytes and a NUL      */
		const struct value *items;	    /* len of them              */
		const struct value_member *members; /* len, in the text's order */
	};
	size_t len;
	bool was_null;	/* VALUE_NIL that prints as <nil>, a list or map that is null in JSON */
	bool is_struct; /* a map that prints as {a b}: its members are in the order of its shape */
};

struct value_member {
	const char *key;
	struct value value;
	bool left_out; /* not in the text: seen by look-ups alone */
};

/* Read JSON text into the arena; shape (NULL: none) tells what may have been left out. */
must_check int value_from_json(struct arena *arena, const struct json_shape *shape,
			       const char *json, size_t len, struct value *ret, struct error *err);

/* The value with the members that its shape has; template-shape.c. */
struct value value_with_shape(struct arena *arena, const struct json_shape *shape,
			      const struct value *value);

struct value value_str(struct arena *arena, const char *str, size_t len);

/* The member of that very name; with anycase, else one that differs in case only. NULL when
 * there is none. */
const struct value *value_member(const struct value *map, const char *key, bool anycase);

/* Members sorted by key, without "x()" and those left out. In the arena. */
const struct value_member **value_sorted(struct arena *arena, const struct value *map,
					 size_t *ret_n);

bool value_is_true(const struct value *value);

/* As Go's %v prints it; nil within lists and maps is <nil>. */
void value_print(struct arena *arena, const struct value *value, struct strbuf *out);
void value_json(const struct value *value, struct strbuf *out);

/* A number as %v prints floats: shortest, exponent from 1e21 and below 1e-4. */
void value_print_float(double f, struct strbuf *out);

/* Go's name of the type, for messages. */
const char *value_type(const struct value *value);
