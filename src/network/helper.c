/* SPDX-License-Identifier: Apache-2.0 */
/* Finding helper programs and ending helper processes. */
#include "network/helper.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#include "base/strbuf.h"
#include "sys/process.h"

enum { HELPER_END_MS = 5000 };

char *helper_path(const struct network_config *config, const char *name)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	cleanup_free char *dir = n > 0 ? xstrndup(self, (size_t)n) : xstrdup("/");
	cleanup_free char *beside = NULL;

	*strrchr(dir, '/') = '\0';
	beside = xasprintf("%s/%s", dir, name);
	if (access(beside, X_OK) == 0)
		return take_ptr(beside);
	return xasprintf("%s/%s", config->libexec_dir ? config->libexec_dir : HOY_LIBEXECDIR, name);
}

int helper_stop(const char *name, int64_t pid, uint64_t started, struct error *err)
{
	cleanup_fd int pidfd = pid > 0 ? process_find((pid_t)pid, started) : -ESRCH;
	int r;

	if (pidfd < 0)
		return pidfd == -ESRCH
			       ? 0
			       : error_set(err, ERR_SYSTEM, -pidfd, "find %s %d", name, (int)pid);
	r = process_signal(pidfd, SIGKILL);
	if (r >= 0)
		(void)poll(&(struct pollfd){ pidfd, POLLIN, 0 }, 1, HELPER_END_MS);
	if (r < 0 && r != -ESRCH)
		return error_set(err, ERR_SYSTEM, -r, "end %s %d", name, (int)pid);
	return 0;
}
