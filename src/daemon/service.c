/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop. Events: a connection (fork a worker), SIGCHLD (reap), SIGHUP (the configuration again),
 * SIGTERM or SIGINT (end), end of file on the life fd (the command of a private engine is gone).
 * Containers belong to their monitors: none is touched here.
 */
#include "daemon/service.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/clock.h"
#include "daemon/boot.h"
#include "daemon/listen.h"
#include "daemon/worker.h"
#include "store/keep.h"
#include "sys/file.h"
#include "sys/rlimit.h"
#include "sys/unixsock.h"

enum { END_WAIT_MS = 10 * 1000 }; /* for workers that are in the middle of something */

struct service {
	struct daemon_config *config;
	int argc; /* of hoyd: read again with the configuration */
	char **argv;
	struct listeners listeners;
	struct workers workers;
	int signal_fd;
	int keep_fd; /* the database's index stays: see store/keep.h; -1 none */
	bool ending, pidfile_written;
	bool crowded; /* no fd for a further connection, until a worker ends */
};

static int open_signals(struct service *service, struct error *err)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_SETMASK, &set, NULL);
	service->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return service->signal_fd < 0 ? error_set(err, ERR_SYSTEM, errno, "signalfd") : 0;
}

/* Workers and the start-up work are children; both are reaped alike. */
static int start_boot(struct service *service, struct error *err)
{
	pid_t pid = fork();
	sigset_t none;

	if (pid < 0)
		return error_set(err, ERR_SYSTEM, errno, "fork");
	if (pid > 0)
		return 0;
	listeners_release(&service->listeners);
	close(service->signal_fd);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	boot_run(&service->config->engine);
	_exit(0);
}

/* sd_notify(3): systemd's Type=notify waits for this. */
static void notify_ready(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	cleanup_fd int fd = -1;
	size_t len = path ? strlen(path) : 0;

	if (len == 0 || len >= sizeof(addr.sun_path))
		return;
	memcpy(addr.sun_path, path, len);
	if (addr.sun_path[0] == '@')
		addr.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		(void)!sendto(fd, "READY=1", 7, MSG_NOSIGNAL, (struct sockaddr *)&addr,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
	unsetenv("NOTIFY_SOCKET");
}

static int write_pidfile(struct service *service, struct error *err)
{
	const char *path = service->config->pidfile;
	char text[16];
	int n, r;

	if (!path)
		return 0;
	n = snprintf(text, sizeof(text), "%d\n", (int)getpid());
	r = file_replace_at(AT_FDCWD, path, text, (size_t)n, 0644);
	service->pidfile_written = r == 0;
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "write pidfile '%s'", path) : 0;
}

static void accept_one(struct service *service, const struct listener *listener)
{
	const struct worker_context ctx = { service->config, &service->listeners,
					    service->signal_fd, listener->kind };
	int r, conn = unixsock_accept(listener->fd);

	service->crowded = (conn == -EMFILE || conn == -ENFILE) && service->workers.n > 0;
	if (conn < 0) {
		if (conn != -EAGAIN && conn != -ECONNABORTED)
			log_warning("accept: %s", strerror(-conn));
		return;
	}
	r = worker_start(&service->workers, &ctx, conn);
	if (r < 0)
		log_warning("fork a worker: %s", strerror(-r));
}

/* Workers that run go on with what they had. */
static void reload(struct service *service)
{
	cleanup(error_release) struct error err = ERROR_INIT;

	if (daemon_config_reload(service->argc, service->argv, service->config, &err) < 0) {
		log_warning("the configuration was not read again: %s", error_text(&err));
		return;
	}
	log_init("hoyd", service->config->log_level);
	log_set_formatter(service->config->engine.log_json ? log_json : NULL);
	log_info("the configuration was read again");
}

static void read_signals(struct service *service)
{
	struct signalfd_siginfo info;

	while (read(service->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD) {
			workers_reap(&service->workers);
			service->crowded = false;
		} else if (info.ssi_signo == SIGHUP) {
			reload(service);
		} else {
			service->ending = true;
		}
	}
}

static bool has_room(const struct service *service)
{
	return !service->crowded && service->workers.n < WORKERS_MAX;
}

/* One round of poll. With too many workers nobody is accepted until one ends. */
static int service_turn(struct service *service, struct error *err)
{
	struct pollfd fds[LISTENERS_MAX + 2] = {
		{ .fd = service->signal_fd, .events = POLLIN },
		{ .fd = service->config->life_fd, .events = POLLIN },
	};
	size_t n = 2;

	for (size_t i = 0; i < service->listeners.n && has_room(service); i++)
		fds[n++] =
			(struct pollfd){ .fd = service->listeners.items[i].fd, .events = POLLIN };
	if (poll(fds, n, -1) < 0)
		return errno == EINTR ? 0 : error_set(err, ERR_SYSTEM, errno, "poll");
	if (fds[0].revents)
		read_signals(service);
	if (fds[1].revents)
		service->ending = true;
	for (size_t i = 2; i < n; i++)
		if (fds[i].revents & POLLIN && has_room(service))
			accept_one(service, &service->listeners.items[i - 2]);
	return 0;
}

/* Idle and reading workers end at once; one that changes something ends with its request. */
static void end_workers(struct service *service)
{
	struct pollfd pfd = { .fd = service->signal_fd, .events = POLLIN };
	int64_t deadline = clock_monotonic() + (int64_t)END_WAIT_MS * 1000000;

	workers_signal(&service->workers, SIGTERM);
	while (service->workers.n > 0) {
		int64_t left = (deadline - clock_monotonic()) / 1000000;

		if (left <= 0 || poll(&pfd, 1, (int)left) <= 0)
			return;
		read_signals(service);
	}
}

static int service_open(struct service *service, struct error *err)
{
	int r = listeners_open(service->config, &service->listeners, err);

	rlimit_raise_files(); /* one for each worker */
	if (r == 0 && !service->config->private_engine)
		r = store_keep(service->config->engine.data_root, &service->keep_fd, err);
	if (r == 0)
		r = open_signals(service, err);
	if (r == 0)
		r = write_pidfile(service, err);
	if (r == 0 && !service->config->private_engine)
		r = start_boot(service, err);
	return r;
}

int service_run(struct daemon_config *config, int argc, char **argv, struct error *err)
{
	struct service service = {
		.config = config,
		.argc = argc,
		.argv = argv,
		.listeners = LISTENERS_INIT,
		.workers = WORKERS_INIT,
		.signal_fd = -1,
		.keep_fd = -1,
	};
	int r = service_open(&service, err);

	if (r == 0 && !config->private_engine)
		notify_ready();
	while (r == 0 && !service.ending)
		r = service_turn(&service, err);
	listeners_unlink(&service.listeners);
	listeners_release(&service.listeners);
	if (!config->private_engine)
		end_workers(&service);
	if (service.pidfile_written)
		(void)unlink(config->pidfile);
	workers_release(&service.workers);
	macros_close_fd(&service.signal_fd);
	macros_close_fd(&service.keep_fd);
	return r;
}
