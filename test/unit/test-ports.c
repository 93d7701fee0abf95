/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked to be published, addresses, and the firewall's text: nothing here needs root. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/strbuf.h"
#include "network/address.h"
#include "network/firewall.h"
#include "network/ipam.h"
#include "network/ports.h"

static const struct network_config config = { .bridge = "hoy0", .subnet = "172.30.0.1/16" };

static void test_plan(void **state)
{
	static const struct {
		const char *key, *ip, *port;
		bool ok;
		uint16_t first, last;
		size_t n_ips;
	} cases[] = {
		{ "80/tcp", "", "8080", true, 8080, 8080, 2 },
		{ "80", NULL, "8080", true, 8080, 8080, 2 },
		{ "80/TCP", "", "8000-8010", true, 8000, 8010, 2 },
		{ "53/udp", "127.0.0.1", "53", true, 53, 53, 1 },
		{ "53/udp", "::1", "53", true, 53, 53, 1 },
		{ "53/udp", "[::1]", "53", true, 53, 53, 1 },
		{ "80/tcp", "0.0.0.0", "", true, 0, 0, 1 },
		{ "80/tcp", "", "0", true, 0, 0, 2 },
		{ "9/sctp", "", "9", true, 9, 9, 1 },
		{ "0/tcp", "", "8080", false, 0, 0, 0 },
		{ "80/icmp", "", "8080", false, 0, 0, 0 },
		{ "80/", "", "8080", false, 0, 0, 0 },
		{ "", "", "8080", false, 0, 0, 0 },
		{ "65536/tcp", "", "8080", false, 0, 0, 0 },
		{ "80/tcp", "", "65536", false, 0, 0, 0 },
		{ "80/tcp", "", "-1", false, 0, 0, 0 },
		{ "80/tcp", "", "9-8", false, 0, 0, 0 },
		{ "80/tcp", "1.2.3", "80", false, 0, 0, 0 },
		{ "80/tcp", "example.org", "80", false, 0, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct port_binding b = { (char *)cases[i].ip, (char *)cases[i].port };
		struct port_map_entry e = { (char *)cases[i].key, &b, 1 };
		struct endpoint_options opts = { .port_bindings = &e, .n_port_bindings = 1 };
		struct port_plan plan = { 0 };
		struct error err = ERROR_INIT;
		int r = port_plan_make(&opts, config.host_ip, true, &plan, &err);

		if ((r == 0) != cases[i].ok)
			fail_msg("case %zu: %d %s", i, r, error_text(&err));
		if (r == 0) {
			assert_int_equal(plan.items[0].first, cases[i].first);
			assert_int_equal(plan.items[0].last, cases[i].last);
			assert_int_equal(plan.items[0].n_host_ips, cases[i].n_ips);
		}
		error_release(&err);
		port_plan_release(&plan);
	}
}

static void test_publish_all(void **state)
{
	char *exposed[] = { (char *)"80/tcp", (char *)"443/tcp", NULL };
	struct port_binding b = { NULL, (char *)"8080" };
	struct port_map_entry e = { (char *)"80/tcp", &b, 1 };
	struct endpoint_options opts = { .port_bindings = &e,
					 .n_port_bindings = 1,
					 .exposed_ports = exposed };
	struct port_plan plan = { 0 };
	struct error err = ERROR_INIT;

	assert_int_equal(port_plan_make(&opts, config.host_ip, false, &plan, &err), 0);
	assert_int_equal(plan.n, 1);
	port_plan_release(&plan);
	opts.publish_all = true;
	assert_int_equal(port_plan_make(&opts, config.host_ip, false, &plan, &err), 0);
	assert_int_equal(plan.n, 2);
	assert_int_equal(plan.items[1].container_port, 443);
	assert_int_equal(plan.items[1].first, 0);
	port_plan_release(&plan);
}

static void test_addresses(void **state)
{
	struct link_address a, b;
	unsigned char mac[LINK_MAC_LEN];
	char text[ADDRESS_TEXT_MAX], *subnet;

	assert_int_equal(address_parse_subnet("172.30.5.1/16", &a), 0);
	subnet = address_subnet_text(&a);
	assert_string_equal(subnet, "172.30.0.0/16");
	free(subnet);
	assert_int_equal(address_parse_subnet("2001:db8:0:7::9/60", &b), 0);
	subnet = address_subnet_text(&b);
	assert_string_equal(subnet, "2001:db8::/60");
	free(subnet);
	b = ipam_beside(&b, &a);
	address_format(&b, text);
	assert_string_equal(text, "2001:db8::501");
	assert_int_equal(address_host_mask(16), 0xffff);
	assert_true(address_parse_subnet("172.30.0.1", &a) < 0);
	assert_true(address_parse_subnet("172.30.0.1/0", &a) < 0);
	assert_true(address_parse_subnet("172.30.0.1/33", &a) < 0);
	assert_true(address_parse("172.30.0.1/16", &a) < 0);
	assert_true(address_parse("", &a) < 0);
	assert_int_equal(mac_parse("02:42:AC:1e:00:02", mac), 0);
	assert_true(mac_parse("03:42:ac:1e:00:02", mac) < 0); /* a multicast one */
	assert_true(mac_parse("02:42:ac:1e:00", mac) < 0);
	assert_true(mac_parse("02:42:ac:1e:00:2:", mac) < 0);
}

static void test_ruleset(void **state)
{
	struct port_record ports[] = {
		{ .protocol = (char *)"tcp",
		  .host_ip = (char *)"0.0.0.0",
		  .host_port = 80,
		  .container_ip = (char *)"172.30.0.2",
		  .container_port = 8080 },
		{ .protocol = (char *)"udp",
		  .host_ip = (char *)"127.0.0.1",
		  .host_port = 53,
		  .container_ip = (char *)"172.30.0.3",
		  .container_port = 53 },
		{ .protocol = (char *)"tcp",
		  .host_ip = (char *)"::",
		  .host_port = 80,
		  .container_ip = (char *)"172.30.0.2",
		  .container_port = 8080 },
	};
	struct firewall_network networks[] = {
		{ .bridge = "hoy0", .masquerade = true, .neighbours = true },
		{ .bridge = "br-1", .masquerade = true, .internal = true },
	};
	struct firewall_options opts = { "hoy0", networks, ARRAY_SIZE(networks) };
	struct strbuf out = STRBUF_INIT;
	struct error err = ERROR_INIT;
	const char *text;

	assert_int_equal(address_parse_subnet("172.30.0.1/16", &networks[0].gateway), 0);
	assert_int_equal(address_parse_subnet("10.1.0.1/24", &networks[1].gateway), 0);
	assert_int_equal(firewall_ruleset(&opts, ports, ARRAY_SIZE(ports), &out, &err), 0);
	text = strbuf_str(&out);
	assert_non_null(strstr(text, "table inet hoy {"));
	assert_non_null(strstr(text, "{ tcp . 80 : 172.30.0.2 . 8080 }"));
	assert_non_null(strstr(text, "{ udp . 127.0.0.1 . 53 : 172.30.0.3 . 53 }"));
	assert_non_null(strstr(text, "set local4 { type ipv4_addr; flags interval; "
				     "elements = { 172.30.0.0/16, 10.1.0.0/24 }; }"));
	/* an internal network is not masqueraded, one without neighbours has no pair */
	assert_non_null(strstr(text, "set masq4 { type ipv4_addr; flags interval; "
				     "elements = { 172.30.0.0/16 }; }"));
	assert_non_null(strstr(text, "set internals { type ifname; elements = { \"br-1\" }; }"));
	assert_non_null(strstr(text, "elements = { \"hoy0\" . \"hoy0\" }; }"));
	/* What IPv6 needs is the relay's. */
	assert_null(strstr(text, "ipv6_addr . inet_service; elements"));
	strbuf_release(&out);
	networks[1].bridge = "x\"; flush ruleset; \"";
	assert_true(firewall_ruleset(&opts, ports, 0, &out, &err) < 0);
	error_release(&err);
	networks[1].bridge = "br-1";
	opts.bridge = "x\"; flush ruleset; \"";
	assert_true(firewall_ruleset(&opts, ports, 0, &out, &err) < 0);
	error_release(&err);
	strbuf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plan),
		cmocka_unit_test(test_publish_all),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_ruleset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
