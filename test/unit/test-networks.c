/* SPDX-License-Identifier: Apache-2.0 */
/* Networks of the user in a lab: made, joined, refused, removed; and what a crash leaves. */
#include "network-lab.h"

#include <errno.h>
#include <string.h>

#include "base/strbuf.h"
#include "network/bridge.h"
#include "network/firewall.h"
#include "network/ipam.h"
#include "sys/nftables.h"
#include "sys/rtnetlink.h"

static char *make(struct lab *lab, const char *name, const char *subnet)
{
	struct network_ipam_config config = { .subnet = (char *)subnet };
	const struct network_create_request req = {
		.name = (char *)name,
		.ipam = { .config = &config, .n_config = subnet ? 1 : 0 },
	};
	struct error err = ERROR_INIT;
	char *id = NULL;

	if (network_create(&lab->store, &lab->config, &req, &id, &err) < 0)
		fail_msg("%s", error_text(&err));
	return id;
}

static bool link_is_there(const char *name)
{
	cleanup(netlink_release) struct netlink nl = NETLINK_INIT;
	int index;

	assert_int_equal(netlink_open(NETLINK_ROUTE, &nl), 0);
	return link_index(&nl, name, &index) >= 0;
}

static int count_one(void *arg, const struct nft_element *elem)
{
	++*(int *)arg;
	return 0;
}

/* How many elements a set of the lab's table has. */
static int elements(const char *set)
{
	struct netlink *nft;
	int n = 0;

	assert_int_equal(nft_socket(&nft), 0);
	assert_int_equal(nft_elements_list(nft, "hoy-hoylab0", set, count_one, &n), 0);
	return n;
}

static struct endpoint join(struct lab *lab, const char *network, const char *container,
			    int *ret_fd)
{
	struct error err = ERROR_INIT;
	struct endpoint ep = ENDPOINT_INIT;
	struct endpoint_options opts = { .container_id = container,
					 .network = network,
					 .gateway = true };

	assert_int_equal(netns_new(ret_fd, &err), 0);
	opts.netns_fd = *ret_fd;
	if (endpoint_create(&lab->store, &lab->config, &opts, &ep, &err) < 0)
		fail_msg("%s", error_text(&err));
	return ep;
}

static void remove_ok(struct lab *lab, const char *ref)
{
	cleanup(network_record_release) struct network_record rec = { 0 };
	struct error err = ERROR_INIT;

	assert_int_equal(network_record_find(&lab->store, ref, &rec, &err), 0);
	if (network_remove(&lab->store, &lab->config, &rec, &err) < 0)
		fail_msg("%s", error_text(&err));
}

static void test_life(void **state)
{
	struct lab *lab = lab_of(state);
	cleanup_free char *id = make(lab, "web", "10.99.0.0/24");
	cleanup_free char *bridge = xasprintf("br-%.12s", id);
	cleanup(network_record_release) struct network_record rec = { 0 };
	struct error err = ERROR_INIT;
	struct endpoint ep;
	int fd;

	assert_true(link_is_there(bridge));
	assert_int_equal(elements("bridges"), 2);
	ep = join(lab, "web", "c1", &fd);
	assert_string_equal(ep.ip, "10.99.0.2");
	assert_string_equal(ep.gateway, "10.99.0.1");
	assert_true(ep.user_defined);
	assert_int_equal(network_record_find(&lab->store, "web", &rec, &err), 0);
	assert_true(network_remove(&lab->store, &lab->config, &rec, &err) < 0);
	assert_int_equal(err.kind, ERR_FORBIDDEN);
	assert_non_null(strstr(error_text(&err), "network web has active endpoints"));
	error_release(&err);
	assert_int_equal(endpoint_forget(&lab->store, &lab->config, "c1", &err), 0);
	endpoint_release(&ep);
	(void)close(fd);
	remove_ok(lab, "web");
	assert_false(link_is_there(bridge));
	assert_int_equal(elements("bridges"), 1);
	assert_int_equal(elements("neighbours"), 1);
}

/* After a boot, or somebody's "ip link delete", the next that joins finds it made again. */
static void test_bridge_comes_back(void **state)
{
	struct lab *lab = lab_of(state);
	cleanup_free char *id = make(lab, "web", NULL);
	cleanup_free char *bridge = xasprintf("br-%.12s", id);
	cleanup(netlink_release) struct netlink nl = NETLINK_INIT;
	struct endpoint ep;
	int fd;

	assert_int_equal(netlink_open(NETLINK_ROUTE, &nl), 0);
	assert_int_equal(link_delete(&nl, bridge), 0);
	ep = join(lab, id, "c1", &fd);
	assert_true(link_is_up(&nl, bridge));
	assert_int_equal(endpoint_forget(&lab->store, &lab->config, "c1", NULL), 0);
	endpoint_release(&ep);
	(void)close(fd);
	remove_ok(lab, id);
}

/* A table that was flushed is put back with every network in it. */
static void test_table_comes_back(void **state)
{
	struct lab *lab = lab_of(state);
	cleanup_free char *one = make(lab, "one", NULL), *two = make(lab, "two", NULL);
	struct endpoint ep;
	int fd;

	assert_int_equal(nft_run("flush ruleset", NULL), 0);
	ep = join(lab, "one", "c1", &fd);
	assert_int_equal(elements("bridges"), 3);
	assert_int_equal(endpoint_forget(&lab->store, &lab->config, "c1", NULL), 0);
	endpoint_release(&ep);
	(void)close(fd);
	remove_ok(lab, one);
	remove_ok(lab, two);
}

/* A removal that was cut short behind the record: the sweep finds the bridge. */
static void test_sweep(void **state)
{
	struct lab *lab = lab_of(state);
	cleanup_free char *id = make(lab, "web", NULL);
	cleanup_free char *bridge = xasprintf("br-%.12s", id);
	struct error err = ERROR_INIT;
	struct endpoint ep;
	int fd;

	assert_int_equal(network_sweep(&lab->store, &lab->config, &err), 0);
	assert_true(link_is_there(bridge));
	assert_int_equal(store_begin(&lab->store, &err), 0);
	assert_int_equal(network_record_delete(&lab->store, id, &err), 0);
	assert_int_equal(store_commit(&lab->store, &err), 0);
	assert_int_equal(network_sweep(&lab->store, &lab->config, &err), 0);
	assert_false(link_is_there(bridge));
	/* and the table forgets it with the next start */
	ep = join(lab, "bridge", "c1", &fd);
	assert_int_equal(elements("bridges"), 1);
	assert_int_equal(endpoint_forget(&lab->store, &lab->config, "c1", &err), 0);
	endpoint_release(&ep);
	(void)close(fd);
}

static void test_pools(void **state)
{
	struct link_address used[2], got;
	char text[ADDRESS_TEXT_MAX];

	assert_int_equal(address_parse_subnet("172.16.0.0/12", &used[0]), 0);
	assert_int_equal(ipam_pool_choose(used, 1, &got, NULL), 0);
	address_format(&got, text);
	assert_int_equal(strncmp(text, "192.168.", 8), 0);
	assert_int_equal(got.prefix_len, 20);
	assert_int_equal(address_parse_subnet("192.168.0.0/16", &used[1]), 0);
	assert_true(ipam_pool_choose(used, 2, &got, NULL) < 0);
	got = ipam_pool6("0123456789abcdef");
	address_format(&got, text);
	assert_string_equal(text, "fd01:2345:6789:abcd::");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_bridge_comes_back),
		cmocka_unit_test(test_table_comes_back),
		cmocka_unit_test(test_sweep),
		cmocka_unit_test(test_pools),
	};

	return cmocka_run_group_tests(tests, lab_setup, lab_teardown);
}
