/* SPDX-License-Identifier: Apache-2.0 */
/* The out-of-line part of the cleanup macros. */
#include "base/macros.h"

#include <errno.h>

void macros_close_fd(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
	errno = saved;
}
