/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of a stream socket on which the peer may still be sending. Closed with something unread,
 * or before the peer has stopped, it would be reset, and the peer might lose what it has yet to
 * read.
 */
#pragma once

#include "base/macros.h"

/* Say that nothing more comes, then read and drop until the peer ends too, says nothing for
 * idle_ms, or total_ms are over. */
void linger(int fd, int idle_ms, int total_ms);
