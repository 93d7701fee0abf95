/* SPDX-License-Identifier: Apache-2.0 */
/* Which credentials a registry has, wherever they are kept. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "cli/credentials-internal.h"

struct auth_entry {
	char *auth; /* base64 of user:password */
	char *username, *password, *identity_token;
};

static const struct json_field auth_entry_fields[] = {
	FIELD_STR_OMIT(struct auth_entry, auth, "auth"),
	FIELD_STR_OMIT(struct auth_entry, username, "username"),
	FIELD_STR_OMIT(struct auth_entry, password, "password"),
	FIELD_STR_OMIT(struct auth_entry, identity_token, "identitytoken"),
};
static const struct json_shape auth_entry_shape =
	JSON_SHAPE(struct auth_entry, auth_entry_fields, 0);

static void auth_entry_release(struct auth_entry *entry)
{
	json_release(&auth_entry_shape, entry);
}

void credentials_release(struct credentials *credentials)
{
	free(credentials->username);
	free(credentials->password);
	free(credentials->identity_token);
	*credentials = (struct credentials){ 0 };
}

char *credentials_key(const char *server)
{
	const char *slashes = strstr(server, "://");
	cleanup_free char *host = NULL;

	if (slashes)
		server = slashes + 3;
	host = xstrndup(server, strcspn(server, "/"));
	if (*host == '\0' || strcmp(host, "docker.io") == 0 ||
	    strcmp(host, "index.docker.io") == 0 || strcmp(host, "registry-1.docker.io") == 0)
		return xstrdup(CREDENTIALS_INDEX);
	return take_ptr(host);
}

/* The program for a registry; owned, NULL: the file. */
static char *helper_of(const struct credential_file *file, const char *key)
{
	const char *raw = raw_get(&file->config.all, "credHelpers");
	struct raw_object helpers = { 0 };
	char *name = NULL;

	if (raw && json_decode(&raw_object_shape, raw, strlen(raw), &helpers, NULL) >= 0)
		name = raw_get_str(&helpers, key);
	json_release(&raw_object_shape, &helpers);
	if (!name)
		name = raw_get_str(&file->config.all, "credsStore");
	if (name && *name == '\0') {
		free(name);
		name = NULL;
	}
	return name;
}

static int decode_entry(const char *raw, struct credentials *ret, struct error *err)
{
	cleanup(auth_entry_release) struct auth_entry entry = { 0 };
	cleanup_free char *pair = NULL;
	char *colon;
	size_t len;
	int r = json_decode(&auth_entry_shape, raw, strlen(raw), &entry, err);

	if (r < 0)
		return r;
	ret->username = take_ptr(entry.username);
	ret->password = take_ptr(entry.password);
	ret->identity_token = take_ptr(entry.identity_token);
	if (!entry.auth || !*entry.auth)
		return 0;
	pair = base64_decode(entry.auth, &len);
	colon = pair ? strchr(pair, ':') : NULL;
	if (!colon)
		return error_set(err, ERR_INVALID, 0, "Invalid auth configuration file");
	free(ret->username);
	free(ret->password);
	ret->username = xstrndup(pair, (size_t)(colon - pair));
	ret->password = xstrdup(colon + 1);
	return 0;
}

static bool is_given(const struct credentials *c)
{
	return (c->username && *c->username) || (c->identity_token && *c->identity_token);
}

/* Of the entries by that very key, or of those by another form of it. */
static int get_entry(const struct credential_file *file, const char *key, bool exact,
		     struct credentials *ret, struct error *err)
{
	for (size_t i = 0; i < file->auths.n; i++) {
		const char *name = file->auths.members[i].key;
		cleanup_free char *host = credentials_key(name);
		int r;

		if (strcmp(host, key) != 0 || (strcmp(name, key) == 0) != exact)
			continue;
		r = decode_entry(file->auths.members[i].raw, ret, err);
		if (r < 0)
			return error_prefix(err, "%s", file->config.path);
		if (is_given(ret))
			return 1;
		credentials_release(ret);
	}
	return 0;
}

/* Keys of the file may be a bare host or a URL: what is stored under the host itself counts first,
 * as with docker. */
static int get_from_file(const struct credential_file *file, const char *key,
			 struct credentials *ret, struct error *err)
{
	int r = get_entry(file, key, true, ret, err);

	return r != 0 ? r : get_entry(file, key, false, ret, err);
}

int credentials_get(const char *key, struct credentials *ret, struct error *err)
{
	cleanup(credential_file_release) struct credential_file file = { 0 };
	cleanup_free char *helper = NULL;
	int r = credential_file_read(&file, err);

	if (r < 0)
		return r;
	helper = helper_of(&file, key);
	r = helper ? credential_helper_get(helper, key, ret, err)
		   : get_from_file(&file, key, ret, err);
	if (r < 0)
		credentials_release(ret);
	return r > 0 ? is_given(ret) : r;
}

/* A token takes the password's place. */
static void encode_entry(const struct credentials *c, struct strbuf *out)
{
	bool token = c->identity_token && *c->identity_token;
	cleanup_free char *pair = xasprintf("%s:%s", c->username ? c->username : "",
					    token || !c->password ? "" : c->password);
	cleanup(strbuf_release) struct strbuf auth = STRBUF_INIT;
	struct auth_entry entry = { .identity_token = token ? c->identity_token : NULL };

	base64_encode(pair, strlen(pair), false, &auth);
	entry.auth = auth.data;
	json_encode(&auth_entry_shape, &entry, out);
}

int credentials_store(const char *key, const struct credentials *credentials, char **ret_plain,
		      struct error *err)
{
	cleanup(credential_file_release) struct credential_file file = { 0 };
	cleanup(strbuf_release) struct strbuf entry = STRBUF_INIT;
	cleanup_free char *helper = NULL;
	int r = credential_file_read(&file, err);

	if (r < 0)
		return r;
	helper = helper_of(&file, key);
	if (helper) {
		r = credential_helper_store(helper, key, credentials, err);
		strbuf_adds(&entry, "{}"); /* tells that there are some */
	} else {
		encode_entry(credentials, &entry);
	}
	raw_set(&file.auths, key, strbuf_str(&entry));
	if (r >= 0)
		r = credential_file_write(&file, err);
	*ret_plain = r >= 0 && !helper ? xstrdup(file.config.path) : NULL;
	return r;
}

static int erase_from_helper(const char *helper, const char *key, struct error *err)
{
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;
	int r = credential_helper_run(helper, "erase", key, &out, err);

	if (r < 0 && err && err->kind == ERR_NOT_FOUND) {
		error_release(err);
		return 0;
	}
	return r < 0 ? error_prefix(err, "error erasing credentials") : 0;
}

int credentials_erase(const char *key, struct error *err)
{
	cleanup(credential_file_release) struct credential_file file = { 0 };
	cleanup_free char *helper = NULL;
	bool found = false;
	int r = credential_file_read(&file, err);

	if (r < 0)
		return r;
	helper = helper_of(&file, key);
	for (size_t i = file.auths.n; i > 0; i--) {
		cleanup_free char *name = xstrdup(file.auths.members[i - 1].key);
		cleanup_free char *host = credentials_key(name);

		if (strcmp(host, key) == 0)
			found = raw_remove(&file.auths, name);
	}
	if (helper)
		r = erase_from_helper(helper, key, err);
	if (r >= 0 && found)
		r = credential_file_write(&file, err);
	return r < 0 ? r : found;
}

static void encode_header(const struct credentials *c, const char *domain, char **ret)
{
	cleanup(strbuf_release) struct strbuf json = STRBUF_INIT;
	struct strbuf out = STRBUF_INIT;
	const char *const members[][2] = {
		{ "username", c->username },
		{ "password", c->password },
		{ "identitytoken", c->identity_token },
		{ "serveraddress", domain },
	};

	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		if (!members[i][1] || !*members[i][1])
			continue;
		strbuf_addf(&json, "%s\"%s\":", json.len ? "," : "{", members[i][0]);
		json_quote(&json, members[i][1], strlen(members[i][1]));
	}
	strbuf_addc(&json, '}');
	base64_encode(json.data, json.len, true, &out);
	*ret = strbuf_take(&out);
}

int credentials_header(const char *domain, char **ret, struct error *err)
{
	cleanup(credentials_release) struct credentials credentials = { 0 };
	cleanup(error_release) struct error helper_err = ERROR_INIT;
	cleanup_free char *key = credentials_key(domain);
	int r = credentials_get(key, &credentials, &helper_err);

	*ret = NULL;
	if (r < 0 && helper_err.kind == ERR_INVALID) {
		*err = helper_err;
		helper_err = (struct error)ERROR_INIT;
		return r;
	}
	if (r < 0)
		(void)fprintf(stderr, "WARNING: %s\n", error_text(&helper_err));
	if (r > 0)
		encode_header(&credentials, key, ret);
	return 0;
}
