/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Digests of the streams of a program, beside the threads that produce them. A stream goes through
 * a lane, a ring of LANE_SIZE bytes. Its producer fills it and uses what it has filled; threads of
 * the hasher take the digest. They wait until a lane is nearly full, and then take from all lanes
 * that have something: many at once are cheaper than one after the other (sha256-lanes.h).
 */
#pragma once

#include "oci/digest.h"

enum {
	LANE_SIZE = 1024 * 1024,
	LANE_PIECE = 256 * 1024, /* at most, of room */
};

struct hasher;
struct lane;

struct hasher *hasher_new(void); /* for the life of the process; threads come when needed */

/* hasher NULL: just a buffer. */
struct lane *lane_new(struct hasher *hasher);
void lane_free(struct lane *lane);
/* Where to put the next bytes, *ret_len of them at most (> 0). What was pushed last may be
 * overwritten from now on. */
uint8_t *lane_room(struct lane *lane, size_t *ret_len);
/* len bytes are there; they stay until the next lane_room. */
void lane_push(struct lane *lane, size_t len);
/* Of all that was pushed; waits for it. Once. */
void lane_digest(struct lane *lane, char ret[DIGEST_SIZE]);
