/* SPDX-License-Identifier: Apache-2.0 */
/* Reader of files of variables and labels. */
#include "cli/key-value.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/strv.h"
#include "sys/fd.h"

enum { KEY_VALUE_FILE_MAX = 16 * 1024 * 1024 };

static int parse_line(const char *line, size_t len, bool use_env, char ***list, struct error *err)
{
	const char *eq;
	size_t name_len;

	while (len && strchr(" \t\v\f\r", *line)) {
		line++;
		len--;
	}
	if (len && line[len - 1] == '\r')
		len--;
	if (len == 0 || *line == '#')
		return 0;
	eq = memchr(line, '=', len);
	name_len = eq ? (size_t)(eq - line) : len;
	if (name_len == 0)
		return error_set(err, ERR_INVALID, 0, "no variable name on line '%.*s'", (int)len,
				 line);
	for (size_t i = 0; i < name_len; i++)
		if (strchr(" \t", line[i]))
			return error_set(err, ERR_INVALID, 0,
					 "variable '%.*s' contains whitespaces", (int)name_len,
					 line);
	cleanup_free char *text = xstrndup(line, len);
	const char *own = eq || !use_env ? NULL : getenv(text);

	if (eq || !use_env)
		strv_push(list, text);
	else if (own)
		strv_pushf(list, "%s=%s", text, own);
	return 0;
}

int key_values_parse(const char *text, size_t len, bool use_env, char ***list, struct error *err)
{
	const char *end = text + len;

	if (memchr(text, '\0', len))
		return error_set(err, ERR_INVALID, 0, "not a text file");
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3;
	while (text < end) {
		const char *eol = memchr(text, '\n', end - text);
		int r = parse_line(text, (eol ? eol : end) - text, use_env, list, err);

		if (r < 0)
			return r;
		text = eol ? eol + 1 : end;
	}
	return 0;
}

int key_values_read_files(char *const *paths, bool use_env, char ***list, struct error *err)
{
	for (; paths && *paths; paths++) {
		cleanup_free char *text = NULL;
		cleanup_fd int fd = open(*paths, O_RDONLY | O_CLOEXEC);
		size_t len = 0;
		int r;

		if (fd < 0)
			return error_set(err, ERR_INVALID, 0, "open %s: %s", *paths,
					 errno == ENOENT ? "no such file or directory"
							 : strerror(errno));
		r = fd_read_all(fd, KEY_VALUE_FILE_MAX, &text, &len);
		if (r < 0)
			return error_set(err, ERR_SYSTEM, -r, "read %s", *paths);
		r = key_values_parse(text, len, use_env, list, err);
		if (r < 0)
			return error_prefix(err, "invalid env file (%s)", *paths);
	}
	return 0;
}

void key_values_to_map(char *const *list, struct strmap *map)
{
	for (; list && *list; list++) {
		const char *eq = strchr(*list, '=');
		cleanup_free char *key = eq ? xstrndup(*list, eq - *list) : xstrdup(*list);

		strmap_set(map, key, eq ? eq + 1 : "");
		map->present = true;
	}
}
