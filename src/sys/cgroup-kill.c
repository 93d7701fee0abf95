/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of a cgroup: freeze, signal everybody, wait for emptiness, remove.
 *
 * With a v2 hierarchy (alone or beside v1) the kernel kills and tells of emptiness itself:
 * cgroup.kill, cgroup.events. A task leaves all hierarchies in one step, so what v2 says holds for
 * the v1 directories too.
 */
#include "sys/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/parse.h"
#include "base/strbuf.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "sys/process.h"

enum { EVENTS_MAX = 4096, PROCS_MAX = 64 * 1024 * 1024, DEPTH_MAX = 64 };

static int unified_index(const struct cgroup *cg)
{
	for (size_t i = 0; i < cg->n_dirs; i++) {
		if (!*cg->dirs[i].controllers)
			return (int)i;
	}
	return -1;
}

/* Wait until the line "<key> <value>" is in an events file; the kernel signals its changes as
 * POLLPRI. */
static int events_wait(const char *path, const char *line)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	for (;;) {
		struct pollfd pfd = { .fd = fd, .events = POLLPRI };
		char text[EVENTS_MAX];
		ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

		if (n < 0)
			return errno == ENODEV ? 0 : -errno;
		text[n] = '\0';
		if (strstr(text, line))
			return 0;
		if (poll(&pfd, 1, -1) < 0 && errno != EINTR)
			return -errno;
	}
}

static int freezer_v1(const struct cgroup *cg, bool frozen)
{
	/* Some tasks (waiting for a disk that is gone, stopped in vfork) do not freeze. Each look
	 * makes the kernel try again, and costs it some microseconds. */
	enum { LOOKS = 200000 };
	const char *want = frozen ? "FROZEN" : "THAWED";

	/* Writing FROZEN again pushes tasks that were forked meanwhile; the state says FREEZING
	 * until all are. */
	for (int i = 0; i < LOOKS; i++) {
		cleanup_free char *state = NULL;
		int r = cgroup_write(cg, "freezer", "freezer.state", want);

		if (r >= 0)
			r = cgroup_read(cg, "freezer", "freezer.state", &state);
		if (r < 0)
			return r;
		if (!strncmp(state, want, strlen(want)))
			return 0;
		(void)sched_yield();
	}
	ignore_result(cgroup_write(cg, "freezer", "freezer.state", "THAWED"));
	return -EBUSY;
}

int cgroup_freeze(const struct cgroup *cg, bool frozen)
{
	cleanup_free char *events = NULL;
	int r;

	if (cg->mode == CGROUP_V1)
		return freezer_v1(cg, frozen);
	r = cgroup_write(cg, "", "cgroup.freeze", frozen ? "1" : "0");
	if (r < 0)
		return r;
	events = xasprintf("%s/cgroup.events", cg->dirs[0].path);
	return events_wait(events, frozen ? "frozen 1" : "frozen 0");
}

bool cgroup_is_frozen(const struct cgroup *cg)
{
	cleanup_free char *state = NULL;

	if (cg->mode == CGROUP_V1)
		return cgroup_read(cg, "freezer", "freezer.state", &state) == 0 &&
		       strncmp(state, "THAWED", 6) != 0;
	return cgroup_read(cg, "", "cgroup.freeze", &state) == 0 && *state == '1';
}

struct pid_list {
	pid_t *pids;
	size_t n;
};

static int pids_of_dir(int dirfd, unsigned int depth, struct pid_list *list)
{
	char *data cleanup_free = NULL, *line, *save = NULL;
	DIR *dir;
	int r = file_read_at(dirfd, "cgroup.procs", PROCS_MAX, &data, NULL);
	int copy;

	if (r < 0)
		return r == -ENOENT || r == -ENODEV ? 0 : r;
	for (line = strtok_r(data, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		uint32_t pid;

		if (parse_u32(line, &pid) < 0 || pid == 0)
			continue;
		list->pids = xrealloc(list->pids, list->n + 1, sizeof(*list->pids));
		list->pids[list->n++] = (pid_t)pid;
	}
	copy = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = copy < 0 ? NULL : fdopendir(copy);
	for (struct dirent *de; dir && (de = readdir(dir));) {
		cleanup_fd int sub = -1;

		if (de->d_type != DT_DIR || de->d_name[0] == '.' || depth == 0)
			continue;
		sub = openat(dirfd, de->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (sub >= 0)
			(void)!pids_of_dir(sub, depth - 1, list);
	}
	if (dir)
		(void)closedir(dir);
	return 0;
}

int cgroup_pids(const struct cgroup *cg, pid_t **ret, size_t *ret_n)
{
	struct pid_list list = { 0 };
	cleanup_fd int fd = -1;
	int i = unified_index(cg), r;

	/* One hierarchy tells; a user's container is in some of v1's only. */
	if (i >= 0)
		fd = open(cg->dirs[i].path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t n = cg->n_dirs; fd < 0 && n-- > 0;)
		fd = open(cg->dirs[n].path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return cg->n_dirs ? -errno : -ENOENT;
	r = pids_of_dir(fd, DEPTH_MAX, &list);
	if (r < 0) {
		free(list.pids);
		return r;
	}
	*ret = list.pids;
	*ret_n = list.n;
	return 0;
}

bool cgroup_is_populated(const struct cgroup *cg)
{
	cleanup_free pid_t *pids = NULL;
	size_t n = 0;

	return cgroup_pids(cg, &pids, &n) == 0 && n > 0;
}

/* Frozen tasks cannot exit, so a pid that is read stays the process it was. @pidfds, when wanted,
 * gets one for each. */
static int signal_each(const struct cgroup *cg, int sig, int **pidfds, size_t *n_pidfds)
{
	cleanup_free pid_t *pids = NULL;
	size_t n = 0;
	int r = cgroup_pids(cg, &pids, &n);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	for (size_t i = 0; i < n; i++) {
		cleanup_fd int fd = process_pidfd(pids[i]);

		if (fd < 0)
			continue;
		r = process_signal(fd, sig);
		if (r < 0 && r != -ESRCH)
			return r;
		if (!pidfds)
			continue;
		*pidfds = xrealloc(*pidfds, *n_pidfds + 1, sizeof(**pidfds));
		(*pidfds)[(*n_pidfds)++] = take_fd(&fd);
	}
	return 0;
}

static int kill_by_kernel(const struct cgroup *cg, int unified)
{
	cleanup_free char *file = xasprintf("%s/cgroup.kill", cg->dirs[unified].path);
	int r = file_put_at(AT_FDCWD, file, "1");

	/* Removed between open and write: systemd does that as soon as it is empty. */
	if (r == -ENODEV)
		r = 0;

	/* A v1 freezer holds tasks back from dying; v2 kills frozen ones. */
	if (!r && cg->mode == CGROUP_V1 && cgroup_is_frozen(cg))
		r = freezer_v1(cg, false);
	return r;
}

static void close_all(int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++)
		(void)close(fds[i]);
	free(fds);
}

/* FALLBACK(cgroup.kill 5.14; no v2 hierarchy): freeze, signal, thaw. */
static int signal_frozen(const struct cgroup *cg, int sig, bool wait)
{
	bool was_frozen = cgroup_is_frozen(cg);
	int frozen = was_frozen ? 0 : cgroup_freeze(cg, true);
	int *pidfds = NULL;
	size_t n = 0;
	int r = signal_each(cg, sig, wait ? &pidfds : NULL, &n);

	if ((frozen == 0 && !was_frozen) || sig == SIGKILL) {
		int thawed = cgroup_freeze(cg, false);

		if (!r && thawed < 0 && thawed != -ENODEV && thawed != -ENOENT)
			r = thawed;
	}
	for (size_t i = 0; pidfds && !r && i < n; i++) {
		struct pollfd pfd = { .fd = pidfds[i], .events = POLLIN };

		while (poll(&pfd, 1, -1) < 0 && errno == EINTR)
			;
	}
	close_all(pidfds, n);
	return r;
}

int cgroup_signal(const struct cgroup *cg, int sig)
{
	int unified = unified_index(cg);

	if (sig == SIGKILL && unified >= 0) {
		int r = kill_by_kernel(cg, unified);

		if (r != -ENOENT)
			return r;
	}
	return signal_frozen(cg, sig, false);
}

/* Where nothing freezes (a user's part of v1), what was forked meanwhile is for the next round. */
static int kill_all_listed(const struct cgroup *cg)
{
	int r;

	do
		r = signal_frozen(cg, SIGKILL, true);
	while (!r && cgroup_is_populated(cg));
	return r;
}

int cgroup_empty(const struct cgroup *cg)
{
	int unified = unified_index(cg), r;
	cleanup_free char *events = NULL;

	r = unified < 0 ? -ENOENT : kill_by_kernel(cg, unified);
	if (r == -ENOENT)
		return kill_all_listed(cg);
	if (r < 0)
		return r;
	events = xasprintf("%s/cgroup.events", cg->dirs[unified].path);
	return events_wait(events, "populated 0");
}

/* Children first; a cgroup directory holds files that rmdir ignores. */
static int dir_remove(const char *path, unsigned int depth)
{
	struct dirent *de;
	DIR *dir;

	if (rmdir(path) == 0 || errno == ENOENT)
		return 0;
	if (errno != EBUSY || depth == 0)
		return -errno;
	dir = opendir(path);
	while (dir && (de = readdir(dir))) {
		cleanup_free char *sub = NULL;

		if (de->d_type != DT_DIR || de->d_name[0] == '.')
			continue;
		sub = xasprintf("%s/%s", path, de->d_name);
		(void)!dir_remove(sub, depth - 1);
	}
	if (dir)
		(void)closedir(dir);
	return rmdir(path) == 0 || errno == ENOENT ? 0 : -errno;
}

static int remove_all(const struct cgroup *cg, unsigned int depth)
{
	int result = 0;

	for (size_t i = 0; i < cg->n_dirs; i++) {
		int r = dir_remove(cg->dirs[i].path, depth);

		if (r < 0)
			result = r;
	}
	return result;
}

int cgroup_remove(const struct cgroup *cg)
{
	/* FALLBACK(no v2 hierarchy): a task may be seen to have ended a moment before it has left
	 * its cgroup, and v1 tells nobody when it has. Yielding lets it finish; the bound is for a
	 * cgroup that others keep filling. */
	enum { TRIES = 20000 };
	int r = remove_all(cg, 0);

	if (r != -EBUSY)
		return r;
	r = cgroup_empty(cg);
	if (r < 0)
		return r;
	for (int i = 0; i < TRIES; i++) {
		r = remove_all(cg, DEPTH_MAX);
		if (r != -EBUSY)
			return r;
		(void)sched_yield();
	}
	return r;
}

uint64_t cgroup_oom_kills(const struct cgroup *cg)
{
	const char *file = cg->mode == CGROUP_V2 ? "memory.events" : "memory.oom_control";
	char *text cleanup_free = NULL, *line, *save = NULL;
	uint64_t count = 0;

	if (cgroup_read(cg, "memory", file, &text) < 0)
		return 0;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (!strncmp(line, "oom_kill ", 9) && parse_u64(line + 9, &count) < 0)
			return 0;
	}
	return count;
}
