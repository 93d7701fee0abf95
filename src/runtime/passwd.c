/* SPDX-License-Identifier: Apache-2.0 */
/* A container's /etc/passwd: what an image or a program in it wrote. */
#include "runtime/passwd.h"

#include <string.h>

#include "base/parse.h"
#include "base/strbuf.h"
#include "base/strv.h"

char *passwd_home(const char *passwd, uint32_t uid)
{
	for (const char *line = passwd; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		cleanup_free char *copy = xstrndup(line, strcspn(line, "\n"));
		char **fields = strv_split(copy, ':');
		char *home = NULL;
		uint32_t id;

		if (strv_len(fields) >= 6 && parse_u32(fields[2], &id) == 0 && id == uid &&
		    *fields[5])
			home = xstrdup(fields[5]);
		strv_free(fields);
		if (home)
			return home;
	}
	return NULL;
}
