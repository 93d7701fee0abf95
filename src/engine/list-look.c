/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads that share the rows of a list. To look at one is half a dozen system calls, half of what
 * a long list costs.
 */
#include "engine/list-look.h"

#include <sched.h>

enum {
	ROWS_FOR_A_THREAD = 128, /* fewer are looked at while one starts */
	ROWS_AT_ONCE = 16,
};

static void *look_at(void *arg)
{
	struct list_look *look = arg;
	size_t from;

	while ((from = atomic_fetch_add(&look->next, ROWS_AT_ONCE)) < look->n) {
		for (size_t i = from; i < look->n && i < from + ROWS_AT_ONCE; i++) {
			struct container *rec = &look->rows[i].rec;

			look->looks[i].done = instance_glance(look->e, rec->id, &rec->life,
							      &look->looks[i].news, NULL) >= 0;
		}
	}
	return NULL;
}

/* How many threads are of use beside the caller's. */
static size_t threads_of(size_t n)
{
	size_t threads = n / ROWS_FOR_A_THREAD;
	cpu_set_t set;

	if (threads == 0 || sched_getaffinity(0, sizeof(set), &set) < 0)
		return 0;
	if (threads > (size_t)CPU_COUNT(&set) - 1)
		threads = (size_t)CPU_COUNT(&set) - 1;
	return threads < LIST_LOOK_THREADS ? threads : LIST_LOOK_THREADS;
}

void list_look_begin(struct list_look *look, const struct engine *e, struct container_row *rows,
		     size_t n)
{
	size_t threads = threads_of(n);

	look->e = e;
	look->rows = rows;
	look->n = n;
	if (threads == 0)
		return;
	look->looks = xcalloc(n, sizeof(*look->looks));
	while (look->n_threads < threads &&
	       pthread_create(&look->threads[look->n_threads], NULL, look_at, look) == 0)
		look->n_threads++;
}

static void join(struct list_look *look)
{
	for (size_t k = 0; k < look->n_threads; k++)
		(void)pthread_join(look->threads[k], NULL);
	look->n_threads = 0;
}

void list_look_end(struct list_look *look)
{
	if (look->looks)
		look_at(look);
	join(look);
}

void list_look_release(struct list_look *look)
{
	atomic_store(&look->next, look->n);
	join(look);
	free(look->looks);
	look->looks = NULL;
}
