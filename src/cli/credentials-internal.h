/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of credentials share. */
#pragma once

#include "cli/config-file.h"
#include "cli/credentials.h"

/* credential-file.c */
struct credential_file {
	struct config_file config;
	struct raw_object auths;
};

void credential_file_release(struct credential_file *file);
must_check int credential_file_read(struct credential_file *ret, struct error *err);
/* With auths as they are now. */
must_check int credential_file_write(struct credential_file *file, struct error *err);

/* credential-helper.c: docker-credential-<name>, which is given input and answers on stdout.
 * ERR_NOT_FOUND: it has no such credentials. */
must_check int credential_helper_run(const char *name, const char *action, const char *input,
				     struct strbuf *out, struct error *err);
must_check int credential_helper_get(const char *name, const char *key, struct credentials *ret,
				     struct error *err);
must_check int credential_helper_store(const char *name, const char *key,
				       const struct credentials *credentials, struct error *err);
