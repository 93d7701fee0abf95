/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hoy-dns: answers at 127.0.0.11 in a container's network namespace, see network/resolver.h.
 *
 *	hoy-dns [--container=ID] [--no-forward] [--server=IP]... [--link=ALIAS=NAME]... --networks=N
 *
 * fd 3: the channel to who started us, 4: the container's network namespace, from 5 on: directories
 * of the N networks' names. Phases: (1) wait for "go", with all rights, nothing read but argv;
 * (2) in the container's namespace open two sockets and lead port 53 to them, go back; (3) give up
 * every right; (4) say "ok", and serve. The sockets belong to the container's namespace, those
 * that ask servers to the host's, for its servers may be on its loopback.
 *
 * The sockets have ports that the kernel chose, and a rule in the container's own nftables leads
 * there, so that a container may have a name server of its own on port 53.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "base/parse.h"
#include "base/strbuf.h"
#include "base/strv.h"
#include "dns/server.h"
#include "network/resolver.h"
#include "sys/nft-redirect.h"
#include "sys/sandbox.h"

enum {
	CHANNEL_FD = 3,
	NETNS_FD = 4,
	FIRST_DIR_FD = 5,
	NOBODY = 65534,
	BACKLOG = 16,
	DNS_PORT = 53,
	TEXT_MAX = 200,
};

static int options_parse(char **argv, struct dns_server *server)
{
	uint32_t n = 0;

	for (argv++; *argv; argv++) {
		int r = 0;

		if (strcmp(*argv, "--no-forward") == 0) {
			server->up.off = true;
		} else if (strncmp(*argv, "--server=", 9) == 0) {
			server->up.fixed = true;
			r = upstream_add(&server->up, *argv + 9);
		} else if (strncmp(*argv, "--link=", 7) == 0) {
			strv_push(&server->zones.links, *argv + 7);
		} else if (strncmp(*argv, "--networks=", 11) == 0) {
			r = parse_u32(*argv + 11, &n);
		} else if (strncmp(*argv, "--container=", 12) != 0) { /* for who looks at ps */
			r = -EINVAL;
		}
		if (r < 0 || n > ZONES_MAX)
			return -EINVAL;
	}
	for (uint32_t i = 0; i < n; i++)
		server->zones.items[i].dirfd = FIRST_DIR_FD + (int)i;
	server->zones.n = n;
	return 0;
}

static int socket_open(int type, int *ret_fd, uint16_t *ret_port)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	socklen_t len = sizeof(addr);
	cleanup_fd int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	(void)inet_pton(AF_INET, RESOLVER_ADDRESS, &addr.sin_addr);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    (type == SOCK_STREAM && listen(fd, BACKLOG) < 0) ||
	    getsockname(fd, (struct sockaddr *)&addr, &len) < 0)
		return -errno;
	*ret_port = ntohs(addr.sin_port);
	*ret_fd = take_fd(&fd);
	return 0;
}

/* In the container's namespace. The netfilter socket is left open until we are back and have said
 * "ok": closing it may have to wait for the kernel. */
static int sockets_open(int *ret_udp, int *ret_tcp, struct netlink *nft)
{
	struct nft_redirect redirect = { .port = DNS_PORT };
	int r;

	(void)inet_pton(AF_INET, RESOLVER_ADDRESS, &redirect.addr);
	r = socket_open(SOCK_DGRAM, ret_udp, &redirect.to_udp);
	if (r >= 0)
		r = socket_open(SOCK_STREAM, ret_tcp, &redirect.to_tcp);
	if (r >= 0)
		r = netlink_open(NETLINK_NETFILTER, nft);
	return r < 0 ? r : nft_redirect_set(nft, "hoy-dns", &redirect);
}

static int enter_and_open(int *ret_udp, int *ret_tcp, struct netlink *nft)
{
	cleanup_fd int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int r;

	if (home < 0 || setns(NETNS_FD, CLONE_NEWNET) < 0)
		return -errno;
	r = sockets_open(ret_udp, ret_tcp, nft);
	if (setns(home, CLONE_NEWNET) < 0)
		return -errno;
	return r;
}

/* The directory that resolv.conf really lies in: it is replaced there, not changed. */
static char *resolv_conf_dir(void)
{
	char *path = realpath("/etc/resolv.conf", NULL);
	char *slash = path ? strrchr(path, '/') : NULL;

	if (slash && slash > path)
		*slash = '\0';
	return path;
}

static int drop_rights(const struct dns_server *server)
{
	cleanup_free char *conf_dir = server->up.off || server->up.fixed ? NULL : resolv_conf_dir();
	const char *paths[ZONES_MAX + 3] = { NULL };
	char texts[ZONES_MAX][32];
	size_t n = 0;

	for (size_t i = 0; i < server->zones.n; i++) {
		(void)snprintf(texts[i], sizeof(texts[i]), "/proc/self/fd/%d",
			       server->zones.items[i].dirfd);
		paths[n++] = texts[i];
	}
	if (conf_dir) {
		paths[n++] = "/etc";
		paths[n++] = conf_dir;
	}
	return sandbox_enter(&(struct sandbox){
		.uid = NOBODY,
		.gid = NOBODY,
		.readable_paths = paths,
		.network = !server->up.off,
	});
}

static void say(const char *text)
{
	(void)send(CHANNEL_FD, text, strlen(text), MSG_NOSIGNAL);
}

/* Whoever started us hears why, and sees the end of the channel. */
_Noreturn static void give_up(const char *step, int r)
{
	char text[TEXT_MAX];

	(void)snprintf(text, sizeof(text), "%s: %s", step, strerror(-r));
	say(text);
	_exit(1);
}

int main(int argc, char **argv)
{
	struct netlink nft = NETLINK_INIT;
	int udp = -1, tcp = -1, r;
	char go[2];

	if (options_parse(argv, &dns) < 0)
		return 1;
	if (recv(CHANNEL_FD, go, sizeof(go), 0) != sizeof(go))
		return 1;
	r = enter_and_open(&udp, &tcp, &nft);
	if (r < 0)
		give_up("open its sockets", r);
	(void)close(NETNS_FD);
	if (chdir("/") < 0)
		give_up("chdir to /", -errno);
	r = drop_rights(&dns);
	if (r < 0)
		give_up("give up its rights", r);
	r = udp_serve(udp);
	if (r >= 0)
		r = tcp_serve(tcp);
	if (r < 0)
		give_up("serve", r);
	say("ok");
	(void)close(CHANNEL_FD);
	netlink_release(&nft);
	event_loop_run();
}
