/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing tar archives as a stream: ustar headers, with PAX records before them for what these
 * cannot say (long names, large numbers, fractions of seconds, extended attributes, holes). The
 * same entries give the same bytes.
 */
#pragma once

#include "base/strbuf.h"
#include "layer/tar.h"

/* Takes all of data; -errno ends the writing. */
typedef int (*tar_sink)(void *arg, const void *data, size_t len);

struct tar_writer {
	tar_sink sink;
	void *arg;
	struct strbuf pending; /* small pieces go out together */
	uint64_t left;	       /* bytes of the current entry's data that are to come */
	uint32_t padding;
};

void tar_writer_init(struct tar_writer *writer, tar_sink sink, void *arg);
void tar_writer_release(struct tar_writer *writer);

/* The head of an entry. Its data follow, exactly size bytes; with a map, those of the segments.
 * ERR_SYSTEM with the sink's errno. */
must_check int tar_write_entry(struct tar_writer *writer, const struct tar_entry *entry,
			       struct error *err);
must_check int tar_write_data(struct tar_writer *writer, const void *data, size_t len,
			      struct error *err);
/* What of the entry's data is missing, as zeros: a file that became shorter meanwhile. */
must_check int tar_write_rest(struct tar_writer *writer, struct error *err);
/* The two blocks behind the last entry; all goes out. */
must_check int tar_write_end(struct tar_writer *writer, struct error *err);

/* A whole regular file, owned by root, at once. */
struct tar_file {
	const char *path;
	const void *data;
	size_t len;
	int64_t mtime;
};
must_check int tar_write_file(struct tar_writer *writer, const struct tar_file *file,
			      struct error *err);
