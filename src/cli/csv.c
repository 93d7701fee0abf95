/* SPDX-License-Identifier: Apache-2.0 */
/* Splitting of one comma-separated line; quotes as in RFC 4180. */
#include "cli/csv.h"

#include <errno.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/strv.h"

/* A field in quotes, p behind the first; a doubled quote stands for one. Returns behind the closing
 * quote, NULL when there is none. */
static const char *read_quoted(const char *p, struct strbuf *field)
{
	for (; *p; p++) {
		if (*p != '"')
			strbuf_addc(field, *p);
		else if (p[1] == '"')
			strbuf_addc(field, *p++);
		else
			return p + 1;
	}
	return NULL;
}

int csv_split(const char *text, char ***ret_fields, struct error *err)
{
	cleanup(strv_release) char **fields = NULL;
	cleanup(strbuf_release) struct strbuf field = STRBUF_INIT;
	const char *p = text;

	for (;;) {
		strbuf_reset(&field);
		if (*p == '"') {
			p = read_quoted(p + 1, &field);
			if (!p || (*p && *p != ','))
				return error_set(err, ERR_INVALID, 0, "bad quotes in '%s'", text);
		} else {
			size_t len = strcspn(p, ",");

			if (memchr(p, '"', len))
				return error_set(err, ERR_INVALID, 0,
						 "bare \" in non-quoted field");
			strbuf_add(&field, p, len);
			p += len;
		}
		strv_push(&fields, strbuf_str(&field));
		if (!*p)
			break;
		p++;
	}
	*ret_fields = take_ptr(fields);
	return 0;
}
