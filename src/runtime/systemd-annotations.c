/* SPDX-License-Identifier: Apache-2.0 */
/* Annotations "org.systemd.property.NAME": "VALUE" as properties of the unit. VALUE is text as
 * busctl(1) and GVariant write it: true, 'text', 5, uint64 5, ['a', 'b']. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/parse.h"
#include "base/strbuf.h"
#include "runtime/systemd-unit.h"
#include "sys/dbus.h"

static const char prefix[] = "org.systemd.property.";

/* 'text' or "text" at **p, which moves behind it. NULL: there is none. Owned. */
static char *take_text(const char **p)
{
	struct strbuf text = STRBUF_INIT;
	char quote = **p;
	const char *c = *p + 1;

	if (quote != '\'' && quote != '"')
		return NULL;
	for (; *c && *c != quote; c++) {
		if (*c == '\\' && c[1])
			c++;
		strbuf_addc(&text, *c);
	}
	if (!*c) {
		strbuf_release(&text);
		return NULL;
	}
	*p = c + 1;
	return text.data ? strbuf_take(&text) : xstrdup("");
}

static int put_list(struct strbuf *b, const char *p)
{
	struct dbus_array array;

	dbus_put_signature(b, "as");
	array = dbus_array_begin(b, 's');
	for (p++; *p && *p != ']'; p += strspn(p, " ,")) {
		cleanup_free char *text = NULL;

		p += strspn(p, " ");
		text = take_text(&p);
		if (!text)
			return -EINVAL;
		dbus_put_string(b, text);
	}
	dbus_array_end(b, &array);
	return p[0] == ']' && !p[1] ? 0 : -EINVAL;
}

/* "Sec" in a name is a number of seconds, of which systemd wants microseconds. */
static int put_number(struct strbuf *b, const char *p, bool seconds)
{
	static const struct {
		const char *word, *signature;
	} types[] = {
		{ "uint64 ", "t" }, { "int64 ", "x" }, { "uint32 ", "u" }, { "int32 ", "i" }
	};
	const char *signature = "i";
	int64_t value;

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		size_t len = strlen(types[i].word);

		if (strncmp(p, types[i].word, len) != 0)
			continue;
		signature = types[i].signature;
		p += len + strspn(p + len, " ");
		break;
	}
	if (parse_i64(p, &value) < 0)
		return -EINVAL;
	if (seconds) {
		if (value < 0 || value > INT64_MAX / 1000000)
			return -ERANGE;
		value *= 1000000;
		signature = "t";
	}
	if ((*signature == 'i' && (value < INT32_MIN || value > INT32_MAX)) ||
	    (*signature == 'u' && (value < 0 || value > UINT32_MAX)) ||
	    (*signature == 't' && value < 0))
		return -ERANGE;
	dbus_put_signature(b, signature);
	if (*signature == 't' || *signature == 'x')
		dbus_put_u64(b, (uint64_t)value);
	else
		dbus_put_u32(b, (uint32_t)value);
	return 0;
}

static int put_value(struct strbuf *b, const char *text, bool seconds)
{
	const char *p = text + strspn(text, " ");
	cleanup_free char *string = NULL;

	if (!strcmp(p, "true") || !strcmp(p, "false")) {
		dbus_put_signature(b, "b");
		dbus_put_bool(b, *p == 't');
		return 0;
	}
	if (*p == '[')
		return put_list(b, p);
	if (*p != '\'' && *p != '"')
		return put_number(b, p, seconds);
	string = take_text(&p);
	if (!string || *p)
		return -EINVAL;
	dbus_put_signature(b, "s");
	dbus_put_string(b, string);
	return 0;
}

static bool is_name(const char *name)
{
	if (!isupper((unsigned char)*name) || strlen(name) < 3)
		return false;
	for (; *name; name++) {
		if (!isalpha((unsigned char)*name))
			return false;
	}
	return true;
}

int systemd_put_annotations(struct strbuf *b, const struct strmap *annotations, struct error *err)
{
	for (size_t i = 0; i < annotations->n; i++) {
		const struct strmap_entry *e = &annotations->entries[i];
		const char *name = e->key + sizeof(prefix) - 1;
		cleanup_free char *usec = NULL;
		size_t len;

		if (strncmp(e->key, prefix, sizeof(prefix) - 1) != 0)
			continue;
		if (!is_name(name))
			return error_set(err, ERR_INVALID, 0, "annotation '%s' names no property",
					 e->key);
		len = strlen(name);
		if (len > 3 && !strcmp(name + len - 3, "Sec") &&
		    (len < 4 || strcmp(name + len - 4, "USec") != 0))
			usec = xasprintf("%.*sUSec", (int)len - 3, name);
		dbus_put_struct(b);
		dbus_put_string(b, usec ? usec : name);
		if (put_value(b, e->value, usec != NULL) < 0)
			return error_set(err, ERR_INVALID, 0,
					 "annotation '%s': '%s' is no value of a property", e->key,
					 e->value);
	}
	return 0;
}
