/* SPDX-License-Identifier: Apache-2.0 */
/* A conversation with criu: it is started as a worker (`criu swrk`) on a socket, gets one request,
 * tells what it does and waits for our word, and answers. */
#pragma once

#include "base/error.h"
#include "runtime/criu-rpc.h"
#include "sys/process.h"

struct criu {
	int fd;	   /* our end of the socket */
	int pidfd; /* its process; -1 none */
	pid_t pid;
};

#define CRIU_INIT                                                                                  \
	{                                                                                          \
		.fd = -1, .pidfd = -1                                                              \
	}

/* What happens at a notification; @fd is what came with it, -1 none; the callee's to close. */
struct criu_callbacks {
	int (*notify)(const struct criu_response *what, int fd, void *arg, struct error *err);
	void *arg;
};

/* @program: a path, or a name to look for in $PATH; NULL "criu". Its fd 3 is the socket, fds[i]
 * come as 4 + i. ERR_NOT_FOUND: it is not installed. */
must_check int criu_start(const char *program, const int *fds, size_t n_fds, struct criu *ret,
			  struct error *err);
/* One request to its end; then criu has ended too. On failure the words of its log are told. */
must_check int criu_run(struct criu *criu, const struct criu_request *req,
			const struct criu_callbacks *callbacks, struct error *err);
void criu_release(struct criu *criu); /* ends it */
