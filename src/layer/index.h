/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a layer's tar to the EROFS index that stands beside it: the driver `erofs`. Runs in
 * hoy-unpack, with the layer's directory as all that it can reach. The tar is kept byte for byte;
 * the index has names, attributes and, for each file, where in the tar its data is. Linux mounts
 * both together (sys/mountfd.h: mount_erofs).
 *
 * Paths, whiteouts and attributes are treated as unpack.h says. What differs: opaque directories
 * are marked here, since no system call is needed for it; a directory that the archive uses without
 * an entry of its own has the time of the entry that needed it.
 *
 * Memory is bounded: what grows with the number of entries moves to scratch files (spill.h).
 */
#pragma once

#include "layer/unpack.h"

enum {
	INDEX_ENTRIES_MAX = 1 << 24,
	INDEX_PATH_MAX = 4095, /* as the kernel's */
	INDEX_NAME_MAX = 255,
};

/* The source of a tar reader that keeps what passes through it in a file. */
struct tar_keeper {
	tar_source source; /* where the bytes come from */
	void *arg;
	int fd;		  /* the file; borrowed */
	uint64_t written; /* bytes */
	uint64_t started; /* … that the disk was asked to write */
};

int tar_keeper_next(void *arg, const uint8_t **ret_data, size_t *ret_len, struct error *err);

struct index; /* of one layer, in the making */

/* Scratch files go to @dirfd (borrowed). */
struct index *index_new(int dirfd);
void index_free(struct index *index);
void index_release(struct index **index); /* for cleanup() */

/* All entries of the archive, to its end. ERR_INVALID: the archive; ERR_SYSTEM: the disk. */
must_check int index_read(struct index *index, struct tar_reader *reader, struct unpack_result *ret,
			  struct error *err);
/* Write the index to @fd, an empty file. @tar_fd: the whole tar, of @tar_size bytes. @uuid: what
 * the file system is called; the same layer should have the same. Once. */
must_check int index_write(struct index *index, int fd, int tar_fd, uint64_t tar_size,
			   const uint8_t uuid[16], struct error *err);
