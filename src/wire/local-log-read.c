/* SPDX-License-Identifier: Apache-2.0 */
/* Reading records of the `local` log files. */
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "wire/local-log.h"

enum { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5, VARINT_MAX = 10 };
enum { SOURCE = 1, TIME, LINE, PARTIAL, PART, ATTR };

struct reader {
	const char *p, *end;
};

static int get_varint(struct reader *in, uint64_t *ret)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < VARINT_MAX && in->p < in->end; i++) {
		unsigned char c = (unsigned char)*in->p++;

		value |= (uint64_t)(c & 0x7f) << (7 * i);
		if (!(c & 0x80)) {
			*ret = value;
			return 0;
		}
	}
	return -EBADMSG;
}

struct member {
	unsigned int field, type;
	uint64_t number;
	struct reader bytes;
};

/* 1: the next member, 0: the end, -EBADMSG. */
static int get_member(struct reader *in, struct member *ret)
{
	uint64_t key, size;

	if (in->p == in->end)
		return 0;
	if (get_varint(in, &key) < 0 || key > UINT32_MAX)
		return -EBADMSG;
	*ret = (struct member){ .field = (unsigned int)(key >> 3), .type = key & 7 };
	if (ret->type == VARINT)
		return get_varint(in, &ret->number) < 0 ? -EBADMSG : 1;
	if (ret->type == BYTES) {
		if (get_varint(in, &size) < 0)
			return -EBADMSG;
	} else if (ret->type == FIXED64 || ret->type == FIXED32) {
		size = ret->type == FIXED64 ? 8 : 4;
	} else {
		return -EBADMSG;
	}
	if (size > (uint64_t)(in->end - in->p))
		return -EBADMSG;
	ret->bytes = (struct reader){ in->p, in->p + size };
	in->p += size;
	return 1;
}

static int get_stream(const struct reader *bytes, int *ret)
{
	if (bytes->end - bytes->p != 6)
		return -EBADMSG;
	if (memcmp(bytes->p, "stdout", 6) == 0)
		*ret = 1;
	else if (memcmp(bytes->p, "stderr", 6) == 0)
		*ret = 2;
	else
		return -EBADMSG;
	return 0;
}

static int get_last(struct reader bytes, bool *ret)
{
	struct member member;
	int r;

	while ((r = get_member(&bytes, &member)) > 0)
		if (member.field == 1 && member.type == VARINT)
			*ret = member.number != 0;
	return r;
}

static int get_attr(struct reader bytes, struct strbuf *attrs)
{
	struct reader key = { NULL, NULL }, value = { NULL, NULL };
	struct member member;
	int r;

	while ((r = get_member(&bytes, &member)) > 0) {
		if (member.type == BYTES && member.field == 1)
			key = member.bytes;
		if (member.type == BYTES && member.field == 2)
			value = member.bytes;
	}
	if (r < 0)
		return r;
	strbuf_addc(attrs, attrs->len ? ',' : '{');
	json_quote(attrs, key.p ? key.p : "", (size_t)(key.end - key.p));
	strbuf_addc(attrs, ':');
	json_quote(attrs, value.p ? value.p : "", (size_t)(value.end - value.p));
	return 0;
}

struct entry {
	struct reader line;
	bool partial, last;
};

/* rec NULL: only what the entry is. */
static int get_entry(struct reader in, struct entry *entry, struct json_log_record *rec)
{
	struct member m;
	int r;

	while ((r = get_member(&in, &m)) > 0) {
		if (m.field == PARTIAL && m.type == VARINT)
			entry->partial = m.number != 0;
		else if (m.field == LINE && m.type == BYTES)
			entry->line = m.bytes;
		else if (m.field == PART && m.type == BYTES)
			r = get_last(m.bytes, &entry->last);
		else if (rec && m.field == TIME && m.type == VARINT)
			rec->time = (int64_t)m.number;
		else if (rec && m.field == SOURCE && m.type == BYTES)
			r = get_stream(&m.bytes, &rec->stream);
		else if (rec && m.field == ATTR && m.type == BYTES)
			r = get_attr(m.bytes, &rec->attrs);
		if (r < 0)
			return r;
	}
	return r;
}

int local_log_decode(const char *data, size_t len, struct json_log_record *rec)
{
	struct entry entry = { .line = { data, data } };

	strbuf_reset(&rec->log);
	strbuf_reset(&rec->attrs);
	rec->stream = 0;
	rec->time = 0;
	if (get_entry((struct reader){ data, data + len }, &entry, rec) < 0 || rec->stream == 0)
		return -EBADMSG;
	strbuf_add(&rec->log, entry.line.p, (size_t)(entry.line.end - entry.line.p));
	if (!entry.partial || entry.last)
		strbuf_addc(&rec->log, '\n');
	if (rec->attrs.len > 0)
		strbuf_addc(&rec->attrs, '}');
	return 0;
}

bool local_log_ends(const char *data, size_t len)
{
	struct entry entry = { .line = { data, data } };

	return get_entry((struct reader){ data, data + len }, &entry, NULL) == 0 &&
	       (!entry.partial || entry.last);
}
