/* SPDX-License-Identifier: Apache-2.0 */
/* Filters as typed -> the JSON of the query. */
#include "cli/filters.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "base/strv.h"
#include "http/url.h"

int set_filter(void *target, const char *value, struct error *err)
{
	const char *eq = strchr(value, '=');
	cleanup_free char *key = NULL;
	const char *text;

	if (!*value)
		return 0;
	if (!eq)
		return error_set(err, ERR_INVALID, 0, "bad format of filter (expected name=value)");
	key = xstrndup(value, eq - value);
	for (char *p = key; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	key[strcspn(key, " \t")] = '\0';
	text = eq + 1 + strspn(eq + 1, " \t");
	strv_pushf(target, "%s=%s", key, text);
	return 0;
}

static bool same_key(const char *a, const char *b)
{
	size_t len = strcspn(a, "=");

	return strncmp(a, b, len + 1) == 0;
}

static void add_values(struct strbuf *json, char *const *filters, size_t from)
{
	const char *first = filters[from];
	size_t key_len = strcspn(first, "=");

	json_quote(json, first, key_len);
	strbuf_adds(json, ":{");
	for (size_t i = from, n = 0; filters[i]; i++) {
		if (!same_key(first, filters[i]))
			continue;
		if (n++)
			strbuf_addc(json, ',');
		json_quote(json, filters[i] + key_len + 1, strlen(filters[i] + key_len + 1));
		strbuf_adds(json, ":true");
	}
	strbuf_addc(json, '}');
}

void filters_add(struct strbuf *target, char *const *filters)
{
	cleanup(strbuf_release) struct strbuf json = STRBUF_INIT;

	for (size_t i = 0; filters && filters[i]; i++) {
		bool seen = false;

		for (size_t k = 0; k < i && !seen; k++)
			seen = same_key(filters[k], filters[i]);
		if (seen)
			continue;
		strbuf_addc(&json, json.len ? ',' : '{');
		add_values(&json, filters, i);
	}
	if (json.len == 0)
		return;
	strbuf_addc(&json, '}');
	url_add(target, "filters", strbuf_str(&json));
}
