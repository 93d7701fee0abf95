/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happened: rows with a growing id, the last ten thousand or so kept. A recorder calls
 * event_record inside the
 * transaction that changed the record; a follower reads rows beyond the last id it saw and waits
 * in between on the
 * write-ahead log's file by inotify.
 */
#pragma once

#include "base/strmap.h"
#include "store/db.h"

/* type: "container" "image" "network" "volume" "daemon"; action: "create" "start" "die" …;
 * attributes may be NULL. */
must_check int event_record(struct store *store, const char *type, const char *action,
			    const char *actor_id, const struct strmap *attributes,
			    struct error *err);

struct event_row {
	int64_t id;
	int64_t time; /* ns since 1970 */
	const char *type, *action, *actor_id;
	const char *attributes; /* JSON object of strings */
};

/* Called for each row in order; a negative return ends the reading and is the result (err is then
 * the callee's). */
typedef int (*event_row_sink)(void *arg, const struct event_row *row);

/* Rows with id > after_id and time >= since. *ret_last: the greatest id there is now. */
must_check int event_read(struct store *store, int64_t after_id, int64_t since, event_row_sink sink,
			  void *arg, int64_t *ret_last, struct error *err);
must_check int event_last_id(struct store *store, int64_t *ret, struct error *err);

/* An inotify fd that becomes readable when the database may have changed (CLOEXEC,
 * non-blocking). */
must_check int event_watch(struct store *store, int *ret_fd, struct error *err);
/* Empty it before reading; waits for the transaction that is being written just now. */
void event_watch_drain(struct store *store, int fd);
