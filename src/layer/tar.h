/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reader of tar archives from hostile sources: ustar, V7, GNU (long names, sparse, base-256
 * numbers) and PAX (tar(5), POSIX pax). It streams: a source gives chunks, the caller gets entries
 * and pieces of their data without a copy. Nothing here touches the file system.
 *
 * Bounds: names TAR_NAME_MAX, extended headers TAR_PAX_MAX, sparse maps TAR_SEGMENTS_MAX. Names and
 * link targets come as they are in the archive (no NUL inside): the caller resolves them.
 */
#pragma once

#include "base/error.h"

enum {
	TAR_BLOCK_SIZE = 512,
	TAR_NAME_MAX = 4095, /* as the kernel's */
	TAR_PAX_MAX = 1024 * 1024,
	TAR_SEGMENTS_MAX = 1024 * 1024,
	TAR_EXTENDED_MAX = 8, /* extended headers before one entry */
};

enum tar_type {
	TAR_FILE,
	TAR_HARDLINK,
	TAR_SYMLINK,
	TAR_CHAR,
	TAR_BLOCK,
	TAR_DIR,
	TAR_FIFO,
};

struct tar_xattr {
	char *name, *value; /* owned; value is binary */
	size_t len;
};

struct tar_segment {
	uint64_t offset, len;
};

struct tar_entry {
	enum tar_type type;
	char *path, *link; /* owned; link: target of a hard or symbolic link, else NULL */
	uint32_t mode;	   /* 07777 */
	uint32_t uid, gid;
	uint32_t major, minor;
	int64_t mtime; /* seconds */
	uint32_t mtime_nsec;
	uint64_t size; /* of the file, holes included */
	struct tar_xattr *xattrs;
	size_t n_xattrs;
	struct tar_segment *map; /* where the data lies; NULL: the file has no holes */
	size_t n_map;
};

#define TAR_ENTRY_INIT                                                                             \
	{                                                                                          \
		0                                                                                  \
	}

void tar_entry_release(struct tar_entry *entry);

/* The next chunk of the archive, valid until the next call; *ret_len 0 is the end. */
typedef int (*tar_source)(void *arg, const uint8_t **ret_data, size_t *ret_len, struct error *err);

/* Sees, in their order, the bytes of the archive that tar_data does not give: headers, padding,
 * data that nobody asked for, what stands behind the end. */
typedef void (*tar_tap)(void *arg, const uint8_t *data, size_t len);

struct tar_reader {
	tar_source source;
	void *arg;
	tar_tap tap; /* NULL none; set after tar_reader_init */
	void *tap_arg;
	const uint8_t *chunk; /* what is left of the current chunk */
	size_t chunk_len;
	uint64_t n_read;    /* bytes consumed */
	uint64_t data_left; /* archived bytes of the current entry */
	uint32_t padding;
	const struct tar_segment *map; /* borrowed from the entry that tar_next gave */
	size_t n_map, segment;
	uint64_t segment_done, offset;
	bool ended;
};

void tar_reader_init(struct tar_reader *reader, tar_source source, void *arg);

/* 1: *ret is the next entry (data not read yet is skipped); 0: the end; < 0: failed, ERR_INVALID
 * for a broken archive. The entry must live until the next call. */
must_check int tar_next(struct tar_reader *reader, struct tar_entry *ret, struct error *err);
/* 1: a piece of the entry's data and where in the file it belongs; 0: no more. */
must_check int tar_data(struct tar_reader *reader, const uint8_t **ret_data, size_t *ret_len,
			uint64_t *ret_offset, struct error *err);
/* Read what stands behind the end marker, so that the source sees all of the stream. */
must_check int tar_drain(struct tar_reader *reader, struct error *err);
