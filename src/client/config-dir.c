/* SPDX-License-Identifier: Apache-2.0 */
/* The user's configuration directory. */
#include "client/config-dir.h"

#include "base/strbuf.h"

char *client_config_dir(void)
{
	const char *dir = getenv("DOCKER_CONFIG"), *home = getenv("HOME");

	if (dir && *dir)
		return xstrdup(dir);
	return home && *home ? xasprintf("%s/.docker", home) : NULL;
}
