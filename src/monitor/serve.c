/* SPDX-License-Identifier: Apache-2.0 */
/* The loop: output to log and clients, input and requests of clients, the container's end. */
#include "monitor/serve.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "sys/process.h"
#include "sys/pty.h"
#include "sys/signals.h"

enum {
	SLOT_SIGNAL,
	SLOT_LISTEN,
	SLOT_OUT,
	SLOT_ERR,
	SLOT_IN,
	SLOT_LOG,
	SLOT_RESOLVER,
	SLOT_CLIENTS
};
enum { MS_NS = 1000000, STREAM_STDOUT = 1, STREAM_STDERR = 2 };

/* Pages of these are touched only as far as they are used. */
static char out_data[MONITOR_DATA_MAX], client_data[MONITOR_DATA_MAX];
static struct pollfd polled[SLOT_CLIENTS + MONITOR_CLIENTS_MAX];

static void watch(size_t slot, int fd, short events)
{
	polled[slot] = (struct pollfd){ .fd = events ? fd : -1, .events = events };
}

/* Output is held back until a client or hoy-log has taken what came before. */
static bool is_held(const struct session *s)
{
	return s->clients.n_owing > 0 || shipper_owes(&s->log.shipper);
}

static bool is_ending(const struct session *s)
{
	return s->reaped || s->state.status == MONITOR_STOPPED;
}

static void watch_all(struct session *s)
{
	bool may_read = !is_held(s), in_full = streams_in_full(&s->io);

	watch(SLOT_SIGNAL, s->signal_fd, POLLIN);
	watch(SLOT_LISTEN, s->clients.listen_fd, s->clients.crowded ? 0 : POLLIN);
	watch(SLOT_OUT, s->io.out_fd[0], may_read ? POLLIN : 0);
	watch(SLOT_ERR, s->io.out_fd[1], may_read ? POLLIN : 0);
	watch(SLOT_IN, s->io.in_fd, in_full ? POLLOUT : 0);
	watch(SLOT_LOG, s->log.shipper.fd, shipper_owes(&s->log.shipper) ? POLLOUT : 0);
	watch(SLOT_RESOLVER, s->resolver.pidfd, s->resolver.pidfd >= 0 ? POLLIN : 0);
	for (size_t i = 0; i < s->clients.n; i++) {
		const struct client *client = &s->clients.list[i];
		bool hold = in_full && (client->flags & MONITOR_WANT_STDIN);

		watch(SLOT_CLIENTS + i, client->fd,
		      (short)((hold ? 0 : POLLIN) | (client->owes ? POLLOUT : 0)));
	}
}

/* When the container is to have another hoy-dns, 0: not to be waited for. */
static int64_t resolver_due(const struct session *s)
{
	return s->state.status == MONITOR_RUNNING && !s->reaped ? s->resolver.due_at : 0;
}

static int64_t sooner(int64_t a, int64_t b)
{
	return b > 0 && (a == 0 || b < a) ? b : a;
}

/* Milliseconds until the restart, a check of health, a new hoy-dns, or the end of a client's time,
 * -1: no such thing. */
static int next_timeout(struct session *s)
{
	bool restart = s->restart_at > 0 && s->clients.n_owing == 0;
	int64_t at = restart ? s->restart_at : clients_deadline(&s->clients);
	int64_t left;

	bool owed = shipper_owes(&s->log.shipper);
	int end = is_ending(s) ? shipper_end(&s->log.shipper) : 0, ms;

	if (owed && !shipper_owes(&s->log.shipper))
		return 0;
	at = sooner(sooner(at, health_timer_due(&s->health)), resolver_due(s));
	if (at == 0)
		return end > 0 ? end : -1;
	left = at - clock_monotonic();
	ms = left <= 0 ? 0 : (int)(left / MS_NS) + 1;
	return end > 0 && end < ms ? end : ms;
}

/* One read of a stream, to the log and to those who want it. 1: there was something. */
static int pump(struct session *s, int stream)
{
	struct monitor_frame frame = { .type = MONITOR_OUTPUT, .stream = (uint8_t)stream };
	ssize_t n;

	if (s->io.out_fd[stream - 1] < 0 || is_held(s))
		return 0;
	n = streams_read(&s->io, stream, out_data, sizeof(out_data));
	if (n <= 0)
		return 0;
	output_log_write(&s->log, stream, out_data, (size_t)n);
	clients_nudge(&s->clients);
	clients_broadcast(&s->clients,
			  stream == STREAM_STDOUT ? MONITOR_WANT_STDOUT : MONITOR_WANT_STDERR,
			  &frame, out_data, (size_t)n);
	return 1;
}

/* The init has ended: whatever is in the pipes now is the rest of its output; what a process that
 * outlives it (shared pid namespace) may write later belongs to nobody. */
static void drain(struct session *s)
{
	int more = 1;

	while (more && !is_held(s))
		more = pump(s, STREAM_STDOUT) | pump(s, STREAM_STDERR);
	if (!is_held(s))
		session_ended(s);
}

static int resize(struct session *s, uint32_t size)
{
	if (!s->io.terminal)
		return -ENOTTY;
	if (s->io.out_fd[0] < 0)
		return -ESRCH;
	return pty_set_size(s->io.out_fd[0], size >> 16, size & 0xffff);
}

static int send_signal(struct session *s, const struct monitor_frame *frame)
{
	if (s->state.status == MONITOR_RESTARTING && (frame->flags & MONITOR_NO_RESTART))
		return 0; /* session_cancel ends it */
	if (s->init_pidfd < 0 || s->reaped)
		return -ESRCH;
	return frame->arg == 0 ? 0 : process_signal(s->init_pidfd, (int)frame->arg);
}

static void greet(struct session *s, size_t i)
{
	struct monitor_frame started = { .type = MONITOR_STARTED, .arg = (uint32_t)s->state.pid };

	if (s->init_pidfd >= 0 && (s->clients.list[i].flags & MONITOR_WANT_EXIT))
		clients_answer(&s->clients, i, &started);
}

/* The back-off goes on; a container that somebody stopped stays so. */
static int set_policy(struct session *s, unsigned int max, size_t len)
{
	cleanup_free char *name = xstrndup(client_data, len);
	struct restart policy;
	int r = s->args.exec_id ? -EINVAL : restart_init(&policy, name, max);

	if (r < 0)
		return r;
	s->restart.policy = policy.policy;
	s->restart.max = policy.max;
	return 0;
}

static int set_resolver(struct session *s, size_t len)
{
	cleanup_free char *text = xstrndup(client_data, len);

	return resolver_watch_set(&s->resolver, text, clock_monotonic());
}

static void act(struct session *s, size_t i, const struct monitor_frame *frame, size_t len)
{
	struct monitor_frame done = { .type = MONITOR_DONE };

	switch (frame->type) {
	case MONITOR_HELLO:
		greet(s, i);
		return;
	case MONITOR_STDIN:
		if (s->args.stdin_open)
			streams_write(&s->io, client_data, len);
		return;
	case MONITOR_STDIN_EOF:
		if (s->args.stdin_once)
			streams_in_end(&s->io);
		return;
	case MONITOR_LAYERS:
		if (layer_mounts_answer(&s->layers, s->clients.list[i].fd, client_data, len) < 0)
			clients_drop(&s->clients, i);
		return;
	case MONITOR_RESIZE:
		done.arg = (uint32_t)resize(s, frame->arg);
		break;
	case MONITOR_POLICY:
		done.arg = (uint32_t)set_policy(s, frame->arg, len);
		break;
	case MONITOR_RESOLVER:
		done.arg = (uint32_t)set_resolver(s, len);
		break;
	case MONITOR_SIGNAL:
		done.arg = (uint32_t)send_signal(s, frame);
		break;
	}
	clients_answer(&s->clients, i, &done);
	if (frame->flags & MONITOR_NO_RESTART)
		session_cancel(s);
}

static void serve_client(struct session *s, size_t i, short events)
{
	const struct client *client = &s->clients.list[i];
	struct monitor_frame frame;
	size_t len;

	if (events & (POLLOUT | POLLERR))
		clients_retry(&s->clients, i);
	if (client->fd < 0 || !(events & (POLLIN | POLLHUP | POLLERR)))
		return;
	if ((client->flags & MONITOR_WANT_STDIN) && streams_in_full(&s->io))
		return; /* another client filled it in this round */
	if (clients_receive(&s->clients, i, &frame, client_data, &len) > 0)
		act(s, i, &frame, len);
}

/* Those who held the container for too long are dropped; with a client its input ends. */
static void look_after_clients(struct session *s)
{
	clients_drop_stalled(&s->clients, clock_monotonic());
	if (s->clients.input_ended && s->args.stdin_once)
		streams_in_end(&s->io);
	s->clients.input_ended = false;
	clients_sweep(&s->clients);
}

static void handle_events(struct session *s)
{
	size_t n_clients = s->clients.n;

	if (polled[SLOT_IN].revents)
		streams_in_flush(&s->io);
	if (polled[SLOT_LOG].revents)
		shipper_flush(&s->log.shipper);
	if (polled[SLOT_RESOLVER].revents)
		resolver_watch_ended(&s->resolver, clock_monotonic());
	for (size_t i = 0; i < n_clients; i++)
		if (polled[SLOT_CLIENTS + i].revents)
			serve_client(s, i, polled[SLOT_CLIENTS + i].revents);
	if (polled[SLOT_OUT].revents)
		(void)pump(s, STREAM_STDOUT);
	if (polled[SLOT_ERR].revents)
		(void)pump(s, STREAM_STDERR);
	if (polled[SLOT_LISTEN].revents)
		clients_accept(&s->clients);
	if (polled[SLOT_SIGNAL].revents)
		while (signals_read(s->signal_fd) > 0)
			;
}

static void restart(struct session *s)
{
	struct error err cleanup(error_release) = ERROR_INIT;

	/* The state file has the reason of a failure; it is STOPPED then. */
	ignore_result(session_start(s, &err));
}

/* The end was told to whoever could take it at once; wait for the others. */
static bool is_over(struct session *s)
{
	return s->state.status == MONITOR_STOPPED && s->clients.n_owing == 0 &&
	       shipper_end(&s->log.shipper) == 0;
}

void serve(struct session *s)
{
	session_reap(s); /* it may have ended before the loop began */
	while (!is_over(s)) {
		if (s->reaped && s->state.status == MONITOR_RUNNING)
			drain(s);
		else if (s->restart_at > 0 && s->clients.n_owing == 0 &&
			 clock_monotonic() >= s->restart_at)
			restart(s);
		if (is_over(s))
			return;
		session_reap(s);
		if (health_timer_due(&s->health) > 0 &&
		    clock_monotonic() >= health_timer_due(&s->health))
			session_probe(s);
		if (resolver_due(s) > 0 && clock_monotonic() >= resolver_due(s))
			session_renew_resolver(s);
		if (s->reaped && s->state.status == MONITOR_RUNNING && !is_held(s))
			continue;
		watch_all(s);
		if (poll(polled, SLOT_CLIENTS + s->clients.n, next_timeout(s)) > 0)
			handle_events(s);
		look_after_clients(s);
	}
}
