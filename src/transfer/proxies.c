/* SPDX-License-Identifier: Apache-2.0 */
/* Proxies, for libcurl. */
#include "transfer/proxies.h"

#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"

void proxies_set(const struct fetch_request *request)
{
	const char *const values[][3] = {
		{ request->http_proxy, "http_proxy", "HTTP_PROXY" },
		{ request->https_proxy, "https_proxy", "HTTPS_PROXY" },
		{ request->no_proxy, "no_proxy", "NO_PROXY" },
	};
	const char *direct;

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		const char *value = values[i][0];

		if (!value || !*value)
			value = getenv(values[i][1]);
		if (!value || !*value)
			value = getenv(values[i][2]);
		if (value)
			(void)setenv(values[i][1], value, 1);
	}
	direct = getenv("no_proxy"); /* loopback never goes over a proxy */
	if (!direct || strcmp(direct, "*") != 0) {
		cleanup_free char *list = xasprintf("%s%slocalhost,127.0.0.0/8,::1",
						    direct ? direct : "", direct ? "," : "");

		(void)setenv("no_proxy", list, 1);
	}
}
