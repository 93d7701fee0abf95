/* SPDX-License-Identifier: Apache-2.0 */
/* hoy-dial: looks a name up, connects, hands the socket to hoy (http/dial.h). */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "http/dial.h"
#include "sys/unixsock.h"

enum { EXIT_USAGE = 2 };

/* The first of its addresses that takes us, or -1 and the last one's errno. */
static int connect_any(const struct addrinfo *list)
{
	int on = 1;

	errno = EHOSTUNREACH;
	for (const struct addrinfo *ai = list; ai; ai = ai->ai_next) {
		int saved,
			fd = socket(ai->ai_family, ai->ai_socktype | SOCK_CLOEXEC, ai->ai_protocol);

		if (fd >= 0 && connect(fd, ai->ai_addr, ai->ai_addrlen) == 0) {
			(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
			(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
			return fd;
		}
		saved = errno;
		macros_close_fd(&fd);
		errno = saved;
	}
	return -1;
}

static int dial(const char *host, const char *port, struct dial_answer *answer)
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	struct addrinfo *list = NULL;
	int fd, r = getaddrinfo(host, port, &hints, &list);

	if (r != 0) {
		answer->errnum = EHOSTUNREACH;
		(void)snprintf(answer->text, sizeof(answer->text), "look up %s: %s", host,
			       gai_strerror(r));
		return -1;
	}
	fd = connect_any(list);
	answer->errnum = fd < 0 ? errno : 0;
	freeaddrinfo(list);
	if (fd < 0)
		(void)snprintf(answer->text, sizeof(answer->text), "dial tcp %s:%s: %s", host, port,
			       strerror(answer->errnum));
	return fd;
}

int main(int argc, char **argv)
{
	struct dial_answer answer = { 0 };
	int fd, r;

	log_init("hoy-dial", LOG_WARNING);
	if (argc != 3)
		die(EXIT_USAGE, "HOST and PORT wanted (started by hoy only)");
	fd = dial(argv[1], argv[2], &answer);
	if (fd >= 0)
		r = unixsock_send_fd(DIAL_ANSWER_FD, &answer, sizeof(answer), fd);
	else
		r = send(DIAL_ANSWER_FD, &answer, sizeof(answer), MSG_NOSIGNAL) < 0 ? -errno : 0;
	return r < 0 || fd < 0;
}
