/* SPDX-License-Identifier: Apache-2.0 */
/* The child that connects. */
#include "logging/connect.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "http/tls.h"
#include "sys/fd.h"
#include "sys/unixsock.h"
#include "wire/log-record.h"

enum { CONNECT_MS = 10 * 1000 };

struct connector {
	const struct log_forward *conf;
	enum log_driver driver;
	struct log_endpoint to;
};

static const char *network_of(enum log_transport transport)
{
	static const char *const names[] = { "udp", "tcp", "tcp", "unix", "unixgram" };

	return names[transport];
}

/* As Go's net says it: "connection refused". */
static int fail_dial(const struct log_endpoint *to, int errnum, struct error *err)
{
	cleanup_free char *why = xstrdup(strerror(errnum));

	why[0] = (char)tolower((unsigned char)why[0]);
	if (to->path)
		return error_set(err, ERR_UNAVAILABLE, errnum, "dial %s %s: connect: %s",
				 network_of(to->transport), to->path, why);
	return error_set(err, ERR_UNAVAILABLE, errnum, "dial %s %s:%s: connect: %s",
			 network_of(to->transport), to->host, to->port, why);
}

/* -ETIMEDOUT and whatever else connect(2) has. */
static int connect_to(const struct addrinfo *ai, int *ret)
{
	cleanup_fd int fd = socket(ai->ai_family, ai->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
				   ai->ai_protocol);
	struct pollfd pfd = { .fd = fd, .events = POLLOUT };
	socklen_t len = sizeof(int);
	int error = 0;

	if (fd < 0)
		return -errno;
	if (connect(fd, ai->ai_addr, ai->ai_addrlen) < 0 && errno != EINPROGRESS)
		return -errno;
	if (poll(&pfd, 1, CONNECT_MS) <= 0)
		return -ETIMEDOUT;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		return -errno;
	if (error)
		return -error;
	*ret = take_fd(&fd);
	return 0;
}

static int connect_net(const struct log_endpoint *to, int *ret, struct error *err)
{
	struct addrinfo hints = { .ai_socktype = to->transport == LOG_UDP ? SOCK_DGRAM
									  : SOCK_STREAM };
	struct addrinfo *list = NULL;
	int r = getaddrinfo(to->host, to->port, &hints, &list);

	if (r != 0)
		return error_set(err, ERR_UNAVAILABLE, EHOSTUNREACH, "dial %s: lookup %s: %s",
				 network_of(to->transport), to->host,
				 r == EAI_NONAME ? "no such host" : gai_strerror(r));
	r = -EADDRNOTAVAIL;
	for (struct addrinfo *ai = list; r < 0 && ai; ai = ai->ai_next)
		r = connect_to(ai, ret);
	freeaddrinfo(list);
	return r < 0 ? fail_dial(to, -r, err) : 0;
}

static int connect_unix(const struct log_endpoint *to, int *ret, struct error *err)
{
	int r = unixsock_connect_at(AT_FDCWD, to->path,
				    to->transport == LOG_UNIX ? SOCK_STREAM : SOCK_DGRAM);

	if (r < 0)
		return fail_dial(to, -r, err);
	*ret = r;
	return 0;
}

/* Where a machine's own syslog is: the first that takes a connection. */
static int connect_syslog(int *ret, struct error *err)
{
	static const char *const places[] = { "/dev/log", "/var/run/syslog", "/var/run/log" };
	static const int types[] = { SOCK_DGRAM, SOCK_STREAM };

	for (size_t i = 0; i < ARRAY_SIZE(types) * ARRAY_SIZE(places); i++) {
		int r = unixsock_connect_at(AT_FDCWD, places[i % ARRAY_SIZE(places)],
					    types[i / ARRAY_SIZE(places)]);

		if (r < 0)
			continue;
		*ret = r;
		return 0;
	}
	return error_set(err, ERR_UNAVAILABLE, ENOENT, "Unix syslog delivery error");
}

static int wrap_tls(const struct connector *c, int conn, int *ret, struct error *err)
{
	const struct strmap *opts = &c->conf->opts;
	const char *skip = strmap_get(opts, "syslog-tls-skip-verify");
	struct tls_client tls = {
		.program = c->conf->tls_program,
		.ca = (char *)strmap_get(opts, "syslog-tls-ca-cert"),
		.cert = (char *)strmap_get(opts, "syslog-tls-cert"),
		.key = (char *)strmap_get(opts, "syslog-tls-key"),
		.verify = !skip,
	};
	cleanup_fd int network = conn;
	int r = fd_set_nonblock(network, false);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "prepare the connection");
	return tls_connect(&tls, c->to.host, take_fd(&network), ret, err);
}

static int dial(const struct connector *c, int *ret, struct error *err)
{
	int fd = -1, r;

	if (c->driver == LOG_DRIVER_SYSLOG && c->to.transport == LOG_UNIXGRAM && !c->to.path)
		return connect_syslog(ret, err);
	if (c->to.path)
		return connect_unix(&c->to, ret, err);
	r = connect_net(&c->to, &fd, err);
	if (r < 0)
		return r;
	if (c->to.transport == LOG_TLS)
		return wrap_tls(c, fd, ret, err);
	*ret = fd;
	return 0;
}

/* A question is any byte; the end of file is the end. */
static _Noreturn void answer_all(const struct connector *c, int fd)
{
	char byte;

	while (recv(fd, &byte, 1, 0) == 1) {
		struct error err cleanup(error_release) = ERROR_INIT;
		cleanup_fd int sock = -1;

		if (dial(c, &sock, &err) >= 0)
			ignore_result(unixsock_send_fd(fd, "ok", 2, sock));
		else if (send(fd, error_text(&err), strnlen(error_text(&err), CONNECT_TEXT_MAX),
			      MSG_NOSIGNAL) < 0)
			break;
	}
	_exit(0);
}

int connector_start(const struct log_forward *conf, int *ret_fd, struct error *err)
{
	struct connector c = { .conf = conf };
	int fds[2], r;
	pid_t pid;

	if (log_driver_parse(conf->driver, &c.driver) < 0)
		return error_set(err, ERR_INVALID, 0, "unknown log driver %s", conf->driver);
	r = log_endpoint_parse(c.driver, &conf->opts, &c.to, err);
	if (r < 0)
		return r;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a pair of sockets");
	pid = fork();
	if (pid == 0) {
		(void)close(fds[0]);
		(void)close(LOG_CHANNEL_FD);
		(void)signal(SIGCHLD, SIG_IGN); /* hoy-tls ends by itself */
		answer_all(&c, fds[1]);
	}
	(void)close(fds[1]);
	log_endpoint_release(&c.to);
	*ret_fd = fds[0];
	return pid < 0 ? error_set(err, ERR_SYSTEM, errno, "fork") : 0;
}

int connector_ask(int fd)
{
	return send(fd, "?", 1, MSG_NOSIGNAL) == 1 ? 0 : -errno;
}

int connector_answer(int fd, int *ret_sock, struct error *err)
{
	char text[CONNECT_TEXT_MAX + 1];
	cleanup_fd int sock = -1;
	ssize_t n = unixsock_recv_fd(fd, text, CONNECT_TEXT_MAX, &sock);
	int r;

	text[n > 0 ? n : 0] = '\0';
	if (sock < 0) {
		ignore_result(error_set(err, ERR_UNAVAILABLE, 0, "%s",
					n > 0 ? text : "hoy-log's connector has ended"));
		return -ENOTCONN;
	}
	r = fd_set_nonblock(sock, true);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "prepare the connection");
	*ret_sock = take_fd(&sock);
	return 0;
}
