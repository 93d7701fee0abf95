/* SPDX-License-Identifier: Apache-2.0 */
/* What was asked to be published, understood: HostConfig.PortBindings and -P become port
 * requests. */
#include "network/ports.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "base/parse.h"
#include "base/strbuf.h"

/* Ports of one container: a bound for what one request can make us do. */
enum { PORT_REQUESTS_MAX = 16384 };

static const struct {
	const char *name;
	uint8_t number;
} protocols[] = { { "tcp", IPPROTO_TCP }, { "udp", IPPROTO_UDP }, { "sctp", IPPROTO_SCTP } };

static const char *protocol_static(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++) {
		if (strcasecmp(protocols[i].name, name) == 0)
			return protocols[i].name;
	}
	return NULL;
}

uint8_t port_protocol_number(const char *protocol)
{
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++) {
		if (strcmp(protocols[i].name, protocol) == 0)
			return protocols[i].number;
	}
	return 0;
}

char *port_address_text(const char *ip, unsigned int port)
{
	return xasprintf(strchr(ip, ':') ? "[%s]:%u" : "%s:%u", ip, port);
}

void port_plan_release(struct port_plan *plan)
{
	if (!plan)
		return;
	free(plan->items);
	*plan = (struct port_plan){ 0 };
}

/* "80/tcp", "80" */
static int container_port_parse(const char *key, struct port_request *ret, struct error *err)
{
	const char *slash = strchr(key, '/');
	cleanup_free char *port = xstrndup(key, slash ? (size_t)(slash - key) : strlen(key));

	ret->protocol = slash ? protocol_static(slash + 1) : "tcp";
	if (!ret->protocol)
		return error_set(err, ERR_INVALID, EINVAL, "invalid proto: %s", slash + 1);
	if (parse_port(port, &ret->container_port) < 0)
		return error_set(err, ERR_INVALID, EINVAL, "invalid port specification: \"%s\"",
				 key);
	return 0;
}

static int host_port_parse(const char *text, struct port_request *ret, struct error *err)
{
	if (!text || text[0] == '\0' || strcmp(text, "0") == 0)
		return 0;
	if (parse_port_range(text, &ret->first, &ret->last) < 0)
		return error_set(err, ERR_INVALID, EINVAL, "invalid port specification: \"%s\"",
				 text);
	return 0;
}

static int host_ip_parse(const char *text, const char *default_ip, bool with_ip6,
			 struct port_request *ret, struct error *err)
{
	const bool named = text && text[0] != '\0';
	const char *ip = named ? text : default_ip ? default_ip : "0.0.0.0";

	if (address_parse(ip, &ret->host_ips[0]) < 0)
		return error_set(err, ERR_INVALID, EINVAL, "invalid IP address: %s", ip);
	ret->n_host_ips = 1;
	/* SCTP has no relay, see network/relay.h. */
	if (!named && with_ip6 && address_is_wildcard(&ret->host_ips[0]) &&
	    ret->host_ips[0].family == AF_INET && strcmp(ret->protocol, "sctp") != 0)
		ret->host_ips[ret->n_host_ips++] = (struct link_address){ AF_INET6, { 0 }, 128 };
	return 0;
}

static int plan_add(struct port_plan *plan, const struct port_request *req, struct error *err)
{
	if (plan->n >= PORT_REQUESTS_MAX)
		return error_set(err, ERR_INVALID, EINVAL, "more than %d published ports",
				 (int)PORT_REQUESTS_MAX);
	plan->items = xrealloc(plan->items, plan->n + 1, sizeof(*plan->items));
	plan->items[plan->n++] = *req;
	return 0;
}

static int plan_binding(struct port_plan *plan, const char *key, const char *host_ip,
			const char *host_port, const char *default_ip, bool with_ip6,
			struct error *err)
{
	struct port_request req = { 0 };
	int r;

	r = container_port_parse(key, &req, err);
	if (r >= 0)
		r = host_port_parse(host_port, &req, err);
	if (r >= 0)
		r = host_ip_parse(host_ip, default_ip, with_ip6, &req, err);
	return r < 0 ? r : plan_add(plan, &req, err);
}

static bool plan_has(const struct port_plan *plan, const char *key)
{
	struct port_request req = { 0 };

	if (container_port_parse(key, &req, NULL) < 0)
		return false;
	for (size_t i = 0; i < plan->n; i++) {
		if (plan->items[i].container_port == req.container_port &&
		    plan->items[i].protocol == req.protocol)
			return true;
	}
	return false;
}

int port_plan_make(const struct endpoint_options *opts, const char *host_ip, bool with_ip6,
		   struct port_plan *ret, struct error *err)
{
	cleanup(port_plan_release) struct port_plan plan = { 0 };
	int r;

	for (size_t i = 0; i < opts->n_port_bindings; i++) {
		const struct port_map_entry *e = &opts->port_bindings[i];

		for (size_t j = 0; j < e->n_bindings; j++) {
			r = plan_binding(&plan, e->key, e->bindings[j].host_ip,
					 e->bindings[j].host_port, host_ip, with_ip6, err);
			if (r < 0)
				return r;
		}
	}
	for (char *const *key = opts->exposed_ports; opts->publish_all && key && *key; key++) {
		if (plan_has(&plan, *key))
			continue;
		r = plan_binding(&plan, *key, NULL, NULL, host_ip, with_ip6, err);
		if (r < 0)
			return r;
	}
	*ret = plan;
	plan = (struct port_plan){ 0 };
	return 0;
}
