/* SPDX-License-Identifier: Apache-2.0 */
/* Ports of endpoints, and exposed ones without. */
#include "engine/ports.h"

#include <string.h>

#include "base/parse.h"

static bool key_parse(const char *key, uint16_t *ret_port, const char **ret_type)
{
	cleanup_free char *number = xstrndup(key, strcspn(key, "/"));
	const char *slash = strchr(key, '/');

	*ret_type = slash ? slash + 1 : "tcp";
	return parse_port(number, ret_port) >= 0;
}

static bool is_published(const struct endpoint *eps, size_t n_eps, uint16_t port, const char *type)
{
	for (size_t i = 0; i < n_eps; i++) {
		for (size_t j = 0; j < eps[i].n_ports; j++) {
			if (eps[i].ports[j].container_port == port &&
			    strcmp(eps[i].ports[j].protocol, type) == 0)
				return true;
		}
	}
	return false;
}

void ports_summary(char *const *exposed, const struct endpoint *eps, size_t n_eps,
		   struct port_summary **ret, size_t *ret_n)
{
	struct port_summary *out = NULL;
	const char *type;
	uint16_t port;
	size_t n = 0;

	for (size_t i = 0; i < n_eps; i++) {
		out = xrealloc(out, n + eps[i].n_ports + 1, sizeof(*out));
		for (size_t j = 0; j < eps[i].n_ports; j++)
			out[n++] = (struct port_summary){
				.ip = xstrdup(eps[i].ports[j].host_ip),
				.private_port = eps[i].ports[j].container_port,
				.public_port = eps[i].ports[j].host_port,
				.type = xstrdup(eps[i].ports[j].protocol),
			};
	}
	for (; exposed && *exposed; exposed++) {
		if (!key_parse(*exposed, &port, &type) || is_published(eps, n_eps, port, type))
			continue;
		out = xrealloc(out, n + 1, sizeof(*out));
		out[n++] = (struct port_summary){ .private_port = port, .type = xstrdup(type) };
	}
	*ret = out;
	*ret_n = n;
}

static struct port_map_entry *map_entry(struct port_map_entry **map, size_t *n, const char *key)
{
	for (size_t i = 0; i < *n; i++) {
		if (strcmp((*map)[i].key, key) == 0)
			return &(*map)[i];
	}
	*map = xrealloc(*map, *n + 1, sizeof(**map));
	(*map)[*n] = (struct port_map_entry){ .key = xstrdup(key) };
	return &(*map)[(*n)++];
}

static void map_bind(struct port_map_entry **map, size_t *n, const struct endpoint_port *port)
{
	cleanup_free char *key = xasprintf("%u/%s", port->container_port, port->protocol);
	struct port_map_entry *entry = map_entry(map, n, key);

	entry->bindings =
		xrealloc(entry->bindings, entry->n_bindings + 1, sizeof(*entry->bindings));
	entry->bindings[entry->n_bindings++] = (struct port_binding){
		.host_ip = xstrdup(port->host_ip),
		.host_port = xasprintf("%u", port->host_port),
	};
}

void ports_map(const struct container_config *config, const struct endpoint *eps, size_t n_eps,
	       bool running, struct port_map_entry **ret, size_t *ret_n)
{
	struct port_map_entry *map = NULL;
	size_t n = 0;

	for (size_t i = 0; i < n_eps; i++) {
		for (size_t j = 0; j < eps[i].n_ports; j++)
			map_bind(&map, &n, &eps[i].ports[j]);
	}
	for (size_t i = 0; running && config->exposed_ports && config->exposed_ports[i]; i++)
		(void)map_entry(&map, &n, config->exposed_ports[i]);
	*ret = map;
	*ret_n = n;
}
