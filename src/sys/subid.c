/* SPDX-License-Identifier: Apache-2.0 */
/* /etc/subuid and /etc/subgid. */
#include "sys/subid.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/parse.h"
#include "sys/file.h"

/* 4294967295 means "no id" to the kernel. */
enum { ID_COUNT_MAX = UINT32_MAX };

static bool word_is(const char *word, size_t len, const char *wanted)
{
	return wanted && strlen(wanted) == len && memcmp(word, wanted, len) == 0;
}

static int parse_number(const char *text, size_t len, uint32_t *ret)
{
	char copy[16];

	if (len == 0 || len >= sizeof(copy))
		return -EINVAL;
	memcpy(copy, text, len);
	copy[len] = '\0';
	return parse_u32(copy, ret);
}

static bool parse_line(const char *line, size_t len, const char *name, const char *number,
		       struct subid_range *ret)
{
	const char *first = memchr(line, ':', len), *second;
	size_t name_len;

	if (!first)
		return false;
	name_len = (size_t)(first - line);
	second = memchr(first + 1, ':', len - name_len - 1);
	if (!second || (!word_is(line, name_len, name) && !word_is(line, name_len, number)))
		return false;
	return parse_number(first + 1, (size_t)(second - first) - 1, &ret->start) >= 0 &&
	       parse_number(second + 1, (size_t)(line + len - second) - 1, &ret->count) >= 0 &&
	       ret->count > 0 && ret->count <= ID_COUNT_MAX - ret->start;
}

size_t subid_parse(const char *text, const char *name, const char *number,
		   struct subid_range ret[static SUBID_RANGES_MAX])
{
	size_t n = 0;

	while (*text && n < SUBID_RANGES_MAX) {
		size_t len = strcspn(text, "\n");

		if (parse_line(text, len, name, number, &ret[n]))
			n++;
		text += len + (text[len] == '\n');
	}
	return n;
}

int subid_read(const char *path, const char *name, const char *number,
	       struct subid_range ret[static SUBID_RANGES_MAX], size_t *ret_n)
{
	cleanup_free char *text = NULL;
	int r = file_read_at(AT_FDCWD, path, SUBID_FILE_MAX, &text, NULL);

	if (r < 0 && r != -ENOENT)
		return r;
	*ret_n = text ? subid_parse(text, name, number, ret) : 0;
	return 0;
}
