/* SPDX-License-Identifier: Apache-2.0 */
/* Fluentd's forward protocol, message mode: msgpack of [tag, time, record, options]. */
#include <errno.h>
#include <string.h>

#include "logging/format.h"

enum {
	NS_PER_S = 1000000000,
	FIX_MAP = 0x80,
	FIX_ARRAY = 0x90,
	FIX_STR = 0xa0,
	STR8 = 0xd9,
	STR16 = 0xda,
	STR32 = 0xdb,
	MAP16 = 0xde,
	INT64 = 0xd3,
	FIXEXT8 = 0xd7,
	FIX_STR_MAX = 31,
	FIX_MAP_MAX = 15,
	CHUNK_BYTES = CHUNK_ID / 2,
};

static void add_be(struct strbuf *out, uint64_t value, int bytes)
{
	for (int i = bytes - 1; i >= 0; i--)
		strbuf_addc(out, (char)(value >> (8 * i)));
}

static void add_head(struct strbuf *out, int type, uint64_t value, int bytes)
{
	strbuf_addc(out, (char)type);
	add_be(out, value, bytes);
}

static void add_bytes(struct strbuf *out, const char *data, size_t len)
{
	if (len <= FIX_STR_MAX)
		strbuf_addc(out, (char)(FIX_STR | len));
	else if (len <= UINT8_MAX)
		add_head(out, STR8, len, 1);
	else if (len <= UINT16_MAX)
		add_head(out, STR16, len, 2);
	else
		add_head(out, STR32, len, 4);
	strbuf_add(out, data, len);
}

static void add_str(struct strbuf *out, const char *text)
{
	add_bytes(out, text ? text : "", text ? strlen(text) : 0);
}

static void add_pair(struct strbuf *out, const char *key, const char *value)
{
	add_str(out, key);
	add_str(out, value);
}

static void add_map(struct strbuf *out, size_t n)
{
	if (n <= FIX_MAP_MAX)
		strbuf_addc(out, (char)(FIX_MAP | n));
	else
		add_head(out, MAP16, n, 2);
}

/* A label may have the name of one of docker's members, and takes its place. */
static bool is_own(const char *key)
{
	static const char *const own[] = { "container_id", "container_name", "source", "log" };

	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		if (strcmp(own[i], key) == 0)
			return true;
	return false;
}

static void add_unless_extra(struct strbuf *out, const struct log_forward *conf, const char *key,
			     const char *value, size_t len)
{
	if (strmap_get(&conf->extra, key))
		return;
	add_str(out, key);
	add_bytes(out, value, len);
}

static size_t count_members(const struct log_forward *conf)
{
	size_t n = 4;

	for (size_t i = 0; i < conf->extra.n; i++)
		n += !is_own(conf->extra.entries[i].key);
	return n;
}

void fluentd_fixed(struct log_format *format)
{
	const struct log_forward *conf = format->conf;
	struct strbuf *out = &format->fixed;

	add_unless_extra(out, conf, "container_id", conf->container_id, strlen(conf->container_id));
	add_unless_extra(out, conf, "container_name", conf->container_name,
			 strlen(conf->container_name));
	for (size_t i = 0; i < conf->extra.n; i++)
		add_pair(out, conf->extra.entries[i].key, conf->extra.entries[i].value);
}

static void add_time(struct strbuf *out, int64_t time, bool sub_second)
{
	if (!sub_second) {
		add_head(out, INT64, (uint64_t)(time / NS_PER_S), 8);
		return;
	}
	strbuf_addc(out, (char)FIXEXT8);
	strbuf_addc(out, 0); /* EventTime */
	add_be(out, (uint64_t)(time / NS_PER_S), 4);
	add_be(out, (uint64_t)(time % NS_PER_S), 4);
}

static void add_partial(struct strbuf *out, const struct log_message *message)
{
	cleanup_free char *ordinal = xasprintf("%u", message->ordinal);

	add_pair(out, "partial_message", "true");
	add_pair(out, "partial_id", message->id);
	add_pair(out, "partial_ordinal", ordinal);
	add_pair(out, "partial_last", message->last ? "true" : "false");
}

void fluentd_message(const struct log_format *format, const struct log_message *message,
		     struct packets *out)
{
	const struct log_forward *conf = format->conf;
	struct strbuf *data = &out->data;

	strbuf_addc(data, (char)(FIX_ARRAY | 4));
	add_str(data, conf->tag);
	add_time(data, message->time, format->fluentd.sub_second);
	add_map(data, count_members(conf) + (message->partial ? 4 : 0));
	strbuf_add(data, strbuf_str(&format->fixed), format->fixed.len);
	add_unless_extra(data, conf, "source", message->stream == 2 ? "stderr" : "stdout", 6);
	add_unless_extra(data, conf, "log", message->text, message->len);
	if (message->partial)
		add_partial(data, message);
	add_map(data, format->fluentd.ack);
	if (format->fluentd.ack) {
		random_hex(out->chunk, CHUNK_BYTES);
		add_pair(data, "chunk", out->chunk);
	}
	packets_end(out);
}

/* A string at *pos. 0: more must come; -EBADMSG: it is none. */
static int get_str(const char *data, size_t len, size_t *pos, const char **ret, size_t *ret_len)
{
	size_t at = *pos, size, bytes;
	unsigned int type;

	if (at == len)
		return 0;
	type = (unsigned char)data[at++];
	size = type & 0x1f;
	bytes = type == STR8 ? 1 : type == STR16 ? 2 : 0;
	if (bytes == 0 && (type & ~0x1fU) != FIX_STR)
		return -EBADMSG;
	if (len - at < bytes)
		return 0;
	for (size_t i = 0; i < bytes; i++)
		size = (i == 0 ? 0 : size << 8) | (unsigned char)data[at++];
	if (len - at < size)
		return 0;
	*ret = data + at;
	*ret_len = size;
	*pos = at + size;
	return 1;
}

int fluentd_ack(const char *data, size_t len, char *ret_chunk)
{
	size_t pos = 1, key_len, value_len;
	const char *key, *value;
	int r;

	if (len == 0)
		return 0;
	if ((unsigned char)data[0] != (FIX_MAP | 1))
		return -EBADMSG;
	r = get_str(data, len, &pos, &key, &key_len);
	if (r > 0)
		r = get_str(data, len, &pos, &value, &value_len);
	if (r <= 0)
		return r;
	if (key_len != 3 || memcmp(key, "ack", 3) != 0 || value_len > CHUNK_ID)
		return -EBADMSG;
	memcpy(ret_chunk, value, value_len);
	ret_chunk[value_len] = '\0';
	return (int)pos;
}
