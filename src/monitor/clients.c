/* SPDX-License-Identifier: Apache-2.0 */
/* Engine workers at the monitor's socket: between serve and engine/attach, wait, stop. */
#include "monitor/clients.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "sys/fd.h"
#include "sys/rlimit.h"
#include "sys/unixsock.h"

static void add(struct clients *clients, int fd, unsigned int flags, bool hello)
{
	clients->list = xrealloc(clients->list, clients->n + 1, sizeof(*clients->list));
	clients->list[clients->n++] = (struct client){ .fd = fd, .flags = flags, .hello = hello };
}

static void connect_pending(struct clients *clients, int pending_fd, const char *name)
{
	unsigned int flags;
	int fd;

	if (clients->n >= MONITOR_CLIENTS_MAX || monitor_pending_flags(name, &flags) < 0)
		return;
	fd = unixsock_connect_at(pending_fd, name, SOCK_SEQPACKET);
	if (fd == -EMFILE) {
		rlimit_raise_files();
		fd = unixsock_connect_at(pending_fd, name, SOCK_SEQPACKET);
	}
	if (fd >= 0)
		add(clients, fd, flags, true);
	else if (fd == -ECONNREFUSED) /* left by a worker that was killed */
		(void)unlinkat(pending_fd, name, 0);
}

static void close_dir(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir);
}

static int connect_all_pending(struct clients *clients, int run_fd)
{
	int fd = openat(run_fd, "pending", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	cleanup(close_dir) DIR *dir = NULL;
	struct dirent *entry;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	dir = fdopendir(fd);
	if (!dir) {
		macros_close_fd(&fd);
		return -errno;
	}
	while ((entry = readdir(dir)))
		connect_pending(clients, dirfd(dir), entry->d_name);
	return 0;
}

int clients_open(int dirfd, struct clients *ret, struct error *err)
{
	cleanup(clients_release) struct clients clients = CLIENTS_INIT;
	int r;

	clients.listen_fd = unixsock_listen_at(dirfd, "monitor.sock", SOCK_SEQPACKET, 0600);
	if (clients.listen_fd < 0)
		return error_set(err, ERR_SYSTEM, -clients.listen_fd, "make the monitor's socket");
	r = fd_set_nonblock(clients.listen_fd, true);
	if (r == 0)
		r = connect_all_pending(&clients, dirfd);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "connect to waiting clients");
	*ret = clients;
	clients = (struct clients)CLIENTS_INIT;
	return 0;
}

void clients_release(struct clients *clients)
{
	if (!clients)
		return;
	for (size_t i = 0; i < clients->n; i++)
		macros_close_fd(&clients->list[i].fd);
	free(clients->list);
	macros_close_fd(&clients->listen_fd);
	*clients = (struct clients)CLIENTS_INIT;
}

static int accept_one(struct clients *clients)
{
	int fd = unixsock_accept(clients->listen_fd);

	if (fd != -EMFILE)
		return fd;
	rlimit_raise_files();
	fd = unixsock_accept(clients->listen_fd);
	clients->crowded = fd == -EMFILE && clients->n > 0;
	return fd;
}

void clients_accept(struct clients *clients)
{
	const struct monitor_frame refused = { .type = MONITOR_DONE, .arg = (uint32_t)-EMFILE };
	int fd cleanup_fd = accept_one(clients);
	struct ucred peer;

	if (fd < 0 || unixsock_peer(fd, &peer) < 0)
		return;
	if (peer.uid != 0 && peer.uid != geteuid())
		return;
	if (clients->n >= MONITOR_CLIENTS_MAX) {
		ignore_result(monitor_frame_send(fd, &refused, NULL, 0, MSG_DONTWAIT));
		return;
	}
	add(clients, take_fd(&fd), 0, false);
	clients->list[clients->n - 1].late = true;
}

int clients_receive(struct clients *clients, size_t i, struct monitor_frame *ret, void *data,
		    size_t *ret_len)
{
	struct client *client = &clients->list[i];
	int r = monitor_frame_recv(client->fd, true, ret, data, ret_len, MSG_DONTWAIT);

	if (r == -EAGAIN)
		return 0;
	/* HELLO comes once and first; input only from those who said so. */
	if (r <= 0 || (ret->type == MONITOR_HELLO) == client->hello ||
	    (ret->type == MONITOR_STDIN && !(client->flags & MONITOR_WANT_STDIN))) {
		clients_drop(clients, i);
		return 0;
	}
	if (ret->type == MONITOR_HELLO) {
		client->hello = true;
		client->flags = ret->flags;
	}
	return 1;
}

void clients_answer(struct clients *clients, size_t i, const struct monitor_frame *frame)
{
	if (monitor_frame_send(clients->list[i].fd, frame, NULL, 0, MSG_DONTWAIT) < 0)
		clients_drop(clients, i);
}

static void set_deadline(int64_t *at, size_t n_owing, int64_t seconds)
{
	if (n_owing == 0)
		*at = 0;
	else if (*at == 0)
		*at = clock_monotonic() + seconds * INT64_C(1000000000);
}

static void set_owes(struct clients *clients, struct client *client, bool owes)
{
	size_t change = (size_t)owes - (size_t)client->owes;

	clients->n_owing += change;
	if (client->late)
		clients->n_late_owing += change;
	client->owes = owes;
	set_deadline(&clients->stall_at, clients->n_owing, MONITOR_STALL_S);
	set_deadline(&clients->late_at, clients->n_late_owing, MONITOR_LATE_STALL_S);
}

int64_t clients_deadline(const struct clients *clients)
{
	return clients->late_at ? clients->late_at : clients->stall_at;
}

static void send_frame(struct clients *clients, size_t i)
{
	struct client *client = &clients->list[i];
	int r = monitor_frame_send(client->fd, &clients->frame, clients->data, clients->len,
				   MSG_DONTWAIT);

	set_owes(clients, client, r == -EAGAIN);
	client->deaf = r < 0 && r != -EAGAIN;
	if (r == 0 && clients->frame.type == MONITOR_EXIT && (client->flags & MONITOR_WILL_REAP) &&
	    !(clients->frame.flags & MONITOR_WILL_RESTART))
		clients->reaper_told = true;
}

void clients_broadcast(struct clients *clients, unsigned int want,
		       const struct monitor_frame *frame, const void *data, size_t len)
{
	clients->frame = *frame;
	clients->data = data;
	clients->len = len;
	for (size_t i = 0; i < clients->n; i++)
		if (clients->list[i].fd >= 0 && clients->list[i].hello && !clients->list[i].deaf &&
		    (clients->list[i].flags & want))
			send_frame(clients, i);
}

void clients_nudge(struct clients *clients)
{
	const struct monitor_frame grown = { .type = MONITOR_LOG };

	for (size_t i = 0; i < clients->n; i++)
		if (clients->list[i].fd >= 0 && clients->list[i].hello &&
		    (clients->list[i].flags & MONITOR_WANT_LOG))
			ignore_result(monitor_frame_send(clients->list[i].fd, &grown, NULL, 0,
							 MSG_DONTWAIT));
}

void clients_retry(struct clients *clients, size_t i)
{
	if (clients->list[i].fd >= 0 && clients->list[i].owes)
		send_frame(clients, i);
}

void clients_drop_stalled(struct clients *clients, int64_t now)
{
	bool late = clients->late_at != 0 && now >= clients->late_at;
	bool all = clients->stall_at != 0 && now >= clients->stall_at;

	for (size_t i = 0; (late || all) && i < clients->n; i++)
		if (clients->list[i].owes && (all || clients->list[i].late))
			clients_drop(clients, i);
}

void clients_drop(struct clients *clients, size_t i)
{
	struct client *client = &clients->list[i];

	set_owes(clients, client, false);
	clients->input_ended |= client->fd >= 0 && client->flags & MONITOR_WANT_STDIN;
	clients->crowded = false;
	macros_close_fd(&client->fd);
}

void clients_sweep(struct clients *clients)
{
	size_t kept = 0;

	for (size_t i = 0; i < clients->n; i++)
		if (clients->list[i].fd >= 0)
			clients->list[kept++] = clients->list[i];
	clients->n = kept;
}
