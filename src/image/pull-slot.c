/* SPDX-License-Identifier: Apache-2.0 */
/* One pull at a time for a layer. */
#include "image/pull-slot.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "oci/digest.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "sys/lock.h"
#include "sys/process.h"

/*
 * The lock belongs to the open file description: a child of ours may wait for it and end, and it is
 * ours then. Its end of the pipe is closed when it has the lock, or has failed.
 */
static void wait_in_child(int lock_fd, int alive_fd)
{
	int from[] = { fcntl(lock_fd, F_DUPFD, 3), fcntl(alive_fd, F_DUPFD, 3) };

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)dup2(from[0], 0);
	(void)dup2(from[1], 1);
	closefrom(2);
	if (getppid() != 1)
		ignore_result(lock_take(0));
	_exit(0);
}

static int waiter_start(struct slot *slot)
{
	cleanup_fd int alive_fd = -1;
	pid_t pid;
	int r = fd_pipe(&slot->wait_fd, &alive_fd);

	if (r < 0)
		return r;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		wait_in_child(slot->lock_fd, alive_fd);
	slot->waiter = process_pidfd(pid);
	return slot->waiter < 0 ? slot->waiter : 0;
}

static void waiter_end(struct slot *slot)
{
	int status;

	if (slot->waiter >= 0) {
		ignore_result(process_signal(slot->waiter, SIGKILL));
		ignore_result(process_wait(slot->waiter, &status));
	}
	macros_close_fd(&slot->waiter);
	macros_close_fd(&slot->wait_fd);
	slot->waiter = slot->wait_fd = -1;
}

/* The file that we have open is still the one that has the name. */
static bool is_current(const struct slot *slot)
{
	struct stat st;

	return fstat(slot->lock_fd, &st) == 0 && st.st_nlink > 0;
}

static int take(struct store *store, struct slot *slot)
{
	int r;

	waiter_end(slot);
	while (true) {
		if (slot->lock_fd < 0) {
			r = lock_open_at(store->data_fd, slot->name);
			if (r < 0)
				return r;
			slot->lock_fd = r;
		}
		r = lock_try(slot->lock_fd);
		if (r == -EAGAIN)
			return waiter_start(slot);
		if (r < 0)
			return r;
		if (is_current(slot))
			break;
		macros_close_fd(&slot->lock_fd);
		slot->lock_fd = -1;
	}
	slot->ours = true;
	return ftruncate(slot->lock_fd, 0) < 0 ? -errno : 1;
}

int slot_take(struct store *store, const char *diff_id, struct slot *slot, struct error *err)
{
	int r = dir_make_all_at(store->data_fd, "tmp", 0700);

	if (!slot->name)
		slot->name = xasprintf("tmp/fetch-%s.lock", digest_hex(diff_id));
	if (r >= 0)
		r = take(store, slot);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "lock layer %.71s", diff_id) : r;
}

void slot_path(const struct slot *slot, char *ret, size_t size)
{
	(void)snprintf(ret, size, "/proc/self/fd/%d", slot->lock_fd);
}

void slot_tell(const struct slot *slot, const struct slot_progress *progress)
{
	if (slot->ours)
		(void)!pwrite(slot->lock_fd, progress, sizeof(*progress), 0);
}

bool slot_ask(const struct slot *slot, struct slot_progress *ret)
{
	return slot->lock_fd >= 0 &&
	       pread(slot->lock_fd, ret, sizeof(*ret), 0) == (ssize_t)sizeof(*ret);
}

/* Unlinked while it is held: who waited for it sees that it has no name any more, looks again. */
void slot_release(struct store *store, struct slot *slot)
{
	waiter_end(slot);
	if (slot->ours)
		(void)unlinkat(store->data_fd, slot->name, 0);
	macros_close_fd(&slot->lock_fd);
	free(slot->name);
	*slot = (struct slot)SLOT_INIT;
}
