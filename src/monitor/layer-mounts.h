/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside monitor/: the mounts of layers of the driver erofs, which containers that run have in
 * common. A layer is one superblock, and its page cache is there once, however many containers
 * are on it: whoever starts asks one that runs for clones of its mounts (MONITOR_LAYERS), and
 * mounts by itself only what it did not get. The kernel counts who uses a superblock; a clone is
 * its owner's alone and goes with his mount namespace.
 *
 * Who can be asked stands in args->users_dir, one empty file for each: <hex of the layer>/<id>. It
 * is there while the monitor listens; one that was killed leaves it behind, and who asks in vain
 * removes it. It is a hint: nothing depends on its being true.
 */
#pragma once

#include "base/error.h"
#include "wire/monitor.h"

struct layer_mount {
	char *name;		  /* of the layer's directory; NULL: not of the driver erofs */
	struct monitor_layer key; /* of its index */
	int fd;			  /* as the layer is, without a mapping of ids; -1: not yet  */
};

struct layer_mounts {
	struct layer_mount *list; /* as args->lower, uppermost first */
	size_t n;
	bool told; /* our files in users_dir are there */
};

#define LAYER_MOUNTS_INIT                                                                          \
	{                                                                                          \
		NULL, 0, false                                                                     \
	}

/* The mounts of all of args->lower: detached, or not at all on failure. */
must_check int layer_mounts_open(const struct monitor_args *args, struct layer_mounts *ret,
				 struct error *err);
void layer_mounts_release(struct layer_mounts *mounts);

/* From now on, and no longer, we can be asked. The mounts must be attached in our namespace. */
void layer_mounts_tell(const struct monitor_args *args, struct layer_mounts *mounts);
void layer_mounts_untell(const struct monitor_args *args, struct layer_mounts *mounts);

/* Answer a MONITOR_LAYERS with what we have, at once or not at all. -errno: not answered. */
must_check int layer_mounts_answer(const struct layer_mounts *mounts, int fd, const void *data,
				   size_t len);
