/* SPDX-License-Identifier: Apache-2.0 */
/* The loop between a hijacked connection and a monitor. */
#include "engine/relay.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

enum { GO_ON = 1, ENDED = 0 };

void relay_release(struct relay *relay)
{
	if (!relay)
		return;
	monitor_link_release(&relay->link);
	strbuf_release(&relay->input);
	*relay = (struct relay)RELAY_INIT;
}

/* Whether more output can be handed on without waiting for the client to read. */
static bool client_takes(const struct relay *relay, const struct engine_stream *stream)
{
	struct pollfd pfd = { .fd = stream->in_fd, .events = POLLOUT };

	return relay->deaf || !stream->in_takes || poll(&pfd, 1, 0) != 0;
}

/* What the monitor says. */
static int from_monitor(struct relay *relay, struct engine_stream *stream)
{
	struct monitor_frame frame;
	char data[MONITOR_DATA_MAX];
	size_t len;
	int r;

	relay->end = RELAY_LOST;
	if (relay->link.fd < 0)
		return monitor_link_accept(&relay->link) < 0 ? ENDED : GO_ON;
	relay->full = !client_takes(relay, stream);
	if (relay->full)
		return GO_ON;
	r = monitor_frame_recv(relay->link.fd, false, &frame, data, &len, MSG_DONTWAIT);
	if (r == -EAGAIN)
		return GO_ON;
	if (r <= 0)
		return ENDED;
	relay->started = true;
	if (frame.type == MONITOR_OUTPUT && !relay->deaf)
		relay->deaf = stream->write(stream->arg, frame.stream, data, len) < 0;
	if (frame.type != MONITOR_EXIT)
		return GO_ON;
	relay->exit_code = (int)frame.arg;
	relay->will_restart = frame.flags & MONITOR_WILL_RESTART;
	relay->end = RELAY_EXIT;
	return ENDED;
}

static bool owes_input(const struct relay *relay)
{
	return relay->input.len > 0 || (relay->in_ended && relay->want_stdin && !relay->eof_sent);
}

/* Give the monitor what input there is, as far as it takes it now. */
static void to_monitor(struct relay *relay)
{
	bool data = relay->input.len > 0;
	struct monitor_frame frame = { .type = data ? MONITOR_STDIN : MONITOR_STDIN_EOF };
	int r;

	if (relay->link.fd < 0 || !owes_input(relay))
		return;
	r = monitor_frame_send(relay->link.fd, &frame, relay->input.data, relay->input.len,
			       MSG_DONTWAIT);
	if (r == -EAGAIN)
		return;
	if (r < 0) /* it takes no input any more; its end comes as an event */
		relay->want_stdin = false;
	strbuf_reset(&relay->input);
	relay->eof_sent = !data;
}

/* Input that came along with the request is taken before what the connection has. */
static ssize_t client_read(struct engine_stream *stream, char *data, size_t max)
{
	size_t len = stream->in_early_len < max ? stream->in_early_len : max;

	if (len == 0)
		return recv(stream->in_fd, data, max, MSG_DONTWAIT);
	memcpy(data, stream->in_early, len);
	stream->in_early += len;
	stream->in_early_len -= len;
	return (ssize_t)len;
}

/* What the client types. Without stdin it is read only to see the end. */
static int from_client(struct relay *relay, struct engine_stream *stream)
{
	char data[MONITOR_DATA_MAX - DETACH_KEYS_MAX];
	ssize_t n = client_read(stream, data, sizeof(data));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return GO_ON;
	if (n <= 0) {
		relay->in_ended = true;
		relay->deaf |= n < 0;
		return GO_ON;
	}
	if (relay->want_stdin && detach_keys_filter(&relay->keys, data, (size_t)n, &relay->input)) {
		relay->end = RELAY_DETACHED;
		return ENDED;
	}
	return GO_ON;
}

/* A client that is gone stays for what it has said and nobody has taken yet. */
static bool is_gone(const struct relay *relay)
{
	bool says = relay->want_stdin && relay->link.fd >= 0 && !relay->eof_sent;

	return relay->deaf && !says;
}

static void watch(const struct relay *relay, const struct engine_stream *stream, struct pollfd *fds)
{
	bool connected = relay->link.fd >= 0;
	bool room = relay->input.len == 0 && (connected || !relay->want_stdin);
	bool reads = room && !relay->in_ended;

	fds[0].fd = monitor_link_fd(&relay->link);
	fds[0].events = (short)((relay->full ? 0 : POLLIN) |
				(connected && owes_input(relay) ? POLLOUT : 0));
	if (fds[0].events == 0) /* its end, too, waits behind the output that is there */
		fds[0].fd = -1;
	/* without events a client that is gone for good is still seen: once is enough */
	fds[1].fd = relay->deaf && !reads ? -1 : stream->in_fd;
	fds[1].events = (short)((reads ? POLLIN : 0) | (relay->full ? POLLOUT : 0));
}

/* What poll(2) told. */
static int act(struct relay *relay, struct engine_stream *stream, const struct pollfd *fds)
{
	bool hung_up = fds[1].revents & (POLLHUP | POLLERR | POLLNVAL);
	int go = GO_ON;

	if (hung_up)
		relay->deaf = true;
	if (hung_up || fds[1].revents & POLLOUT)
		relay->full = false;
	if (fds[0].revents & (POLLIN | POLLHUP | POLLERR))
		go = from_monitor(relay, stream);
	if (go == GO_ON && (fds[1].events & POLLIN) && (fds[1].revents & ~POLLOUT))
		go = from_client(relay, stream);
	if (go == GO_ON)
		to_monitor(relay);
	if (go == GO_ON && is_gone(relay)) {
		relay->end = RELAY_CLIENT_GONE;
		go = ENDED;
	}
	return go;
}

int relay_run(struct relay *relay, struct engine_stream *stream, struct error *err)
{
	int go = GO_ON;

	while (go == GO_ON) {
		struct pollfd fds[2];
		bool early;

		watch(relay, stream, fds);
		early = (fds[1].events & POLLIN) && stream->in_early_len > 0;
		if (poll(fds, 2, early ? 0 : -1) < 0) {
			if (errno == EINTR)
				continue;
			return error_set(err, ERR_SYSTEM, errno, "wait for the streams");
		}
		if (early)
			fds[1].revents |= POLLIN;
		go = act(relay, stream, fds);
	}
	return 0;
}
