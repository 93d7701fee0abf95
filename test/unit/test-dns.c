/* SPDX-License-Identifier: Apache-2.0 */
/* Questions and answers as bytes, and the names they are looked up in. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "dns/message.h"
#include "dns/zone.h"

static const char text[] = "network net\n"
			   "172.18.0.2 - web 0123456789ab shop\n"
			   "172.18.0.3 fd00::3 db shop\n"
			   "- - nobody\n"
			   "172.18.0.4 -\n";

/* A query for name; payload > 0: with EDNS. Returns its length. */
static size_t query_make(const char *name, uint16_t type, uint16_t payload, unsigned char *out)
{
	size_t at = DNS_HEADER_LEN;

	memset(out, 0, DNS_HEADER_LEN);
	dns_put16(out, 0x1234);
	dns_put16(out + 2, 0x0100);
	dns_put16(out + 4, 1);
	while (*name) {
		const size_t label = strcspn(name, ".");

		out[at++] = (unsigned char)label;
		memcpy(out + at, name, label);
		at += label;
		name += label + (name[label] == '.');
	}
	out[at++] = 0;
	dns_put16(out + at, type);
	dns_put16(out + at + 2, DNS_CLASS_IN);
	at += 4;
	if (payload > 0) {
		memset(out + at, 0, 11);
		dns_put16(out + at + 1, DNS_TYPE_OPT);
		dns_put16(out + at + 3, payload);
		dns_put16(out + 10, 1);
		at += 11;
	}
	return at;
}

struct looked_up {
	bool known;
	unsigned int code, count;
	bool truncated;
	size_t len;
	unsigned char data[4096];
};

static struct looked_up look_up(const char *names, const char *name, uint16_t type,
				uint16_t payload)
{
	unsigned char query[512];
	const size_t len = query_make(name, type, payload, query);
	char store[] = "store=web", other[] = "Other=nobody", *links[] = { store, other, NULL };
	struct zones zones = { .n = 1, .links = links };
	struct looked_up l = { 0 };
	struct dns_question q;

	assert_int_equal(dns_question_parse(query, len, &q), 0);
	assert_string_equal(q.name, name);
	names_table_parse(names, strlen(names), &zones.items[0].table);
	l.known = zones_answer(&zones, query, &q, l.data, q.payload, &l.len);
	names_table_release(&zones.items[0].table);
	if (!l.known)
		return l;
	assert_true(l.len <= q.payload);
	assert_true(dns_answer_fits(l.data, l.len, query, len));
	l.code = dns_get16(l.data + 2) & 0xf;
	l.truncated = dns_get16(l.data + 2) & 0x0200;
	l.count = dns_get16(l.data + 6);
	return l;
}

static void test_names(void **state)
{
	static const struct {
		const char *name;
		uint16_t type;
		bool known;
		unsigned int count;
	} rows[] = {
		{ "web", DNS_TYPE_A, true, 1 },
		{ "WEB", DNS_TYPE_A, true, 1 },
		{ "web.net", DNS_TYPE_A, true, 1 },
		{ "0123456789ab", DNS_TYPE_A, true, 1 },
		{ "shop", DNS_TYPE_A, true, 2 },
		{ "shop", DNS_TYPE_AAAA, true, 1 },
		/* known, and has none such: not somebody else's to say */
		{ "web", DNS_TYPE_AAAA, true, 0 },
		{ "web", 15, true, 0 },
		{ "web.other", DNS_TYPE_A, false, 0 },
		{ "we", DNS_TYPE_A, false, 0 },
		{ "Store", DNS_TYPE_A, true, 1 }, /* a link */
		{ "other", DNS_TYPE_A, false, 0 },
		{ "stor", DNS_TYPE_A, false, 0 },
		{ "nobody", DNS_TYPE_A, false, 0 },
		{ "2.0.18.172.in-addr.arpa", DNS_TYPE_PTR, true, 1 },
		{ "9.0.18.172.in-addr.arpa", DNS_TYPE_PTR, false, 0 },
		{ "3.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa",
		  DNS_TYPE_PTR, true, 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct looked_up l = look_up(text, rows[i].name, rows[i].type, 0);

		if (l.known != rows[i].known || l.count != rows[i].count || l.code != DNS_OK)
			fail_msg("%s type %u: known %d, %u answers", rows[i].name, rows[i].type,
				 l.known, l.count);
	}
}

static void test_answer_bytes(void **state)
{
	const struct looked_up l = look_up(text, "web", DNS_TYPE_A, 4096);
	static const unsigned char record[] = { 0xc0, 12, 0, 1, 0,   1,	 0, 0,
						0,    5,  0, 4, 172, 18, 0, 2 };

	assert_memory_equal(l.data + DNS_HEADER_LEN + 5 + 4, record, sizeof(record));
	/* the OPT record behind it */
	assert_int_equal(l.len, DNS_HEADER_LEN + 9 + sizeof(record) + 11);
	assert_int_equal(dns_get16(l.data + 10), 1);
}

/* More than fits: marked, and what is there is whole. */
static void test_truncated(void **state)
{
	cleanup(strbuf_release) struct strbuf many = STRBUF_INIT;
	struct looked_up l;

	names_add_network(&many, "n");
	for (int i = 1; i <= 80; i++) {
		char ip[16];

		(void)snprintf(ip, sizeof(ip), "10.0.0.%d", i);
		names_add_endpoint(&many, ip, NULL, "c", "all");
	}
	l = look_up(strbuf_str(&many), "all", DNS_TYPE_A, 0);
	assert_true(l.truncated);
	assert_int_equal(l.count, (DNS_UDP_MIN - DNS_HEADER_LEN - 9) / 16);
	l = look_up(strbuf_str(&many), "all", DNS_TYPE_A, 4096);
	assert_false(l.truncated);
	assert_int_equal(l.count, 80);
}

/* Those that share a name take turns. */
static void test_turns(void **state)
{
	unsigned int first[256] = { 0 };

	for (int i = 0; i < 200; i++) {
		const struct looked_up l = look_up(text, "shop", DNS_TYPE_A, 0);

		first[l.data[DNS_HEADER_LEN + 6 + 4 + 15]]++;
	}
	assert_int_equal(first[2] + first[3], 200);
	assert_true(first[2] > 50 && first[3] > 50);
}

static void test_bad_queries(void **state)
{
	static const unsigned char pointer[] = { 0, 1, 1, 0,	0,  1, 0, 0, 0,
						 0, 0, 0, 0xc0, 12, 0, 1, 0, 1 };
	unsigned char query[512];
	size_t len = query_make("web", DNS_TYPE_A, 0, query);
	struct dns_question q;

	for (size_t i = 0; i < len; i++)
		assert_true(dns_question_parse(query, i, &q) != 0);
	assert_int_equal(dns_question_parse(query, 11, &q), -EBADMSG);
	assert_int_equal(dns_question_parse(query, 14, &q), DNS_FORMAT_ERROR);
	assert_int_equal(dns_question_parse(pointer, sizeof(pointer), &q), DNS_FORMAT_ERROR);
	dns_put16(query + 4, 2);
	assert_int_equal(dns_question_parse(query, len, &q), DNS_FORMAT_ERROR);
	dns_put16(query + 4, 1);
	dns_put16(query + 2, 0x2000); /* another operation */
	assert_int_equal(dns_question_parse(query, len, &q), DNS_NOT_IMPLEMENTED);
	dns_put16(query + 2, 0x8000); /* an answer */
	assert_int_equal(dns_question_parse(query, len, &q), -EBADMSG);
}

/* A server's answer to another question is none to this one. */
static void test_answers_fit(void **state)
{
	unsigned char query[512], other[512];
	const size_t len = query_make("web", DNS_TYPE_A, 0, query);
	size_t n = query_make("WEB", DNS_TYPE_A, 0, other);

	assert_false(dns_answer_fits(other, n, query, len)); /* a question itself */
	dns_put16(other + 2, 0x8180);
	assert_true(dns_answer_fits(other, n, query, len));
	dns_put16(other, 0x4321);
	assert_false(dns_answer_fits(other, n, query, len));
	n = query_make("wet", DNS_TYPE_A, 0, other);
	dns_put16(other + 2, 0x8180);
	assert_false(dns_answer_fits(other, n, query, len));
	n = query_make("web", DNS_TYPE_AAAA, 0, other);
	dns_put16(other + 2, 0x8180);
	assert_false(dns_answer_fits(other, n, query, len));
	assert_false(dns_answer_fits(other, 5, query, len));
}

/* What is written reads the same; what could break a line is left out. */
static void test_names_file(void **state)
{
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;
	cleanup(names_table_release) struct names_table table = { 0 };

	names_add_network(&out, "my net");
	names_add_endpoint(&out, "10.0.0.1", NULL, "a\nb", "x y\tz w");
	names_add_endpoint(&out, NULL, "fd00::1", "six", NULL);
	assert_string_equal(strbuf_str(&out), "network -\n10.0.0.1 - x w\n- fd00::1 six\n");
	names_table_parse(out.data, out.len, &table);
	assert_string_equal(table.network, "-");
	assert_int_equal(table.n, 2);
	assert_string_equal(table.endpoints[0].names[1], "w");
	assert_null(table.endpoints[0].names[2]);
	assert_true(table.endpoints[1].has_ip6 && !table.endpoints[1].has_ip);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),	    cmocka_unit_test(test_answer_bytes),
		cmocka_unit_test(test_truncated),   cmocka_unit_test(test_turns),
		cmocka_unit_test(test_bad_queries), cmocka_unit_test(test_answers_fit),
		cmocka_unit_test(test_names_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
