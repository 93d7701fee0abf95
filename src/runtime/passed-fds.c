/* SPDX-License-Identifier: Apache-2.0 */
/* File descriptors that come from the caller of the runtime, and the one that goes back. */
#include "runtime/passed-fds.h"

#include <fcntl.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/parse.h"
#include "base/strbuf.h"
#include "base/strv.h"
#include "sys/unixsock.h"

enum { FDS_MAX = 1024 * 1024, FIRST_FD = 3 };

/* sd_listen_fds(3): they are for us only when the pid is ours. */
static uint32_t activation_fds(void)
{
	const char *pid_text = getenv("LISTEN_PID"), *n_text = getenv("LISTEN_FDS");
	uint32_t pid, n;

	if (!pid_text || !n_text || parse_u32(pid_text, &pid) < 0 || parse_u32(n_text, &n) < 0)
		return 0;
	return pid == (uint32_t)getpid() && n <= FDS_MAX ? n : 0;
}

int passed_fds_check(int64_t preserve_fds, struct passed_fds *ret, struct error *err)
{
	unsigned int activated = activation_fds();

	if (preserve_fds < 0 || preserve_fds > FDS_MAX)
		return error_set(err, ERR_INVALID, 0, "invalid --preserve-fds %lld",
				 (long long)preserve_fds);
	for (int fd = FIRST_FD; fd < FIRST_FD + (int)activated + (int)preserve_fds; fd++) {
		if (fcntl(fd, F_GETFD) < 0)
			return error_set(err, ERR_INVALID, errno,
					 "file descriptor %d is to be passed but is not open", fd);
	}
	*ret = (struct passed_fds){ activated, (unsigned int)preserve_fds };
	return 0;
}

void passed_fds_give(const struct passed_fds *fds, struct launch *l)
{
	l->preserve_fds = fds->activated + fds->preserved;
	if (fds->activated) {
		cleanup_free char *assignment = xasprintf("LISTEN_FDS=%u", fds->activated);

		strv_env_set(&l->env, assignment);
		strv_env_set(&l->env, "LISTEN_PID=1");
	}
}

int pidfd_send(const char *path, const char *kind, int pidfd, struct error *err)
{
	cleanup_fd int fd = -1;
	int r;

	if (!path)
		return 0;
	fd = unixsock_connect_at(AT_FDCWD, path, SOCK_STREAM);
	r = fd < 0 ? fd : unixsock_send_fd(fd, kind, strlen(kind), pidfd);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "send the pidfd to '%s'", path);
	return 0;
}
