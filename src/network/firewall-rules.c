/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table as text. A packet's way through it:
 *
 *   raw         from a bridge, to or from 127.0.0.0/8: dropped (route_localnet would let it in)
 *   prerouting  from anywhere to an address of this host: published ports go to their container,
 *               but not from that container itself: when bridges filter (br_netfilter) a frame
 *               cannot leave by the bridge's port that it came in by, so the relay serves it; and
 *               not from a bridge whose ports are isolated from each other (enable_icc=false), for
 *               the same reason
 *   output      the same for what this host sends, 127.0.0.1 included
 *   forward     to a bridge: answers, published ports and neighbours on the same bridge, nothing
 *               else; from a bridge: anywhere but to another bridge; to or from an internal
 *               bridge: neighbours only
 *   postrouting out of a subnet: masqueraded; from loopback or a container to a published port:
 *               likewise, so that the answer comes back here and not straight to somebody who
 *               did not ask there
 */
#include <errno.h>
#include <string.h>

#include "base/strbuf.h"
#include "network/firewall.h"
#include "network/ports.h"
#include "sys/nftables.h"

static const char rules_chains[] =
	"	chain publish {\n"
	"		dnat ip to meta l4proto . ip daddr . th dport map @addr4\n"
	"		fib daddr type local dnat ip to meta l4proto . th dport map @any4\n"
	"		dnat ip6 to meta l4proto . ip6 daddr . th dport map @addr6\n"
	"		fib daddr type local dnat ip6 to meta l4proto . th dport map @any6\n"
	"	}\n"
	"	chain raw {\n"
	"		type filter hook prerouting priority raw; policy accept;\n"
	"		iifname @bridges ip daddr 127.0.0.0/8 drop\n"
	"		iifname @bridges ip saddr 127.0.0.0/8 drop\n"
	"	}\n"
	"	chain prerouting {\n"
	"		type nat hook prerouting priority dstnat; policy accept;\n"
	"		ip daddr 127.0.0.0/8 return\n"
	"		iifname @quiets return\n"
	"		ip saddr . meta l4proto . th dport @own4 return\n"
	"		ip6 saddr . meta l4proto . th dport @own6 return\n"
	"		jump publish\n"
	"	}\n"
	"	chain output {\n"
	"		type nat hook output priority -100; policy accept;\n"
	"		ip6 daddr ::1 return\n"
	"		jump publish\n"
	"	}\n"
	"	chain forward {\n"
	"		type filter hook forward priority filter; policy accept;\n"
	"		iifname . oifname @neighbours accept\n"
	"		iifname @internals drop\n"
	"		oifname @internals drop\n"
	"		oifname @bridges jump inbound\n"
	"	}\n"
	"	chain inbound {\n"
	"		ct state established,related accept\n"
	"		ct status dnat accept\n"
	"		drop\n"
	"	}\n"
	"	chain postrouting {\n"
	"		type nat hook postrouting priority srcnat; policy accept;\n"
	"		oifname @bridges jump hairpin\n"
	"		oifname != @bridges ip saddr @masq4 masquerade\n"
	"		oifname != @bridges ip6 saddr @masq6 masquerade\n"
	"	}\n"
	"	chain hairpin {\n"
	"		ip saddr 127.0.0.0/8 masquerade\n"
	"		ct status dnat ip saddr @local4 masquerade\n"
	"		ct status dnat ip6 saddr @local6 masquerade\n"
	"	}\n";

/* The sets that a network is in; %s of an element is its bridge or its subnet. */
static const struct network_set {
	const char *name, *type;
	enum { OF_BRIDGE, OF_PAIR, OF_SUBNET4, OF_SUBNET6 } of;
	enum { ALWAYS, IF_NEIGHBOURS, IF_QUIET, IF_INTERNAL, IF_MASQUERADE } when;
} network_sets[] = {
	{ "bridges", "ifname", OF_BRIDGE, ALWAYS },
	{ "neighbours", "ifname . ifname", OF_PAIR, IF_NEIGHBOURS },
	{ "quiets", "ifname", OF_BRIDGE, IF_QUIET },
	{ "internals", "ifname", OF_BRIDGE, IF_INTERNAL },
	{ "local4", "ipv4_addr; flags interval", OF_SUBNET4, ALWAYS },
	{ "local6", "ipv6_addr; flags interval", OF_SUBNET6, ALWAYS },
	{ "masq4", "ipv4_addr; flags interval", OF_SUBNET4, IF_MASQUERADE },
	{ "masq6", "ipv6_addr; flags interval", OF_SUBNET6, IF_MASQUERADE },
};

/* A network's element of a set, owned; NULL: it has none. */
static char *network_element(const struct network_set *set, const struct firewall_network *n)
{
	const struct link_address *subnet = set->of == OF_SUBNET6 ? &n->gateway6 : &n->gateway;
	const bool wanted = set->when == ALWAYS || (set->when == IF_NEIGHBOURS && n->neighbours) ||
			    (set->when == IF_QUIET && !n->neighbours) ||
			    (set->when == IF_INTERNAL && n->internal) ||
			    (set->when == IF_MASQUERADE && n->masquerade && !n->internal);

	if (!wanted)
		return NULL;
	if (set->of == OF_BRIDGE)
		return xasprintf("\"%s\"", n->bridge);
	if (set->of == OF_PAIR)
		return xasprintf("\"%s\" . \"%s\"", n->bridge, n->bridge);
	return subnet->family == AF_UNSPEC ? NULL : address_subnet_text(subnet);
}

static void rules_add_sets(const struct firewall_options *opts, struct strbuf *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(network_sets); i++) {
		const char *sep = "elements = { ";

		strbuf_addf(out, "\tset %s { type %s; ", network_sets[i].name,
			    network_sets[i].type);
		for (size_t j = 0; j < opts->n_networks; j++) {
			cleanup_free char *element =
				network_element(&network_sets[i], &opts->networks[j]);

			if (!element)
				continue;
			strbuf_addf(out, "%s%s", sep, element);
			sep = ", ";
		}
		strbuf_adds(out, sep[0] == ',' ? " }; }\n" : "}\n");
	}
}

/* One map with the ports that belong into it. */
static void rules_add_map(const char *name, bool ip6, bool any, const struct port_record *ports,
			  size_t n, struct strbuf *out)
{
	const char *type = ip6 ? "ipv6_addr" : "ipv4_addr";
	const char *sep = "elements = { ";

	strbuf_addf(out, "\tmap %s { type inet_proto . %s%sinet_service : %s . inet_service; ",
		    name, any ? "" : type, any ? "" : " . ", type);
	for (size_t i = 0; i < n; i++) {
		const struct port_record *p = &ports[i];
		const bool wildcard = strcmp(p->host_ip, ip6 ? "::" : "0.0.0.0") == 0;

		if (!firewall_serves(p) || (strchr(p->host_ip, ':') != NULL) != ip6 ||
		    wildcard != any)
			continue;
		strbuf_addf(out, "%s%s . %s%s%u : %s . %u", sep, p->protocol, any ? "" : p->host_ip,
			    any ? "" : " . ", p->host_port, p->container_ip, p->container_port);
		sep = ", ";
	}
	strbuf_adds(out, sep[0] == ',' ? " }; }\n" : "}\n");
}

static void rules_add_own(const char *name, bool ip6, const struct port_record *ports, size_t n,
			  struct strbuf *out)
{
	const char *sep = "elements = { ";

	strbuf_addf(out, "\tset %s { type %s . inet_proto . inet_service; ", name,
		    ip6 ? "ipv6_addr" : "ipv4_addr");
	for (size_t i = 0; i < n; i++) {
		const struct port_record *p = &ports[i];

		if (!firewall_serves(p) || (strchr(p->host_ip, ':') != NULL) != ip6)
			continue;
		strbuf_addf(out, "%s%s . %s . %u", sep, p->container_ip, p->protocol, p->host_port);
		sep = ", ";
	}
	strbuf_adds(out, sep[0] == ',' ? " }; }\n" : "}\n");
}

/* It becomes part of commands. */
static int name_check(const char *bridge, struct error *err)
{
	if (strspn(bridge, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") !=
	    strlen(bridge))
		return error_set(err, ERR_INVALID, EINVAL, "invalid bridge name \"%s\"", bridge);
	return 0;
}

int firewall_ruleset(const struct firewall_options *opts, const struct port_record *ports, size_t n,
		     struct strbuf *out, struct error *err)
{
	char table[FIREWALL_NAME_MAX];
	int r = name_check(opts->bridge, err);

	for (size_t i = 0; r >= 0 && i < opts->n_networks; i++)
		r = name_check(opts->networks[i].bridge, err);
	if (r < 0)
		return r;
	firewall_table_name(opts->bridge, table);
	/* Added first, so that the deletion finds one: the same commands replace it and make it. */
	strbuf_addf(out, "add table inet %s\ndelete table inet %s\ntable inet %s {\n", table, table,
		    table);
	rules_add_sets(opts, out);
	rules_add_map("addr4", false, false, ports, n, out);
	rules_add_map("any4", false, true, ports, n, out);
	rules_add_map("addr6", true, false, ports, n, out);
	rules_add_map("any6", true, true, ports, n, out);
	rules_add_own("own4", false, ports, n, out);
	rules_add_own("own6", true, ports, n, out);
	strbuf_adds(out, rules_chains);
	strbuf_adds(out, "}\n");
	return 0;
}

static int firewall_run(const char *commands, const char *what, struct error *err)
{
	cleanup_free char *message = NULL;
	int r = nft_run(commands, &message);

	if (r == -ENOSYS)
		return error_set(err, ERR_SYSTEM, 0,
				 "libnftables.so.1 is needed for bridge networks");
	if (r < 0)
		return error_set(err, ERR_SYSTEM, 0, "%s the nftables table: %.400s", what,
				 message ? message : strerror(-r));
	return 0;
}

int firewall_install(const struct firewall_options *opts, const struct port_record *ports, size_t n,
		     struct error *err)
{
	cleanup(strbuf_release) struct strbuf commands = STRBUF_INIT;
	int r;

	r = firewall_ruleset(opts, ports, n, &commands, err);
	return r < 0 ? r : firewall_run(strbuf_str(&commands), "install", err);
}

int firewall_remove(const char *bridge, struct error *err)
{
	cleanup_free char *commands = NULL;
	char table[FIREWALL_NAME_MAX];

	firewall_table_name(bridge, table);
	commands = xasprintf("add table inet %s\ndelete table inet %s\n", table, table);
	return firewall_run(commands, "remove", err);
}

/* Adding what is there changes nothing, so "add" before "delete" deletes what may not be there. */
static int network_change(const char *bridge, const struct firewall_network *network, bool add,
			  struct error *err)
{
	cleanup(strbuf_release) struct strbuf commands = STRBUF_INIT;
	char table[FIREWALL_NAME_MAX];
	int r = name_check(network->bridge, err);

	if (r < 0)
		return r;
	firewall_table_name(bridge, table);
	for (size_t i = 0; i < ARRAY_SIZE(network_sets); i++) {
		const char *set = network_sets[i].name;
		cleanup_free char *element = network_element(&network_sets[i], network);

		if (!element)
			continue;
		strbuf_addf(&commands, "add element inet %s %s { %s }\n", table, set, element);
		if (!add)
			strbuf_addf(&commands, "delete element inet %s %s { %s }\n", table, set,
				    element);
	}
	return firewall_run(strbuf_str(&commands), add ? "add a network to" : "clear", err);
}

int firewall_network_add(const char *bridge, const struct firewall_network *network,
			 struct error *err)
{
	return network_change(bridge, network, true, err);
}

int firewall_network_delete(const char *bridge, const struct firewall_network *network,
			    struct error *err)
{
	return network_change(bridge, network, false, err);
}
