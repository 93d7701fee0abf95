/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The border between -errno (base, sys) and words for a person (everything above).
 *
 * A function that takes a `struct error *err` returns 0 or a negative errno and sets err exactly
 * once on failure; callers wrap only to add a name that they know. Nobody logs and returns.
 */
#pragma once

#include <stdarg.h>

#include "base/macros.h"

/* What went wrong, as callers can tell it apart. api/reply.c maps a kind to an HTTP status, cli/
 * to an exit code. */
enum error_kind {
	ERR_NONE = 0,
	ERR_SYSTEM,	     /* 500: the machine or the engine failed      */
	ERR_INVALID,	     /* 400: the request makes no sense            */
	ERR_UNAUTHORIZED,    /* 401                                        */
	ERR_FORBIDDEN,	     /* 403                                        */
	ERR_NOT_FOUND,	     /* 404: no such container, image, network …   */
	ERR_CONFLICT,	     /* 409: name in use, container is running …   */
	ERR_UNAVAILABLE,     /* 503                                        */
	ERR_NOT_IMPLEMENTED, /* 501                                        */
};

struct error {
	enum error_kind kind;
	int errnum; /* positive errno, 0 when there is none */
	char *text; /* one sentence, no newline; owned      */
};

#define ERROR_INIT                                                                                 \
	{                                                                                          \
		ERR_NONE, 0, NULL                                                                  \
	}

/* Set err (which must be unset; NULL is allowed and drops the text). For ERR_SYSTEM with errnum
 * != 0, ": <strerror>" is appended. Returns -errnum, or -EINVAL when errnum is 0. */
int error_set(struct error *err, enum error_kind kind, int errnum, const char *fmt, ...)
	format_printf(4, 5);

/* Put "<prefix>: " before the text that err already has. Returns -errnum (or -EINVAL), like
 * error_set. */
int error_prefix(struct error *err, const char *fmt, ...) format_printf(2, 3);

/* Both are known to be negative: that a failed call has filled nothing in needs no second look by
 * the compiler and the analyzers. */
static inline int error_is_negative(int r)
{
	if (r >= 0)
		__builtin_unreachable();
	return r;
}
#define error_set(...) error_is_negative(error_set(__VA_ARGS__))
#define error_prefix(...) error_is_negative(error_prefix(__VA_ARGS__))

/* err's text, "" when unset; never NULL. */
const char *error_text(const struct error *err);

/* Free the text and make err unset again. Safe on NULL and twice. */
void error_release(struct error *err);
