/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside transfer/sha256-lanes.c, which includes it once for each kind of processor: SHA-256
 * (FIPS 180-4, 6.2.2) of eight streams, each a column of 32-bit words. Before: KERNEL, the
 * function's name; KERNEL_TARGET, what it may use; and XOR3, CHOOSE and MAJORITY.
 *
 * No #pragma once: it is meant to be included twice.
 */

#define ROTATE(x, n) ((x) >> (n) | (x) << (32 - (n)))
#define SUM0(x) XOR3(ROTATE(x, 2), ROTATE(x, 13), ROTATE(x, 22))
#define SUM1(x) XOR3(ROTATE(x, 6), ROTATE(x, 11), ROTATE(x, 25))
#define SIGMA0(x) XOR3(ROTATE(x, 7), ROTATE(x, 18), (x) >> 3)
#define SIGMA1(x) XOR3(ROTATE(x, 17), ROTATE(x, 19), (x) >> 10)

#define ROUND(a, b, c, d, e, f, g, h, t)                                                           \
	do {                                                                                       \
		h += SUM1(e) + CHOOSE(e, f, g) + (digest_round_constants[t] + w[(t) % 16]);        \
		d += h;                                                                            \
		h += SUM0(a) + MAJORITY(a, b, c);                                                  \
	} while (0)
#define EIGHT_ROUNDS(t)                                                                            \
	do {                                                                                       \
		ROUND(a, b, c, d, e, f, g, h, (t) + 0);                                            \
		ROUND(h, a, b, c, d, e, f, g, (t) + 1);                                            \
		ROUND(g, h, a, b, c, d, e, f, (t) + 2);                                            \
		ROUND(f, g, h, a, b, c, d, e, (t) + 3);                                            \
		ROUND(e, f, g, h, a, b, c, d, (t) + 4);                                            \
		ROUND(d, e, f, g, h, a, b, c, (t) + 5);                                            \
		ROUND(c, d, e, f, g, h, a, b, (t) + 6);                                            \
		ROUND(b, c, d, e, f, g, h, a, (t) + 7);                                            \
	} while (0)
#define SCHEDULE(t)                                                                                \
	(w[(t) % 16] += SIGMA1(w[((t) + 14) % 16]) + w[((t) + 9) % 16] + SIGMA0(w[((t) + 1) % 16]))

KERNEL_TARGET static void KERNEL(column state[8], const uint8_t *const data[SHA256_LANES],
				 size_t n_blocks)
{
	column w[16];

	for (size_t block = 0; block < n_blocks; block++) {
		column a = state[0], b = state[1], c = state[2], d = state[3];
		column e = state[4], f = state[5], g = state[6], h = state[7];

		load_words(data, 64 * block, w);
		load_words(data, 64 * block + 32, w + 8);
		EIGHT_ROUNDS(0);
		EIGHT_ROUNDS(8);
		for (unsigned int t = 16; t < 64; t += 16) {
#pragma GCC unroll 16
			for (unsigned int i = 0; i < 16; i++)
				SCHEDULE(i);
			EIGHT_ROUNDS(t);
			EIGHT_ROUNDS(t + 8);
		}
		state[0] += a;
		state[1] += b;
		state[2] += c;
		state[3] += d;
		state[4] += e;
		state[5] += f;
		state[6] += g;
		state[7] += h;
	}
}

#undef ROTATE
#undef SUM0
#undef SUM1
#undef SIGMA0
#undef SIGMA1
#undef ROUND
#undef EIGHT_ROUNDS
#undef SCHEDULE
#undef KERNEL
#undef KERNEL_TARGET
#undef XOR3
#undef CHOOSE
#undef MAJORITY
