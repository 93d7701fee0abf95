/* SPDX-License-Identifier: Apache-2.0 */
/* Digest syntax, and SHA-256 (FIPS 180-4) for small data. */
#include "oci/digest.h"

#include <string.h>

const uint32_t digest_round_constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
	0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
	0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
	0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
	0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
	0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2,
};

bool digest_is_hex(const char *str, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if ((str[i] < '0' || str[i] > '9') && (str[i] < 'a' || str[i] > 'f'))
			return false;
	}
	return len > 0;
}

bool digest_is_valid(const char *digest)
{
	return digest && strncmp(digest, "sha256:", 7) == 0 && strlen(digest) == DIGEST_LEN &&
	       digest_is_hex(digest + 7, DIGEST_HEX_LEN);
}

const char *digest_hex(const char *digest)
{
	return digest + 7;
}

void digest_format(const uint8_t raw[32], char ret[DIGEST_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	char *p = ret + 7;

	memcpy(ret, "sha256:", 7);
	for (size_t i = 0; i < 32; i++) {
		*p++ = digits[raw[i] >> 4];
		*p++ = digits[raw[i] & 15];
	}
	*p = '\0';
}

static uint32_t rotr(uint32_t x, unsigned int n)
{
	return x >> n | x << (32 - n);
}

static uint32_t load_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void sha256_schedule(const uint8_t block[64], uint32_t w[64])
{
	for (int i = 0; i < 16; i++)
		w[i] = load_be32(block + 4 * i);
	for (int i = 16; i < 64; i++) {
		uint32_t s0 = rotr(w[i - 15], 7) ^ rotr(w[i - 15], 18) ^ w[i - 15] >> 3;
		uint32_t s1 = rotr(w[i - 2], 17) ^ rotr(w[i - 2], 19) ^ w[i - 2] >> 10;

		w[i] = w[i - 16] + s0 + w[i - 7] + s1;
	}
}

static void sha256_block(uint32_t h[8], const uint8_t block[64])
{
	uint32_t w[64], v[8];

	sha256_schedule(block, w);
	memcpy(v, h, sizeof(v));
	for (int i = 0; i < 64; i++) {
		uint32_t s1 = rotr(v[4], 6) ^ rotr(v[4], 11) ^ rotr(v[4], 25);
		uint32_t choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
		uint32_t t1 = v[7] + s1 + choice + digest_round_constants[i] + w[i];
		uint32_t s0 = rotr(v[0], 2) ^ rotr(v[0], 13) ^ rotr(v[0], 22);
		uint32_t majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);

		memmove(v + 1, v, 7 * sizeof(v[0]));
		v[4] += t1;
		v[0] = t1 + s0 + majority;
	}
	for (int i = 0; i < 8; i++)
		h[i] += v[i];
}

/* The last one or two blocks: what is left, 0x80, zeros, the length in bits. */
static void sha256_finish(uint32_t h[8], const uint8_t *rest, size_t n_rest, uint64_t total)
{
	uint8_t tail[128] = { 0 };
	size_t len = n_rest < 56 ? 64 : 128;

	memcpy(tail, rest, n_rest);
	tail[n_rest] = 0x80;
	for (int i = 0; i < 8; i++)
		tail[len - 1 - i] = (uint8_t)(total * 8 >> 8 * i);
	for (size_t i = 0; i < len; i += 64)
		sha256_block(h, tail + i);
}

void digest_of(const void *data, size_t len, char ret[DIGEST_SIZE])
{
	uint32_t h[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
			  0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };
	const uint8_t *p = data;
	uint8_t raw[32];
	size_t whole = len / 64 * 64;

	for (size_t i = 0; i < whole; i += 64)
		sha256_block(h, p + i);
	sha256_finish(h, len > whole ? p + whole : (const uint8_t *)"", len - whole, len);
	for (int i = 0; i < 32; i++)
		raw[i] = (uint8_t)(h[i / 4] >> (24 - 8 * (i % 4)));
	digest_format(raw, ret);
}
