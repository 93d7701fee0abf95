/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes over a WebSocket, both ways, in one loop. Neither queue grows beyond a piece: a side is
 * read again when the other has taken all. */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "http/websocket.h"
#include "sys/linger.h"

enum {
	PIECE = 32 * 1024,
	LINGER_MS = 2000, /* for the client's own close */
	LINGER_TOTAL_MS = 10 * 1000,
	CLOSE_NORMAL = 1000,
	CLOSE_PROTOCOL = 1002,
};

struct queue {
	struct strbuf data;
	size_t sent;
};

struct pump {
	const struct websocket_pump *opts;
	struct websocket_reader reader;
	struct queue out, in; /* to the client, to the inner socket */
	int close_code;	      /* 0: not yet */
	bool gone;	      /* the client takes nothing any more */
};

static bool queue_is_empty(const struct queue *q)
{
	return q->sent == q->data.len;
}

/* As much as the socket takes now, or at once. */
static int queue_send(struct queue *q, int fd, int flags)
{
	ssize_t n = send(fd, q->data.data + q->sent, q->data.len - q->sent, flags | MSG_NOSIGNAL);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	q->sent += (size_t)n;
	if (queue_is_empty(q)) {
		strbuf_reset(&q->data);
		q->sent = 0;
	}
	return 0;
}

static void frame_add(struct pump *p, enum websocket_opcode opcode, const void *data, size_t len)
{
	uint8_t header[WEBSOCKET_HEADER_MAX];

	if (p->gone)
		return;
	strbuf_add(&p->out.data, header, websocket_header(opcode, len, header));
	strbuf_add(&p->out.data, data, len);
}

static int take_data(void *arg, const void *data, size_t len)
{
	struct pump *p = arg;

	strbuf_add(&p->in.data, data, len);
	return 0;
}

static int take_control(void *arg, enum websocket_opcode opcode, const void *data, size_t len)
{
	struct pump *p = arg;

	if (opcode == WEBSOCKET_PING)
		frame_add(p, WEBSOCKET_PONG, data, len);
	if (opcode == WEBSOCKET_CLOSE)
		p->close_code = CLOSE_NORMAL;
	return 0;
}

static void feed(struct pump *p, void *data, size_t len)
{
	const struct websocket_sink sink = { take_data, take_control, p };

	if (websocket_feed(&p->reader, data, len, &sink) < 0)
		p->close_code = CLOSE_PROTOCOL;
}

/* False: it says nothing more. */
static bool read_client(struct pump *p)
{
	uint8_t buf[PIECE];
	ssize_t n = recv(p->opts->fd, buf, sizeof(buf), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n > 0)
		feed(p, buf, (size_t)n);
	return n > 0;
}

static void read_inner(struct pump *p)
{
	uint8_t buf[PIECE];
	ssize_t n = recv(p->opts->inner, buf, sizeof(buf), MSG_DONTWAIT);

	if (n > 0)
		frame_add(p, p->opts->opcode, buf, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		p->close_code = CLOSE_NORMAL;
}

static void client_gone(struct pump *p)
{
	p->gone = true;
	strbuf_reset(&p->out.data);
	p->out.sent = 0;
}

/* What one turn waits for. A socket of which nothing is wanted is not looked at: one that hung up
 * would end every wait. */
static void watch(const struct pump *p, struct pollfd fds[2])
{
	bool to_client = !queue_is_empty(&p->out), to_inner = !queue_is_empty(&p->in);
	/* what is typed is not held up by what is shown */
	bool reads = !to_inner && p->out.data.len < 2 * PIECE;

	fds[0].events = (short)((reads ? POLLIN : 0) | (to_client ? POLLOUT : 0));
	fds[0].fd = p->gone && !reads ? -1 : p->opts->fd;
	fds[1].events = (short)((to_client ? 0 : POLLIN) | (to_inner ? POLLOUT : 0));
	fds[1].fd = fds[1].events ? p->opts->inner : -1;
}

/* One turn. False: the client says nothing more. */
static bool turn(struct pump *p)
{
	struct pollfd fds[2];

	watch(p, fds);
	if (poll(fds, ARRAY_SIZE(fds), -1) < 0)
		return errno == EINTR;
	if (fds[0].revents & (POLLERR | POLLHUP) ||
	    (fds[0].revents & POLLOUT && queue_send(&p->out, p->opts->fd, MSG_DONTWAIT) < 0))
		client_gone(p);
	if (fds[1].revents & POLLOUT && queue_send(&p->in, p->opts->inner, MSG_DONTWAIT) < 0)
		p->close_code = CLOSE_NORMAL;
	if (fds[0].events & POLLIN && fds[0].revents & (POLLIN | POLLERR | POLLHUP) &&
	    !read_client(p))
		return false;
	if (fds[1].events & POLLIN && fds[1].revents)
		read_inner(p);
	return true;
}

/* What the client said before its end still counts, however long it takes; what comes back does
 * not. */
static void deliver_rest(struct pump *p)
{
	(void)shutdown(p->opts->inner, SHUT_RD);
	while (!queue_is_empty(&p->in))
		if (queue_send(&p->in, p->opts->inner, 0) < 0)
			return;
}

/* The close frame goes out behind everything else; then the client may say the last word. */
static void pump_close(struct pump *p)
{
	const uint8_t code[] = { (uint8_t)(p->close_code >> 8), (uint8_t)p->close_code };

	frame_add(p, WEBSOCKET_CLOSE, code, sizeof(code));
	while (!queue_is_empty(&p->out))
		if (queue_send(&p->out, p->opts->fd, 0) < 0)
			return;
	linger(p->opts->fd, LINGER_MS, LINGER_TOTAL_MS);
}

void websocket_pump(const struct websocket_pump *opts)
{
	struct pump p = { .opts = opts };
	bool open = true;

	if (opts->early_len > 0) {
		cleanup_free uint8_t *early = xmalloc(opts->early_len);

		for (size_t i = 0; i < opts->early_len; i++)
			early[i] = ((const uint8_t *)opts->early)[i];
		feed(&p, early, opts->early_len);
	}
	while (open && p.close_code == 0)
		open = turn(&p);
	deliver_rest(&p);
	if (open && !p.gone)
		pump_close(&p);
	strbuf_release(&p.out.data);
	strbuf_release(&p.in.data);
}
