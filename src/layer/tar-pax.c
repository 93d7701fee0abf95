/* SPDX-License-Identifier: Apache-2.0 */
/* PAX extended headers: records "LENGTH KEY=VALUE\n" (POSIX pax, "pax Extended Header"). */
#include <errno.h>
#include <string.h>

#include "base/strbuf.h"
#include "layer/tar-internal.h"

static const char xattr_prefix[] = "SCHILY.xattr.";

void tar_extra_release(struct tar_extra *extra)
{
	free(extra->path);
	free(extra->link);
	free(extra->sparse_name);
	for (size_t i = 0; i < extra->n_xattrs; i++) {
		free(extra->xattrs[i].name);
		free(extra->xattrs[i].value);
	}
	free(extra->xattrs);
	free(extra->map);
	*extra = (struct tar_extra){ 0 };
}

static int pax_name(const char *value, size_t len, char **ret, struct error *err)
{
	if (memchr(value, '\0', len) || len > TAR_NAME_MAX)
		return tar_bad(err, "a name that is too long or holds a NUL");
	free(*ret);
	*ret = len > 0 ? xstrndup(value, len) : NULL;
	return 0;
}

static int pax_number(const char *value, size_t len, bool *has, uint64_t *ret, struct error *err)
{
	*has = len > 0; /* an empty value takes back what was said before */
	if (len > 0 && tar_decimal(value, len, ret) < 0)
		return tar_bad(err, "a malformed number in an extended header");
	return 0;
}

static int pax_id(const char *value, size_t len, bool *has, uint32_t *ret, struct error *err)
{
	uint64_t number = 0;
	int r = pax_number(value, len, has, &number, err);

	if (r < 0)
		return r;
	if (number > UINT32_MAX)
		return tar_bad(err, "a user or group id that is too large");
	*ret = (uint32_t)number;
	return 0;
}

/* "-12.5": seconds may be negative, then the fraction counts downwards. */
static int pax_time(const char *value, size_t len, struct tar_extra *extra, struct error *err)
{
	bool negative = len > 0 && value[0] == '-';
	const char *p = value + negative, *end = value + len;
	const char *dot = memchr(p, '.', (size_t)(end - p));
	uint64_t seconds, nsec = 0;

	extra->has_mtime = len > 0;
	if (len == 0)
		return 0;
	if (tar_decimal(p, (size_t)((dot ? dot : end) - p), &seconds) < 0)
		return tar_bad(err, "a malformed time in an extended header");
	for (int i = 0; i < 9; i++) {
		char c = dot && dot + 1 + i < end ? dot[1 + i] : '0';

		if (c < '0' || c > '9')
			return tar_bad(err, "a malformed time in an extended header");
		nsec = nsec * 10 + (uint64_t)(c - '0');
	}
	extra->mtime = negative ? -(int64_t)seconds - (nsec > 0) : (int64_t)seconds;
	extra->mtime_nsec = (uint32_t)(negative && nsec > 0 ? 1000000000 - nsec : nsec);
	return 0;
}

static int pax_xattr(const char *name, size_t name_len, const char *value, size_t len,
		     struct tar_extra *extra, struct error *err)
{
	struct tar_xattr *x;

	if (name_len == 0 || name_len > 255 || memchr(name, '\0', name_len))
		return tar_bad(err, "an extended attribute with an impossible name");
	extra->xattrs = xrealloc(extra->xattrs, extra->n_xattrs + 1, sizeof(*x));
	x = &extra->xattrs[extra->n_xattrs++];
	x->name = xstrndup(name, name_len);
	x->value = xmalloc(len + 1);
	memcpy(x->value, value, len);
	x->len = len;
	return 0;
}

static int pax_sparse_half(const char *key, const char *value, size_t len, struct tar_extra *extra,
			   struct error *err)
{
	bool is_offset = strcmp(key, "offset") == 0;
	uint64_t number;

	if (tar_decimal(value, len, &number) < 0 || is_offset == extra->half_segment)
		return tar_bad(err, "a malformed sparse map");
	extra->half_segment = is_offset;
	if (is_offset)
		return tar_segment_add(extra, number, 0, err);
	extra->map[extra->n_map - 1].len = number;
	return 0;
}

/* GNU.sparse.*: version 0.0 repeats offset and numbytes, 0.1 has one map, 1.0 keeps it in the
 * data. */
static int pax_sparse(const char *key, const char *value, size_t len, struct tar_extra *extra,
		      struct error *err)
{
	bool has;

	extra->sparse = true;
	if (strcmp(key, "major") == 0)
		return pax_number(value, len, &has, &extra->sparse_major, err);
	if (strcmp(key, "minor") == 0)
		return pax_number(value, len, &has, &extra->sparse_minor, err);
	if (strcmp(key, "size") == 0 || strcmp(key, "realsize") == 0)
		return pax_number(value, len, &extra->has_real_size, &extra->real_size, err);
	if (strcmp(key, "name") == 0)
		return pax_name(value, len, &extra->sparse_name, err);
	if (strcmp(key, "map") == 0)
		return tar_sparse_pax_map(value, len, extra, err);
	if (strcmp(key, "offset") == 0 || strcmp(key, "numbytes") == 0)
		return pax_sparse_half(key, value, len, extra, err);
	return 0; /* numblocks: the map itself tells */
}

static int pax_record(const char *key, size_t key_len, const char *value, size_t len,
		      struct tar_extra *extra, struct error *err)
{
	const size_t n = sizeof(xattr_prefix) - 1;

	if (strcmp(key, "path") == 0)
		return pax_name(value, len, &extra->path, err);
	if (strcmp(key, "linkpath") == 0)
		return pax_name(value, len, &extra->link, err);
	if (strcmp(key, "size") == 0)
		return pax_number(value, len, &extra->has_size, &extra->size, err);
	if (strcmp(key, "uid") == 0)
		return pax_id(value, len, &extra->has_uid, &extra->uid, err);
	if (strcmp(key, "gid") == 0)
		return pax_id(value, len, &extra->has_gid, &extra->gid, err);
	if (strcmp(key, "mtime") == 0)
		return pax_time(value, len, extra, err);
	if (key_len >= n && memcmp(key, xattr_prefix, n) == 0)
		return pax_xattr(key + n, key_len - n, value, len, extra, err);
	if (strncmp(key, "GNU.sparse.", 11) == 0)
		return pax_sparse(key + 11, value, len, extra, err);
	return 0; /* atime, ctime, uname, comments: nothing that a layer keeps */
}

int tar_pax_parse(const char *data, size_t len, struct tar_extra *extra, struct error *err)
{
	while (len > 0) {
		const char *blank = memchr(data, ' ', len < 20 ? len : 20), *equals;
		cleanup_free char *key = NULL;
		uint64_t record = 0;
		int r;

		if (!blank || tar_decimal(data, (size_t)(blank - data), &record) < 0 ||
		    record > len || record < (uint64_t)(blank - data) + 3 ||
		    data[record - 1] != '\n')
			return tar_bad(err, "a malformed extended header");
		equals = memchr(blank, '=', record - (size_t)(blank - data));
		if (!equals)
			return tar_bad(err, "a malformed extended header");
		key = xstrndup(blank + 1, (size_t)(equals - blank - 1));
		r = pax_record(key, (size_t)(equals - blank - 1), equals + 1,
			       (size_t)(data + record - 1 - (equals + 1)), extra, err);
		if (r < 0)
			return r;
		data += record;
		len -= record;
	}
	return 0;
}
