/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ending a worker in the middle: by hoyd's SIGTERM, or because its client is gone. The worker
 * leads a process group; what it started for the request (downloads, unpacking) is in it and
 * ends with it. Monitors have sessions of their own.
 */
#pragma once

#include <stdbool.h>

/* SIGTERM, when not blocked, ends the whole group. Once, at the worker's start. */
void cancel_init(void);

/* While something is changed that had better not be left half done. */
void cancel_block_termination(bool on);

/* From here on the client's going ends the group too, whatever the worker is waiting for. */
void cancel_with_client(int fd);
void cancel_with_client_end(int fd);
