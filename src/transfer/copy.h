/* SPDX-License-Identifier: Apache-2.0 */
/* Inside hoy-copy: the three things that it does, all below rootfd, in the sandbox. Errors are in
 * the API's words. */
#pragma once

#include "transfer/stream.h"
#include "wire/copy.h"
#include "wire/transfer.h"

/* Tell what the path is (TRANSFER_ITEM). */
must_check int copy_stat(int rootfd, const struct copy_request *req, struct error *err);
/* It, and all below it, into a tar on fd. */
must_check int copy_read(int rootfd, const struct copy_request *req, int fd, struct error *err);
/* Unpack an archive into the directory that the path leads to. */
must_check int copy_write(int rootfd, const struct copy_request *req, struct stream *stream,
			  struct error *err);
