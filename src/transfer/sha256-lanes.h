/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-256 of several streams at once, for processors without instructions for SHA: their vectors
 * hold a word of each of eight streams, and all eight cost little more than one does.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SHA256_LANES = 8, SHA256_BLOCK = 64 };

/* False: this processor is at its best with one stream after the other. */
bool sha256_lanes_pay(void);
/* n (1 … SHA256_LANES) streams, each its state, eight words, and n_blocks whole blocks. Only where
 * sha256_lanes_pay. */
void sha256_lanes_add(uint32_t *const states[], const uint8_t *const data[], size_t n,
		      size_t n_blocks);
