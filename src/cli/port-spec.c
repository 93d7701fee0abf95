/* SPDX-License-Identifier: Apache-2.0 */
/* Port specifications of the command line -> container ports and host bindings of the create
 * request. */
#include "cli/port-spec.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/parse.h"
#include "base/strbuf.h"
#include "base/strv.h"

void port_list_release(struct port_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		free(list->items[i].port);
		free(list->items[i].host_ip);
		free(list->items[i].host_port);
	}
	free(list->items);
	*list = (struct port_list){ NULL, 0 };
}

static void port_list_add(struct port_list *list, char *port, char *host_ip, char *host_port)
{
	list->items = xrealloc(list->items, list->n + 1, sizeof(*list->items));
	list->items[list->n++] = (struct port_mapping){ port, host_ip, host_port };
}

/* "80/udp" -> "80" and "udp"; a missing protocol is tcp. */
static void split_proto(const char *text, char **ret_port, char **ret_proto)
{
	const char *slash = strchr(text, '/');
	size_t len = slash ? strcspn(slash + 1, "/") : 0;

	*ret_port = slash ? xstrndup(text, slash - text) : xstrdup(text);
	*ret_proto = len ? xstrndup(slash + 1, len) : xstrdup("tcp");
}

static int check_proto(const char *proto, struct error *err)
{
	static const char *const known[] = { "tcp", "udp", "sctp" };

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (strcasecmp(proto, known[i]) == 0)
			return 0;
	return error_set(err, ERR_INVALID, 0, "invalid proto: %s", proto);
}

static void lower(char *text)
{
	for (; *text; text++)
		if (*text >= 'A' && *text <= 'Z')
			*text += 'a' - 'A';
}

/* The host side may be port 0 ("any"), which parse_port_range refuses. */
static int parse_range(const char *text, unsigned int *ret_first, unsigned int *ret_last)
{
	const char *dash = strchr(text, '-');
	cleanup_free char *first = dash ? xstrndup(text, dash - text) : xstrdup(text);
	uint32_t a, b;

	if (parse_u32(first, &a) < 0 || parse_u32(dash ? dash + 1 : text, &b) < 0)
		return -EINVAL;
	if (a > 65535 || b > 65535 || b < a)
		return -EINVAL;
	*ret_first = a;
	*ret_last = b;
	return 0;
}

struct raw_spec {
	char *ip, *host, *port, *proto;
};

static void raw_spec_release(struct raw_spec *raw)
{
	free(raw->ip);
	free(raw->host);
	free(raw->port);
	free(raw->proto);
}

/* Split at the last two colons: what stands before them is the address, IPv6 included. */
static void raw_spec_split(const char *spec, struct raw_spec *raw)
{
	const char *last = strrchr(spec, ':');
	const char *middle = last ? memrchr(spec, ':', last - spec) : NULL;

	split_proto(last ? last + 1 : spec, &raw->port, &raw->proto);
	if (!last)
		raw->host = xstrdup("");
	else if (middle)
		raw->host = xstrndup(middle + 1, last - middle - 1);
	else
		raw->host = xstrndup(spec, last - spec);
	raw->ip = middle ? xstrndup(spec, middle - spec) : xstrdup("");
}

static int check_ip(char **ip, struct error *err)
{
	struct in6_addr addr;
	size_t len = strlen(*ip);

	if (len == 0)
		return 0;
	if ((*ip)[0] == '[') {
		if ((*ip)[len - 1] != ']')
			return error_set(err, ERR_INVALID, 0,
					 "invalid IP address %s: missing ']' in address", *ip);
		char *bare = xstrndup(*ip + 1, len - 2);

		free(*ip);
		*ip = bare;
	}
	if (inet_pton(AF_INET, *ip, &addr) != 1 && inet_pton(AF_INET6, *ip, &addr) != 1)
		return error_set(err, ERR_INVALID, 0, "invalid IP address: %s", *ip);
	return 0;
}

static char *host_port(const struct raw_spec *raw, unsigned int first, unsigned int last,
		       unsigned int i, bool single)
{
	if (!*raw->host)
		return xstrdup("");
	if (single && first != last)
		return xasprintf("%u-%u", first, last);
	return xasprintf("%u", first + i);
}

static int short_spec_parse(const char *spec, struct port_list *list, struct error *err)
{
	cleanup(raw_spec_release) struct raw_spec raw = { NULL, NULL, NULL, NULL };
	unsigned int first, last, host_first = 0, host_last = 0;
	int r;

	raw_spec_split(spec, &raw);
	r = check_ip(&raw.ip, err);
	if (r < 0)
		return r;
	if (!*raw.port)
		return error_set(err, ERR_INVALID, 0, "no port specified: %s<empty>", spec);
	if (parse_range(raw.port, &first, &last) < 0)
		return error_set(err, ERR_INVALID, 0, "invalid containerPort: %s", raw.port);
	if (*raw.host && parse_range(raw.host, &host_first, &host_last) < 0)
		return error_set(err, ERR_INVALID, 0, "invalid hostPort: %s", raw.host);
	/* One container port may take any free port out of a host range; otherwise both count
	 * alike. */
	if (*raw.host && last - first != host_last - host_first && first != last)
		return error_set(err, ERR_INVALID, 0,
				 "invalid ranges specified for container and host Ports: %s and %s",
				 raw.port, raw.host);
	r = check_proto(raw.proto, err);
	if (r < 0)
		return r;
	lower(raw.proto);
	for (unsigned int i = 0; i <= last - first; i++)
		port_list_add(list, xasprintf("%u/%s", first + i, raw.proto), xstrdup(raw.ip),
			      host_port(&raw, host_first, host_last, i, first == last));
	return 0;
}

int port_spec_parse(const char *spec, struct port_list *list, struct error *err)
{
	cleanup(strv_release) char **params = NULL;
	cleanup_free char *plain = NULL;
	const char *published = "", *target = "", *protocol = "tcp";

	if (!strchr(spec, '='))
		return short_spec_parse(spec, list, err);
	params = strv_split(spec, ',');
	for (char **p = params; *p; p++) {
		char *eq = strchr(*p, '=');

		if (!eq || eq == *p)
			return error_set(
				err, ERR_INVALID, 0,
				"invalid publish opts format (should be name=value but got '%s')",
				*p);
		*eq = '\0';
		if (strcmp(*p, "published") == 0)
			published = eq + 1;
		else if (strcmp(*p, "target") == 0)
			target = eq + 1;
		else if (strcmp(*p, "protocol") == 0)
			protocol = eq + 1;
	}
	plain = xasprintf("%s:%s/%s", published, target, protocol);
	return short_spec_parse(plain, list, err);
}

int expose_spec_parse(const char *spec, struct port_list *list, struct error *err)
{
	cleanup_free char *port = NULL, *proto = NULL;
	unsigned int first, last;
	int r;

	if (strchr(spec, ':'))
		return error_set(err, ERR_INVALID, 0, "invalid port format for --expose: %s", spec);
	split_proto(spec, &port, &proto);
	if (parse_range(port, &first, &last) < 0)
		return error_set(err, ERR_INVALID, 0,
				 "invalid range format for --expose: %s, error: invalid port",
				 spec);
	r = check_proto(proto, err);
	if (r < 0)
		return r;
	lower(proto);
	for (unsigned int i = first; i <= last; i++)
		port_list_add(list, xasprintf("%u/%s", i, proto), xstrdup(""), xstrdup(""));
	return 0;
}
