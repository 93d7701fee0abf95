/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ?filters= of lists, events and prunes: a JSON object, {"name": ["a", "b"]} or as older
 * clients send it {"name": {"a": true, "b": true}}. Between values of one name: or (labels:
 * and); between names: and.
 */
#pragma once

#include "base/error.h"
#include "base/strmap.h"

struct filter {
	char *name;
	char **values;
};

struct filters {
	struct filter *items;
	size_t n;
};

#define FILTERS_INIT                                                                               \
	{                                                                                          \
		NULL, 0                                                                            \
	}

enum { FILTERS_MAX = 1024 * 1024 }; /* bytes of the JSON */

/* NULL and "" are no filters. ERR_INVALID. */
must_check int filters_parse(const char *json, struct filters *ret, struct error *err);
void filters_release(struct filters *filters);

/* Refuse names that are not among allowed (NULL-terminated): "invalid filter 'x'". */
must_check int filters_check(const struct filters *filters, const char *const *allowed,
			     struct error *err);

/* NULL when there is none */
char *const *filters_get(const struct filters *filters, const char *name);

/* Each is true when there is no filter of that name, or a value of it fits. */
/* equal */
bool filters_match(const struct filters *filters, const char *name, const char *value);
/* value begins so */
bool filters_match_prefix(const struct filters *filters, const char *name, const char *value);
/* value has it */
bool filters_match_part(const struct filters *filters, const char *name, const char *value);
/* "key" or "key=value": all of them must be in map. */
bool filters_match_labels(const struct filters *filters, const char *name,
			  const struct strmap *map);

/* "label!": one that fits is enough to be spared. */
bool filters_spare(const struct filters *filters, const struct strmap *map);
/* "until": a time, or how long ago; *ret in ns, INT64_MAX when it is not given. */
must_check int filters_get_until(const struct filters *filters, int64_t *ret, struct error *err);

/* A filter that is true or false ("1", "0", …): *ret is untouched when it is not given.
 * "invalid filter 'x=[v]'". */
must_check int filters_get_bool(const struct filters *filters, const char *name, bool *ret,
				struct error *err);
