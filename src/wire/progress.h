/* SPDX-License-Identifier: Apache-2.0 */
/* One line of the answer to a pull, push, import, load or build. */
#pragma once

#include "wire/shape.h"

struct progress_detail { /* {} when neither is known */
	int64_t current, total;
	bool hidecounts;
	char *units;
};
WIRE_SHAPE(progress_detail)

struct progress_error {
	int64_t code;
	char *message;
};
WIRE_SHAPE(progress_error)

struct progress_message {
	char *stream; /* build output */
	char *status; /* "Downloading" */
	struct progress_detail *progress_detail;
	char *progress; /* "[====>   ]  1.2MB/3MB", for clients that do not draw */
	char *id;	/* layer or tag */
	struct progress_error *error_detail; /* the last line of work that failed … */
	char *error;			     /* … and its text again */
	char *aux;			     /* raw JSON */
};
WIRE_SHAPE(progress_message)
