/* SPDX-License-Identifier: Apache-2.0 */
/* What the value of --format stands for: the command's table, JSON, or a template. */
#include <string.h>

#include "base/template.h"

void template_unescape(char *text)
{
	char *to = text;

	for (const char *p = text; *p; p++) {
		if (p[0] == '\\' && (p[1] == 't' || p[1] == 'n'))
			*to++ = *++p == 't' ? '\t' : '\n';
		else
			*to++ = *p;
	}
	*to = '\0';
}

void template_format(const char *format, bool *ret_table, char **ret_text)
{
	static const char table[] = "table";
	size_t n = sizeof(table) - 1;

	*ret_table = !format || !*format || strcmp(format, table) == 0 ||
		     (strncmp(format, table, n) == 0 && strchr(" \t", format[n]));
	*ret_text = NULL;
	if (!*ret_table) {
		*ret_text = strcmp(format, "json") == 0 ? xstrdup("{{json .}}") : xstrdup(format);
	} else if (format && strlen(format) > n) {
		format += n;
		format += strspn(format, " \t");
		*ret_text = *format ? xstrdup(format) : NULL;
	}
}
