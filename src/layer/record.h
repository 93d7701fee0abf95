/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A layer's record: what its archive has beside the data of files, so that the archive can be made
 * again byte by byte from the unpacked files. Written by hoy-unpack, read by hoy-pack.
 *
 *	<layer>/record		the header below, then operations, compressed with zstd
 *	<layer>/replaced/<n>	what a later entry of the archive replaced; the directory is
 *				there only when there is such
 *
 * An operation is its type, one byte, and its arguments, varints (seven bits a byte, lowest first):
 *
 *	BYTES len, len bytes		the next bytes of the archive
 *	FILE len, len bytes		the path below diff/, without links, that DATA means
 *	DATA offset, len		the next bytes of the archive, out of that file
 *	MOVED n, len, len bytes		this path went to replaced/<n> now: data that was written
 *					before below it is found there
 */
#pragma once

#include "base/error.h"
#include "store/db.h"

#define RECORD_MAGIC "hoyrec1\n"
#define RECORD_NAME "record"
#define RECORD_REPLACED "replaced"
#define RECORD_TAR_NAME "tar" /* an archive that was kept as it came: there is no record then */

enum {
	RECORD_PATH_MAX = 32 * 1024,
	RECORD_MOVED_MAX = 4096, /* an archive that replaces more has no record */
};

enum record_op { RECORD_BYTES = 1, RECORD_FILE, RECORD_DATA, RECORD_MOVED };

struct record_header { /* without the magic: nothing complete follows */
	char magic[8];
	uint64_t tar_size; /* little-endian */
};

/* The directory of a stored layer, <data root>/layers/<hex>; owned. ERR_NOT_FOUND "layer … is
 * missing". */
must_check int layer_dir_open(struct store *store, const char *diff_id, int *ret_fd,
			      struct error *err);
/* Bytes of the layer's archive, uncompressed. ERR_SYSTEM when it cannot be made again: the layer
 * came before records were kept, or its archive was too odd. */
must_check int layer_tar_size(struct store *store, const char *diff_id, uint64_t *ret,
			      struct error *err);
