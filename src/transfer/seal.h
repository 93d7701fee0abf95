/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seal of an index: SEAL_SIZE bytes behind the file system's last block, with the SHA-256 of
 * all that stands before them. The kernel does not look there. An index without one is older than
 * seals.
 */
#pragma once

#include "base/error.h"

/* fd: a whole index, readable and writable. */
must_check int seal_write(int fd, struct error *err);
/* The index of the layer whose directory is dirfd, if it has one: sealed as it is, and that of the
 * layer diff_id. ERR_SYSTEM: it is damaged. */
must_check int seal_check(int dirfd, const char *diff_id, struct error *err);
/* What a layer's index calls its file system: the beginning of the diff-id. */
void seal_uuid(const char *diff_id, uint8_t ret[16]);
