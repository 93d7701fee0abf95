/* SPDX-License-Identifier: Apache-2.0 */
/* Progress of long work as lines of JSON, each sent as it comes, bars at most ten times a
 * second. */
#pragma once

#include "api/request.h"
#include "wire/progress.h"

struct progress_seen {
	char *id;
	int64_t last; /* monotonic ns of the last bar sent */
};

struct progress {
	struct request *req;
	struct progress_seen *seen;
	size_t n;
};

/* The image code's progress_sink; arg is a struct progress. The answer's head goes out with the
 * first message. */
int progress_send(void *arg, const struct progress_message *msg);
/* The work's result: an error behind the first message becomes the last line, before it an HTTP
 * status. */
must_check int progress_finish(struct progress *progress, int result, struct error *err);
void progress_release(struct progress *progress);
