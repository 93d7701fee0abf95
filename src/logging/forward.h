/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hoy-log forward: records from the monitor, through a bounded queue, to one server. One loop that
 * never waits for the server: connections are made by another process (logging/connect.h), sockets
 * do not block.
 *
 * Whether a record is lost or the container waits, when the queue is full:
 * (1) mode=non-blocking, fluentd-async: lost, whatever the reason.
 * (2) Else the container waits while the server takes nothing; and while it is away, for as many
 *     attempts to connect as the driver makes for a message: fluentd-max-retries (2^31 unless said
 *     otherwise), gelf-tcp-max-reconnect (3), syslog and journald 1. After that, records are lost.
 * Nothing is lost while there is room in the queue.
 */
#pragma once

#include "wire/log-config.h"

/* Returns when all is sent after the end of the records, or the time for that is over. again: the
 * server may be away at the start. */
void forward_run(const struct log_forward *conf, bool again);
