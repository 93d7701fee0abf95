/* SPDX-License-Identifier: Apache-2.0 */
/* /etc/hosts and /etc/resolv.conf of a container. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "base/strv.h"
#include "network/network.h"
#include "network/resolv-conf.h"

#define HEAD                                                                                       \
	"127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"                        \
	"fe00::\tip6-localnet\nff00::\tip6-mcastprefix\nff02::1\tip6-allnodes\n"                   \
	"ff02::2\tip6-allrouters\n"
#define NOTE "# Written at each start of the container, after the host's\n"

static struct endpoint endpoint = { .ip = (char *)"172.30.0.2" };

static void hosts_are(const struct netfiles_options *opts, const char *want)
{
	struct strbuf out = STRBUF_INIT;
	struct error err = ERROR_INIT;

	if (netfiles_hosts(opts, &out, &err) < 0)
		fail_msg("%s", error_text(&err));
	assert_string_equal(strbuf_str(&out), want);
	strbuf_release(&out);
}

static void test_hosts(void **state)
{
	char *extra[] = { (char *)"db:10.0.0.5", (char *)"six:[2001:db8::1]",
			  (char *)"host.docker.internal:host-gateway", NULL };
	struct netfiles_options opts = { .hostname = "web",
					 .endpoints = &endpoint,
					 .n_endpoints = 1 };

	hosts_are(&opts, HEAD "172.30.0.2\tweb\n");
	opts.domainname = "example.org";
	hosts_are(&opts, HEAD "172.30.0.2\tweb.example.org web\n");
	opts.domainname = NULL;
	opts.extra_hosts = extra;
	opts.gateway = "172.30.0.1";
	hosts_are(&opts, HEAD "10.0.0.5\tdb\n2001:db8::1\tsix\n"
			      "172.30.0.1\thost.docker.internal\n172.30.0.2\tweb\n");
	opts.n_endpoints = 0;
	opts.extra_hosts = NULL;
	hosts_are(&opts, HEAD);
}

static void test_bad_hosts(void **state)
{
	static const char *const bad[] = { "db",
					   "db:",
					   ":10.0.0.1",
					   "d b:10.0.0.1",
					   "db:10.0.0.300",
					   "x\ny:10.0.0.1",
					   "db:10.0.0.1\n6.6.6.6 bank",
					   "db:host-gateway" };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char *extra[] = { (char *)bad[i], NULL };
		struct netfiles_options opts = { .hostname = "web", .extra_hosts = extra };
		struct strbuf out = STRBUF_INIT;
		struct error err = ERROR_INIT;

		if (netfiles_hosts(&opts, &out, &err) == 0)
			fail_msg("\"%s\" is taken", bad[i]);
		assert_int_equal(err.kind, ERR_INVALID);
		error_release(&err);
		strbuf_release(&out);
	}
}

static void resolv_is(const struct netfiles_options *opts, const char *host, const char *want)
{
	struct strbuf out = STRBUF_INIT;
	struct error err = ERROR_INIT;

	if (netfiles_resolv_conf(opts, host, &out, &err) < 0)
		fail_msg("%s", error_text(&err));
	assert_string_equal(strbuf_str(&out), want);
	strbuf_release(&out);
}

static void test_resolv_conf(void **state)
{
	struct endpoint with_ip6 = { .ip = (char *)"172.30.0.2", .ip6 = (char *)"fd00::2" };
	struct netfiles_options opts = { .endpoints = &endpoint, .n_endpoints = 1 };
	const struct netfiles_options six = { .endpoints = &with_ip6, .n_endpoints = 1 };

	resolv_is(&opts, "nameserver 10.0.0.1\n", NOTE "nameserver 10.0.0.1\n");
	resolv_is(&opts,
		  "# a comment\n; another\nnameserver\t10.0.0.1   # why\r\n"
		  "search a.example b.example\noptions ndots:2 rotate",
		  NOTE "nameserver 10.0.0.1\nsearch a.example b.example\noptions ndots:2 rotate\n");
	resolv_is(&opts, "domain one\nsearch two\nnameserver 10.0.0.1",
		  NOTE "nameserver 10.0.0.1\nsearch two\n");
	resolv_is(&opts, "nameserver 127.0.0.1\nnameserver 10.0.0.1\n",
		  NOTE "nameserver 10.0.0.1\n");
	resolv_is(&opts, "", NOTE "nameserver 8.8.8.8\nnameserver 8.8.4.4\n");
	resolv_is(&opts, "nameserver 2001:db8::53\nnameserver fe80::1%eth0\n",
		  NOTE "nameserver 8.8.8.8\nnameserver 8.8.4.4\n");
	resolv_is(&six, "nameserver 2001:db8::53\nnameserver ::1\n",
		  NOTE "nameserver 2001:db8::53\n");
	opts.host_network = true;
	resolv_is(&opts, "nameserver 127.0.0.53\n# kept\n", "nameserver 127.0.0.53\n# kept\n");
}

static void test_resolv_conf_asked(void **state)
{
	char *dns[] = { (char *)"1.1.1.1", NULL }, *search[] = { (char *)"corp", NULL };
	char *none[] = { (char *)".", NULL }, *options[] = { (char *)"ndots:1", NULL };
	char *bad[] = { (char *)"1.1.1.1\nsearch evil", NULL };
	struct netfiles_options opts = { .dns = dns };
	struct strbuf out = STRBUF_INIT;
	struct error err = ERROR_INIT;

	resolv_is(&opts, "nameserver 10.0.0.1\nsearch a\n", NOTE "nameserver 1.1.1.1\nsearch a\n");
	opts = (struct netfiles_options){ .dns_search = search, .dns_options = options };
	resolv_is(&opts, "nameserver 10.0.0.1\nsearch a\n",
		  NOTE "nameserver 10.0.0.1\nsearch corp\noptions ndots:1\n");
	opts = (struct netfiles_options){ .dns_search = none };
	resolv_is(&opts, "nameserver 10.0.0.1\nsearch a\n", NOTE "nameserver 10.0.0.1\n");
	opts = (struct netfiles_options){ .dns = bad };
	assert_true(netfiles_resolv_conf(&opts, "", &out, &err) < 0);
	assert_int_equal(err.kind, ERR_INVALID);
	error_release(&err);
	strbuf_release(&out);
}

static void test_stub(void **state)
{
	static const struct {
		const char *text;
		bool stub;
	} cases[] = {
		{ "nameserver 127.0.0.53\n", true },
		{ "nameserver 127.0.0.53\nnameserver ::1\n", true },
		{ "nameserver 127.0.0.53\nnameserver 10.0.0.1\n", false },
		{ "", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct resolv_conf conf;

		resolv_conf_parse(cases[i].text, &conf);
		assert_int_equal(resolv_conf_is_stub(&conf), cases[i].stub);
		resolv_conf_release(&conf);
	}
}

static void test_hostname(void **state)
{
	struct strbuf out = STRBUF_INIT;

	netfiles_hostname(&(struct netfiles_options){ .hostname = "web" }, &out);
	assert_string_equal(strbuf_str(&out), "web\n");
	strbuf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hosts),	    cmocka_unit_test(test_bad_hosts),
		cmocka_unit_test(test_resolv_conf), cmocka_unit_test(test_resolv_conf_asked),
		cmocka_unit_test(test_stub),	    cmocka_unit_test(test_hostname),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
