/* SPDX-License-Identifier: Apache-2.0 */
/* What the value of --format stands for: the command's table, JSON, or a template. */
#include <string.h>

#include "base/template.h"

/* The two escapes that shells make hard to type. */
static char *unescape(const char *text)
{
	struct strbuf out = STRBUF_INIT;

	for (; *text; text++) {
		if (text[0] == '\\' && (text[1] == 't' || text[1] == 'n'))
			strbuf_addc(&out, *++text == 't' ? '\t' : '\n');
		else
			strbuf_addc(&out, *text);
	}
	return out.data ? strbuf_take(&out) : xstrdup("");
}

void template_format(const char *format, bool *ret_table, char **ret_text)
{
	static const char table[] = "table";
	size_t n = sizeof(table) - 1;

	*ret_table = !format || !*format || strcmp(format, table) == 0 ||
		     (strncmp(format, table, n) == 0 && strchr(" \t", format[n]));
	*ret_text = NULL;
	if (!*ret_table) {
		*ret_text = strcmp(format, "json") == 0 ? xstrdup("{{json .}}") : unescape(format);
	} else if (format && strlen(format) > n) {
		format += n;
		format += strspn(format, " \t");
		*ret_text = *format ? unescape(format) : NULL;
	}
}
