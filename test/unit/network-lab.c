/* SPDX-License-Identifier: Apache-2.0 */
/* Namespaces, servers and questions for network tests. */
#include "network-lab.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "network/address.h"
#include "network/netns.h"
#include "sys/file.h"
#include "sys/rtnetlink.h"

static int own_netns(void)
{
	int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static void lab_lan(struct lab *lab)
{
	struct error err = ERROR_INIT;
	struct netlink nl = NETLINK_INIT;
	struct veth_options veth = {
		.host_name = "lan",
		.peer_name = "eth0",
		.peer_mac = { 2, 0, 0, 0, 0, 2 },
	};
	struct link_address addr, addrs[2], none[2] = { 0 };
	int index;

	assert_int_equal(netns_new(&lab->neighbour_fd, &err), 0);
	veth.peer_netns_fd = lab->neighbour_fd;
	assert_int_equal(netns_prepare(lab->neighbour_fd, true, &nl), 0);
	netlink_release(&nl);
	assert_int_equal(netlink_open(NETLINK_ROUTE, &nl), 0);
	assert_int_equal(link_index(&nl, "lo", &index), 0);
	assert_int_equal(link_up(&nl, index), 0);
	assert_int_equal(link_veth_new(&nl, &veth), 0);
	assert_int_equal(link_index(&nl, "lan", &index), 0);
	assert_int_equal(address_parse_subnet(LAN_HOST "/24", &addr), 0);
	assert_int_equal(link_address_add(&nl, index, &addr), 0);
	assert_int_equal(address_parse_subnet(LAN_HOST6 "/64", &addr), 0);
	assert_int_equal(link_address_add(&nl, index, &addr), 0);
	netlink_release(&nl);

	assert_int_equal(netns_prepare(lab->neighbour_fd, false, &nl), 0);
	assert_int_equal(link_index(&nl, "eth0", &index), 0);
	assert_int_equal(address_parse_subnet(LAN_NEIGHBOUR "/24", &addrs[0]), 0);
	assert_int_equal(address_parse_subnet(LAN_NEIGHBOUR6 "/64", &addrs[1]), 0);
	assert_int_equal(link_configure(&nl, index, addrs, none, 2), 0);
	netlink_release(&nl);
}

bool lab_open(struct lab *lab)
{
	struct error err = ERROR_INIT;
	const char *build = getenv("HOY_BUILD");

	if (geteuid() != 0)
		return false;
	*lab = (struct lab){
		.config = { .bridge = "hoylab0",
			    .subnet = "172.31.0.1/24",
			    .ip_forward = true,
			    .masquerade = true,
			    .host_ip = "0.0.0.0",
			    .libexec_dir = build },
	};
	lab->home_fd = own_netns();
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	lab->host_fd = own_netns();
	(void)snprintf(lab->dir, sizeof(lab->dir), "/tmp/hoy-network-%d", (int)getpid());
	assert_int_equal(mkdir(lab->dir, 0700), 0);
	lab->config.run_root = lab->dir;
	assert_int_equal(store_open(lab->dir, &lab->store, &err), 0);
	lab_lan(lab);
	return true;
}

void lab_close(struct lab *lab)
{
	struct error err = ERROR_INIT;

	ignore_result(network_reset(&lab->store, &lab->config, &err));
	error_release(&err);
	store_release(&lab->store);
	(void)close(lab->neighbour_fd);
	assert_int_equal(setns(lab->home_fd, CLONE_NEWNET), 0);
	(void)close(lab->home_fd);
	(void)close(lab->host_fd);
	assert_int_equal(dir_remove_all_at(AT_FDCWD, lab->dir), 0);
}

int lab_run(const struct lab *lab, int netns_fd, int (*fn)(const void *arg), const void *arg)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (setns(netns_fd >= 0 ? netns_fd : lab->host_fd, CLONE_NEWNET) < 0)
			_exit(99);
		_exit(fn(arg));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/* A mapped IPv4 address as IPv4. */
static const char *peer_text(const struct sockaddr_in6 *from, char text[INET6_ADDRSTRLEN])
{
	if (IN6_IS_ADDR_V4MAPPED(&from->sin6_addr))
		return inet_ntop(AF_INET, &from->sin6_addr.s6_addr[12], text, INET6_ADDRSTRLEN);
	return inet_ntop(AF_INET6, &from->sin6_addr, text, INET6_ADDRSTRLEN);
}

static void serve_stream(int fd)
{
	for (;;) {
		struct sockaddr_in6 from;
		socklen_t len = sizeof(from);
		int client = accept(fd, (struct sockaddr *)&from, &len);
		char text[INET6_ADDRSTRLEN];

		if (client < 0 || !peer_text(&from, text))
			_exit(1);
		ignore_result(write(client, text, strlen(text)));
		(void)close(client);
	}
}

static void serve_datagrams(int fd)
{
	for (;;) {
		struct sockaddr_in6 from;
		socklen_t len = sizeof(from);
		char text[INET6_ADDRSTRLEN];

		if (recvfrom(fd, text, sizeof(text), 0, (struct sockaddr *)&from, &len) < 0 ||
		    !peer_text(&from, text))
			_exit(1);
		(void)sendto(fd, text, strlen(text), 0, (struct sockaddr *)&from, len);
	}
}

/* In the child: never returns. */
static void serve(int netns_fd, int type, uint16_t port, int ready_fd)
{
	struct sockaddr_in6 addr = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	const int one = 1;
	int fd;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves no server */
	if (setns(netns_fd, CLONE_NEWNET) < 0)
		_exit(1);
	fd = socket(AF_INET6, type, 0);
	if (type == SOCK_STREAM) /* relays had connections on this port */
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		_exit(1);
	if (type == SOCK_STREAM && listen(fd, 64) < 0)
		_exit(1);
	ignore_result(write(ready_fd, "r", 1));
	(void)close(ready_fd);
	if (type == SOCK_STREAM)
		serve_stream(fd);
	serve_datagrams(fd);
}

int lab_serve(int netns_fd, int type, uint16_t port)
{
	int ready[2];
	char c;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		serve(netns_fd, type, port, ready[1]);
	(void)close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	(void)close(ready[0]);
	return pid;
}

void lab_stop(int pid)
{
	(void)kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

struct question {
	int type;
	const char *ip;
	uint16_t port;
	int limit;
	int answer_fd;
};

static int ask(const void *arg)
{
	const struct question *q = arg;
	const int family = strchr(q->ip, ':') ? AF_INET6 : AF_INET;
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(q->port) };
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(q->port) };
	const bool six = family == AF_INET6;
	int fd = socket(family, q->type, 0), r;
	struct timeval limit = { .tv_sec = q->limit };
	char text[64];
	ssize_t n;

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (inet_pton(family, q->ip, six ? (void *)&in6.sin6_addr : (void *)&in.sin_addr) != 1)
		return 1;
	r = six ? connect(fd, (struct sockaddr *)&in6, sizeof(in6))
		: connect(fd, (struct sockaddr *)&in, sizeof(in));
	if (r < 0)
		return 1;
	if (q->type == SOCK_DGRAM && send(fd, "?", 1, 0) != 1)
		return 1;
	n = recv(fd, text, sizeof(text), 0);
	return n > 0 && write(q->answer_fd, text, (size_t)n) == n ? 0 : 1;
}

char *lab_ask(const struct lab *lab, int netns_fd, int type, const char *ip, uint16_t port,
	      int limit)
{
	char text[64] = "";
	int answer[2], r;
	struct question q = { type, ip, port, limit, -1 };

	assert_int_equal(pipe(answer), 0);
	q.answer_fd = answer[1];
	r = lab_run(lab, netns_fd, ask, &q);
	(void)close(answer[1]);
	if (r == 0)
		assert_true(read(answer[0], text, sizeof(text) - 1) > 0);
	(void)close(answer[0]);
	return r == 0 ? xstrdup(text) : NULL;
}

int lab_setup(void **state)
{
	static struct lab lab;

	*state = lab_open(&lab) ? &lab : NULL;
	return 0;
}

int lab_teardown(void **state)
{
	if (*state)
		lab_close(*state);
	return 0;
}

struct lab *lab_of(void **state)
{
	if (!*state) {
		if (getenv("MUST_RUN"))
			fail_msg("needs root");
		print_message("skipped: needs root\n");
		skip();
	}
	return *state;
}
