/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the tar reader share. */
#pragma once

#include "layer/tar.h"

struct tar_header { /* tar(5): POSIX ustar, with GNU's variant of the tail */
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8];
	char type;
	char link[100], magic[6], version[2], uname[32], gname[32], major[8], minor[8];
	char prefix[155];
	char pad[12];
};
_Static_assert(sizeof(struct tar_header) == TAR_BLOCK_SIZE, "a header is one block");

/* What extended headers said about the entry that follows. */
struct tar_extra {
	char *path, *link; /* NULL: not said */
	bool has_size, has_uid, has_gid, has_mtime, has_real_size;
	uint64_t size, real_size;
	uint32_t uid, gid;
	int64_t mtime;
	uint32_t mtime_nsec;
	struct tar_xattr *xattrs;
	size_t n_xattrs;
	struct tar_segment *map;
	size_t n_map;
	uint64_t sparse_major, sparse_minor;
	bool sparse, half_segment; /* GNU.sparse.offset seen, its numbytes not yet */
	char *sparse_name;
};

void tar_extra_release(struct tar_extra *extra);

/* Exactly len bytes (ERR_INVALID at the end of the archive). */
must_check int tar_take(struct tar_reader *reader, void *data, size_t len, struct error *err);
int tar_bad(struct error *err, const char *what);

/* tar-field.c: octal or base-256. -EINVAL, -ERANGE. */
must_check int tar_number(const char *field, size_t len, int64_t *ret);
must_check int tar_u32(const char *field, size_t len, uint32_t *ret);
bool tar_checksum_ok(const struct tar_header *header);
bool tar_is_zero(const struct tar_header *header);
must_check int tar_decimal(const char *str, size_t len, uint64_t *ret);

/* tar-pax.c: parse the records of one extended header into *extra. */
must_check int tar_pax_parse(const char *data, size_t len, struct tar_extra *extra,
			     struct error *err);

/* tar-sparse.c */
must_check int tar_segment_add(struct tar_extra *extra, uint64_t offset, uint64_t len,
			       struct error *err);
must_check int tar_sparse_pax_map(const char *value, size_t len, struct tar_extra *extra,
				  struct error *err);
/* The old GNU format: four segments in the header, more in blocks behind it. */
must_check int tar_sparse_gnu(struct tar_reader *reader, const struct tar_header *header,
			      struct tar_extra *extra, struct error *err);
/* PAX 1.0: the map stands at the beginning of the data; *size is made smaller by it. */
must_check int tar_sparse_in_data(struct tar_reader *reader, struct tar_extra *extra,
				  uint64_t *size, struct error *err);
/* Segments ascend, lie within real_size, and hold data_size bytes together. */
must_check int tar_sparse_check(const struct tar_extra *extra, uint64_t data_size,
				struct error *err);
