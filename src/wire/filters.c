/* SPDX-License-Identifier: Apache-2.0 */
/* Filters of lists: read from both forms that clients send, and matched. */
#include "wire/filters.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/parse.h"
#include "base/strv.h"

struct raw_filter {
	char *key;
	char *value; /* JSON text */
};

static const struct json_field raw_filter_fields[] = {
	FIELD_RAW(struct raw_filter, value, ""),
};
static const struct json_shape raw_filter_shape =
	JSON_SHAPE(struct raw_filter, raw_filter_fields, 0);

struct raw_filters {
	struct raw_filter *items;
	size_t n;
};

static const struct json_field raw_filters_fields[] = {
	FIELD_OBJMAP(struct raw_filters, items, n, "", &raw_filter_shape),
};
static const struct json_shape raw_filters_shape =
	JSON_SHAPE(struct raw_filters, raw_filters_fields, 0);

struct value_list {
	char **values;
};

static const struct json_field value_list_fields[] = {
	FIELD_STRV(struct value_list, values, ""),
};
static const struct json_shape value_list_shape =
	JSON_SHAPE(struct value_list, value_list_fields, 0);

struct value_flag {
	char *key;
	bool on;
};

static const struct json_field value_flag_fields[] = {
	FIELD_BOOL(struct value_flag, on, ""),
};
static const struct json_shape value_flag_shape =
	JSON_SHAPE(struct value_flag, value_flag_fields, 0);

struct value_flags {
	struct value_flag *items;
	size_t n;
};

static const struct json_field value_flags_fields[] = {
	FIELD_OBJMAP(struct value_flags, items, n, "", &value_flag_shape),
};
static const struct json_shape value_flags_shape =
	JSON_SHAPE(struct value_flags, value_flags_fields, 0);

static int values_parse(const char *json, char ***ret, struct error *err)
{
	struct value_flags flags = { NULL, 0 };
	struct value_list list = { NULL };
	int r;

	if (*json == '[') {
		r = json_decode(&value_list_shape, json, strlen(json), &list, err);
		if (r == 0)
			*ret = list.values;
		return r;
	}
	r = json_decode(&value_flags_shape, json, strlen(json), &flags, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < flags.n; i++)
		if (flags.items[i].on)
			strv_push(ret, flags.items[i].key);
	json_release(&value_flags_shape, &flags);
	return 0;
}

static int filters_add(struct filters *filters, const struct raw_filter *raw, struct error *err)
{
	char **values = NULL;
	int r = values_parse(raw->value ? raw->value : "{}", &values, err);

	if (r < 0)
		return error_prefix(err, "invalid filter '%s'", raw->key);
	filters->items = xrealloc(filters->items, filters->n + 1, sizeof(*filters->items));
	filters->items[filters->n++] = (struct filter){ xstrdup(raw->key), values };
	return 0;
}

int filters_parse(const char *json, struct filters *ret, struct error *err)
{
	cleanup(filters_release) struct filters filters = FILTERS_INIT;
	struct raw_filters raw = { NULL, 0 };
	size_t len = json ? strlen(json) : 0;
	int r = 0;

	*ret = filters;
	if (len == 0)
		return 0;
	if (len > FILTERS_MAX)
		return error_set(err, ERR_INVALID, E2BIG, "invalid filters: too long");
	r = json_decode(&raw_filters_shape, json, len, &raw, err);
	if (r < 0)
		return error_prefix(err, "invalid filters");
	for (size_t i = 0; i < raw.n && r == 0; i++)
		r = filters_add(&filters, &raw.items[i], err);
	json_release(&raw_filters_shape, &raw);
	if (r < 0)
		return r;
	*ret = filters;
	filters = (struct filters)FILTERS_INIT;
	return 0;
}

void filters_release(struct filters *filters)
{
	for (size_t i = 0; i < filters->n; i++) {
		free(filters->items[i].name);
		strv_free(filters->items[i].values);
	}
	free(filters->items);
	*filters = (struct filters)FILTERS_INIT;
}

int filters_check(const struct filters *filters, const char *const *allowed, struct error *err)
{
	for (size_t i = 0; i < filters->n; i++) {
		const char *const *a = allowed;

		while (*a && strcmp(*a, filters->items[i].name) != 0)
			a++;
		if (!*a)
			return error_set(err, ERR_INVALID, EINVAL, "invalid filter '%s'",
					 filters->items[i].name);
	}
	return 0;
}

char *const *filters_get(const struct filters *filters, const char *name)
{
	for (size_t i = 0; i < filters->n; i++)
		if (strcmp(filters->items[i].name, name) == 0 &&
		    strv_len(filters->items[i].values) > 0)
			return filters->items[i].values;
	return NULL;
}

bool filters_match(const struct filters *filters, const char *name, const char *value)
{
	char *const *values = filters_get(filters, name);

	return !values || strv_contains(values, value);
}

bool filters_match_prefix(const struct filters *filters, const char *name, const char *value)
{
	char *const *values = filters_get(filters, name);

	for (char *const *v = values; v && *v; v++)
		if (strncmp(value, *v, strlen(*v)) == 0)
			return true;
	return !values;
}

bool filters_match_part(const struct filters *filters, const char *name, const char *value)
{
	char *const *values = filters_get(filters, name);

	for (char *const *v = values; v && *v; v++)
		if (strstr(value, *v))
			return true;
	return !values;
}

bool filters_match_labels(const struct filters *filters, const char *name, const struct strmap *map)
{
	for (char *const *v = filters_get(filters, name); v && *v; v++) {
		const char *equals = strchr(*v, '=');
		cleanup_free char *key = equals ? xstrndup(*v, (size_t)(equals - *v)) : xstrdup(*v);
		const char *have = strmap_get(map, key);

		if (!have || (equals && strcmp(have, equals + 1) != 0))
			return false;
	}
	return true;
}

bool filters_spare(const struct filters *filters, const struct strmap *map)
{
	for (char *const *v = filters_get(filters, "label!"); v && *v; v++) {
		char *one[] = { *v, NULL };
		struct filter item = { (char *)"label", one };
		const struct filters single = { &item, 1 };

		if (filters_match_labels(&single, "label", map))
			return true;
	}
	return false;
}

int filters_get_until(const struct filters *filters, int64_t *ret, struct error *err)
{
	char *const *values = filters_get(filters, "until");

	*ret = INT64_MAX;
	if (!values || !values[0])
		return 0;
	if (values[1])
		return error_set(err, ERR_INVALID, EINVAL, "more than one until filter specified");
	if (clock_parse_relative(values[0], clock_now(), ret) < 0)
		return error_set(err, ERR_INVALID, EINVAL, "invalid filter 'until=[%s]'",
				 values[0]);
	return 0;
}

int filters_get_bool(const struct filters *filters, const char *name, bool *ret, struct error *err)
{
	char *const *values = filters_get(filters, name);
	bool value;

	if (!values)
		return 0;
	if (values[1] || parse_bool(values[0], &value) < 0)
		return error_set(err, ERR_INVALID, EINVAL, "invalid filter '%s=[%s]'", name,
				 values[0]);
	*ret = value;
	return 0;
}
