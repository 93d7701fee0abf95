/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A layer's bytes as they come in, decompressed: gzip (any number of members), zstd (any number of
 * frames), xz or plain, told by the first bytes. A tar_source; digests are taken on the way.
 */
#pragma once

#include "base/error.h"
#include "transfer/hasher.h"

struct stream; /* owns its buffers; reads from fd, which stays the caller's */

/* hasher NULL: nobody will ask for a digest. blob_digest: somebody will ask for that of what comes
 * in, too. */
struct stream *stream_new(int fd, struct hasher *hasher, bool blob_digest);
void stream_free(struct stream *stream);
void stream_release(struct stream **stream); /* for cleanup() */

/* Of a compressed stream: give no more than room bytes, what the disk can hold (-ENOSPC). Beyond
 * 1,100 times its size it may give an eighth of that, at least 64 MiB and at most 16 GiB (also when
 * no limit is set): more is refused as ERR_INVALID. */
void stream_limit(struct stream *stream, uint64_t room);
/* The next decompressed bytes, valid until the next call; *ret_len 0: the end. (tar_source) */
must_check int stream_next(void *stream, const uint8_t **ret_data, size_t *ret_len,
			   struct error *err);
/* Bytes read from fd so far. */
uint64_t stream_consumed(const struct stream *stream);
/* Once, at the end: the digest of all that stream_next gave … */
void stream_diff_id(struct stream *stream, char ret[DIGEST_SIZE]);
/* … and after that of all that came in, which is read to its end now, whatever it is. */
must_check int stream_blob_digest(struct stream *stream, char ret[DIGEST_SIZE], struct error *err);
