/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DNS messages (RFC 1035, 6891), as much of them as a resolver for one container needs: a question
 * is read, an answer to it is made. Bytes come from hostile programs; nothing is read beyond len,
 * no pointer is followed.
 */
#pragma once

#include "base/macros.h"

enum {
	DNS_HEADER_LEN = 12,
	DNS_NAME_MAX = 255, /* as bytes of a message */
	DNS_UDP_MIN = 512,  /* what a client takes that says nothing else */
	DNS_MESSAGE_MAX = 65535,
};

enum { DNS_TYPE_A = 1, DNS_TYPE_PTR = 12, DNS_TYPE_AAAA = 28, DNS_TYPE_OPT = 41 };
enum { DNS_CLASS_IN = 1 };
enum { DNS_OK = 0, DNS_FORMAT_ERROR = 1, DNS_SERVER_FAILURE = 2, DNS_NOT_IMPLEMENTED = 4 };

struct dns_question {
	uint16_t id, flags;
	uint16_t type, class;
	char name[DNS_NAME_MAX + 1]; /* "a.example", without the last dot; "" is the root */
	bool plain;		     /* no byte of the name is a dot, a blank or no character */
	size_t end;		     /* of the question section, in the message */
	bool edns;
	uint16_t payload; /* how large an answer by UDP may be, DNS_UDP_MIN at least */
};

/* 0; -EBADMSG: nothing that can be answered (too short, or an answer itself): drop it; otherwise
 * the code of the answer that it deserves (DNS_FORMAT_ERROR, DNS_NOT_IMPLEMENTED) with id and
 * flags set and end DNS_HEADER_LEN. */
must_check int dns_question_parse(const unsigned char *data, size_t len, struct dns_question *ret);

/* An answer in the making. */
struct dns_answer {
	unsigned char *data; /* the caller's, max bytes */
	size_t len, max;
	uint16_t count;
	bool truncated;
	bool edns;
};

/* Header and question as in the query (which q was read from). */
void dns_answer_begin(struct dns_answer *a, unsigned char *data, size_t max,
		      const unsigned char *query, const struct dns_question *q);
/* A record of the question's name; what does not fit sets the mark for that. */
void dns_answer_address(struct dns_answer *a, uint16_t type, const unsigned char *addr, size_t len,
			uint32_t ttl);
/* name: "a.example"; a label that is too long leaves the record out. */
void dns_answer_pointer(struct dns_answer *a, const char *name, uint32_t ttl);
size_t dns_answer_end(struct dns_answer *a, unsigned int code);

/* Whether an answer of a server is one to this query: the same id and question. */
bool dns_answer_fits(const unsigned char *answer, size_t len, const unsigned char *query,
		     size_t query_len);

uint16_t dns_get16(const unsigned char *data);
void dns_put16(unsigned char *data, uint16_t value);

/* "2.0.18.172.in-addr.arpa" -> 4 bytes, "….ip6.arpa" -> 16 bytes; 0: neither. */
size_t dns_reverse_parse(const char *name, unsigned char ret[16]);
