/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A layer's bytes as they come in, decompressed: gzip (any number of members), zstd (any number of
 * frames) or plain, told by the first bytes. A tar_source that computes the diff-id on the way.
 */
#pragma once

#include "transfer/hash.h"

enum { STREAM_CHUNK = 1024 * 1024 };

struct stream; /* owns its buffers; reads from fd, which stays the caller's */

must_check int stream_new(int fd, struct stream **ret, struct error *err);
void stream_free(struct stream *stream);
void stream_release(struct stream **stream); /* for cleanup() */

/* Before the first byte: nobody will ask for the digest. */
void stream_without_digest(struct stream *stream);
/* Of a compressed stream: give no more than room bytes, what the disk can hold (-ENOSPC). Beyond
 * 1,100 times its size it may give an eighth of that, at least 64 MiB and at most 16 GiB (also when
 * no limit is set): more is refused as ERR_INVALID. */
void stream_limit(struct stream *stream, uint64_t room);
/* The next decompressed bytes, valid until the next call; *ret_len 0: the end. (tar_source) */
must_check int stream_next(void *stream, const uint8_t **ret_data, size_t *ret_len,
			   struct error *err);
/* Bytes read from fd so far. */
uint64_t stream_consumed(const struct stream *stream);
/* Once, at the end: the digest of all that stream_next gave. */
void stream_diff_id(struct stream *stream, char ret[DIGEST_SIZE]);
