/* SPDX-License-Identifier: Apache-2.0 */
/* A growing byte string, always NUL-terminated behind its length. Out of memory aborts: bound
 * sizes first. */
#pragma once

#include <stdarg.h>

#include "base/macros.h"

struct strbuf {
	char *data; /* NULL until first written; use strbuf_str() to read */
	size_t len;
	size_t cap;
};

#define STRBUF_INIT                                                                                \
	{                                                                                          \
		NULL, 0, 0                                                                         \
	}

void strbuf_release(struct strbuf *sb);
void strbuf_reset(struct strbuf *sb); /* length 0, memory kept */
void strbuf_add(struct strbuf *sb, const void *data, size_t len);
void strbuf_adds(struct strbuf *sb, const char *str);
void strbuf_addc(struct strbuf *sb, char c);
void strbuf_addf(struct strbuf *sb, const char *fmt, ...) format_printf(2, 3);
void strbuf_vaddf(struct strbuf *sb, const char *fmt, va_list ap);
void strbuf_reserve(struct strbuf *sb, size_t extra); /* room for extra bytes beyond len */
const char *strbuf_str(const struct strbuf *sb);      /* "" when empty, never NULL */
/* the string, owned by the caller; sb is empty after */
char *strbuf_take(struct strbuf *sb);

/* Allocation that aborts when memory is out (the whole house uses these, never raw malloc). */
void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *ptr, size_t n, size_t size); /* checks n * size */
char *xstrdup(const char *str);			  /* NULL gives NULL */
char *xstrndup(const char *str, size_t len);
char *xasprintf(const char *fmt, ...) format_printf(1, 2);
