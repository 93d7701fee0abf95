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

/* What the monitor says. */
static int from_monitor(struct relay *relay, struct engine_stream *stream, enum relay_end *end)
{
	struct monitor_frame frame;
	char data[MONITOR_DATA_MAX];
	size_t len;
	int r;

	if (relay->link.fd < 0) {
		*end = RELAY_LOST;
		return monitor_link_accept(&relay->link) < 0 ? ENDED : GO_ON;
	}
	r = monitor_frame_recv(relay->link.fd, false, &frame, data, &len, MSG_DONTWAIT);
	if (r == -EAGAIN)
		return GO_ON;
	*end = RELAY_LOST;
	if (r <= 0)
		return ENDED;
	relay->started = true;
	if (frame.type == MONITOR_OUTPUT) {
		*end = RELAY_CLIENT_GONE;
		return stream->write(stream->arg, frame.stream, data, len) < 0 ? ENDED : GO_ON;
	}
	if (frame.type != MONITOR_EXIT)
		return GO_ON;
	relay->exit_code = (int)frame.arg;
	relay->will_restart = frame.flags & MONITOR_WILL_RESTART;
	*end = RELAY_EXIT;
	return ENDED;
}

/* Give the monitor what input there is, as far as it takes it now. */
static int to_monitor(struct relay *relay)
{
	struct monitor_frame frame = { .type = MONITOR_STDIN };
	int r = 0;

	if (relay->link.fd < 0)
		return 0;
	if (relay->input.len > 0) {
		r = monitor_frame_send(relay->link.fd, &frame, relay->input.data, relay->input.len,
				       MSG_DONTWAIT);
		if (r == 0)
			strbuf_reset(&relay->input);
	} else if (relay->in_ended && relay->want_stdin && !relay->eof_sent) {
		frame.type = MONITOR_STDIN_EOF;
		r = monitor_frame_send(relay->link.fd, &frame, NULL, 0, MSG_DONTWAIT);
		relay->eof_sent = r == 0;
	}
	return r;
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
static int from_client(struct relay *relay, struct engine_stream *stream, enum relay_end *end)
{
	char data[MONITOR_DATA_MAX - DETACH_KEYS_MAX];
	ssize_t n = client_read(stream, data, sizeof(data));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return GO_ON;
	if (n < 0) {
		*end = RELAY_CLIENT_GONE;
		return ENDED;
	}
	if (n == 0) {
		relay->in_ended = true;
		return GO_ON;
	}
	*end = RELAY_DETACHED;
	if (relay->want_stdin && detach_keys_filter(&relay->keys, data, (size_t)n, &relay->input))
		return ENDED;
	return GO_ON;
}

static void watch(const struct relay *relay, const struct engine_stream *stream, struct pollfd *fds)
{
	bool eof_due = relay->in_ended && relay->want_stdin && !relay->eof_sent;
	bool connected = relay->link.fd >= 0;
	bool room = relay->input.len == 0 && (connected || !relay->want_stdin);

	fds[0].fd = monitor_link_fd(&relay->link);
	fds[0].events = POLLIN;
	if (connected && (relay->input.len > 0 || eof_due))
		fds[0].events |= POLLOUT;
	fds[1].fd = stream->in_fd; /* events 0: a client that is gone for good is still seen */
	fds[1].events = room && !relay->in_ended ? POLLIN : 0;
}

int relay_run(struct relay *relay, struct engine_stream *stream, struct error *err)
{
	enum relay_end end = RELAY_LOST;
	struct pollfd fds[2];
	int go = GO_ON;

	while (go == GO_ON) {
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
		if (fds[0].revents & (POLLIN | POLLHUP | POLLERR))
			go = from_monitor(relay, stream, &end);
		if (go == GO_ON && (fds[1].revents & POLLIN))
			go = from_client(relay, stream, &end);
		else if (go == GO_ON && (fds[1].revents & (POLLHUP | POLLERR | POLLNVAL))) {
			end = RELAY_CLIENT_GONE;
			go = ENDED;
		}
		if (go == GO_ON)
			ignore_result(to_monitor(relay)); /* its end comes as an event */
	}
	relay->end = end;
	return 0;
}
