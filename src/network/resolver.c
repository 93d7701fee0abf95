/* SPDX-License-Identifier: Apache-2.0 */
/* Starting and ending hoy-dns. It goes on record first, then it gets "go", opens its sockets in the
 * container's namespace and says "ok": from there on a question is answered. A starter that dies
 * before leaves none. */
#include "network/resolver.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/strbuf.h"
#include "base/strv.h"
#include "network/helper.h"
#include "network/names.h"
#include "sys/process.h"

enum { CHANNEL_FD = 3, NETNS_FD = 4, FIRST_DIR_FD = 5, NETWORKS_MAX = 64, ANSWER_MAX = 256 };

static char *process_name(int64_t pid, uint64_t start)
{
	return xasprintf("%lld %llu", (long long)pid, (unsigned long long)start);
}

/* What hoy-dns gets: fds, and the words that go with them. */
struct resolver_kit {
	struct fd_map fds[FIRST_DIR_FD + NETWORKS_MAX];
	size_t n_fds;
	int dirs[NETWORKS_MAX];
	size_t n_dirs;
	char **argv;
};

static void kit_release(struct resolver_kit *kit)
{
	for (size_t i = 0; i < kit->n_dirs; i++)
		(void)close(kit->dirs[i]);
	strv_free(kit->argv);
}

static bool leads_out(const struct resolver_options *opts)
{
	for (size_t i = 0; i < opts->n_endpoints; i++) {
		if (opts->endpoints[i].gateway || opts->endpoints[i].gateway6)
			return true;
	}
	return false;
}

static int kit_fill(const struct network_config *config, const struct resolver_options *opts,
		    struct resolver_kit *kit)
{
	kit->fds[kit->n_fds++] = (struct fd_map){ opts->netns_fd, NETNS_FD };
	strv_push(&kit->argv, "hoy-dns");
	strv_pushf(&kit->argv, "--container=%s", opts->endpoints[0].container_id);
	/* A container that cannot reach the world does not reach it by questions either. */
	if (!leads_out(opts))
		strv_push(&kit->argv, "--no-forward");
	for (char *const *s = opts->servers; s && *s; s++)
		strv_pushf(&kit->argv, "--server=%s", *s);
	for (char *const *l = opts->links; l && *l; l++)
		strv_pushf(&kit->argv, "--link=%s", *l);
	for (size_t i = 0; i < opts->n_endpoints; i++) {
		int fd, r;

		if (!opts->endpoints[i].user_defined)
			continue;
		if (kit->n_dirs == NETWORKS_MAX)
			return -E2BIG;
		r = names_open(config, opts->endpoints[i].network_id, &fd);
		if (r < 0)
			return r;
		kit->fds[kit->n_fds++] = (struct fd_map){ fd, FIRST_DIR_FD + (int)kit->n_dirs };
		kit->dirs[kit->n_dirs++] = fd;
	}
	strv_pushf(&kit->argv, "--networks=%zu", kit->n_dirs);
	return 0;
}

static int dns_spawn(const struct network_config *config, struct resolver_kit *kit,
		     int *ret_channel, int *ret_pidfd, pid_t *ret_pid)
{
	cleanup_free char *path = helper_path(config, "hoy-dns");
	char *env[] = { NULL };
	struct spawn spawn = {
		.file = path,
		.argv = kit->argv,
		.env = env,
		.fds = kit->fds,
		.dirfd = -1,
		.new_session = true,
	};
	cleanup_fd int theirs = -1, ours = -1;
	int pair[2], r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	ours = pair[0];
	theirs = pair[1];
	kit->fds[kit->n_fds++] = (struct fd_map){ theirs, CHANNEL_FD };
	spawn.n_fds = kit->n_fds;
	r = process_spawn(&spawn, ret_pidfd, ret_pid);
	if (r >= 0)
		*ret_channel = take_fd(&ours);
	return r;
}

/* "go", and what it says to that. */
static int dns_begin(int channel, struct error *err)
{
	char text[ANSWER_MAX];
	ssize_t n;

	if (send(channel, "go", 2, MSG_NOSIGNAL) != 2)
		return error_set(err, ERR_SYSTEM, errno, "start hoy-dns");
	n = recv(channel, text, sizeof(text) - 1, 0);
	if (n < 0)
		return error_set(err, ERR_SYSTEM, errno, "hear from hoy-dns");
	text[n] = '\0';
	if (strcmp(text, "ok") == 0)
		return 0;
	return error_set(err, ERR_SYSTEM, 0, "hoy-dns cannot serve the container: %s",
			 n > 0 ? text : "it ended");
}

/* The endpoint whose record has the resolver: any will do, it is looked for in all. */
static const struct endpoint *recorder(const struct resolver_options *opts)
{
	for (size_t i = 0; i < opts->n_endpoints; i++) {
		if (opts->endpoints[i].user_defined)
			return &opts->endpoints[i];
	}
	return &opts->endpoints[0];
}

/* The resolvers that the container had before. */
static int others_stop(struct store *store, const struct endpoint_record *records, size_t n,
		       const char *new_recorder, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < n; i++) {
		if (records[i].resolver_pid <= 0)
			continue;
		r = resolver_stop(&records[i], err);
		if (r >= 0 && strcmp(records[i].id, new_recorder) != 0)
			r = endpoint_record_set_resolver(store, records[i].id, 0, 0, err);
	}
	return r;
}

static int dns_start(struct store *store, const struct network_config *config,
		     struct resolver_kit *kit, const char *endpoint_id, char **ret_name,
		     struct error *err)
{
	cleanup_fd int channel = -1, pidfd = -1;
	uint64_t start = 0;
	pid_t pid;
	int r;

	r = dns_spawn(config, kit, &channel, &pidfd, &pid);
	if (r >= 0)
		r = process_start_time(pid, &start);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "start hoy-dns");
	r = endpoint_record_set_resolver(store, endpoint_id, pid, start, err);
	if (r >= 0)
		r = dns_begin(channel, err);
	if (r >= 0)
		*ret_name = process_name(pid, start);
	return r;
}

int resolver_start(struct store *store, const struct network_config *config,
		   const struct resolver_options *opts, char **ret_name, struct error *err)
{
	cleanup_free char *name = NULL;
	cleanup(kit_release) struct resolver_kit kit = { .n_fds = 0 };
	struct endpoint_record *before = NULL;
	size_t n = 0;
	int r;

	if (opts->n_endpoints == 0) {
		*ret_name = NULL;
		return 0;
	}
	r = kit_fill(config, opts, &kit);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "open the names of the container's networks");
	r = endpoint_record_list(store, opts->endpoints[0].container_id, NULL, &before, &n, err);
	if (r >= 0)
		r = dns_start(store, config, &kit, recorder(opts)->endpoint_id, &name, err);
	if (r >= 0)
		r = others_stop(store, before, n, recorder(opts)->endpoint_id, err);
	endpoint_record_list_free(before, n);
	if (r >= 0)
		*ret_name = take_ptr(name);
	return r;
}

char *resolver_name(const struct endpoint_record *ep)
{
	cleanup_fd int pidfd = ep->resolver_pid > 0
				       ? process_find((pid_t)ep->resolver_pid, ep->resolver_start)
				       : -ESRCH;

	return pidfd >= 0 ? process_name(ep->resolver_pid, ep->resolver_start) : NULL;
}

int resolver_stop(const struct endpoint_record *ep, struct error *err)
{
	return helper_stop("hoy-dns", ep->resolver_pid, ep->resolver_start, err);
}
