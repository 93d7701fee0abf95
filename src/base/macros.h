/* SPDX-License-Identifier: Apache-2.0 */
/* Scope-bound cleanup and the small macros that every file uses. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#define must_check __attribute__((warn_unused_result))
#define format_printf(fmt, first) __attribute__((format(printf, fmt, first)))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* For a must_check result that truly does not matter here (best effort); say why beside it. */
#define ignore_result(expr)                                                                        \
	do {                                                                                       \
		__typeof__(expr) _ignored = (expr);                                                \
		(void)_ignored;                                                                    \
	} while (0)

/* cleanup(x_release): run x_release(&var) when var leaves its scope. */
#define cleanup(fn) __attribute__((cleanup(fn)))
#define cleanup_free cleanup(macros_free_ptr)
#define cleanup_fd cleanup(macros_close_fd)

static inline void macros_free_ptr(void *ptr)
{
	free(*(void **)ptr);
}

/* Closes when *fd >= 0; -1 is "none". errno is kept, so that a return value computed from it
 * holds. */
void macros_close_fd(int *fd);

/* Hand over ownership: the variable becomes NULL / -1, its old value is the result. */
#define take_ptr(ptr)                                                                              \
	__extension__({                                                                            \
		__typeof__(ptr) *_p = &(ptr);                                                      \
		__typeof__(ptr) _v = *_p;                                                          \
		*_p = NULL;                                                                        \
		_v;                                                                                \
	})

static inline int take_fd(int *fd)
{
	int v = *fd;

	*fd = -1;
	return v;
}
