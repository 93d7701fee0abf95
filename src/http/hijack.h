/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The framing of multiplexed streams (application/vnd.docker.multiplexed-stream): {stream, 0,
 * 0, 0, length as 32-bit big endian} before each piece. Stream 0 stdin, 1 stdout, 2 stderr, 3
 * an error of the engine.
 *
 * An engine whose answers carry FEATURES_HEADER with FEATURE_EXIT_FRAME takes two more parameters,
 * that spare `hoy` the connections (and the engine the workers) it would need else. "hoy-exit=1" of
 * a framed exec start or attach: when the end of the program is known, and on record, it is told by
 * a last frame, HIJACK_EXIT, whose payload is the exit code in decimal. "hoy-start=1" of an attach:
 * the container is started before the answer, which is the start's when that fails.
 */
#pragma once

#include "base/macros.h"

enum { HIJACK_HEADER_SIZE = 8, HIJACK_EXIT = 4 };

#define FEATURES_HEADER "Hoy-Features"
#define FEATURE_EXIT_FRAME "exit-frame"

#define CONTENT_TYPE_RAW_STREAM "application/vnd.docker.raw-stream"
#define CONTENT_TYPE_MULTIPLEXED_STREAM "application/vnd.docker.multiplexed-stream"

void hijack_header_encode(uint8_t out[HIJACK_HEADER_SIZE], int stream, size_t len);

/* Takes a framed stream apart as its bytes come, in pieces of any size; frames are never
 * gathered. */
struct hijack_demux {
	uint8_t header[HIJACK_HEADER_SIZE];
	size_t header_len; /* bytes of header that are there */
	size_t left;	   /* bytes of the frame's payload still to come */
};

#define HIJACK_DEMUX_INIT                                                                          \
	{                                                                                          \
		.left = 0                                                                          \
	}

typedef int (*hijack_sink)(void *arg, int stream, const void *data, size_t len);

/* Calls sink for each piece; its negative result ends and is returned. -EBADMSG: not such a
 * stream. */
must_check int hijack_demux_feed(struct hijack_demux *demux, const void *data, size_t len,
				 hijack_sink sink, void *arg);
