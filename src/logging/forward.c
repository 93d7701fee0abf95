/* SPDX-License-Identifier: Apache-2.0 */
/* The loop between the monitor's socket and the server's. */
#include "logging/forward.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "logging/connect.h"
#include "logging/format.h"
#include "logging/queue.h"
#include "sys/fd.h"
#include "sys/sandbox.h"
#include "wire/log-record.h"

enum {
	NOBODY = 65534,
	QUEUE_BLOCKING = 256 * 1024, /* of a container that waits */
	SEND_BYTES = 32 * 1024,
	SEND_MESSAGES = 128,
	DRAIN_MS = 5000, /* after the container's end */
	RETRY_MIN_MS = 50,
	RETRY_MAX_MS = 60 * 1000,
	RETRY_MS = 1000,
	ACK_MAX = 64,
	MS_NS = 1000000,
};

struct line { /* that a stream is in */
	char id[LINE_ID + 1];
	unsigned int ordinal; /* 0: it is in none */
};

struct forwarder {
	const struct log_forward *conf;
	struct log_format format;
	struct log_queue queue;
	struct line lines[2];
	struct packets packets; /* being sent */
	size_t sent;		/* of packets.data */
	int channel;		/* -1: the container has ended */
	int connector, server;	/* server -1: not connected */
	bool may_drop, datagrams, asked;
	int64_t max_attempts, attempts, delay_ms;
	int64_t retry_at, drain_at, stall_at; /* clock_monotonic; 0 none */
	char ack[ACK_MAX];
	size_t ack_len;
	bool away_told, slow_told;
	uint64_t lost;
};

static void say(struct forwarder *f, const char *text, const char *why)
{
	log_warning("container %.12s: log driver %s: %s%s", f->conf->container_id, f->conf->driver,
		    why, text);
}

static void retry_in(struct forwarder *f, int64_t ms)
{
	f->retry_at = clock_monotonic() + ms * MS_NS;
}

/* The n-th attempt in vain: fluentd's waits grow by half each time. */
static int64_t retry_delay(const struct forwarder *f)
{
	int64_t ms = f->delay_ms;

	if (f->format.driver != LOG_DRIVER_FLUENTD || f->format.fluentd.reconnect_interval_ms > 0)
		return ms;
	for (int64_t i = 1; i < f->attempts && ms < RETRY_MAX_MS; i++)
		ms += ms / 2;
	return ms < RETRY_MAX_MS ? ms : RETRY_MAX_MS;
}

static void ask(struct forwarder *f)
{
	f->retry_at = 0;
	f->asked = connector_ask(f->connector) >= 0;
	if (!f->asked)
		retry_in(f, RETRY_MS);
}

/* What was sent in part is sent again from where the last whole message ended; a message that waits
 * for its acknowledgement, whole. */
static void disconnect(struct forwarder *f, const char *why)
{
	size_t begin = 0;

	macros_close_fd(&f->server);
	for (size_t i = 0; i < f->packets.n && f->packets.ends[i] <= f->sent; i++)
		begin = f->packets.ends[i];
	f->sent = f->packets.chunk[0] ? 0 : begin;
	f->ack_len = 0;
	f->stall_at = 0;
	f->attempts = 0;
	if (!f->away_told)
		say(f,
		    f->max_attempts < INT32_MAX || f->may_drop
			    ? ": connecting again; what does not fit into the buffer is lost"
			    : ": connecting again; the container waits when the buffer is full",
		    why);
	f->away_told = true;
	ask(f);
}

static void tell_back(struct forwarder *f)
{
	char text[64];

	if (f->away_told) {
		(void)snprintf(text, sizeof(text), "; %llu messages were lost",
			       (unsigned long long)f->lost);
		say(f, f->lost > 0 ? text : "", "connected again");
		f->lost = 0;
	}
	f->away_told = false;
}

static void connected(struct forwarder *f)
{
	struct error err cleanup(error_release) = ERROR_INIT;

	f->asked = false;
	if (connector_answer(f->connector, &f->server, &err) >= 0) {
		f->attempts = 0;
		tell_back(f);
		return;
	}
	if (!f->away_told)
		say(f, "; trying again", error_text(&err));
	f->away_told = true;
	f->attempts++;
	retry_in(f, retry_delay(f));
}

static bool is_lossy(const struct forwarder *f)
{
	return f->may_drop || (f->server < 0 && f->attempts > f->max_attempts);
}

/* Whether more records may come: there is room for a whole batch, or it does not matter. */
static bool has_room(const struct forwarder *f)
{
	return is_lossy(f) || log_queue_size(&f->queue) + LOG_BATCH_MAX <= f->queue.limit;
}

static void take_record(struct forwarder *f, const struct log_record *record, const char *text)
{
	if (log_queue_push(&f->queue, record, text))
		return;
	f->lost++;
	if (!f->away_told && !f->slow_told) {
		say(f, "", "the server is slower than the container, messages are lost");
		f->slow_told = true;
	}
}

static void read_channel(struct forwarder *f)
{
	static char batch[LOG_BATCH_MAX];
	ssize_t n = recv(f->channel, batch, sizeof(batch), MSG_DONTWAIT);
	struct log_record record;
	const char *text;
	size_t pos = 0;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		macros_close_fd(&f->channel);
		f->drain_at = clock_monotonic() + (int64_t)DRAIN_MS * MS_NS;
		return;
	}
	while (log_record_next(batch, (size_t)n, &pos, &record, &text) > 0)
		take_record(f, &record, text);
}

static void encode(struct forwarder *f, const struct log_record *record, const char *text)
{
	struct line *line = &f->lines[record->stream - 1];
	struct log_message message = { .text = text,
				       .len = record->len,
				       .stream = record->stream,
				       .time = record->time,
				       .last = record->flags & LOG_RECORD_ENDS,
				       .id = line->id };

	if (line->ordinal > 0 || !message.last) {
		if (line->ordinal == 0)
			random_hex(line->id, LINE_ID / 2);
		message.partial = true;
		message.ordinal = ++line->ordinal;
	}
	if (message.last)
		line->ordinal = 0;
	log_format_message(&f->format, &message, &f->packets);
}

/* From the queue into packets. A fluentd that acknowledges gets one message at a time. */
static void fill(struct forwarder *f)
{
	size_t messages = f->datagrams || f->format.fluentd.ack ? 1 : SEND_MESSAGES;
	struct log_record record;
	const char *text;

	packets_reset(&f->packets);
	f->sent = 0;
	while (messages-- > 0 && f->packets.data.len < SEND_BYTES &&
	       log_queue_peek(&f->queue, &record, &text)) {
		encode(f, &record, text);
		log_queue_pop(&f->queue);
	}
}

static ssize_t send_some(struct forwarder *f)
{
	const char *data = f->packets.data.data + f->sent;
	size_t len = f->packets.data.len - f->sent;

	if (f->datagrams)
		for (size_t i = 0; i < f->packets.n; i++) {
			if (f->packets.ends[i] <= f->sent)
				continue;
			len = f->packets.ends[i] - f->sent;
			break;
		}
	return send(f->server, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* A datagram that cannot be sent as it is: it is lost, but the next may go. */
static bool is_lost(struct forwarder *f, int errnum)
{
	size_t i = 0;

	if (!f->datagrams || (errnum != EMSGSIZE && errnum != ECONNREFUSED))
		return false;
	if (f->format.transport != LOG_UDP && errnum == ECONNREFUSED)
		return false;
	while (f->packets.ends[i] <= f->sent)
		i++;
	f->sent = f->packets.ends[i];
	f->lost++;
	if (!f->slow_told)
		say(f, errnum == EMSGSIZE ? "" : ", messages may be lost",
		    errnum == EMSGSIZE ? "a message is too long" : "nobody listens there");
	f->slow_told = true;
	return true;
}

static int64_t timeout_ms(const struct forwarder *f, bool reading)
{
	return reading ? f->format.fluentd.read_timeout_ms : f->format.fluentd.write_timeout_ms;
}

static void arm_stall(struct forwarder *f, bool reading)
{
	int64_t ms = timeout_ms(f, reading);

	f->stall_at = ms > 0 ? clock_monotonic() + ms * MS_NS : 0;
}

/* Send until the server has enough for now. */
static void pump(struct forwarder *f)
{
	while (f->server >= 0) {
		ssize_t n;

		if (f->sent == f->packets.data.len) {
			if (f->packets.chunk[0])
				return; /* its acknowledgement is waited for */
			fill(f);
		}
		if (f->packets.data.len == 0)
			return;
		n = send_some(f);
		if (n >= 0) {
			f->sent += (size_t)n;
			arm_stall(f, f->sent == f->packets.data.len);
			if (f->sent == f->packets.data.len && !f->packets.chunk[0])
				f->stall_at = 0;
			continue;
		}
		if (errno == EINTR || is_lost(f, errno))
			continue;
		if (errno == EAGAIN || errno == ENOBUFS)
			return;
		disconnect(f, strerror(errno));
	}
}

static void read_ack(struct forwarder *f)
{
	char chunk[CHUNK_ID + 1];
	int used = fluentd_ack(f->ack, f->ack_len, chunk);

	if (used == 0 && f->ack_len < sizeof(f->ack))
		return;
	if (used <= 0 || strcmp(chunk, f->packets.chunk) != 0)
		return disconnect(f, "the server acknowledged something else");
	f->ack_len -= (size_t)used;
	memmove(f->ack, f->ack + used, f->ack_len);
	packets_reset(&f->packets);
	f->sent = 0;
	f->stall_at = 0;
}

/* Servers that do not acknowledge have nothing to say: only their end counts. */
static void read_server(struct forwarder *f)
{
	char drop[512];
	bool acks = f->packets.chunk[0] && f->ack_len < sizeof(f->ack);
	ssize_t n = recv(f->server, acks ? f->ack + f->ack_len : drop,
			 acks ? sizeof(f->ack) - f->ack_len : sizeof(drop), MSG_DONTWAIT);

	if (n > 0 && acks) {
		f->ack_len += (size_t)n;
		read_ack(f);
	}
	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)) || f->datagrams)
		return;
	disconnect(f, n == 0 ? "the server closed the connection" : strerror(errno));
}

static bool is_idle(const struct forwarder *f)
{
	return f->packets.data.len == f->sent && !f->packets.chunk[0] &&
	       log_queue_size(&f->queue) == 0;
}

static bool is_done(const struct forwarder *f)
{
	return f->channel < 0 && (is_idle(f) || clock_monotonic() >= f->drain_at);
}

static int next_timeout(const struct forwarder *f)
{
	const int64_t times[] = { f->retry_at, f->drain_at, f->stall_at };
	int64_t first = 0, left;

	for (size_t i = 0; i < ARRAY_SIZE(times); i++)
		if (times[i] > 0 && (first == 0 || times[i] < first))
			first = times[i];
	if (first == 0)
		return -1;
	left = (first - clock_monotonic()) / MS_NS + 1;
	return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

static void turn(struct forwarder *f)
{
	struct pollfd fds[] = {
		{ .fd = has_room(f) ? f->channel : -1, .events = POLLIN },
		{ .fd = f->asked ? f->connector : -1, .events = POLLIN },
		{ .fd = f->server,
		  .events = (short)(f->sent < f->packets.data.len ? POLLIN | POLLOUT : POLLIN) },
	};
	int64_t now;

	if (poll(fds, ARRAY_SIZE(fds), next_timeout(f)) < 0)
		return;
	if (fds[1].revents)
		connected(f);
	else if (fds[2].revents & (POLLIN | POLLHUP | POLLERR) && f->server >= 0)
		read_server(f);
	if (fds[0].revents)
		read_channel(f);
	now = clock_monotonic();
	if (f->retry_at > 0 && now >= f->retry_at)
		ask(f);
	if (f->stall_at > 0 && now >= f->stall_at && f->server >= 0)
		disconnect(f, "the server takes nothing");
	pump(f);
}

static int read_policy(struct forwarder *f, struct error *err)
{
	const struct log_format *format = &f->format;
	struct log_mode mode;
	int r = log_mode_parse(&f->conf->opts, &mode, err);

	if (r < 0)
		return r;
	f->max_attempts = 1;
	f->delay_ms = RETRY_MS;
	f->may_drop = mode.non_blocking;
	f->queue.limit = mode.non_blocking ? (size_t)mode.buffer : QUEUE_BLOCKING;
	f->datagrams = format->transport == LOG_UDP || format->transport == LOG_UNIXGRAM;
	if (format->driver == LOG_DRIVER_GELF && !f->datagrams) {
		f->max_attempts = format->gelf.max_reconnect;
		f->delay_ms = format->gelf.reconnect_delay_ms;
	}
	if (format->driver == LOG_DRIVER_FLUENTD) {
		f->max_attempts = format->fluentd.max_retries;
		f->delay_ms = format->fluentd.retry_wait_ms;
		if (format->fluentd.async) {
			f->may_drop = true;
			f->queue.limit = (size_t)format->fluentd.buffer;
			f->max_attempts = INT32_MAX;
		}
		if (format->fluentd.reconnect_interval_ms > 0)
			f->delay_ms = format->fluentd.reconnect_interval_ms;
	}
	if (f->delay_ms < RETRY_MIN_MS)
		f->delay_ms = RETRY_MIN_MS;
	return 0;
}

static int start(struct forwarder *f, bool again, struct error *err)
{
	const struct sandbox sandbox = { .uid = NOBODY, .gid = NOBODY };
	int r = log_format_init(f->conf, &f->format, err);

	if (r >= 0)
		r = read_policy(f, err);
	if (r >= 0)
		r = connector_start(f->conf, &f->connector, err);
	if (r < 0)
		return r;
	tzset(); /* its file is out of reach afterwards */
	r = sandbox_enter(&sandbox);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "hoy-log: enter the sandbox");
	ask(f);
	if (again || f->format.fluentd.async)
		return 0;
	f->asked = false;
	return connector_answer(f->connector, &f->server, err);
}

static void forwarder_release(struct forwarder *f)
{
	macros_close_fd(&f->server);
	macros_close_fd(&f->connector);
	macros_close_fd(&f->channel);
	packets_release(&f->packets);
	log_queue_release(&f->queue);
	log_format_release(&f->format);
}

void forward_run(const struct log_forward *conf, bool again)
{
	struct forwarder f cleanup(forwarder_release) = {
		.conf = conf, .channel = LOG_CHANNEL_FD, .connector = -1, .server = -1
	};
	struct error err cleanup(error_release) = ERROR_INIT;
	const char *text = "ok";
	char lost[64];

	if (start(&f, again, &err) < 0)
		text = error_text(&err);
	ignore_result(send(LOG_CHANNEL_FD, text, strnlen(text, LOG_READY_MAX), MSG_NOSIGNAL));
	if (err.kind != ERR_NONE)
		return;
	while (!is_done(&f))
		turn(&f);
	if (!is_idle(&f))
		say(&f, "", "the container has ended, and not all of its last messages were taken");
	if (f.lost > 0) {
		(void)snprintf(lost, sizeof(lost), "%llu messages were lost",
			       (unsigned long long)f.lost);
		say(&f, "", lost);
	}
}
