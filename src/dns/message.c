/* SPDX-License-Identifier: Apache-2.0 */
/* Questions and answers as bytes. */
#include "dns/message.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
	FLAG_ANSWER = 0x8000,
	FLAG_OPCODE = 0x7800,
	FLAG_TRUNCATED = 0x0200,
	FLAG_RECURSE = 0x0100,
	FLAG_RECURSES = 0x0080,
	LABEL_MAX = 63,
	LABEL_POINTER = 0xc0,
	RECORD_LEN = 10,    /* type, class, ttl, length   */
	OPT_LEN = 11,	    /* root name, empty OPT record */
	OPT_PAYLOAD = 1232, /* what passes every path, see dnsflagday.net 2020 */
	ADDITIONAL_MAX = 4,
};

uint16_t dns_get16(const unsigned char *data)
{
	return (uint16_t)(data[0] << 8 | data[1]);
}

void dns_put16(unsigned char *data, uint16_t value)
{
	data[0] = (unsigned char)(value >> 8);
	data[1] = (unsigned char)value;
}

static void put32(unsigned char *data, uint32_t value)
{
	dns_put16(data, (uint16_t)(value >> 16));
	dns_put16(data + 2, (uint16_t)value);
}

/* A name without pointers at `at`: into text; returns where it ends, 0 when it is none. */
static size_t name_parse(const unsigned char *data, size_t len, size_t at, struct dns_question *q)
{
	size_t out = 0;

	q->plain = true;
	for (;;) {
		size_t label;

		if (at >= len)
			return 0;
		label = data[at++];
		if (label == 0)
			break;
		if (label > LABEL_MAX || label > len - at || out + label + 1 > DNS_NAME_MAX - 1)
			return 0;
		if (out > 0)
			q->name[out++] = '.';
		for (size_t i = 0; i < label; i++) {
			const unsigned char c = data[at + i];

			q->plain = q->plain && c > ' ' && c < 0x7f && c != '.';
			q->name[out++] = (char)c;
		}
		at += label;
	}
	q->name[out] = '\0';
	return at;
}

/* Over a name that may end in a pointer, which is not followed. */
static size_t name_skip(const unsigned char *data, size_t len, size_t at)
{
	while (at < len) {
		const size_t label = data[at++];

		if (label == 0)
			return at;
		if ((label & LABEL_POINTER) == LABEL_POINTER)
			return at < len ? at + 1 : 0;
		if (label > LABEL_MAX || label > len - at)
			return 0;
		at += label;
	}
	return 0;
}

/* The OPT record of a query says how large an answer may be. */
static void edns_find(const unsigned char *data, size_t len, struct dns_question *q)
{
	unsigned int n = dns_get16(data + 10);
	size_t at = q->end;

	if (dns_get16(data + 6) != 0 || dns_get16(data + 8) != 0)
		return;
	for (unsigned int i = 0; i < n && i < ADDITIONAL_MAX; i++) {
		at = name_skip(data, len, at);
		if (at == 0 || len - at < RECORD_LEN)
			return;
		if (dns_get16(data + at) == DNS_TYPE_OPT) {
			q->edns = true;
			q->payload = dns_get16(data + at + 2);
			if (q->payload < DNS_UDP_MIN)
				q->payload = DNS_UDP_MIN;
			return;
		}
		if (dns_get16(data + at + 8) > len - at - RECORD_LEN)
			return;
		at += RECORD_LEN + dns_get16(data + at + 8);
	}
}

int dns_question_parse(const unsigned char *data, size_t len, struct dns_question *ret)
{
	struct dns_question q = { .payload = DNS_UDP_MIN, .end = DNS_HEADER_LEN };
	size_t at;

	if (len < DNS_HEADER_LEN || len > DNS_MESSAGE_MAX)
		return -EBADMSG;
	q.id = dns_get16(data);
	q.flags = dns_get16(data + 2);
	if (q.flags & FLAG_ANSWER)
		return -EBADMSG;
	*ret = q;
	if (q.flags & FLAG_OPCODE)
		return DNS_NOT_IMPLEMENTED;
	if (dns_get16(data + 4) != 1)
		return DNS_FORMAT_ERROR;
	at = name_parse(data, len, DNS_HEADER_LEN, &q);
	if (at == 0 || len - at < 4)
		return DNS_FORMAT_ERROR;
	q.type = dns_get16(data + at);
	q.class = dns_get16(data + at + 2);
	q.end = at + 4;
	edns_find(data, len, &q);
	*ret = q;
	return 0;
}

void dns_answer_begin(struct dns_answer *a, unsigned char *data, size_t max,
		      const unsigned char *query, const struct dns_question *q)
{
	*a = (struct dns_answer){ .data = data, .len = q->end, .max = max, .edns = q->edns };
	/* Room for the OPT record is kept free. */
	if (a->edns)
		a->max -= OPT_LEN;
	memcpy(data, query, q->end);
	dns_put16(data + 2, (uint16_t)(FLAG_ANSWER | (q->flags & FLAG_RECURSE) | FLAG_RECURSES));
	dns_put16(data + 4, q->end > DNS_HEADER_LEN ? 1 : 0);
	memset(data + 6, 0, 6);
}

/* A record's head, its name a pointer to the question's; NULL: no room. */
static unsigned char *record_begin(struct dns_answer *a, uint16_t type, uint32_t ttl, size_t len)
{
	unsigned char *at = a->data + a->len;

	if (a->truncated || a->max - a->len < 2 + RECORD_LEN + len) {
		a->truncated = true;
		return NULL;
	}
	dns_put16(at, LABEL_POINTER << 8 | DNS_HEADER_LEN);
	dns_put16(at + 2, type);
	dns_put16(at + 4, DNS_CLASS_IN);
	put32(at + 6, ttl);
	dns_put16(at + 10, (uint16_t)len);
	a->len += 2 + RECORD_LEN + len;
	a->count++;
	return at + 2 + RECORD_LEN;
}

void dns_answer_address(struct dns_answer *a, uint16_t type, const unsigned char *addr, size_t len,
			uint32_t ttl)
{
	unsigned char *data = record_begin(a, type, ttl, len);

	if (data)
		memcpy(data, addr, len);
}

void dns_answer_pointer(struct dns_answer *a, const char *name, uint32_t ttl)
{
	unsigned char bytes[DNS_NAME_MAX];
	unsigned char *data;
	size_t len = 0;

	while (*name) {
		const size_t label = strcspn(name, ".");

		if (label == 0 || label > LABEL_MAX || len + label + 2 > sizeof(bytes))
			return;
		bytes[len++] = (unsigned char)label;
		memcpy(bytes + len, name, label);
		len += label;
		name += label + (name[label] == '.');
	}
	bytes[len++] = 0;
	data = record_begin(a, DNS_TYPE_PTR, ttl, len);
	if (data)
		memcpy(data, bytes, len);
}

size_t dns_answer_end(struct dns_answer *a, unsigned int code)
{
	unsigned int flags = dns_get16(a->data + 2) | (code & 0xf);

	if (a->truncated)
		flags |= FLAG_TRUNCATED;
	dns_put16(a->data + 2, (uint16_t)flags);
	dns_put16(a->data + 6, a->count);
	if (a->edns) {
		unsigned char *opt = a->data + a->len;

		memset(opt, 0, OPT_LEN);
		dns_put16(opt + 1, DNS_TYPE_OPT);
		dns_put16(opt + 3, OPT_PAYLOAD);
		dns_put16(a->data + 10, 1);
		a->len += OPT_LEN;
	}
	return a->len;
}

static unsigned char lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

/* Lengths of labels are below the letters, so they are compared along with them. */
static bool names_equal(const unsigned char *a, const unsigned char *b, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (lower(a[i]) != lower(b[i]))
			return false;
	}
	return true;
}

bool dns_answer_fits(const unsigned char *answer, size_t len, const unsigned char *query,
		     size_t query_len)
{
	struct dns_question q;

	if (len < DNS_HEADER_LEN || memcmp(answer, query, 2) != 0 ||
	    !(dns_get16(answer + 2) & FLAG_ANSWER) || dns_question_parse(query, query_len, &q) != 0)
		return false;
	/* A server that could not read the question may leave it out. */
	if (dns_get16(answer + 4) == 0)
		return (dns_get16(answer + 2) & 0xf) != DNS_OK;
	if (len < q.end || dns_get16(answer + 4) != 1)
		return false;
	/* the name perhaps in other letters, type and class exactly */
	return names_equal(answer + DNS_HEADER_LEN, query + DNS_HEADER_LEN,
			   q.end - 4 - DNS_HEADER_LEN) &&
	       memcmp(answer + q.end - 4, query + q.end - 4, 4) == 0;
}

static size_t reverse4(const char *name, unsigned char ret[16])
{
	unsigned int b[4];
	int end = -1;

	if (sscanf(name, "%3u.%3u.%3u.%3u.%n", &b[3], &b[2], &b[1], &b[0], &end) != 4 || end < 0 ||
	    strcasecmp(name + end, "in-addr.arpa") != 0)
		return 0;
	for (int i = 0; i < 4; i++) {
		if (b[i] > 255)
			return 0;
		ret[i] = (unsigned char)b[i];
	}
	return 4;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

size_t dns_reverse_parse(const char *name, unsigned char ret[16])
{
	enum { NIBBLES = 32 };

	if (strlen(name) != 2 * NIBBLES + strlen("ip6.arpa"))
		return reverse4(name, ret);
	if (strcasecmp(name + 2 * NIBBLES, "ip6.arpa") != 0)
		return 0;
	memset(ret, 0, 16);
	for (int i = 0; i < NIBBLES; i++) {
		const int digit = hex_digit(name[2 * i]);
		const int at = NIBBLES - 1 - i;

		if (digit < 0 || name[2 * i + 1] != '.')
			return 0;
		ret[at / 2] |= (unsigned char)(at % 2 == 0 ? digit << 4 : digit);
	}
	return 16;
}
