/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process that parses hostile bytes gives up everything but what it needs, in one call that
 * cannot be undone: supplementary groups and uid (where root), capabilities, no-new-privileges,
 * Landlock, a seccomp deny-list. -errno idiom.
 *
 * After it: only the listed directories can be written, only those and the readable paths can be
 * read, no program can be executed, no namespace, mount, module, key, BPF or io_uring call works,
 * and without `network` no socket but AF_UNIX pairs made before. Open fds keep working: open what
 * is needed first. Call it before any thread is started.
 */
#pragma once

#include <sys/types.h>

#include "base/macros.h"

struct sandbox {
	/* Drop to this uid and gid when we are root; 0 keeps root's uid (its capabilities still go,
	 * see keep_caps). Files made below a writable directory then belong to it: the directory
	 * must be writable for that uid. */
	uid_t uid;
	gid_t gid;
	/* 1ULL << CAP_CHOWN …: effective and permitted afterwards (of those that we have); bounding
	 * and inheritable empty. */
	uint64_t keep_caps;
	/* Directory fds (O_PATH will do): everything below may be made and changed. */
	const int *writable_dirs;
	size_t n_writable_dirs;
	/* Directory fds: everything below may be read. */
	const int *readable_dirs;
	size_t n_readable_dirs;
	/* NULL-terminated; files and directories; those that do not exist are left out. */
	const char *const *readable_paths;
	bool network; /* AF_INET, AF_INET6, AF_UNIX, AF_NETLINK(route) sockets stay possible */
};

/* FALLBACK inside for kernels without Landlock (5.13): the rest still holds. Returns 0 or the first
 * step's -errno; after a failure the process must exit. */
must_check int sandbox_enter(const struct sandbox *sandbox);

/* True when this kernel has Landlock (tests say what they skipped). */
bool sandbox_has_landlock(void);
