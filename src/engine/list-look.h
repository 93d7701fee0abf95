/* SPDX-License-Identifier: Apache-2.0 */
/* A look at what lives of many containers, by threads, while the caller does other things. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "engine/instance.h"
#include "store/summaries.h"

enum { LIST_LOOK_THREADS = 3 };

/* What instance_glance found of a row, once somebody looked. */
struct row_look {
	bool done;
	struct instance_news news;
};

struct list_look {
	const struct engine *e;
	struct container_row *rows;
	struct row_look *looks; /* one for each row; NULL: there are too few to share */
	size_t n;
	atomic_size_t next; /* the first that nobody has taken */
	pthread_t threads[LIST_LOOK_THREADS];
	size_t n_threads;
};

/* instance_glance for each row: begin, then end, which takes part. Between the two, rec of each row
 * is theirs. Who could not be looked at is not done: the caller tries again, and gets the error. */
void list_look_begin(struct list_look *look, const struct engine *e, struct container_row *rows,
		     size_t n);
void list_look_end(struct list_look *look);
/* Without an end too. */
void list_look_release(struct list_look *look);
