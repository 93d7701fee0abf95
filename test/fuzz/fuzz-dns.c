/* SPDX-License-Identifier: Apache-2.0 */
/* What reaches hoy-dns from a container and from a server: a query, the file of names that it is
 * looked up in, an answer. The input is the query, 0xff 0xff, and the names' text. An answer that
 * is made keeps the query's question and its limit. */
#include <stdint.h>
#include <string.h>

#include "base/strbuf.h"
#include "dns/message.h"
#include "dns/zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_answer(const uint8_t *query, const struct dns_question *q,
			 const unsigned char *out, size_t n, size_t max)
{
	if (n > max || n < q->end || memcmp(out, query, 2) != 0 ||
	    memcmp(out + DNS_HEADER_LEN, query + DNS_HEADER_LEN, q->end - DNS_HEADER_LEN) != 0)
		abort();
}

static void look_up(const uint8_t *query, const struct dns_question *q, const char *text,
		    size_t text_len)
{
	static unsigned char out[DNS_MESSAGE_MAX];
	const size_t limits[] = { DNS_UDP_MIN, 1232, sizeof(out) };
	struct zones zones = { .n = 1 };

	names_table_parse(text, text_len, &zones.items[0].table);
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		size_t n = 0;

		if (zones_answer(&zones, query, q, out, limits[i], &n)) {
			check_answer(query, q, out, n, limits[i]);
			if (!dns_answer_fits(out, n, query, q->end) && !q->edns)
				abort();
		}
	}
	names_table_release(&zones.items[0].table);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static unsigned char out[DNS_UDP_MIN];
	const uint8_t *mark = memmem(data, len, "\xff\xff", 2);
	const size_t query_len = mark ? (size_t)(mark - data) : len;
	/* exactly as long as it is, so that a read beyond is seen */
	uint8_t *query = xmalloc(query_len + 1);
	struct dns_question q;
	unsigned char addr[16];
	int r;

	query = xrealloc(query, query_len ? query_len : 1, 1);
	memcpy(query, data, query_len);
	r = dns_question_parse(query, query_len, &q);
	if (r >= 0) {
		struct dns_answer a;

		dns_answer_begin(&a, out, sizeof(out), query, &q);
		check_answer(query, &q, out, dns_answer_end(&a, (unsigned int)r), sizeof(out));
	}
	if (r == 0) {
		(void)dns_reverse_parse(q.name, addr);
		look_up(query, &q, mark ? (const char *)mark + 2 : "",
			mark ? len - query_len - 2 : 0);
		(void)dns_answer_fits(data, len, query, query_len);
	}
	free(query);
	return 0;
}
