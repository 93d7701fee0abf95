/* SPDX-License-Identifier: Apache-2.0 */
/* unix:// sockets of our own, fd:// from systemd, or the one that a command made for its
 * private engine. */
#include "daemon/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/parse.h"
#include "base/strv.h"
#include "http/tls.h"
#include "http/url.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "sys/unixsock.h"

enum { GROUP_FILE_MAX = 4 * 1024 * 1024, SYSTEMD_FIRST_FD = 3 };

/* The gid of a name or number. By hand: the name service would load libraries into a process
 * that lives long. -ENOENT: there is no such group. */
static int find_group(const char *name, gid_t *ret)
{
	cleanup_free char *text = NULL;
	cleanup_free char *start = xasprintf("%s:", name);
	int r = file_read_at(AT_FDCWD, "/etc/group", GROUP_FILE_MAX, &text, NULL);
	uint32_t gid;

	if (r < 0)
		return r;
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		char *colon = strncmp(line, start, strlen(start)) == 0
				      ? strchr(line + strlen(start), ':')
				      : NULL;

		if (!colon)
			continue;
		colon[1 + strcspn(colon + 1, ":")] = '\0';
		if (parse_u32(colon + 1, &gid) < 0)
			return -EBADMSG;
		*ret = gid;
		return 0;
	}
	if (parse_u32(name, &gid) < 0)
		return -ENOENT;
	*ret = gid;
	return 0;
}

static int give_to_group(const struct daemon_config *config, const char *path, struct error *err)
{
	gid_t gid;
	int r = find_group(config->group ? config->group : "hoy", &gid);

	if (r < 0 && !config->group)
		return 0; /* nobody but root, then */
	if (r < 0)
		return error_set(err, ERR_INVALID, -r, "group '%s' not found", config->group);
	if (chown(path, (uid_t)-1, gid) < 0)
		return error_set(err, ERR_SYSTEM, errno, "give '%s' to group '%s'", path,
				 config->group ? config->group : "hoy");
	return 0;
}

static int add(struct listeners *listeners, int fd, enum listener_kind kind, const char *path,
	       struct error *err)
{
	if (listeners->n == LISTENERS_MAX) {
		close(fd);
		return error_set(err, ERR_INVALID, E2BIG, "more than %d sockets to listen on",
				 LISTENERS_MAX);
	}
	listeners->items[listeners->n++] = (struct listener){ fd, kind, xstrdup(path) };
	return 0;
}

static int make_parent(const char *path, struct error *err)
{
	cleanup_free char *dir = xstrndup(path, (size_t)(strrchr(path, '/') - path));
	int r = *dir ? dir_make_all_at(AT_FDCWD, dir, 0755) : 0;

	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "make the directory of socket '%s'", path)
		     : 0;
}

/* A socket file that another engine serves is not taken away from it. */
static int open_unix(const struct daemon_config *config, const char *path,
		     struct listeners *listeners, struct error *err)
{
	cleanup_fd int other = unixsock_connect_at(AT_FDCWD, path, SOCK_STREAM);
	int r, fd;

	if (other >= 0)
		return error_set(err, ERR_CONFLICT, EADDRINUSE, "another engine listens on %s",
				 path);
	r = make_parent(path, err);
	if (r < 0)
		return r;
	fd = unixsock_listen_at(AT_FDCWD, path, SOCK_STREAM, 0660);
	if (fd < 0)
		return error_set(err, ERR_SYSTEM, -fd, "listen on %s", path);
	r = add(listeners, fd, LISTEN_UNIX, path, err);
	return r < 0 ? r : give_to_group(config, path, err);
}

/* Sockets that systemd passed (sd_listen_fds(3)): LISTEN_PID names us, LISTEN_FDS counts them
 * from 3 on. */
static int open_systemd(struct listeners *listeners, struct error *err)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	uint32_t pid_value, n;

	if (!pid || !count || parse_u32(pid, &pid_value) < 0 || parse_u32(count, &n) < 0 ||
	    pid_value != (uint32_t)getpid() || n == 0)
		return error_set(err, ERR_INVALID, EINVAL,
				 "fd://: no sockets were passed by socket activation");
	for (uint32_t i = 0; i < n; i++) {
		int fd = SYSTEMD_FIRST_FD + (int)i, r;

		r = fd_set_cloexec(fd, true);
		if (r < 0)
			return error_set(err, ERR_SYSTEM, -r, "fd://: socket %d", fd);
		r = add(listeners, fd, LISTEN_UNIX, NULL, err);
		if (r < 0)
			return r;
	}
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	return 0;
}

/* For the connections, which inherit it: a client that vanished without a word is gone after
 * a minute and a half, and small frames do not wait for one another. */
static void set_tcp_options(int fd)
{
	static const struct {
		int level, name, value;
	} options[] = {
		{ SOL_SOCKET, SO_KEEPALIVE, 1 },    { IPPROTO_TCP, TCP_KEEPIDLE, 30 },
		{ IPPROTO_TCP, TCP_KEEPINTVL, 15 }, { IPPROTO_TCP, TCP_KEEPCNT, 4 },
		{ IPPROTO_TCP, TCP_NODELAY, 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		(void)setsockopt(fd, options[i].level, options[i].name, &options[i].value,
				 sizeof(options[i].value));
}

/* Numbers, and "localhost": a name service would load libraries into a process that lives long. */
static int listen_tcp(const struct host_url *url, int *ret_fd, struct error *err)
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC,
					.ai_socktype = SOCK_STREAM,
					.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE };
	const char *host = !url->host || !*url->host || strcmp(url->host, "localhost") == 0
				   ? "127.0.0.1"
				   : url->host;
	struct addrinfo *ai = NULL;
	cleanup_fd int fd = -1;
	int r = getaddrinfo(host, url->port, &hints, &ai), on = 1;

	if (r != 0)
		return error_set(err, ERR_INVALID, EINVAL, "tcp://%s:%s: not an address and a port",
				 host, url->port);
	fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	r = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
			    bind(fd, ai->ai_addr, ai->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0
		    ? 0
		    : -errno;
	freeaddrinfo(ai);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "listen on tcp://%s:%s", host, url->port);
	set_tcp_options(fd);
	*ret_fd = take_fd(&fd);
	return 0;
}

/* The API gives root to whoever has it: certificates on both sides, or told twice. */
static int open_tcp(const struct daemon_config *config, const char *host,
		    const struct host_url *url, struct listeners *listeners, struct error *err)
{
	const struct tls_files files = { config->tls_ca, config->tls_cert, config->tls_key };
	cleanup_free char *program = xasprintf("%s/hoy-tls", config->engine.libexec_dir);
	int r = 0, fd;

	if (!config->tls_verify && !config->tcp_plain)
		return error_set(err, ERR_INVALID, EPERM,
				 "'%s' would give root to the network: use --tlsverify with "
				 "--tlscacert, --tlscert and --tlskey, or say --tls=false",
				 host);
	if (config->tls_verify)
		r = tls_check(program, &files, err);
	else
		log_warning("%s: whoever reaches it is root on this machine", host);
	if (r >= 0)
		r = listen_tcp(url, &fd, err);
	return r < 0 ? r
		     : add(listeners, fd, config->tls_verify ? LISTEN_TLS : LISTEN_TCP, NULL, err);
}

static int open_host(const struct daemon_config *config, const char *host,
		     struct listeners *listeners, struct error *err)
{
	cleanup(host_url_release) struct host_url url = { 0 };

	if (host_url_parse(host, &url) < 0)
		return error_set(err, ERR_INVALID, EINVAL, "unable to parse host '%s'", host);
	switch (url.scheme) {
	case HOST_UNIX:
		return open_unix(config, url.path, listeners, err);
	case HOST_FD:
		return open_systemd(listeners, err);
	case HOST_TCP:
		return open_tcp(config, host, &url, listeners, err);
	case HOST_SSH:
		break;
	}
	return error_set(err, ERR_INVALID, EINVAL,
			 "'%s': hoyd listens on unix://, fd:// and tcp://; clients use ssh:// by "
			 "themselves",
			 host);
}

/* The command that started us made the socket below the run root; its address may go through a
 * directory fd of that command's, so only the last part of it tells the file that is to be
 * removed at the end. */
static int open_private(const struct daemon_config *config, struct listeners *listeners,
			struct error *err)
{
	struct {
		struct sockaddr_un addr;
		char end; /* sun_path may fill its array */
	} name = { 0 };
	socklen_t len = sizeof(name.addr);
	cleanup_free char *path = NULL;
	const char *slash;

	if (getsockname(config->listen_fd, (struct sockaddr *)&name.addr, &len) < 0 ||
	    name.addr.sun_family != AF_UNIX)
		return error_set(err, ERR_INVALID, EINVAL, "--listen-fd %d is not a unix socket",
				 config->listen_fd);
	slash = strrchr(name.addr.sun_path, '/');
	path = slash ? xasprintf("%s%s", config->engine.run_root, slash) : NULL;
	if (fd_set_cloexec(config->listen_fd, true) < 0 ||
	    fd_set_cloexec(config->life_fd, true) < 0)
		return error_set(err, ERR_INVALID, EINVAL, "--life-fd %d is not open",
				 config->life_fd);
	return add(listeners, config->listen_fd, LISTEN_UNIX, path, err);
}

static int open_metrics(const char *address, struct listeners *listeners, struct error *err)
{
	cleanup_free char *host = xasprintf("tcp://%s", address);
	cleanup(host_url_release) struct host_url url = { 0 };
	int r, fd;

	if (host_url_parse(host, &url) < 0 || url.scheme != HOST_TCP || !strchr(address, ':'))
		return error_set(err, ERR_INVALID, EINVAL,
				 "metrics-addr: '%s' is not an address and a port", address);
	r = listen_tcp(&url, &fd, err);
	return r < 0 ? r : add(listeners, fd, LISTEN_METRICS, NULL, err);
}

int listeners_open(const struct daemon_config *config, struct listeners *ret, struct error *err)
{
	int r = 0;

	*ret = (struct listeners)LISTENERS_INIT;
	if (config->private_engine)
		return open_private(config, ret, err);
	for (char *const *host = config->hosts; *host && r >= 0; host++)
		r = open_host(config, *host, ret, err);
	if (r >= 0 && config->metrics_addr)
		r = open_metrics(config->metrics_addr, ret, err);
	if (r < 0) {
		listeners_unlink(ret);
		listeners_release(ret);
	}
	return r;
}

void listeners_unlink(struct listeners *listeners)
{
	for (size_t i = 0; i < listeners->n; i++)
		if (listeners->items[i].path && *listeners->items[i].path)
			(void)unlink(listeners->items[i].path);
}

void listeners_release(struct listeners *listeners)
{
	for (size_t i = 0; i < listeners->n; i++) {
		macros_close_fd(&listeners->items[i].fd);
		free(listeners->items[i].path);
	}
	listeners->n = 0;
}
