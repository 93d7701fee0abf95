/* SPDX-License-Identifier: Apache-2.0 */
/* Writing a layer's record while it is unpacked, and the archive out of it again. The format:
 * layer/record.h. */
#pragma once

#include "layer/record.h"
#include "layer/unpack.h"

struct recorder; /* owns its buffers; the fds stay the caller's */

/* fd: an empty file; replaced_fd: a directory on the file system of the unpacked files. */
must_check int recorder_new(int fd, int replaced_fd, struct recorder **ret, struct error *err);
void recorder_free(struct recorder *recorder);
void recorder_release(struct recorder **recorder); /* for cleanup() */

/* Attach to a reader (its tap) and give what unpack_tar wants to tell. Both live as long as the
 * recorder. */
const struct unpack_watch *recorder_attach(struct recorder *recorder, struct tar_reader *reader);

/* Behind the last byte: the record is complete. An archive that is too odd has none, and that is no
 * failure; a disk that cannot take it is. */
must_check int recorder_finish(struct recorder *recorder, struct error *err);

/* Takes a piece of the archive; < 0 ends the work, with err set. */
typedef int (*record_sink)(void *arg, const void *data, size_t len, struct error *err);

/* The archive of the layer whose directory (diff/, record, replaced/, or tar) is dirfd, from its
 * first byte to its last. Files are read by path below dirfd without following links. */
must_check int record_play(int dirfd, record_sink sink, void *arg, struct error *err);
