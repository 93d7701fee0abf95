/* SPDX-License-Identifier: Apache-2.0 */
/* Single values of JSON text into members of structs, and the words for those that do not fit. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json-decoder.h"
#include "base/parse.h"

static void path_add(const struct json_path *path, struct strbuf *out)
{
	if (!path)
		return;
	path_add(path->up, out);
	if (!path->name)
		strbuf_addf(out, "[%zu]", path->index);
	else if (path->name[0])
		strbuf_addf(out, "%s%s", out->len ? "." : "", path->name);
}

int decoder_fail(struct json_decoder *d, const struct json_path *path, const char *what)
{
	cleanup(strbuf_release) struct strbuf name = STRBUF_INIT;

	path_add(path, &name);
	return error_set(d->err, ERR_INVALID, 0, "%s %s", name.len ? name.data : "the JSON value",
			 what);
}

int decoder_fail_syntax(struct json_decoder *d)
{
	return error_set(d->err, ERR_INVALID, 0, "invalid JSON at byte %zu: %s",
			 d->before + (size_t)(d->scan.p - d->scan.start), d->scan.problem);
}

int decoder_check(struct json_decoder *d, int r)
{
	return r < 0 ? decoder_fail_syntax(d) : r;
}

int decoder_fail_kind(struct json_decoder *d, const struct json_path *path, const char *what)
{
	int r = json_scan_skip(&d->scan, NULL);

	return r < 0 ? decoder_fail_syntax(d) : decoder_fail(d, path, what);
}

int decoder_null(struct json_decoder *d)
{
	if (json_scan_kind(&d->scan) != 'n')
		return 0;
	return json_scan_literal(&d->scan) < 0 ? decoder_fail_syntax(d) : 1;
}

int decoder_text(struct json_decoder *d, char **ret, const struct json_path *path)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	const char *plain;
	size_t len;
	int r;

	if (json_scan_plain(&d->scan, &plain, &len)) {
		*ret = xstrndup(plain, len);
		return 0;
	}
	if (json_scan_kind(&d->scan) != '"')
		return decoder_fail_kind(d, path, "must be a string");
	r = json_scan_string(&d->scan, &text);
	if (r < 0)
		return decoder_fail_syntax(d);
	if (memchr(strbuf_str(&text), '\0', text.len))
		return decoder_fail(d, path, "must not contain a NUL character");
	*ret = text.data ? strbuf_take(&text) : xstrdup("");
	return 0;
}

static int decode_bool(struct json_decoder *d, bool *ret, const struct json_path *path)
{
	char kind = json_scan_kind(&d->scan);
	int r;

	if (kind != 't' && kind != 'f')
		return decoder_fail_kind(d, path, "must be true or false");
	r = json_scan_literal(&d->scan);
	if (r < 0)
		return decoder_fail_syntax(d);
	*ret = kind == 't';
	return 0;
}

static int number_scan(struct json_decoder *d, const char **ret, size_t *ret_len,
		       const struct json_path *path)
{
	if (json_scan_kind(&d->scan) != '0')
		return decoder_fail_kind(d, path, "must be a number");
	return json_scan_number(&d->scan, ret, ret_len) < 0 ? decoder_fail_syntax(d) : 0;
}

/* The text of a number that has neither fraction nor exponent. */
static int decode_digits(struct json_decoder *d, char *text, size_t size,
			 const struct json_path *path)
{
	const char *from = NULL;
	size_t len = 0;
	int r = number_scan(d, &from, &len, path);

	if (r < 0)
		return r;
	if (memchr(from, '.', len) || memchr(from, 'e', len) || memchr(from, 'E', len))
		return decoder_fail(d, path, "must be an integer");
	if (len >= size)
		return decoder_fail(d, path, "is out of range");
	memcpy(text, from, len);
	text[len] = '\0';
	return 0;
}

int decoder_i64(struct json_decoder *d, int64_t *ret, const struct json_path *path)
{
	char text[32];
	int r = decode_digits(d, text, sizeof(text), path);

	if (r < 0)
		return r;
	return parse_i64(text, ret) < 0 ? decoder_fail(d, path, "is out of range") : 0;
}

static int decode_u64(struct json_decoder *d, uint64_t max, uint64_t *ret,
		      const struct json_path *path)
{
	char text[32];
	uint64_t value;
	int r = decode_digits(d, text, sizeof(text), path);

	if (r < 0)
		return r;
	if (text[0] == '-' || parse_u64(text, &value) < 0 || value > max)
		return decoder_fail(d, path, "is out of range");
	*ret = value;
	return 0;
}

static int decode_u32(struct json_decoder *d, uint32_t *ret, const struct json_path *path)
{
	uint64_t value;
	int r = decode_u64(d, UINT32_MAX, &value, path);

	if (r == 0)
		*ret = (uint32_t)value;
	return r;
}

static int decode_f64(struct json_decoder *d, double *ret, const struct json_path *path)
{
	cleanup_free char *text = NULL;
	const char *from = NULL;
	size_t len = 0;
	int r = number_scan(d, &from, &len, path);

	if (r < 0)
		return r;
	text = xstrndup(from, len);
	*ret = strtod(text, NULL);
	if (*ret - *ret != 0)
		return decoder_fail(d, path, "is out of range");
	return 0;
}

static int decode_time(struct json_decoder *d, int64_t *ret, const struct json_path *path)
{
	cleanup_free char *text = NULL;
	int r = decoder_text(d, &text, path);

	if (r < 0)
		return r;
	if (!text[0])
		*ret = 0;
	else if (clock_parse_rfc3339(text, ret) < 0)
		return decoder_fail(d, path, "must be a time as in RFC 3339");
	return 0;
}

int decoder_scalar(struct json_decoder *d, const struct json_field *field, void *member,
		   const struct json_path *path)
{
	switch (field->type) {
	case JSON_BOOL:
		return decode_bool(d, member, path);
	case JSON_I64:
		return decoder_i64(d, member, path);
	case JSON_U64:
		return decode_u64(d, UINT64_MAX, member, path);
	case JSON_U32:
		return decode_u32(d, member, path);
	case JSON_F64:
		return decode_f64(d, member, path);
	case JSON_OPT_BOOL:
		((struct opt_bool *)member)->set = true;
		return decode_bool(d, &((struct opt_bool *)member)->value, path);
	case JSON_OPT_I64:
		((struct opt_i64 *)member)->set = true;
		return decoder_i64(d, &((struct opt_i64 *)member)->value, path);
	case JSON_TIME:
		return decode_time(d, member, path);
	default:
		return decoder_text(d, member, path);
	}
}
