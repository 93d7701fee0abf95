/* SPDX-License-Identifier: Apache-2.0 */
/* The journal's native protocol: a datagram of fields, NAME=value or, where the value has an end of
 * line in it, NAME and the value's length (systemd's Native Journal Protocol). */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "logging/format.h"

enum { PRIORITY_ERROR = 3, PRIORITY_INFO = 6, SHORT_ID = 12 };

static void add_field(struct strbuf *out, const char *name, const char *value, size_t len)
{
	strbuf_adds(out, name);
	if (memchr(value, '\n', len)) {
		strbuf_addc(out, '\n');
		for (int i = 0; i < 8; i++)
			strbuf_addc(out, (char)(len >> (8 * i)));
	} else {
		strbuf_addc(out, '=');
	}
	strbuf_add(out, value, len);
	strbuf_addc(out, '\n');
}

static void add_str(struct strbuf *out, const char *name, const char *value)
{
	add_field(out, name, value ? value : "", value ? strlen(value) : 0);
}

/* Upper case, digits and "_", which is never the first. */
static char *field_name(const char *key)
{
	cleanup(strbuf_release) struct strbuf name = STRBUF_INIT;

	for (; *key; key++) {
		char c = *key >= 'a' && *key <= 'z' ? (char)(*key - 'a' + 'A') : *key;

		if (!(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9'))
			c = '_';
		if (name.len > 0 || c != '_')
			strbuf_addc(&name, c);
	}
	return strbuf_take(&name);
}

void journald_fixed(struct log_format *format)
{
	const struct log_forward *conf = format->conf;
	struct strbuf *out = &format->fixed;
	const char *name = conf->container_name;

	add_field(out, "CONTAINER_ID", conf->container_id, strnlen(conf->container_id, SHORT_ID));
	add_str(out, "CONTAINER_ID_FULL", conf->container_id);
	add_str(out, "CONTAINER_NAME", name && name[0] == '/' ? name + 1 : name);
	add_str(out, "CONTAINER_TAG", conf->tag);
	add_str(out, "IMAGE_NAME", conf->image_name);
	add_str(out, "SYSLOG_IDENTIFIER", conf->tag);
	for (size_t i = 0; i < conf->extra.n; i++) {
		cleanup_free char *key = field_name(conf->extra.entries[i].key);

		if (key && key[0])
			add_str(out, key, conf->extra.entries[i].value);
	}
}

void journald_message(const struct log_format *format, const struct log_message *message,
		      struct packets *out)
{
	cleanup(strbuf_release) struct strbuf time = STRBUF_INIT;
	char number[16];

	clock_format(message->time, &time);
	strbuf_addf(&out->data, "PRIORITY=%d\n",
		    message->stream == 2 ? PRIORITY_ERROR : PRIORITY_INFO);
	strbuf_add(&out->data, format->fixed.data, format->fixed.len);
	add_str(&out->data, "SYSLOG_TIMESTAMP", strbuf_str(&time));
	if (message->partial) {
		(void)snprintf(number, sizeof(number), "%u", message->ordinal);
		add_str(&out->data, "CONTAINER_PARTIAL_ID", message->id);
		add_str(&out->data, "CONTAINER_PARTIAL_ORDINAL", number);
		add_str(&out->data, "CONTAINER_PARTIAL_LAST", message->last ? "true" : "false");
	}
	if (message->partial && !message->last)
		add_str(&out->data, "CONTAINER_PARTIAL_MESSAGE", "true");
	add_field(&out->data, "MESSAGE", message->text, message->len);
	packets_end(out);
}
