/* SPDX-License-Identifier: Apache-2.0 */
/* The question before something cannot be undone. */
#include "cli/confirm.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

bool confirm(const char *warning)
{
	char answer[16];

	printf("%s\nAre you sure you want to continue? [y/N] ", warning);
	(void)fflush(stdout);
	if (!fgets(answer, sizeof(answer), stdin))
		return false;
	answer[strcspn(answer, "\r\n")] = '\0';
	return strcasecmp(answer, "y") == 0;
}
