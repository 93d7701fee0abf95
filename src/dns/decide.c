/* SPDX-License-Identifier: Apache-2.0 */
/* What is said to a query: an answer of our own, a refusal, or that a server is to be asked. */
#include "dns/server.h"

struct dns_server dns;

static size_t answer_code(const unsigned char *query, const struct dns_question *q,
			  unsigned int code, unsigned char *out, size_t max)
{
	struct dns_answer a;

	dns_answer_begin(&a, out, max, query, q);
	return dns_answer_end(&a, code);
}

size_t dns_fail(const unsigned char *query, size_t len, unsigned char *out, size_t max)
{
	struct dns_question q;

	if (dns_question_parse(query, len, &q) != 0)
		return 0;
	return answer_code(query, &q, DNS_SERVER_FAILURE, out, max);
}

enum verdict dns_decide(const unsigned char *query, size_t len, bool tcp, unsigned char *out,
			size_t max, size_t *ret_len)
{
	struct dns_question q;
	const int r = dns_question_parse(query, len, &q);

	if (r < 0)
		return VERDICT_DROP;
	if (!tcp && q.payload < max)
		max = q.payload;
	if (r > 0) {
		*ret_len = answer_code(query, &q, (unsigned int)r, out, max);
		return VERDICT_LOCAL;
	}
	zones_refresh(&dns.zones);
	if (q.plain && zones_answer(&dns.zones, query, &q, out, max, ret_len))
		return VERDICT_LOCAL;
	upstream_refresh(&dns.up);
	if (!dns.up.off && dns.up.n > 0)
		return VERDICT_FORWARD;
	*ret_len = answer_code(query, &q, DNS_SERVER_FAILURE, out, max);
	return VERDICT_LOCAL;
}
