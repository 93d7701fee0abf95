/* SPDX-License-Identifier: Apache-2.0 */
/* NULL-terminated vectors of owned strings. */
#include "base/strv.h"

#include <stdarg.h>
#include <string.h>

#include "base/strbuf.h"

void strv_free(char **v)
{
	if (!v)
		return;
	for (char **p = v; *p; p++)
		free(*p);
	free(v);
}

void strv_release(char ***v)
{
	strv_free(*v);
	*v = NULL;
}

size_t strv_len(char *const *v)
{
	size_t n = 0;

	while (v && v[n])
		n++;
	return n;
}

char **strv_copy(char *const *v)
{
	char **copy = NULL;

	if (!v)
		return NULL;
	copy = xcalloc(strv_len(v) + 1, sizeof(*copy));
	for (size_t i = 0; v[i]; i++)
		copy[i] = xstrdup(v[i]);
	return copy;
}

void strv_push_take(char ***v, char *str)
{
	size_t n = strv_len(*v);

	*v = xrealloc(*v, n + 2, sizeof(**v));
	(*v)[n] = str;
	(*v)[n + 1] = NULL;
}

void strv_push(char ***v, const char *str)
{
	strv_push_take(v, xstrdup(str));
}

void strv_pushf(char ***v, const char *fmt, ...)
{
	struct strbuf sb = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&sb, fmt, ap);
	va_end(ap);
	strv_push_take(v, strbuf_take(&sb));
}

void strv_extend(char ***v, char *const *more)
{
	for (; more && *more; more++)
		strv_push(v, *more);
}

bool strv_contains(char *const *v, const char *str)
{
	for (; v && *v; v++)
		if (!strcmp(*v, str))
			return true;
	return false;
}

char **strv_split(const char *str, char sep)
{
	char **v = NULL;

	for (;;) {
		const char *end = strchrnul(str, sep);

		strv_push_take(&v, xstrndup(str, (size_t)(end - str)));
		if (!*end)
			return v;
		str = end + 1;
	}
}

char *strv_join(char *const *v, const char *sep)
{
	struct strbuf sb = STRBUF_INIT;

	for (size_t i = 0; v && v[i]; i++) {
		if (i)
			strbuf_adds(&sb, sep);
		strbuf_adds(&sb, v[i]);
	}
	return strbuf_take(&sb);
}

const char *strv_env_get(char *const *env, const char *name)
{
	size_t len = strlen(name);

	for (; env && *env; env++)
		if (!strncmp(*env, name, len) && (*env)[len] == '=')
			return *env + len + 1;
	return NULL;
}

void strv_env_set(char ***env, const char *assignment)
{
	size_t len = strcspn(assignment, "=");

	for (char **p = *env; p && *p; p++) {
		if (strncmp(*p, assignment, len) || ((*p)[len] != '=' && (*p)[len] != '\0'))
			continue;
		free(*p);
		*p = xstrdup(assignment);
		return;
	}
	strv_push(env, assignment);
}
