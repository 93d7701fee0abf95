/* SPDX-License-Identifier: Apache-2.0 */
/* The credentials in config.json. */
#include <string.h>

#include "cli/credentials-internal.h"

void credential_file_release(struct credential_file *file)
{
	config_file_release(&file->config);
	json_release(&raw_object_shape, &file->auths);
}

int credential_file_read(struct credential_file *ret, struct error *err)
{
	const char *auths;
	int r = config_file_read(&ret->config, err);

	auths = r >= 0 ? raw_get(&ret->config.all, "auths") : NULL;
	if (!auths)
		return r;
	r = json_decode(&raw_object_shape, auths, strlen(auths), &ret->auths, err);
	return r < 0 ? error_prefix(err, "%s", ret->config.path) : 0;
}

int credential_file_write(struct credential_file *file, struct error *err)
{
	cleanup(strbuf_release) struct strbuf auths = STRBUF_INIT;

	json_encode(&raw_object_shape, &file->auths, &auths);
	raw_set(&file->config.all, "auths", strbuf_str(&auths));
	return config_file_write(&file->config, err);
}
