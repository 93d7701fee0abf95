/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lanes and who empties them. Invariants, under the hasher's lock: (1) a lane's bytes from tail to
 * head are not digested yet, and nobody writes to them; head is moved by the producer, tail by who
 * has it busy. (2) A lane is busy for one thread at most,
 * and then it has bytes. (3) Threads work while a lane is urgent,
 * and nobody waits for a lane that is not.
 */
#include "transfer/hasher.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "transfer/hash.h"
#include "transfer/sha256-lanes.h"

enum {
	ROOM_MIN = 64 * 1024,	       /* less is waited for */
	URGENT_AT = LANE_SIZE / 4 * 3, /* bytes that wait for their digest … */
	URGENT_UNTIL = LANE_SIZE / 4,
	STEP_MAX = LANE_SIZE / 4, /* of each lane, before producers are told */
	SELF_MAX = 64 * 1024,	  /* at its end, a lane's own thread does so much */
	LITTLE = 1024,		  /* of a lane: not worth to hold up others */
	ALONE_MAX = 2,		  /* so few lanes are taken one by one, by two threads */
	THREADS_MAX = 8,
};

struct lane {
	struct hasher *hasher;
	struct lane *next;
	struct hash hash;
	uint64_t head, tail;
	bool urgent, busy;
	pthread_cond_t moved; /* tail, or no longer busy */
	uint8_t data[LANE_SIZE];
};

struct hasher {
	pthread_mutex_t lock;
	pthread_cond_t wanted; /* a lane is urgent */
	struct lane *lanes;
	bool at_once; /* several lanes by one thread */
	unsigned int n_threads, max_threads;
};

struct hasher *hasher_new(void)
{
	struct hasher *h = xcalloc(1, sizeof(*h));
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	(void)pthread_mutex_init(&h->lock, NULL);
	(void)pthread_cond_init(&h->wanted, NULL);
	h->at_once = sha256_lanes_pay();
	h->max_threads = h->at_once ? 2 : THREADS_MAX;
	if (cpus > 0 && (unsigned long)cpus < h->max_threads)
		h->max_threads = (unsigned int)cpus;
	return h;
}

static size_t span(const struct lane *lane)
{
	size_t at = lane->tail % LANE_SIZE, n = (size_t)(lane->head - lane->tail);

	return n < LANE_SIZE - at ? n : LANE_SIZE - at;
}

static uint8_t *span_data(struct lane *lane)
{
	return lane->data + lane->tail % LANE_SIZE;
}

static bool is_ready(const struct lane *lane, bool urgent)
{
	return !lane->busy && lane->head > lane->tail && lane->urgent == urgent;
}

/* What this thread takes now: urgent lanes first, and with them the others. */
static size_t claim(struct hasher *h, struct lane *ret[])
{
	size_t n = 0;

	for (int urgent = 1; urgent >= 0 && (urgent || n > 0); urgent--) {
		for (struct lane *l = h->lanes; l && n < SHA256_LANES; l = l->next) {
			if (is_ready(l, urgent))
				ret[n++] = l;
		}
	}
	if (n > 1 && (!h->at_once || n <= ALONE_MAX))
		n = 1;
	for (size_t i = 0; i < n; i++)
		ret[i]->busy = true;
	return n;
}

/* All streams are at a block's beginning then, or have taken what is there. */
static size_t take_little(struct lane *lane, size_t len)
{
	size_t n = len < LITTLE ? len : hash_misaligned(&lane->hash);

	hash_add(&lane->hash, span_data(lane), n);
	return n;
}

/* Of each so much as the one with the least has, but for those that have next to nothing. */
static void take_several(struct lane *lanes[], const size_t lens[], size_t n, size_t ret_done[])
{
	struct hash *hashes[SHA256_LANES];
	const uint8_t *data[SHA256_LANES];
	size_t which[SHA256_LANES], m = 0, blocks = STEP_MAX / SHA256_BLOCK;

	for (size_t i = 0; i < n; i++) {
		size_t left;

		ret_done[i] = take_little(lanes[i], lens[i]);
		left = (lens[i] - ret_done[i]) / SHA256_BLOCK;
		if (left == 0)
			continue;
		hashes[m] = &lanes[i]->hash;
		data[m] = span_data(lanes[i]) + ret_done[i];
		which[m++] = i;
		blocks = left < blocks ? left : blocks;
	}
	hash_add_blocks(hashes, data, m, blocks);
	for (size_t i = 0; i < m; i++)
		ret_done[which[i]] += blocks * SHA256_BLOCK;
}

static void release(struct lane *lane, size_t done)
{
	lane->tail += done;
	lane->busy = false;
	if (lane->head - lane->tail <= URGENT_UNTIL)
		lane->urgent = false;
	(void)pthread_cond_broadcast(&lane->moved);
}

/* Has the lock, which it gives away meanwhile. */
static void work(struct hasher *h, struct lane *lanes[], size_t n)
{
	size_t lens[SHA256_LANES] = { 0 }, done[SHA256_LANES];

	for (size_t i = 0; i < n; i++)
		lens[i] = span(lanes[i]);
	(void)pthread_mutex_unlock(&h->lock);
	if (n > 1) {
		take_several(lanes, lens, n, done);
	} else {
		done[0] = lens[0] < STEP_MAX ? lens[0] : STEP_MAX;
		hash_add(&lanes[0]->hash, span_data(lanes[0]), done[0]);
	}
	(void)pthread_mutex_lock(&h->lock);
	for (size_t i = 0; i < n; i++)
		release(lanes[i], done[i]);
}

static void *run_thread(void *arg)
{
	struct hasher *h = arg;

	(void)pthread_mutex_lock(&h->lock);
	while (true) {
		struct lane *lanes[SHA256_LANES];
		size_t n = claim(h, lanes);

		if (n > 0)
			work(h, lanes, n);
		else
			(void)pthread_cond_wait(&h->wanted, &h->lock);
	}
	return NULL;
}

/* Threads inherit the sandbox. Without any (a limit of the machine) the producer does it all. */
static bool hasher_wake(struct hasher *h)
{
	while (h->n_threads < h->max_threads) {
		pthread_t id;

		if (pthread_create(&id, NULL, run_thread, h) != 0)
			break;
		(void)pthread_detach(id);
		h->n_threads++;
	}
	(void)pthread_cond_broadcast(&h->wanted);
	return h->n_threads > 0;
}

/* Until the lane has at most so many bytes that wait; has the lock. */
static void lane_wait(struct lane *lane, size_t most)
{
	while (lane->head - lane->tail > most) {
		lane->urgent = true;
		if (hasher_wake(lane->hasher)) {
			(void)pthread_cond_wait(&lane->moved, &lane->hasher->lock);
		} else {
			lane->busy = true;
			work(lane->hasher, &lane, 1);
		}
	}
}

struct lane *lane_new(struct hasher *hasher)
{
	struct lane *lane = xcalloc(1, sizeof(*lane));

	lane->hasher = hasher;
	hash_init(&lane->hash);
	(void)pthread_cond_init(&lane->moved, NULL);
	if (!hasher)
		return lane;
	(void)pthread_mutex_lock(&hasher->lock);
	lane->next = hasher->lanes;
	hasher->lanes = lane;
	(void)pthread_mutex_unlock(&hasher->lock);
	return lane;
}

static void lane_leave(struct lane *lane)
{
	struct hasher *h = lane->hasher;
	struct lane **at = &h->lanes;

	(void)pthread_mutex_lock(&h->lock);
	while (lane->busy)
		(void)pthread_cond_wait(&lane->moved, &h->lock);
	while (*at != lane)
		at = &(*at)->next;
	*at = lane->next;
	(void)pthread_mutex_unlock(&h->lock);
}

void lane_free(struct lane *lane)
{
	if (!lane)
		return;
	if (lane->hasher)
		lane_leave(lane);
	(void)pthread_cond_destroy(&lane->moved);
	free(lane);
}

uint8_t *lane_room(struct lane *lane, size_t *ret_len)
{
	size_t at = lane->head % LANE_SIZE, room = LANE_SIZE, to_end = LANE_SIZE - at;

	if (lane->hasher) {
		(void)pthread_mutex_lock(&lane->hasher->lock);
		if (LANE_SIZE - (lane->head - lane->tail) < ROOM_MIN)
			lane_wait(lane, LANE_SIZE - ROOM_MIN);
		room = (size_t)(LANE_SIZE - (lane->head - lane->tail));
		(void)pthread_mutex_unlock(&lane->hasher->lock);
	}
	room = room < to_end ? room : to_end;
	*ret_len = room < LANE_PIECE ? room : LANE_PIECE;
	return lane->data + at;
}

void lane_push(struct lane *lane, size_t len)
{
	struct hasher *h = lane->hasher;

	if (!h) {
		lane->head += len;
		return;
	}
	(void)pthread_mutex_lock(&h->lock);
	lane->head += len;
	if (!lane->urgent && lane->head - lane->tail >= URGENT_AT) {
		lane->urgent = true;
		(void)hasher_wake(h);
	}
	(void)pthread_mutex_unlock(&h->lock);
}

void lane_digest(struct lane *lane, char ret[DIGEST_SIZE])
{
	struct hasher *h = lane->hasher;

	(void)pthread_mutex_lock(&h->lock);
	while (!lane->busy && lane->head > lane->tail && lane->head - lane->tail <= SELF_MAX) {
		lane->busy = true;
		work(h, &lane, 1);
	}
	lane_wait(lane, 0);
	(void)pthread_mutex_unlock(&h->lock);
	hash_finish(&lane->hash, ret);
}
