/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layers on disk and the drivers that keep them. A layer is named by its diff-id ("sha256:<hex>"
 * of the uncompressed tar); images that share it share the directory <data root>/layers/<hex>/.
 * What is in it is its driver's, a row in one table:
 *
 *	overlay	diff/	the files, unpacked in what overlayfs understands (whiteouts as 0:0
 *			character devices, opaque directories as trusted.overlay.opaque)
 *
 * A layer tells by what is there which driver made it, so that a store may have layers of several
 * (while it is migrated). Whoever reads a layer's files does it by layer_lower_open.
 */
#pragma once

#include "store/db.h"

struct layer_driver {
	const char *name;	/* as in daemon.json */
	const char *graph_name; /* as the API's clients know it */
	/* What in a layer's directory tells that it is this driver's; a root is mounted from it. */
	const char *lower;
	/* Make in the new, empty directory @dirfd what hoy-unpack fills. -errno. */
	must_check int (*begin)(int dirfd);
	/* Of a layer that is unpacked and proven: what the sandbox could not do. */
	must_check int (*finish)(int dirfd, char *const *opaque, struct error *err);
	/* layer_lower_open. -errno */
	must_check int (*open)(const char *path);
};

/* The one that new layers of this store are made with: <data root>/layer-driver has its name. */
const struct layer_driver *layer_driver_of(struct store *store);
/* NULL: no such. Docker's names are known too. */
const struct layer_driver *layer_driver_find(const char *name);
/* When the engine is opened. A store that has layers keeps its driver. Another gets @wanted, or
 * when that is NULL or empty, what this kernel and this file system can. */
must_check int layer_driver_choose(struct store *store, const char *wanted, struct error *err);

/* New layers are of this driver from now on; ERR_INVALID when kernel or file system cannot. */
must_check int layer_driver_set(struct store *store, const struct layer_driver *driver,
				struct error *err);

struct layer_stack {  /* what a container's root is mounted from */
	char **lower; /* absolute paths, uppermost first         */
};

void layer_stack_release(struct layer_stack *stack);

/* What an image's layers are mounted from. diff_ids: bottom first, as in the image config. */
must_check int layer_stack_open(struct store *store, char *const *diff_ids, struct layer_stack *ret,
				struct error *err);
/* The root directory of a layer that layer_stack_open gave (or of any other directory), to read in
 * it by openat and the like: O_PATH, owned. -errno. */
must_check int layer_lower_open(const char *path);

/* What a layer takes on the disk (du); 0 when it is not there. */
int64_t layer_disk_usage(struct store *store, const char *diff_id);

/* All of a root: the layers @lower with the directory @upper (NULL: none) over them, mounted where
 * nobody sees it, read-only. @dirfd is an empty directory of the caller's, and may be full of names
 * afterwards. *ret_fd is the root, owned: closing it unmounts. */
must_check int layer_stack_mount(char *const *lower, const char *upper, int dirfd, int *ret_fd,
				 struct error *err);

/* A container's own read-write directory: <data root>/containers/<id>/{upper,work}. Owner of
 * upper: root uid/gid given (user namespaces). */
must_check int layer_upper_create(struct store *store, const char *container_id, uint32_t uid,
				  uint32_t gid, struct error *err);
void layer_upper_remove(struct store *store, const char *container_id);

/*
 * Work in progress lies in <data root>/tmp/<name>/, held by an OFD lock on <data
 * root>/tmp/<name>.lock for as long as its maker lives: layer_sweep removes what nobody holds.
 * Nothing below layers/ is ever half-made.
 */
struct layer_temp {
	char *name;
	int dirfd; /* the directory; -1 none */
	int lock_fd;
};

#define LAYER_TEMP_INIT                                                                            \
	{                                                                                          \
		NULL, -1, -1                                                                       \
	}

must_check int layer_temp_new(struct store *store, struct layer_temp *ret, struct error *err);
/* Removes the directory and what is still in it. */
void layer_temp_release(struct store *store, struct layer_temp *temp);

/* The files of one layer on the disk, in the making or in place, at @path below @dirfd: before the
 * transaction that makes an image of it, for it may take long. *ret_rest is set when the layer has
 * so many files that layer_sync has to do it, once for all. One that is gone is no failure. */
must_check int layer_sync_files(int dirfd, const char *path, bool *ret_rest, struct error *err);
/* Everything that the file system of the layers has. */
must_check int layer_sync(struct store *store, struct error *err);
/* A new layer: make <temp>/<name>, which hoy-unpack then fills (TRANSFER_LAYER_FD). *ret_dirfd is
 * owned by the caller. */
must_check int layer_begin(struct store *store, const struct layer_temp *temp, const char *name,
			   int *ret_dirfd, struct error *err);
/* It is unpacked, its digest proven. @opaque: the directories that hoy-unpack listed (unpack.h). */
must_check int layer_finish(int dirfd, char *const *opaque, struct error *err);
/* Move <temp>/<name>, a complete and proven layer, to its place and write its record, in the
 * caller's transaction. A layer that is there already stays, and the new one goes with the temp. */
must_check int layer_commit(struct store *store, const struct layer_temp *temp, const char *name,
			    const char *diff_id, int64_t size, struct error *err);
/* The same for a layer that has a record and is damaged or gone: the new one takes its place in one
 * step, the old one goes with the temp. */
must_check int layer_replace(struct store *store, const struct layer_temp *temp, const char *name,
			     const char *diff_id, struct error *err);
/* The names of what layer_commit moved, on the disk: in its transaction (store_begin_durable),
 * before the end of it. */
must_check int layer_commit_sync(struct store *store, struct error *err);
/* The driver of a stored layer; NULL: it is missing. */
const struct layer_driver *layer_driver_of_layer(struct store *store, const char *diff_id);
/* Put <temp>/<name>, the same layer of another driver, in the stored one's place, in one step; that
 * one is <temp>/<name> then. Outside of transactions. 0 also when the layer is gone meanwhile. */
must_check int layer_exchange(struct store *store, const struct layer_temp *temp, const char *name,
			      const char *diff_id, struct error *err);
/* Delete every layer that no image and no container needs: records first, then the directories.
 * Outside of transactions. The engine calls it (by image_gc) when a container is removed whose
 * image is gone. */
must_check int layer_gc(struct store *store, struct error *err);
/* What crashes left: temps that nobody holds, layer directories without a record. */
must_check int layer_sweep(struct store *store, struct error *err);
/* What layer_sweep would remove: paths below the data root; owned. */
must_check int layer_strays(struct store *store, char ***ret, struct error *err);
