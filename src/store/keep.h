/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeping the log's index alive between workers. SQLite throws the shared-memory index away when
 * its
 * last connection closes, and the next opener reads the whole log again to make a new one. A
 * process
 * that holds this lock counts as a connection, without the memory of one.
 */
#pragma once

#include "store/db.h"

/* This byte of the index is the "dead man's switch": os_unix.c takes a read lock on it for as
 * long as a
 * connection has the file open, and starts anew when it finds none (Debian 12's 3.40 and all
 * since 3.7).
 * Should a later version choose another byte, our lock is without effect and nothing breaks. */
enum { KEEP_BYTE = 128 };

/* Returns a CLOEXEC fd whose last copy ends it. Forks a child that opens the database for a moment:
 * a process that is to fork workers must not have a connection itself. */
must_check int store_keep(const char *data_root, int *ret_fd, struct error *err);

/* The same of an open store that was read from, to hand it on: owned by the store, and closed after
 * its connection (an earlier close would drop that one's locks, fcntl(2)). -1: it cannot be had. */
int store_keep_fd(struct store *store);
