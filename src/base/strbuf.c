/* SPDX-License-Identifier: Apache-2.0 */
/* The growing byte string, and the allocation that aborts. */
#include "base/strbuf.h"

#include <stdio.h>
#include <string.h>

enum { FORMATTED_MIN = 47 }; /* most that is formatted fits at the first attempt */

static _Noreturn void out_of_memory(void)
{
	static const char text[] = "out of memory\n";

	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	abort();
}

void *xmalloc(size_t size)
{
	void *ptr = malloc(size ? size : 1);

	if (!ptr)
		out_of_memory();
	return ptr;
}

void *xcalloc(size_t n, size_t size)
{
	void *ptr = calloc(n ? n : 1, size ? size : 1);

	if (!ptr)
		out_of_memory();
	return ptr;
}

void *xrealloc(void *ptr, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		out_of_memory();
	ptr = realloc(ptr, bytes ? bytes : 1);
	if (!ptr)
		out_of_memory();
	return ptr;
}

char *xstrndup(const char *str, size_t len)
{
	char *copy;

	if (!str)
		return NULL;
	len = strnlen(str, len);
	copy = xmalloc(len + 1);
	memcpy(copy, str, len);
	copy[len] = '\0';
	return copy;
}

char *xstrdup(const char *str)
{
	return str ? xstrndup(str, strlen(str)) : NULL;
}

char *xasprintf(const char *fmt, ...)
{
	struct strbuf sb = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&sb, fmt, ap);
	va_end(ap);
	return strbuf_take(&sb);
}

void strbuf_release(struct strbuf *sb)
{
	free(sb->data);
	*sb = (struct strbuf)STRBUF_INIT;
}

void strbuf_reset(struct strbuf *sb)
{
	sb->len = 0;
	if (sb->data)
		sb->data[0] = '\0';
}

void strbuf_reserve(struct strbuf *sb, size_t extra)
{
	size_t need, cap = sb->cap ? sb->cap : 64;

	if (__builtin_add_overflow(sb->len, extra, &need) || __builtin_add_overflow(need, 1, &need))
		out_of_memory();
	if (need <= sb->cap)
		return;
	while (cap < need)
		cap = cap > SIZE_MAX / 2 ? need : cap * 2;
	sb->data = xrealloc(sb->data, cap, 1);
	sb->cap = cap;
}

void strbuf_add(struct strbuf *sb, const void *data, size_t len)
{
	strbuf_reserve(sb, len);
	if (len)
		memcpy(sb->data + sb->len, data, len);
	sb->len += len;
	sb->data[sb->len] = '\0';
}

void strbuf_adds(struct strbuf *sb, const char *str)
{
	strbuf_add(sb, str, strlen(str));
}

void strbuf_addc(struct strbuf *sb, char c)
{
	strbuf_reserve(sb, 1);
	sb->data[sb->len++] = c;
	sb->data[sb->len] = '\0';
}

void strbuf_vaddf(struct strbuf *sb, const char *fmt, va_list ap)
{
	size_t room;
	va_list again;
	int len;

	strbuf_reserve(sb, FORMATTED_MIN);
	room = sb->cap - sb->len;
	va_copy(again, ap);
	len = vsnprintf(sb->data + sb->len, room, fmt, ap);
	if (len >= 0 && (size_t)len >= room) {
		strbuf_reserve(sb, (size_t)len);
		len = vsnprintf(sb->data + sb->len, (size_t)len + 1, fmt, again);
	}
	va_end(again);
	if (len > 0)
		sb->len += (size_t)len;
	sb->data[sb->len] = '\0';
}

void strbuf_addf(struct strbuf *sb, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(sb, fmt, ap);
	va_end(ap);
}

const char *strbuf_str(const struct strbuf *sb)
{
	return sb->data ? sb->data : "";
}

char *strbuf_take(struct strbuf *sb)
{
	char *data = sb->data ? sb->data : xstrdup("");

	*sb = (struct strbuf)STRBUF_INIT;
	return data;
}
