/* SPDX-License-Identifier: Apache-2.0 */
/* Ports of a summary -> one cell of ps. */
#include "cli/port-text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int compare_ports(const void *left, const void *right)
{
	const struct port_summary *a = left, *b = right;
	int r;

	if (a->private_port != b->private_port)
		return a->private_port < b->private_port ? -1 : 1;
	r = strcmp(a->ip ? a->ip : "", b->ip ? b->ip : "");
	if (r != 0)
		return r;
	if (a->public_port != b->public_port)
		return a->public_port < b->public_port ? -1 : 1;
	return strcmp(a->type ? a->type : "", b->type ? b->type : "");
}

/* Ports in a row with the same address and protocol, published under their own number or not at
 * all. */
struct port_group {
	const char *ip, *type;
	int64_t first, last;
};

static void add_address(struct strbuf *out, const char *ip)
{
	strbuf_addf(out, strchr(ip, ':') ? "[%s]:" : "%s:", ip);
}

static void add_group(const struct port_group *g, struct strbuf *out)
{
	char range[48];

	if (g->first == g->last)
		(void)snprintf(range, sizeof(range), "%lld", (long long)g->first);
	else
		(void)snprintf(range, sizeof(range), "%lld-%lld", (long long)g->first,
			       (long long)g->last);
	if (out->len)
		strbuf_adds(out, ", ");
	if (*g->ip) {
		add_address(out, g->ip);
		strbuf_addf(out, "%s->", range);
	}
	strbuf_addf(out, "%s/%s", range, g->type);
}

/* Put p into its group; a group that it does not continue is written out first. */
static void group_port(struct port_group *groups, size_t *n, const struct port_summary *p,
		       struct strbuf *out)
{
	const char *ip = p->ip ? p->ip : "", *type = p->type ? p->type : "tcp";

	for (size_t i = 0; i < *n; i++) {
		struct port_group *g = &groups[i];

		if (strcmp(g->ip, ip) != 0 || strcmp(g->type, type) != 0)
			continue;
		if (p->private_port != g->last + 1) {
			add_group(g, out);
			g->first = p->private_port;
		}
		g->last = p->private_port;
		return;
	}
	groups[(*n)++] = (struct port_group){ ip, type, p->private_port, p->private_port };
}

static bool has_own_number(const struct port_summary *p)
{
	return p->ip && *p->ip && p->public_port != p->private_port;
}

void ports_text(struct port_summary *ports, size_t n, struct strbuf *out)
{
	cleanup_free struct port_group *groups = xcalloc(n + 1, sizeof(*groups));
	size_t n_groups = 0;

	if (n)
		qsort(ports, n, sizeof(*ports), compare_ports);
	for (size_t i = 0; i < n; i++)
		if (!has_own_number(&ports[i]))
			group_port(groups, &n_groups, &ports[i], out);
	for (size_t i = 0; i < n_groups; i++)
		add_group(&groups[i], out);
	for (size_t i = 0; i < n; i++) {
		if (!has_own_number(&ports[i]))
			continue;
		if (out->len)
			strbuf_adds(out, ", ");
		add_address(out, ports[i].ip);
		strbuf_addf(out, "%lld->%lld/%s", (long long)ports[i].public_port,
			    (long long)ports[i].private_port,
			    ports[i].type ? ports[i].type : "tcp");
	}
}
