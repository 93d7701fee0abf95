/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that takes jobs: a socket (TRANSFER_JOBS_FD), a message and its fds for each job, until
 * the other side closes it. Each job runs in a thread of its own, so that what is costly to start
 * is started once: the program, its libraries, its sandbox, a registry's connections.
 */
#pragma once

#include "base/error.h"

struct job {
	char *text; /* the message; owned, as the fds are */
	size_t len;
	int control_fd; /* where its frames go */
	int fd, to_fd;	/* what it is about, where it goes; -1 none */
};

/* Before the first job runs, in the only thread that there is: gives up rights. < 0: that job is
 * told err, and there will be none. */
typedef int (*job_prepare)(const struct job *first, struct error *err);
/* Does it, up to TRANSFER_DONE; < 0: err is sent as TRANSFER_ERROR. Called in several threads. */
typedef int (*job_run)(struct job *job, struct error *err);

/* Until there will be no more jobs and all have ended. */
must_check int jobs_serve(job_prepare prepare, job_run run, struct error *err);
