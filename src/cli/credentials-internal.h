/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of credentials share. */
#pragma once

#include "base/json.h"
#include "cli/credentials.h"

/* credential-file.c: a JSON object as its members, in their order, each value as its text. */
struct raw_member {
	char *key, *raw;
};

struct raw_object {
	struct raw_member *members;
	size_t n;
};

extern const struct json_shape raw_object_shape;

struct credential_file {
	char *path;
	struct raw_object all, auths;
};

void credential_file_release(struct credential_file *file);
/* An absent file is an empty one. */
must_check int credential_file_read(struct credential_file *ret, struct error *err);
/* With auths as they are now: 0600, by rename, where a link leads to. */
must_check int credential_file_write(struct credential_file *file, struct error *err);
const char *raw_get(const struct raw_object *object, const char *key); /* NULL none */
void raw_set(struct raw_object *object, const char *key, const char *raw);
bool raw_remove(struct raw_object *object, const char *key);
/* The value of a member that is a string; owned, NULL none. */
char *raw_get_str(const struct raw_object *object, const char *key);

/* credential-helper.c: docker-credential-<name>, which is given input and answers on stdout.
 * ERR_NOT_FOUND: it has no such credentials. */
must_check int credential_helper_run(const char *name, const char *action, const char *input,
				     struct strbuf *out, struct error *err);
must_check int credential_helper_get(const char *name, const char *key, struct credentials *ret,
				     struct error *err);
must_check int credential_helper_store(const char *name, const char *key,
				       const struct credentials *credentials, struct error *err);
