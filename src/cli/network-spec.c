/* SPDX-License-Identifier: Apache-2.0 */
/* --network and its kin -> NetworkMode and endpoint settings of the create request. */
#include "cli/network-spec.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/parse.h"
#include "base/strv.h"
#include "cli/csv.h"

void network_list_release(struct network_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		endpoint_settings_release(&list->items[i]);
	free(list->items);
	*list = (struct network_list){ NULL, 0 };
}

void network_extras_release(struct network_extras *extras)
{
	strv_free(extras->aliases);
	strv_free(extras->links);
	strv_free(extras->link_local_ips);
	free(extras->ip);
	free(extras->ip6);
	free(extras->mac_address);
	*extras = (struct network_extras){ NULL };
}

bool network_is_user_defined(const char *mode)
{
	static const char *const modes[] = { "default", "bridge", "host", "none" };

	if (strncmp(mode, "container:", 10) == 0 || strcmp(mode, "container") == 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
		if (strcmp(mode, modes[i]) == 0)
			return false;
	return true;
}

/* Six (or eight) bytes in hex, all separated by ':' or all by '-'. */
int mac_address_check(const char *text, struct error *err)
{
	size_t len = strlen(text);
	bool good = len == 17 || len == 23;

	for (size_t i = 0; i < len && good; i++)
		good = i % 3 == 2 ? text[i] == text[2] && strchr(":-", text[i]) != NULL
				  : isxdigit((unsigned char)text[i]) != 0;
	return good ? 0 : error_set(err, ERR_INVALID, 0, "%s is not a valid mac address", text);
}

static struct endpoint_ipam_config *ipam_of(struct endpoint_settings *ep)
{
	if (!ep->ipam_config)
		ep->ipam_config = xcalloc(1, sizeof(*ep->ipam_config));
	return ep->ipam_config;
}

static int replace_str(char **member, const char *value)
{
	free(*member);
	*member = xstrdup(value);
	return 0;
}

static int set_driver_opt(struct endpoint_settings *ep, const char *value, struct error *err)
{
	const char *eq = strchr(value, '=');
	cleanup_free char *key = eq ? xstrndup(value, eq - value) : NULL;

	if (!key || !*key)
		return error_set(err, ERR_INVALID, 0,
				 "invalid key value pair format in driver options");
	ep->driver_opts.present = true;
	strmap_set(&ep->driver_opts, key, eq + 1);
	return 0;
}

static int set_network_field(struct endpoint_settings *ep, const char *field, struct error *err)
{
	const char *eq = strchr(field, '=');
	cleanup_free char *key = NULL;

	if (!eq || eq == field)
		return error_set(err, ERR_INVALID, 0, "invalid field %s", field);
	key = xstrndup(field, eq - field);
	if (strcasecmp(key, "name") == 0)
		return replace_str(&ep->key, eq + 1);
	if (strcasecmp(key, "alias") == 0)
		return strv_push(&ep->aliases, eq + 1), 0;
	if (strcasecmp(key, "driver-opt") == 0)
		return set_driver_opt(ep, eq + 1, err);
	if (strcasecmp(key, "ip") == 0)
		return replace_str(&ipam_of(ep)->ipv4_address, eq + 1);
	if (strcasecmp(key, "ip6") == 0)
		return replace_str(&ipam_of(ep)->ipv6_address, eq + 1);
	if (strcasecmp(key, "link-local-ip") == 0)
		return strv_push(&ipam_of(ep)->link_local_ips, eq + 1), 0;
	if (strcasecmp(key, "mac-address") == 0)
		return mac_address_check(eq + 1, err) < 0 ? -EINVAL
							  : replace_str(&ep->mac_address, eq + 1);
	if (strcasecmp(key, "gw-priority") == 0)
		return parse_i64(eq + 1, &ep->gw_priority) < 0
			       ? error_set(err, ERR_INVALID, 0,
					   "invalid gw-priority (%s): invalid syntax", eq + 1)
			       : 0;
	return error_set(err, ERR_INVALID, 0, "invalid field key %s", key);
}

int set_network(void *target, const char *value, struct error *err)
{
	struct network_list *list = target;
	struct endpoint_settings ep = { NULL };
	cleanup(strv_release) char **fields = NULL;
	int r;

	if (!strchr(value, '=')) {
		ep.key = xstrdup(value);
	} else {
		r = csv_split(value, &fields, err);
		for (char **f = fields; r == 0 && *f; f++)
			r = set_network_field(&ep, *f, err);
		if (r == 0 && !ep.key)
			r = error_set(err, ERR_INVALID, 0, "network name/id is not specified");
		if (r < 0) {
			endpoint_settings_release(&ep);
			return r;
		}
	}
	list->items = xrealloc(list->items, list->n + 1, sizeof(*list->items));
	list->items[list->n++] = ep;
	return 0;
}

static int conflict(struct error *err, const char *flag, const char *what)
{
	return error_set(err, ERR_INVALID, 0,
			 "conflicting options: cannot specify both --%s and per-network %s", flag,
			 what);
}

/* The older flags speak of the first network. */
static int apply_extras(struct endpoint_settings *ep, struct network_extras *x, struct error *err)
{
	if (x->aliases && ep->aliases)
		return conflict(err, "network-alias", "alias");
	if (x->ip && ep->ipam_config && ep->ipam_config->ipv4_address)
		return conflict(err, "ip", "IPv4 address");
	if (x->ip6 && ep->ipam_config && ep->ipam_config->ipv6_address)
		return conflict(err, "ip6", "IPv6 address");
	if (x->mac_address && ep->mac_address)
		return conflict(err, "mac-address", "MAC address");
	if (x->link_local_ips && ep->ipam_config && ep->ipam_config->link_local_ips)
		return conflict(err, "link-local-ip", "link-local IP addresses");
	strv_extend(&ep->aliases, x->aliases);
	strv_extend(&ep->links, x->links);
	if (x->mac_address)
		ep->mac_address = take_ptr(x->mac_address);
	if (x->ip)
		ipam_of(ep)->ipv4_address = take_ptr(x->ip);
	if (x->ip6)
		ipam_of(ep)->ipv6_address = take_ptr(x->ip6);
	if (x->link_local_ips)
		ipam_of(ep)->link_local_ips = take_ptr(x->link_local_ips);
	return 0;
}

static int check_endpoint(const struct endpoint_settings *ep, struct error *err)
{
	bool user_defined = network_is_user_defined(ep->key);

	if (!*ep->key)
		return error_set(err, ERR_INVALID, 0, "no name set for network");
	if (!user_defined && ep->aliases)
		return error_set(
			err, ERR_INVALID, 0,
			"network-scoped aliases are only supported for user-defined networks");
	if (!user_defined && ep->links)
		return error_set(err, ERR_INVALID, 0,
				 "links are only supported for user-defined networks");
	return 0;
}

static bool endpoint_is_plain(const struct endpoint_settings *ep)
{
	return !ep->aliases && !ep->links && !ep->ipam_config && !ep->mac_address &&
	       ep->driver_opts.n == 0 && ep->gw_priority == 0;
}

static int check_list(const struct network_list *list, struct error *err)
{
	bool user_defined = false, other = false;

	for (size_t i = 0; i < list->n; i++) {
		int r = check_endpoint(&list->items[i], err);

		if (r < 0)
			return r;
		for (size_t j = 0; j < i; j++)
			if (strcmp(list->items[i].key, list->items[j].key) == 0)
				return error_set(err, ERR_INVALID, 0,
						 "network \"%s\" is specified multiple times",
						 list->items[i].key);
		if (network_is_user_defined(list->items[i].key))
			user_defined = true;
		else
			other = true;
	}
	if (user_defined && other)
		return error_set(err, ERR_INVALID, 0,
				 "conflicting options: cannot attach both user-defined and "
				 "non-user-defined network-modes");
	return 0;
}

int network_configure(struct network_list *list, struct network_extras *extras,
		      struct container_create_request *req, struct error *err)
{
	int r;

	if (extras->mac_address && mac_address_check(extras->mac_address, err) < 0)
		return -EINVAL;
	/* Links on the default bridge are HostConfig's; elsewhere they belong to the endpoint. */
	if (extras->links && (list->n == 0 || !network_is_user_defined(list->items[0].key)))
		req->host_config.links = take_ptr(extras->links);
	else
		req->host_config.links = strv_copy(extras->links);
	if (list->n == 0) {
		r = set_network(list, "default", err);
		if (r < 0)
			return r;
	}
	r = apply_extras(&list->items[0], extras, err);
	if (r < 0)
		return r;
	r = check_list(list, err);
	if (r < 0)
		return r;
	req->host_config.network_mode = xstrdup(list->items[0].key);
	if (list->n == 1 && endpoint_is_plain(&list->items[0]))
		return 0;
	req->networking_config.endpoints_config = take_ptr(list->items);
	req->networking_config.n_endpoints_config = list->n;
	list->n = 0;
	return 0;
}
