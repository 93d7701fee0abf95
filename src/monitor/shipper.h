/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hoy-log, which carries the output away (wire/log-record.h): started with us, again when it was
 * killed, and told that all is over by the end of its socket; it outlives us by the seconds that it
 * may take for the rest.
 *
 * Invariants: (1) pending holds what hoy-log has not got. (2) It is left non-empty only while
 * hoy-log takes nothing and the container is to wait for it: the caller reads no output then
 * (back-pressure) and calls shipper_flush when fd can be written to. (3) owes is true exactly then.
 */
#pragma once

#include "monitor/logfile.h"
#include "monitor/rootfs.h"

struct shipper {
	int fd;				 /* -1: there is none, or it was killed */
	const struct monitor_args *args; /* NULL: none is wanted */
	const struct mount_home *home;
	struct strbuf pending;
	size_t sent; /* of pending */
	bool owes;
	int64_t end_at;	    /* clock_monotonic; when the rest is lost; 0: not ending */
	int64_t started_at; /* the last one; likewise */
};

#define SHIPPER_INIT                                                                               \
	{                                                                                          \
		.fd = -1, .pending = STRBUF_INIT                                                   \
	}

/* Start it and wait until it is ready. The error is hoy-log's own words. */
must_check int shipper_open(const struct monitor_args *args, const struct mount_home *home,
			    struct shipper *ret, struct error *err);
void shipper_add(struct shipper *shipper, const struct log_piece *piece);
void shipper_flush(struct shipper *shipper);
/* Output must not be read. */
bool shipper_owes(const struct shipper *shipper);
/* The container has ended: what hoy-log does not take within a time is lost. Returns the rest of
 * that time in ms, 0: it is over, and nothing is owed any more. */
int shipper_end(struct shipper *shipper);
void shipper_release(struct shipper *shipper);
