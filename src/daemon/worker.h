/* SPDX-License-Identifier: Apache-2.0 */
/* The processes that serve connections, one each, and hoyd's account of them. */
#pragma once

#include <sys/types.h>

#include "daemon/config.h"
#include "daemon/listen.h"

enum { WORKERS_MAX = 4096 };

struct worker {
	pid_t pid;
	int pidfd;
};

struct workers {
	struct worker *items;
	size_t n;
};

#define WORKERS_INIT                                                                               \
	{                                                                                          \
		NULL, 0                                                                            \
	}

/* Fork a worker for the connection; conn is closed here. What the worker does not need of ours
 * it closes itself. */
struct worker_context {
	struct daemon_config *config;
	struct listeners *listeners;
	int signal_fd;
	enum listener_kind kind; /* where conn came from */
};
must_check int worker_start(struct workers *workers, const struct worker_context *ctx, int conn);
/* Forget the workers that ended. */
void workers_reap(struct workers *workers);
void workers_signal(const struct workers *workers, int sig);
void workers_release(struct workers *workers);
