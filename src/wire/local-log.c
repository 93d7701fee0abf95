/* SPDX-License-Identifier: Apache-2.0 */
/* Writing records of the `local` log files: the few shapes of protobuf that they need. */
#include "wire/local-log.h"

#include <string.h>

#include "base/json-scan.h"

enum { VARINT = 0, BYTES = 2 };
enum { SOURCE = 1, TIME, LINE, PARTIAL, PART, ATTR };

static void put_varint(struct strbuf *out, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		strbuf_addc(out, (char)(value | 0x80));
	strbuf_addc(out, (char)value);
}

static void put_number(struct strbuf *out, unsigned int field, uint64_t value)
{
	put_varint(out, field << 3 | VARINT);
	put_varint(out, value);
}

static void put_bytes(struct strbuf *out, unsigned int field, const char *data, size_t len)
{
	put_varint(out, field << 3 | BYTES);
	put_varint(out, len);
	strbuf_add(out, data, len);
}

static void put_length(char *p, uint32_t len)
{
	p[0] = (char)(len >> 24);
	p[1] = (char)(len >> 16);
	p[2] = (char)(len >> 8);
	p[3] = (char)len;
}

uint32_t local_log_length(const char *data)
{
	const unsigned char *p = (const unsigned char *)data;

	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put_part(struct strbuf *out, const struct local_log_part *part, bool ends)
{
	cleanup(strbuf_release) struct strbuf inner = STRBUF_INIT;

	if (ends)
		put_number(&inner, 1, 1);
	put_bytes(&inner, 2, part->id, strlen(part->id));
	put_number(&inner, 3, part->ordinal);
	put_number(out, PARTIAL, 1);
	put_bytes(out, PART, inner.data, inner.len);
}

void local_log_attrs(struct strbuf *out, const char *attrs)
{
	struct json_scan scan = JSON_SCAN_INIT(attrs, strlen(attrs));
	cleanup(strbuf_release) struct strbuf key = STRBUF_INIT, value = STRBUF_INIT,
					      inner = STRBUF_INIT;
	bool first = true;

	if (json_scan_enter(&scan, '{') < 0)
		return;
	while (json_scan_next(&scan, '{', &first) > 0) {
		strbuf_reset(&key);
		strbuf_reset(&value);
		strbuf_reset(&inner);
		if (json_scan_key(&scan, &key) < 0 || json_scan_string(&scan, &value) < 0)
			return;
		put_bytes(&inner, 1, strbuf_str(&key), key.len);
		put_bytes(&inner, 2, strbuf_str(&value), value.len);
		put_bytes(out, ATTR, inner.data, inner.len);
	}
}

void local_log_encode(struct strbuf *out, const char *text, size_t len, bool ends, int stream,
		      int64_t time, const struct local_log_part *part, const struct strbuf *attrs)
{
	static const char zero[LOCAL_LOG_LENGTH];
	char length[LOCAL_LOG_LENGTH];
	size_t start = out->len;

	strbuf_add(out, zero, sizeof(zero));
	put_bytes(out, SOURCE, stream == 2 ? "stderr" : "stdout", 6);
	put_number(out, TIME, (uint64_t)time);
	put_bytes(out, LINE, text, len);
	if (part)
		put_part(out, part, ends);
	if (attrs)
		strbuf_add(out, strbuf_str(attrs), attrs->len);
	put_length(length, (uint32_t)(out->len - start - LOCAL_LOG_LENGTH));
	memcpy(out->data + start, length, sizeof(length));
	strbuf_add(out, length, sizeof(length));
}
