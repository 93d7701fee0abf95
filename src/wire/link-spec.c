/* SPDX-License-Identifier: Apache-2.0 */
/* Reading --link. */
#include "wire/link-spec.h"

#include <errno.h>
#include <string.h>

#include "base/strbuf.h"

int link_spec_parse(const char *text, char **ret_name, char **ret_alias, struct error *err)
{
	const char *colon = strchr(text, ':'), *alias = colon ? colon + 1 : text;
	const size_t len = colon ? (size_t)(colon - text) : strlen(text);

	if (!text[0])
		return error_set(err, ERR_INVALID, EINVAL, "empty string specified for links");
	if (len == 0 || !alias[0] || strchr(alias, ':'))
		return error_set(err, ERR_INVALID, EINVAL, "bad format for links: %s", text);
	if (text[0] == '/') {
		const char *slash = strrchr(alias, '/');

		*ret_name = xstrndup(text + 1, len - 1);
		*ret_alias = xstrdup(slash ? slash + 1 : alias);
		return 0;
	}
	*ret_name = xstrndup(text, len);
	*ret_alias = xstrdup(alias);
	return 0;
}
