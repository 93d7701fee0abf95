/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filling an empty volume with what an image has where it is mounted. The image's root is seen
 * through a read-only overlay of its layers that is mounted nowhere: it is an fd, and goes with it.
 * What the image names (VOLUME, symlinks on the way) is resolved in that root alone.
 */
#pragma once

#include "base/error.h"

struct volume_source {
	int root_fd; /* detached mount */
	int dirfd;   /* a container's run directory: has names of the layers until release */
};

#define VOLUME_SOURCE_INIT                                                                         \
	{                                                                                          \
		-1, -1                                                                             \
	}

/* lower: layers, uppermost first; upper: an empty directory (an overlay needs two). */
must_check int volume_source_open(int dirfd, const char *upper, char *const *lower,
				  struct volume_source *ret, struct error *err);
void volume_source_release(struct volume_source *source);

/* It has had its content: a look without the lock. path: the volume's files. */
bool volume_is_filled(const char *path);
/*
 * Copy what is at target in the image into the volume: owners, modes, times, extended attributes,
 * hard links. Nothing happens when the volume has content, or the image has nothing there. Only one
 * process fills a volume at a time; what a crash left undone is done by the next, for a mark stays
 * until the copy is complete, and a file gets its name when it is.
 */
must_check int volume_copy_up(const struct volume_source *source, const char *target,
			      const char *name, const char *path, struct error *err);
