/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads that share the rows of a list. To look at one is half a dozen system calls, half of what
 * a long list costs.
 */
#include "engine/list-look.h"

#include <pthread.h>
#include <sched.h>

enum {
	ROWS_FOR_A_THREAD = 128, /* fewer are looked at while one starts */
	THREADS_MAX = 4,
};

/* A part of the rows. */
struct look {
	const struct engine *e;
	struct container_row *rows;
	struct row_look *ret;
	size_t n;
};

static void *look_at(void *arg)
{
	const struct look *look = arg;

	for (size_t i = 0; i < look->n; i++) {
		struct container *rec = &look->rows[i].rec;

		if (look->rows[i].summary.text)
			look->ret[i].done = instance_glance(look->e, rec->id, &rec->life,
							    &look->ret[i].news, NULL) >= 0;
	}
	return NULL;
}

/* How many threads are of use. */
static size_t parts_of(size_t n)
{
	size_t parts = 1 + n / ROWS_FOR_A_THREAD, processors = 1;
	cpu_set_t set;

	if (parts > 1 && sched_getaffinity(0, sizeof(set), &set) == 0)
		processors = (size_t)CPU_COUNT(&set);
	parts = parts < processors ? parts : processors;
	return parts < THREADS_MAX ? parts : THREADS_MAX;
}

struct row_look *list_look(const struct engine *e, struct container_row *rows, size_t n)
{
	size_t parts = parts_of(n), started = 0;
	struct look looks[THREADS_MAX];
	pthread_t threads[THREADS_MAX];
	struct row_look *ret;

	if (parts < 2)
		return NULL;
	ret = xcalloc(n, sizeof(*ret));
	for (size_t k = 0; k < parts; k++) {
		size_t first = n * k / parts;

		looks[k] =
			(struct look){ e, rows + first, ret + first, n * (k + 1) / parts - first };
	}
	/* the last part is ours, and what there is no thread for */
	while (started + 1 < parts &&
	       pthread_create(&threads[started], NULL, look_at, &looks[started]) == 0)
		started++;
	for (size_t k = started; k < parts; k++)
		look_at(&looks[k]);
	for (size_t k = 0; k < started; k++)
		(void)pthread_join(threads[k], NULL);
	return ret;
}
