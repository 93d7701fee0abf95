/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside image/: who fetches a layer. Pulls that want the same one, of whatever processes, meet at
 * <data root>/tmp/fetch-<hex of the diff-id>.lock: the one that holds its lock fetches, the others
 * wait and show its progress, which it writes into that file. When it dies, the kernel gives the
 * lock to one of the others. Nobody holds a slot while he waits for another one with it: a layer in
 * its place frees its slot, whatever becomes of the rest of the pull.
 */
#pragma once

#include <sys/types.h>

#include "base/error.h"
#include "store/db.h"

struct slot {
	char *name; /* below tmp/ */
	int lock_fd;
	int wait_fd; /* readable: the wait is over, call slot_take again; -1 none */
	int waiter;  /* pidfd of who waits for us */
	bool ours;
};

#define SLOT_INIT                                                                                  \
	{                                                                                          \
		NULL, -1, -1, -1, false                                                            \
	}

/* 1: ours. 0: another pull has it: wait_fd is there. */
must_check int slot_take(struct store *store, const char *diff_id, struct slot *slot,
			 struct error *err);
/* The file, for inotify: "/proc/self/fd/N". */
void slot_path(const struct slot *slot, char *ret, size_t size);
/* What who has it is at: bytes, and whether they are unpacked or still come in. */
struct slot_progress {
	uint64_t bytes;
	uint64_t extracting;
};
void slot_tell(const struct slot *slot, const struct slot_progress *progress);
/* False: he has told nothing yet. */
bool slot_ask(const struct slot *slot, struct slot_progress *ret);
/* Lets it go; safe twice. */
void slot_release(struct store *store, struct slot *slot);
