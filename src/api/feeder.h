/* SPDX-License-Identifier: Apache-2.0 */
/* A request's body as a pipe: for programs that read a file descriptor and know no HTTP. */
#pragma once

#include "api/request.h"

struct feeder {
	int fd;	   /* read end of the body */
	int pidfd; /* the process that decodes it */
};

#define FEEDER_INIT                                                                                \
	{                                                                                          \
		-1, -1                                                                             \
	}

/* A child decodes the body into a pipe. The connection carries no further request. When the
 * body is cut short the client is gone, and what came must not be taken for the whole: the
 * child then ends this worker by SIGTERM. */
must_check int feeder_start(struct request *req, struct feeder *ret, struct error *err);
void feeder_release(struct feeder *feeder); /* waits for the child */
