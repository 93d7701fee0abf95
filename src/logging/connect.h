/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections for a process that has given up every right: a child that keeps them does nothing
 * but resolve, connect and start hoy-tls, each time it is asked, and hands the socket over. However
 * long that takes, who asked goes on meanwhile. It ends with its socket.
 */
#pragma once

#include "base/error.h"
#include "wire/log-config.h"

enum { CONNECT_TEXT_MAX = 512 };

/* Call it with all rights. *ret_fd: to be asked and polled. */
must_check int connector_start(const struct log_forward *conf, int *ret_fd, struct error *err);
/* Ask for a connection; one question at a time. */
must_check int connector_ask(int fd);
/* The answer; waits for it. *ret_sock is non-blocking; -ENOTCONN: there is none, err says why. */
must_check int connector_answer(int fd, int *ret_sock, struct error *err);
