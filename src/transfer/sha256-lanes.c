/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 by vectors, as AVX2 and AVX-512 have them. Elsewhere there is none: libcrypto does one
 * stream after the other. */
#include "transfer/sha256-lanes.h"

#include <stdlib.h>
#include <string.h>

#include "oci/digest.h"

#ifdef __x86_64__
#include <cpuid.h>
#include <immintrin.h>

typedef uint32_t column __attribute__((vector_size(32))); /* a word of each stream */

/* gcc's analyzer takes a shift of a vector for one of the vector's length. */
#pragma GCC diagnostic ignored "-Wanalyzer-shift-count-overflow"

#define AVX2 __attribute__((target("avx2")))
#define AVX512 __attribute__((target("avx2,avx512f,avx512vl")))

/* Eight words of each stream from @offset on: rows become columns. */
AVX2 static inline void load_words(const uint8_t *const data[SHA256_LANES], size_t offset,
				   column ret[8])
{
	const __m256i swap = _mm256_setr_epi8(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12,
					      3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
	__m256i row[8], pair[8], four[8];

#pragma GCC unroll 8
	for (int i = 0; i < 8; i++)
		row[i] = _mm256_shuffle_epi8(
			_mm256_loadu_si256((const __m256i *)(const void *)(data[i] + offset)),
			swap);
#pragma GCC unroll 4
	for (int i = 0; i < 8; i += 2) {
		pair[i] = _mm256_unpacklo_epi32(row[i], row[i + 1]);
		pair[i + 1] = _mm256_unpackhi_epi32(row[i], row[i + 1]);
	}
#pragma GCC unroll 2
	for (int i = 0; i < 8; i += 4) {
		four[i] = _mm256_unpacklo_epi64(pair[i], pair[i + 2]);
		four[i + 1] = _mm256_unpackhi_epi64(pair[i], pair[i + 2]);
		four[i + 2] = _mm256_unpacklo_epi64(pair[i + 1], pair[i + 3]);
		four[i + 3] = _mm256_unpackhi_epi64(pair[i + 1], pair[i + 3]);
	}
#pragma GCC unroll 4
	for (int i = 0; i < 4; i++) {
		ret[i] = (column)_mm256_permute2x128_si256(four[i], four[i + 4], 0x20);
		ret[i + 4] = (column)_mm256_permute2x128_si256(four[i], four[i + 4], 0x31);
	}
}

#define KERNEL add_avx2
#define KERNEL_TARGET AVX2
#define XOR3(x, y, z) ((x) ^ (y) ^ (z))
#define CHOOSE(x, y, z) ((z) ^ ((x) & ((y) ^ (z))))
#define MAJORITY(x, y, z) (((x) & (y)) | ((z) & ((x) | (y))))
#include "transfer/sha256-kernel.h"

#define TERNARY(x, y, z, table)                                                                    \
	((column)_mm256_ternarylogic_epi32((__m256i)(x), (__m256i)(y), (__m256i)(z), table))
#define KERNEL add_avx512
#define KERNEL_TARGET AVX512
#define XOR3(x, y, z) TERNARY(x, y, z, 0x96)
#define CHOOSE(x, y, z) TERNARY(x, y, z, 0xca)
#define MAJORITY(x, y, z) TERNARY(x, y, z, 0xe8)
#include "transfer/sha256-kernel.h"

static bool has_sha_instructions(void)
{
	unsigned int a, b, c, d;

	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && b & 1U << 29;
}

bool sha256_lanes_pay(void)
{
	return __builtin_cpu_supports("avx2") && !has_sha_instructions();
}

AVX2 void sha256_lanes_add(uint32_t *const states[], const uint8_t *const data[], size_t n,
			   size_t n_blocks)
{
	const uint8_t *rows[SHA256_LANES];
	uint32_t words[8][SHA256_LANES];
	column state[8];

	for (size_t i = 0; i < SHA256_LANES; i++) {
		size_t lane = i < n ? i : 0; /* whose result nobody wants */

		rows[i] = data[lane];
		for (size_t word = 0; word < 8; word++)
			words[word][i] = states[lane][word];
	}
	memcpy(state, words, sizeof(state));
	if (__builtin_cpu_supports("avx512vl"))
		add_avx512(state, rows, n_blocks);
	else
		add_avx2(state, rows, n_blocks);
	memcpy(words, state, sizeof(state));
	for (size_t i = 0; i < n; i++) {
		for (size_t word = 0; word < 8; word++)
			states[i][word] = words[word][i];
	}
}

#else

bool sha256_lanes_pay(void)
{
	return false;
}

void sha256_lanes_add(uint32_t *const states[], const uint8_t *const data[], size_t n,
		      size_t n_blocks)
{
	abort(); /* against the contract */
}

#endif
