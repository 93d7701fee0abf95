/* SPDX-License-Identifier: Apache-2.0 */
/* D-Bus messages: values and whole messages to bytes and back, in this machine's byte order. */
#include <errno.h>
#include <string.h>

#include "sys/dbus.h"

enum { FIELDS_MAX = 64 * 1024, VERSION = 1 };

/* Header fields, in the order of the specification's table. */
enum field {
	FIELD_PATH = 1,
	FIELD_INTERFACE,
	FIELD_MEMBER,
	FIELD_ERROR_NAME,
	FIELD_REPLY_SERIAL,
	FIELD_DESTINATION,
	FIELD_SENDER,
	FIELD_SIGNATURE,
	FIELD_UNIX_FDS,
};

static uint8_t own_order(void)
{
	return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 'l' : 'B';
}

static void pad(struct strbuf *b, size_t alignment)
{
	static const char zero[8];

	strbuf_add(b, zero, (alignment - b->len % alignment) % alignment);
}

void dbus_put_byte(struct strbuf *b, uint8_t value)
{
	strbuf_add(b, &value, sizeof(value));
}

void dbus_put_u32(struct strbuf *b, uint32_t value)
{
	pad(b, sizeof(value));
	strbuf_add(b, &value, sizeof(value));
}

void dbus_put_u64(struct strbuf *b, uint64_t value)
{
	pad(b, sizeof(value));
	strbuf_add(b, &value, sizeof(value));
}

void dbus_put_bool(struct strbuf *b, bool value)
{
	dbus_put_u32(b, value);
}

void dbus_put_string(struct strbuf *b, const char *value)
{
	size_t len = strlen(value);

	dbus_put_u32(b, (uint32_t)len);
	strbuf_add(b, value, len + 1);
}

void dbus_put_signature(struct strbuf *b, const char *value)
{
	size_t len = strlen(value);

	dbus_put_byte(b, (uint8_t)len);
	strbuf_add(b, value, len + 1);
}

void dbus_put_struct(struct strbuf *b)
{
	pad(b, 8);
}

static size_t alignment_of(char element)
{
	switch (element) {
	case 'y':
	case 'g':
	case 'v':
		return 1;
	case 't':
	case 'x':
	case '(':
	case '{':
		return 8;
	default:
		return 4;
	}
}

/* The length is of the elements alone, without the padding before the first. */
struct dbus_array dbus_array_begin(struct strbuf *b, char element)
{
	struct dbus_array array;

	dbus_put_u32(b, 0);
	array.length_at = b->len - sizeof(uint32_t);
	pad(b, alignment_of(element));
	array.start = b->len;
	return array;
}

void dbus_array_end(struct strbuf *b, const struct dbus_array *array)
{
	uint32_t len = (uint32_t)(b->len - array->start);

	memcpy(b->data + array->length_at, &len, sizeof(len));
}

static void put_field(struct strbuf *b, enum field code, char type, const char *value)
{
	const char signature[2] = { type, '\0' };

	if (!value)
		return;
	dbus_put_struct(b);
	dbus_put_byte(b, (uint8_t)code);
	dbus_put_signature(b, signature);
	if (type == 'g')
		dbus_put_signature(b, value);
	else
		dbus_put_string(b, value);
}

void dbus_put_message(struct strbuf *out, const struct dbus_header *h, const struct strbuf *body)
{
	struct dbus_array fields;

	dbus_put_byte(out, own_order());
	dbus_put_byte(out, (uint8_t)h->type);
	dbus_put_byte(out, 0);
	dbus_put_byte(out, VERSION);
	dbus_put_u32(out, body ? (uint32_t)body->len : 0);
	dbus_put_u32(out, h->serial);
	fields = dbus_array_begin(out, '(');
	put_field(out, FIELD_PATH, 'o', h->path);
	put_field(out, FIELD_INTERFACE, 's', h->interface);
	put_field(out, FIELD_MEMBER, 's', h->member);
	put_field(out, FIELD_ERROR_NAME, 's', h->error);
	put_field(out, FIELD_DESTINATION, 's', h->destination);
	put_field(out, FIELD_SIGNATURE, 'g', h->signature);
	if (h->reply_serial) {
		dbus_put_struct(out);
		dbus_put_byte(out, FIELD_REPLY_SERIAL);
		dbus_put_signature(out, "u");
		dbus_put_u32(out, h->reply_serial);
	}
	dbus_array_end(out, &fields);
	pad(out, 8);
	if (body)
		strbuf_add(out, strbuf_str(body), body->len);
}

/* The next @size bytes at their alignment, or NULL. */
static const uint8_t *take(struct dbus_reader *r, size_t alignment, size_t size)
{
	size_t at = r->pos + (alignment - r->pos % alignment) % alignment;

	if (at > r->len || r->len - at < size)
		return NULL;
	r->pos = at + size;
	return r->data + at;
}

int dbus_get_byte(struct dbus_reader *r, uint8_t *ret)
{
	const uint8_t *at = take(r, 1, 1);

	if (!at)
		return -EPROTO;
	*ret = *at;
	return 0;
}

int dbus_get_u32(struct dbus_reader *r, uint32_t *ret)
{
	const uint8_t *at = take(r, sizeof(*ret), sizeof(*ret));

	if (!at)
		return -EPROTO;
	memcpy(ret, at, sizeof(*ret));
	return 0;
}

static int get_text(struct dbus_reader *r, size_t len, const char **ret)
{
	const uint8_t *at = len < DBUS_MESSAGE_MAX ? take(r, 1, len + 1) : NULL;

	if (!at || at[len] != '\0' || memchr(at, '\0', len))
		return -EPROTO;
	*ret = (const char *)at;
	return 0;
}

int dbus_get_string(struct dbus_reader *r, const char **ret)
{
	uint32_t len;

	return dbus_get_u32(r, &len) < 0 ? -EPROTO : get_text(r, len, ret);
}

int dbus_get_signature(struct dbus_reader *r, const char **ret)
{
	uint8_t len;

	return dbus_get_byte(r, &len) < 0 ? -EPROTO : get_text(r, len, ret);
}

ssize_t dbus_message_length(const uint8_t *head)
{
	uint32_t body, fields;

	memcpy(&body, head + 4, sizeof(body));
	memcpy(&fields, head + 12, sizeof(fields));
	if (head[0] != own_order() || head[3] != VERSION)
		return -EPROTO;
	if (body > DBUS_MESSAGE_MAX / 2 || fields > FIELDS_MAX)
		return -EMSGSIZE;
	return (ssize_t)(DBUS_HEAD + (fields + 7) / 8 * 8 + body);
}

/* One (yv); the fields that nobody here asks for are stepped over. */
static int get_field(struct dbus_reader *r, struct dbus_header *h)
{
	const char **const strings[] = {
		[FIELD_PATH] = &h->path,
		[FIELD_INTERFACE] = &h->interface,
		[FIELD_MEMBER] = &h->member,
		[FIELD_ERROR_NAME] = &h->error,
		[FIELD_DESTINATION] = &h->destination,
		[FIELD_SIGNATURE] = &h->signature,
		[FIELD_UNIX_FDS] = NULL,
	};
	const char *signature, *text;
	uint32_t number;
	uint8_t code;

	if (!take(r, 8, 0) || dbus_get_byte(r, &code) < 0 || dbus_get_signature(r, &signature) < 0)
		return -EPROTO;
	if (!strcmp(signature, "u")) {
		if (dbus_get_u32(r, &number) < 0)
			return -EPROTO;
		if (code == FIELD_REPLY_SERIAL)
			h->reply_serial = number;
		return 0;
	}
	if (!strcmp(signature, "g")				 ? dbus_get_signature(r, &text) < 0
	    : !strcmp(signature, "s") || !strcmp(signature, "o") ? dbus_get_string(r, &text) < 0
								 : true)
		return -EPROTO;
	if (code < ARRAY_SIZE(strings) && strings[code])
		*strings[code] = text;
	return 0;
}

static int parse(const uint8_t *data, size_t len, struct dbus_message *ret)
{
	struct dbus_reader r = { .data = data, .len = len, .pos = DBUS_HEAD };
	struct dbus_message m = { 0 };
	uint32_t body, fields;

	if (len < DBUS_HEAD || dbus_message_length(data) != (ssize_t)len)
		return -EPROTO;
	memcpy(&body, data + 4, sizeof(body));
	memcpy(&fields, data + 12, sizeof(fields));
	memcpy(&m.header.serial, data + 8, sizeof(m.header.serial));
	m.header.type = data[1];
	r.len = DBUS_HEAD + fields;
	while (r.pos < r.len) {
		if (get_field(&r, &m.header) < 0)
			return -EPROTO;
	}
	m.body = (struct dbus_reader){ .data = data + len - body, .len = body };
	*ret = m;
	return 0;
}

int dbus_message_parse(uint8_t *data, size_t len, struct dbus_message *ret)
{
	int r = parse(data, len, ret);

	if (r < 0)
		free(data);
	else
		ret->data = data;
	return r;
}

void dbus_message_release(struct dbus_message *m)
{
	free(m->data);
	*m = (struct dbus_message){ 0 };
}
