/* SPDX-License-Identifier: Apache-2.0 */
/* Endpoints on a bridge, with packets: who reaches what, who does not, and what is left
 * afterwards. */
#include "network-lab.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "base/strbuf.h"
#include "network/address.h"
#include "network/firewall.h"
#include "sys/file.h"
#include "sys/nftables.h"

struct box {
	int netns_fd;
	struct endpoint ep;
};

/* A container "id" with one port published as "ip:host_port:container_port/tcp" (ip NULL: no
 * port). */
static int box_make(struct lab *lab, const char *id, const char *ip, const char *host_port,
		    const char *port, struct box *ret, struct error *err)
{
	struct port_binding binding = { (char *)(ip ? ip : ""), (char *)host_port };
	struct port_map_entry entry = { (char *)port, &binding, 1 };
	struct endpoint_options opts = {
		.container_id = id,
		.network = "bridge",
		.port_bindings = &entry,
		.n_port_bindings = port ? 1 : 0,
		.gateway = true,
	};
	int r;

	*ret = (struct box){ -1, ENDPOINT_INIT };
	assert_int_equal(netns_new(&ret->netns_fd, err), 0);
	opts.netns_fd = ret->netns_fd;
	r = endpoint_create(&lab->store, &lab->config, &opts, &ret->ep, err);
	if (r < 0)
		(void)close(ret->netns_fd);
	return r;
}

static struct box box_new(struct lab *lab, const char *id, const char *ip, const char *host_port,
			  const char *port)
{
	struct error err = ERROR_INIT;
	struct box box;

	if (box_make(lab, id, ip, host_port, port, &box, &err) < 0)
		fail_msg("%s", error_text(&err));
	return box;
}

static void box_end(struct lab *lab, struct box *box)
{
	struct error err = ERROR_INIT;

	if (endpoint_forget(&lab->store, &lab->config, box->ep.container_id, &err) < 0)
		fail_msg("%s", error_text(&err));
	endpoint_release(&box->ep);
	(void)close(box->netns_fd);
}

static void expect(struct lab *lab, int netns_fd, int type, const char *ip, uint16_t port,
		   const char *answer)
{
	char *got = lab_ask(lab, netns_fd, type, ip, port, 5);

	if (!got)
		fail_msg("no answer from %s:%u in namespace %d", ip, port, netns_fd);
	if (answer)
		assert_string_equal(got, answer);
	free(got);
}

static void expect_nothing(struct lab *lab, int netns_fd, int type, const char *ip, uint16_t port)
{
	char *got = lab_ask(lab, netns_fd, type, ip, port, 1);

	if (got)
		fail_msg("%s:%u answers %s", ip, port, got);
}

static void test_addresses(void **state)
{
	struct lab *lab = lab_of(state);
	struct box a = box_new(lab, "a", NULL, NULL, NULL), b = box_new(lab, "b", NULL, NULL, NULL);
	int server = lab_serve(a.netns_fd, SOCK_STREAM, 80);

	assert_string_equal(a.ep.ip, "172.31.0.2");
	assert_string_equal(b.ep.ip, "172.31.0.3");
	assert_string_equal(a.ep.gateway, "172.31.0.1");
	assert_string_equal(a.ep.mac, "02:42:ac:1f:00:02");
	expect(lab, -1, SOCK_STREAM, a.ep.ip, 80, "172.31.0.1");
	expect(lab, b.netns_fd, SOCK_STREAM, a.ep.ip, 80, b.ep.ip);
	lab_stop(server);
	box_end(lab, &a);
	a = box_new(lab, "a", NULL, NULL, NULL);
	assert_string_equal(a.ep.ip, "172.31.0.4"); /* not .2 again so soon */
	box_end(lab, &a);
	box_end(lab, &b);
}

static void test_outside(void **state)
{
	struct lab *lab = lab_of(state);
	struct box a = box_new(lab, "a", NULL, NULL, NULL);
	int server = lab_serve(lab->neighbour_fd, SOCK_STREAM, 80);

	expect(lab, a.netns_fd, SOCK_STREAM, LAN_NEIGHBOUR, 80, LAN_HOST); /* masqueraded */
	lab_stop(server);
	box_end(lab, &a);
}

static void published(struct lab *lab, int type, const char *key)
{
	struct box a = box_new(lab, "a", NULL, "8080", key),
		   b = box_new(lab, "b", NULL, NULL, NULL);
	int server = lab_serve(a.netns_fd, type, 80);

	assert_int_equal(a.ep.n_ports, 2);
	assert_string_equal(a.ep.ports[0].host_ip, "0.0.0.0");
	assert_string_equal(a.ep.ports[1].host_ip, "::");
	expect(lab, -1, type, "127.0.0.1", 8080, NULL);
	expect(lab, -1, type, LAN_HOST, 8080, NULL);
	expect(lab, -1, type, "172.31.0.1", 8080, NULL);
	expect(lab, -1, type, "::1", 8080, NULL);
	expect(lab, -1, type, LAN_HOST6, 8080, NULL);
	expect(lab, lab->neighbour_fd, type, LAN_HOST, 8080,
	       LAN_NEIGHBOUR); /* the source is kept */
	expect(lab, b.netns_fd, type, LAN_HOST, 8080, NULL);
	expect(lab, a.netns_fd, type, LAN_HOST, 8080, NULL); /* to itself */
	expect_nothing(lab, -1, type, LAN_HOST, 8081);
	lab_stop(server);
	box_end(lab, &a);
	expect_nothing(lab, -1, type, "127.0.0.1", 8080);
	expect_nothing(lab, -1, type, "::1", 8080);
	box_end(lab, &b);
}

static void test_published_tcp(void **state)
{
	published(lab_of(state), SOCK_STREAM, "80/tcp");
}

static void test_published_udp(void **state)
{
	published(lab_of(state), SOCK_DGRAM, "80/udp");
}

/* A sender that never pauses and never changes its port, as syslog's: it must not go on to be
 * sent where the port led before. */
static void test_published_udp_steady(void **state)
{
	struct lab *lab = lab_of(state);
	struct sockaddr_in host = { .sin_family = AF_INET, .sin_port = htons(8080) };
	const struct timeval limit = { .tv_sec = 1 };
	char text[64];
	ssize_t n;
	int fd;

	assert_int_equal(setns(lab->neighbour_fd, CLONE_NEWNET), 0);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(setns(lab->host_fd, CLONE_NEWNET), 0);
	assert_int_equal(inet_pton(AF_INET, LAN_HOST, &host.sin_addr), 1);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	assert_int_equal(sendto(fd, "?", 1, 0, (struct sockaddr *)&host, sizeof(host)), 1);
	for (int i = 0; i < 2; i++) {
		struct box a = box_new(lab, "a", NULL, "8080", "80/udp");
		int server = lab_serve(a.netns_fd, SOCK_DGRAM, 80);

		assert_int_equal(sendto(fd, "?", 1, 0, (struct sockaddr *)&host, sizeof(host)), 1);
		n = recv(fd, text, sizeof(text) - 1, 0);
		assert_true(n > 0);
		text[n] = '\0';
		assert_string_equal(text, LAN_NEIGHBOUR); /* not through the relay */
		lab_stop(server);
		box_end(lab, &a);
	}
	(void)close(fd);
}

static void test_published_loopback(void **state)
{
	struct lab *lab = lab_of(state);
	struct box a = box_new(lab, "a", "127.0.0.1", "8080", "80/tcp");
	int server = lab_serve(a.netns_fd, SOCK_STREAM, 80);

	expect(lab, -1, SOCK_STREAM, "127.0.0.1", 8080, NULL);
	expect_nothing(lab, -1, SOCK_STREAM, LAN_HOST, 8080);
	expect_nothing(lab, lab->neighbour_fd, SOCK_STREAM, LAN_HOST, 8080);
	lab_stop(server);
	box_end(lab, &a);
}

/* "ip route add 172.31.0.0/24 via 192.0.2.1" at the neighbour. */
static int route_to_bridge(const void *arg)
{
	return system("ip route add 172.31.0.0/24 via " LAN_HOST " 2>/dev/null") == 0 ? 0 : 1;
}

static void test_closed_by_default(void **state)
{
	struct lab *lab = lab_of(state);
	struct box a = box_new(lab, "a", NULL, "8080", "80/tcp");
	int server = lab_serve(a.netns_fd, SOCK_STREAM, 80);

	(void)lab_run(lab, lab->neighbour_fd, route_to_bridge, NULL);
	expect_nothing(lab, lab->neighbour_fd, SOCK_STREAM, a.ep.ip, 80);
	lab_stop(server);
	box_end(lab, &a);
}

/* In the container: 127.0.0.1 of the host, by the gateway's link. */
static int route_loopback(const void *arg)
{
	return system("ip addr del 127.0.0.1/8 dev lo; "
		      "echo 1 > /proc/sys/net/ipv4/conf/eth0/route_localnet; "
		      "ip route add 127.0.0.1/32 via 172.31.0.1 dev eth0 src $(ip -4 -br a show "
		      "eth0 | "
		      "sed 's/.* \\([0-9.]*\\)\\/.*/\\1/') && ip rule add pref 1 to 127.0.0.1 "
		      "lookup main") == 0
		       ? 0
		       : 1;
}

static void test_host_loopback_is_closed(void **state)
{
	struct lab *lab = lab_of(state);
	struct box a = box_new(lab, "a", NULL, NULL, NULL);
	int server = lab_serve(lab->host_fd, SOCK_STREAM, 9000);

	if (lab_run(lab, a.netns_fd, route_loopback, NULL) == 0)
		expect_nothing(lab, a.netns_fd, SOCK_STREAM, "127.0.0.1", 9000);
	expect(lab, -1, SOCK_STREAM, "127.0.0.1", 9000, NULL);
	lab_stop(server);
	box_end(lab, &a);
}

static void test_port_of_container(void **state)
{
	struct lab *lab = lab_of(state);
	struct box a = box_new(lab, "aaaaaaaaaaaaaaaa", NULL, "8080", "80/tcp"), b;
	struct error err = ERROR_INIT;
	struct endpoint_record *records = NULL;
	size_t n = 0;

	assert_true(box_make(lab, "b", NULL, "8080", "80/tcp", &b, &err) < 0);
	assert_non_null(strstr(error_text(&err),
			       "Bind for 0.0.0.0:8080 failed: port is already allocated by "
			       "container aaaaaaaaaaaa"));
	error_release(&err);
	assert_true(box_make(lab, "b", "127.0.0.1", "8080", "80/tcp", &b, &err) < 0);
	error_release(&err);
	assert_int_equal(endpoint_record_list(&lab->store, "b", NULL, &records, &n, &err), 0);
	assert_int_equal(n, 0);
	b = box_new(lab, "b", NULL, "8080", "80/udp"); /* another protocol */
	box_end(lab, &a);
	box_end(lab, &b);
	b = box_new(lab, "b", "127.0.0.1", "8080", "80/tcp");
	a = box_new(lab, "a", LAN_HOST, "8080", "80/tcp"); /* another address */
	box_end(lab, &a);
	box_end(lab, &b);
}

static void test_port_of_host(void **state)
{
	struct lab *lab = lab_of(state);
	int server = lab_serve(lab->host_fd, SOCK_STREAM, 8080);
	struct error err = ERROR_INIT;
	struct box a;

	assert_true(box_make(lab, "a", NULL, "8080", "80/tcp", &a, &err) < 0);
	assert_non_null(
		strstr(error_text(&err), "failed to bind host port for 0.0.0.0:8080:172.31.0."));
	assert_non_null(strstr(error_text(&err), ":80/tcp: address already in use"));
	error_release(&err);
	a = box_new(lab, "a", NULL, "8080-8082", "80/tcp"); /* a range: the next one */
	assert_int_equal(a.ep.ports[0].host_port, 8081);
	box_end(lab, &a);
	lab_stop(server);
}

static void test_random_port(void **state)
{
	struct lab *lab = lab_of(state);
	struct box a = box_new(lab, "a", NULL, "", "80/tcp"),
		   b = box_new(lab, "b", NULL, "0", "80/tcp");

	assert_true(a.ep.ports[0].host_port >= 1024);
	assert_int_equal(a.ep.ports[0].host_port, a.ep.ports[1].host_port);
	assert_int_not_equal(a.ep.ports[0].host_port, b.ep.ports[0].host_port);
	box_end(lab, &a);
	box_end(lab, &b);
}

static int count_element(void *arg, const struct nft_element *elem)
{
	++*(int *)arg;
	return 0;
}

static int elements(struct lab *lab)
{
	struct netlink nl = NETLINK_INIT;
	char table[FIREWALL_NAME_MAX];
	int n = 0;

	firewall_table_name(lab->config.bridge, table);
	assert_int_equal(netlink_open(NETLINK_NETFILTER, &nl), 0);
	assert_int_equal(nft_elements_list(&nl, table, "any4", count_element, &n), 0);
	netlink_release(&nl);
	return n;
}

/* What a SIGKILL leaves: all of it, with nobody to forget it. */
static void test_sweep(void **state)
{
	struct lab *lab = lab_of(state);
	struct box a = box_new(lab, "a", NULL, "8080", "80/tcp");
	struct error err = ERROR_INIT;

	assert_int_equal(elements(lab), 1);
	assert_int_equal(network_sweep(&lab->store, &lab->config, &err),
			 0); /* no container "a" on record */
	assert_int_equal(elements(lab), 0);
	expect_nothing(lab, -1, SOCK_STREAM, "::1", 8080);
	endpoint_release(&a.ep);
	(void)close(a.netns_fd);
}

/* Dies by SIGALRM after so many microseconds, wherever it is then. */
static int create_and_die(struct lab *lab, long usec)
{
	const struct itimerval limit = { .it_value.tv_usec = usec };
	struct store store;
	struct error err = ERROR_INIT;

	if (store_open(lab->dir, &store, &err) < 0 || setitimer(ITIMER_REAL, &limit, NULL) < 0)
		return 1;
	lab->store = store;
	for (;;) {
		struct box a = box_new(lab, "a", NULL, "8080", "80/tcp");

		box_end(lab, &a);
	}
}

static void check_nothing_left(struct lab *lab)
{
	struct endpoint_record *records = NULL;
	struct port_record *ports = NULL;
	struct error err = ERROR_INIT;
	size_t n = 1, n_ports = 1;
	struct box a;

	assert_int_equal(endpoint_record_list(&lab->store, NULL, NULL, &records, &n, &err), 0);
	assert_int_equal(port_record_list(&lab->store, NULL, &ports, &n_ports, &err), 0);
	assert_int_equal(n, 0);
	assert_int_equal(n_ports, 0);
	assert_int_equal(elements(lab), 0);
	a = box_new(lab, "a", NULL, "8080", "80/tcp"); /* nobody holds the port */
	box_end(lab, &a);
}

static void test_killed_anywhere(void **state)
{
	struct lab *lab = lab_of(state);
	struct error err = ERROR_INIT;

	for (long i = 0; i < 40; i++) {
		int status;
		pid_t pid = fork();

		if (pid == 0)
			_exit(create_and_die(lab, 200 + i * 397));
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		if (network_sweep(&lab->store, &lab->config, &err) < 0)
			fail_msg("%s", error_text(&err));
		check_nothing_left(lab);
	}
}

static int create_ten(struct lab *lab, int worker)
{
	struct error err = ERROR_INIT;

	if (store_open(lab->dir, &lab->store, &err) < 0)
		return 1;
	for (int i = 0; i < 10; i++) {
		char id[32];

		(void)snprintf(id, sizeof(id), "w%d-%d", worker, i);
		(void)close(box_new(lab, id, NULL, "", "80/tcp").netns_fd);
	}
	return 0;
}

/* The records' unique keys would refuse a second lease, so that every one must have been had. */
static void test_all_at_once(void **state)
{
	struct lab *lab = lab_of(state);
	struct endpoint_record *records = NULL;
	struct error err = ERROR_INIT;
	pid_t pids[6];
	size_t n = 0;
	int status;

	for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			_exit(create_ten(lab, (int)i));
	}
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	assert_int_equal(endpoint_record_list(&lab->store, NULL, NULL, &records, &n, &err), 0);
	assert_int_equal(n, 60);
	assert_int_equal(elements(lab), 60);
	endpoint_record_list_free(records, n);
	assert_int_equal(network_sweep(&lab->store, &lab->config, &err), 0);
	check_nothing_left(lab);
}

static void test_table_lost(void **state)
{
	struct lab *lab = lab_of(state);
	struct box a = box_new(lab, "a", NULL, "8080", "80/tcp"), b;
	int server = lab_serve(a.netns_fd, SOCK_STREAM, 80);
	char *message = NULL;

	assert_int_equal(nft_run("flush ruleset", &message), 0);
	b = box_new(lab, "b", NULL, NULL, NULL); /* notices, and puts back what is published */
	assert_int_equal(elements(lab), 1);
	expect(lab, lab->neighbour_fd, SOCK_STREAM, LAN_HOST, 8080, LAN_NEIGHBOUR);
	lab_stop(server);
	box_end(lab, &a);
	box_end(lab, &b);
}

/* A bridge with a subnet of IPv6: translated by the firewall like IPv4, and [::1] by the relay. */
static void test_ipv6(void **state)
{
	struct lab *lab = lab_of(state);
	struct network_config usual = lab->config;
	struct error err = ERROR_INIT;
	struct box a, b;
	int server;

	lab->config.bridge = "hoylab6";
	lab->config.subnet = "172.31.6.1/24";
	lab->config.subnet6 = "fd00:31::/64";
	a = box_new(lab, "a", NULL, "8080", "80/tcp");
	b = box_new(lab, "b", NULL, NULL, NULL);
	server = lab_serve(a.netns_fd, SOCK_STREAM, 80);
	assert_string_equal(a.ep.gateway6, "fd00:31::1");
	assert_non_null(strstr(a.ep.ip6, "fd00:31::"));
	expect(lab, -1, SOCK_STREAM, a.ep.ip6, 80, "fd00:31::1");
	expect(lab, b.netns_fd, SOCK_STREAM, a.ep.ip6, 80, b.ep.ip6);
	expect(lab, lab->neighbour_fd, SOCK_STREAM, LAN_HOST6, 8080, LAN_NEIGHBOUR6);
	expect(lab, -1, SOCK_STREAM, LAN_HOST6, 8080, NULL);
	expect(lab, -1, SOCK_STREAM, "::1", 8080, NULL);
	expect(lab, b.netns_fd, SOCK_STREAM, LAN_HOST6, 8080, NULL);
	expect(lab, a.netns_fd, SOCK_STREAM, LAN_HOST6, 8080, NULL);
	expect(lab, -1, SOCK_STREAM, "127.0.0.1", 8080, NULL);
	lab_stop(server);
	box_end(lab, &a);
	box_end(lab, &b);
	server = lab_serve(lab->neighbour_fd, SOCK_STREAM, 80);
	a = box_new(lab, "a", NULL, NULL, NULL);
	expect(lab, a.netns_fd, SOCK_STREAM, LAN_NEIGHBOUR6, 80, LAN_HOST6); /* masqueraded */
	lab_stop(server);
	box_end(lab, &a);
	assert_int_equal(network_reset(&lab->store, &lab->config, &err), 0);
	lab->config = usual;
}

static void test_other_networks(void **state)
{
	struct lab *lab = lab_of(state);
	struct error err = ERROR_INIT;
	struct endpoint ep = ENDPOINT_INIT, *list = NULL;
	size_t n = 0;

	assert_int_equal(endpoint_create(&lab->store, &lab->config,
					 &(struct endpoint_options){ .container_id = "h",
								     .network = "host",
								     .netns_fd = -1 },
					 &ep, &err),
			 0);
	assert_string_equal(ep.network_name, "host");
	assert_null(ep.ip);
	assert_int_equal(endpoint_list(&lab->store, "h", &list, &n, &err), 0);
	assert_int_equal(n, 1);
	assert_string_equal(list[0].endpoint_id, ep.endpoint_id);
	endpoint_list_free(list, n);
	endpoint_release(&ep);
	assert_int_equal(endpoint_forget(&lab->store, &lab->config, "h", &err), 0);
	assert_true(endpoint_create(&lab->store, &lab->config,
				    &(struct endpoint_options){ .container_id = "h",
								.network = "nowhere",
								.netns_fd = -1 },
				    &ep, &err) < 0);
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	assert_string_equal(error_text(&err), "network nowhere not found");
	error_release(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_outside),
		cmocka_unit_test(test_published_tcp),
		cmocka_unit_test(test_published_udp),
		cmocka_unit_test(test_published_udp_steady),
		cmocka_unit_test(test_published_loopback),
		cmocka_unit_test(test_closed_by_default),
		cmocka_unit_test(test_host_loopback_is_closed),
		cmocka_unit_test(test_port_of_container),
		cmocka_unit_test(test_port_of_host),
		cmocka_unit_test(test_random_port),
		cmocka_unit_test(test_sweep),
		cmocka_unit_test(test_killed_anywhere),
		cmocka_unit_test(test_all_at_once),
		cmocka_unit_test(test_table_lost),
		cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_other_networks),
	};

	return cmocka_run_group_tests(tests, lab_setup, lab_teardown);
}
