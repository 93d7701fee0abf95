/* SPDX-License-Identifier: Apache-2.0 */
/* Digests of several streams at once, against those of one after the other. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "transfer/hash.h"
#include "transfer/hasher.h"
#include "transfer/sha256-lanes.h"

enum { BLOCKS = 5, STREAMS = 12 };

static void fill(uint8_t *data, size_t len, unsigned int seed)
{
	for (size_t i = 0; i < len; i++) {
		seed = seed * 1103515245U + 12345U;
		data[i] = (uint8_t)(seed >> 16);
	}
}

/* Each stream has other bytes and another state before; what follows is counted right, too. */
static void test_blocks(void **state)
{
	uint8_t data[SHA256_LANES][BLOCKS * SHA256_BLOCK];

	for (size_t n = 1; n <= SHA256_LANES; n++) {
		struct hash at_once[SHA256_LANES], single[SHA256_LANES], *hashes[SHA256_LANES];
		const uint8_t *rows[SHA256_LANES];

		for (size_t i = 0; i < n; i++) {
			fill(data[i], sizeof(data[i]), (unsigned int)(17 * n + i));
			hash_init(&single[i]);
			hash_add(&single[i], data[i], i * SHA256_BLOCK);
			at_once[i] = single[i];
			hashes[i] = &at_once[i];
			rows[i] = data[i];
			assert_int_equal(hash_misaligned(hashes[i]), 0);
		}
		hash_add_blocks(hashes, rows, n, BLOCKS);
		for (size_t i = 0; i < n; i++) {
			char want[DIGEST_SIZE], got[DIGEST_SIZE];

			hash_add(&single[i], data[i], sizeof(data[i]));
			hash_add(&single[i], "tail", 4);
			hash_add(&at_once[i], "tail", 4);
			assert_int_equal(hash_misaligned(&at_once[i]), SHA256_BLOCK - 4);
			hash_finish(&single[i], want);
			hash_finish(&at_once[i], got);
			assert_string_equal(got, want);
		}
	}
}

struct stream {
	struct hasher *hasher;
	uint8_t *data;
	size_t len;
	unsigned int seed;
	char got[DIGEST_SIZE];
};

/* In pieces of any size, small ones and all the room that there is. */
static void *produce(void *arg)
{
	struct stream *s = arg;
	struct lane *lane = lane_new(s->hasher);
	size_t done = 0;

	for (unsigned int i = s->seed; done < s->len; i = i * 1103515245U + 12345U) {
		size_t room, n;
		uint8_t *to = lane_room(lane, &room);

		n = i & 0x10000 ? room : 1 + (i >> 17) % room;
		n = n < s->len - done ? n : s->len - done;
		memcpy(to, s->data + done, n);
		lane_push(lane, n);
		done += n;
	}
	lane_digest(lane, s->got);
	lane_free(lane);
	return NULL;
}

static void test_streams(void **state)
{
	static const size_t lens[STREAMS] = {
		0, 1, 63, 64, 65, 100000, 1048576, 1048577, 3000001, 5000000, 7654321, 12000000
	};
	struct hasher *hasher = hasher_new();
	struct stream streams[STREAMS];
	pthread_t threads[STREAMS];

	for (size_t i = 0; i < STREAMS; i++) {
		streams[i] = (struct stream){ .hasher = hasher,
					      .data = xcalloc(1, lens[i] + 1),
					      .len = lens[i],
					      .seed = (unsigned int)i };
		fill(streams[i].data, lens[i], (unsigned int)i);
		assert_int_equal(pthread_create(&threads[i], NULL, produce, &streams[i]), 0);
	}
	for (size_t i = 0; i < STREAMS; i++) {
		char want[DIGEST_SIZE];

		assert_int_equal(pthread_join(threads[i], NULL), 0);
		digest_of(streams[i].data, lens[i], want);
		assert_string_equal(streams[i].got, want);
		free(streams[i].data);
	}
}

/* One that is given up while others wait, and one without a digest. */
static void test_given_up(void **state)
{
	struct hasher *hasher = hasher_new();
	struct lane *lane = lane_new(hasher), *plain = lane_new(NULL);

	for (int i = 0; i < 40; i++) {
		size_t room;

		memset(lane_room(lane, &room), i, 1);
		assert_true(room > 0);
		lane_push(lane, room);
		(void)lane_room(plain, &room);
		assert_true(room > 0);
		lane_push(plain, room);
	}
	lane_free(lane);
	lane_free(plain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_streams),
		cmocka_unit_test(test_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
