/* SPDX-License-Identifier: Apache-2.0 */
/* An overlay whose lower directories are mounts of their own (Linux 6.8: lowerdir+). -errno. */
#pragma once

#include "base/macros.h"

enum { OVERLAY_WORDS = 256 };

struct overlay_spec {
	const int *lower; /* fds of detached mounts, uppermost first */
	size_t n_lower;
	int upper, work; /* directories, O_PATH; -1: read-only */
	bool is_volatile;
};

/*
 * Returns a detached mount. An overlay takes only what is mounted in the caller's namespace: the
 * lower mounts are attached at @target_fd, one over the other, and stay there, so the namespace
 * should be the caller's own and the overlay should cover them. On failure @words (OVERLAY_WORDS)
 * is what the kernel said, or "".
 */
must_check int overlay_new(const struct overlay_spec *spec, int target_fd, char *words);
