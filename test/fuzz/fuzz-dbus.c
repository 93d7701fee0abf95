/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of a D-Bus peer: what is taken of them ends where they say, and inside them. */
#include <stdint.h>
#include <string.h>

#include "base/strbuf.h"
#include "sys/dbus.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct dbus_message *m, size_t size, const char *text)
{
	if (text && ((const uint8_t *)text < m->data || (const uint8_t *)text >= m->data + size ||
		     (const uint8_t *)text + strlen(text) >= m->data + size))
		abort();
}

static void read_body(struct dbus_message *m, size_t size)
{
	const char *text;
	uint32_t number;
	uint8_t byte;

	for (int i = 0; i < 64; i++) {
		if (dbus_get_string(&m->body, &text) == 0 ||
		    dbus_get_signature(&m->body, &text) == 0)
			check(m, size, text);
		else if (dbus_get_u32(&m->body, &number) < 0 && dbus_get_byte(&m->body, &byte) < 0)
			return;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dbus_message m;
	ssize_t len = size < DBUS_HEAD ? -1 : dbus_message_length(data);
	uint8_t *copy;

	if (len > DBUS_MESSAGE_MAX)
		abort();
	if (len < 0 || (size_t)len > size)
		len = (ssize_t)size;
	copy = xmalloc((size_t)len + !len);
	memcpy(copy, data, (size_t)len);
	if (dbus_message_parse(copy, (size_t)len, &m) < 0)
		return 0;
	check(&m, (size_t)len, m.header.path);
	check(&m, (size_t)len, m.header.interface);
	check(&m, (size_t)len, m.header.member);
	check(&m, (size_t)len, m.header.error);
	check(&m, (size_t)len, m.header.destination);
	check(&m, (size_t)len, m.header.signature);
	read_body(&m, (size_t)len);
	dbus_message_release(&m);
	return 0;
}
