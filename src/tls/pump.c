/* SPDX-License-Identifier: Apache-2.0 */
/* The loop of hoy-tls. One buffer a direction; a full one stops the reading of its source. */
#include "tls/pump.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/macros.h"

enum { PUMP_BUFFER = 64 * 1024 };

struct direction {
	char data[PUMP_BUFFER];
	size_t at, len; /* what is to be written: data[at … len) */
	bool ended;	/* nothing more comes */
	bool closed;	/* that was passed on */
};

struct pump {
	SSL *ssl;
	int network_fd, plain_fd;
	struct direction in, out; /* from the network, to the network */
	short wanted;		  /* what TLS waits for at the network */
	bool moved;		  /* this turn did something: another may do more */
};

static bool is_empty(const struct direction *d)
{
	return d->at == d->len;
}

/* What a call of OpenSSL that did not work means: 0 later, 1 the peer has ended, < 0 broken. */
static int why(struct pump *p, int result)
{
	switch (SSL_get_error(p->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		p->wanted |= POLLIN;
		return 0;
	case SSL_ERROR_WANT_WRITE:
		p->wanted |= POLLOUT;
		return 0;
	case SSL_ERROR_ZERO_RETURN:
		return 1;
	default:
		return -EPROTO;
	}
}

static int read_network(struct pump *p)
{
	struct direction *d = &p->in;
	int n, r;

	if (d->ended || !is_empty(d))
		return 0;
	n = SSL_read(p->ssl, d->data, sizeof(d->data));
	if (n > 0) {
		d->at = 0;
		d->len = (size_t)n;
		p->moved = true;
		return 0;
	}
	r = why(p, n);
	d->ended = r > 0;
	p->moved |= d->ended;
	return r < 0 ? r : 0;
}

static int write_network(struct pump *p)
{
	struct direction *d = &p->out;
	int n, r;

	if (!is_empty(d)) {
		n = SSL_write(p->ssl, d->data + d->at, (int)(d->len - d->at));
		if (n > 0)
			d->at += (size_t)n;
	} else if (d->ended && !d->closed) {
		n = SSL_shutdown(p->ssl);
		d->closed = n >= 0;
		n = n >= 0 ? 1 : n;
	} else {
		return 0;
	}
	if (n > 0) {
		p->moved = true;
		return 0;
	}
	r = why(p, n);
	return r > 0 ? -EPIPE : r;
}

static int read_plain(struct pump *p)
{
	struct direction *d = &p->out;
	ssize_t n;

	if (d->ended || !is_empty(d))
		return 0;
	n = recv(p->plain_fd, d->data, sizeof(d->data), MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	d->at = 0;
	d->len = (size_t)n;
	d->ended = n == 0;
	p->moved = true;
	return 0;
}

static int write_plain(struct pump *p)
{
	struct direction *d = &p->in;
	ssize_t n;

	if (is_empty(d)) {
		if (d->ended && !d->closed) {
			(void)shutdown(p->plain_fd, SHUT_WR);
			d->closed = p->moved = true;
		}
		return 0;
	}
	n = send(p->plain_fd, d->data + d->at, d->len - d->at, MSG_DONTWAIT | MSG_NOSIGNAL);
	/* when nobody reads any more, what was answered still goes out */
	if (n < 0 && errno == EPIPE)
		n = (ssize_t)(d->len - d->at);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	d->at += (size_t)n;
	p->moved = true;
	return 0;
}

/* Every direction as far as it goes now; 1: something moved. */
static int turn(struct pump *p)
{
	int r;

	p->wanted = 0;
	p->moved = false;
	r = read_network(p);
	if (r >= 0)
		r = write_plain(p);
	if (r >= 0)
		r = read_plain(p);
	if (r >= 0)
		r = write_network(p);
	return r < 0 ? r : p->moved;
}

/* The plain side is looked at when it has nothing to do any more, too: it may be gone. */
static int wait_for_more(const struct pump *p)
{
	struct pollfd fds[] = { { p->network_fd, p->wanted, 0 }, { p->plain_fd, 0, 0 } };

	/* behind a close_notify the end of TCP's stream says that nobody listens either */
	if (p->in.closed)
		fds[0].events |= POLLRDHUP;
	else if (!p->in.ended && is_empty(&p->in))
		fds[0].events |= POLLIN;
	if (!p->out.ended && is_empty(&p->out))
		fds[1].events |= POLLIN;
	if (!is_empty(&p->in))
		fds[1].events |= POLLOUT;
	/* one that only tells that it hung up would tell so for ever */
	if (fds[1].events == 0 && !p->out.closed)
		fds[1].fd = -1;
	if (fds[0].events == 0)
		fds[0].fd = -1;
	if (poll(fds, ARRAY_SIZE(fds), -1) < 0)
		return errno == EINTR ? 0 : -errno;
	if (p->in.closed && (fds[0].revents & (POLLRDHUP | POLLHUP | POLLERR)))
		return -EPIPE;
	return p->out.closed && (fds[1].revents & POLLHUP) ? -EPIPE : 0;
}

int tls_pump(SSL *ssl, int network_fd, int plain_fd)
{
	static struct pump p;

	p.ssl = ssl;
	p.network_fd = network_fd;
	p.plain_fd = plain_fd;
	while (!p.in.closed || !p.out.closed) {
		int r = turn(&p);

		if (r == 0 && (!p.in.closed || !p.out.closed))
			r = wait_for_more(&p);
		if (r < 0)
			return r;
	}
	return 0;
}
