/* SPDX-License-Identifier: Apache-2.0 */
/* config.json -> the header that the engine passes on to the registry. */
#include "cli/registry-auth.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/json.h"
#include "sys/fd.h"

enum { CONFIG_FILE_MAX = 4 * 1024 * 1024 };

struct auth_entry {
	char *key;  /* "localhost:5000", "https://index.docker.io/v1/" */
	char *auth; /* base64 of user:password                        */
	char *username, *password, *identity_token;
};

struct auth_file {
	struct auth_entry *auths;
	size_t n_auths;
};

static const struct json_field auth_entry_fields[] = {
	FIELD_STR_OMIT(struct auth_entry, auth, "auth"),
	FIELD_STR_OMIT(struct auth_entry, username, "username"),
	FIELD_STR_OMIT(struct auth_entry, password, "password"),
	FIELD_STR_OMIT(struct auth_entry, identity_token, "identitytoken"),
};
static const struct json_shape auth_entry_shape =
	JSON_SHAPE(struct auth_entry, auth_entry_fields, 0);

static const struct json_field auth_file_fields[] = {
	FIELD_OBJMAP(struct auth_file, auths, n_auths, "auths", &auth_entry_shape),
};
static const struct json_shape auth_file_shape = JSON_SHAPE(struct auth_file, auth_file_fields, 0);

static const char base64_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int base64_decode(const char *text, struct strbuf *out)
{
	uint32_t bits = 0;
	int n = 0;

	for (; *text && *text != '='; text++) {
		const char *digit = strchr(base64_digits, *text);

		if (!digit)
			return -EINVAL;
		bits = bits << 6 | (uint32_t)(digit - base64_digits);
		n += 6;
		if (n >= 8) {
			n -= 8;
			strbuf_addc(out, (char)(bits >> n & 0xff));
		}
	}
	return 0;
}

/* With the alphabet of URLs, as the header has it. */
static void base64_encode_url(const struct strbuf *in, struct strbuf *out)
{
	for (size_t i = 0; i < in->len; i += 3) {
		uint32_t bits = 0;
		size_t have = in->len - i < 3 ? in->len - i : 3;

		for (size_t k = 0; k < 3; k++)
			bits = bits << 8 | (k < have ? (unsigned char)in->data[i + k] : 0);
		for (size_t k = 0; k < 4; k++) {
			char digit = base64_digits[bits >> (18 - 6 * k) & 63];

			if (k > have)
				digit = '=';
			else if (digit == '+')
				digit = '-';
			else if (digit == '/')
				digit = '_';
			strbuf_addc(out, digit);
		}
	}
}

static int read_config(struct auth_file *ret, struct error *err)
{
	const char *dir = getenv("DOCKER_CONFIG"), *home = getenv("HOME");
	cleanup_free char *path = NULL, *text = NULL;
	cleanup_fd int fd = -1;
	size_t len;
	int r;

	if (dir && *dir)
		path = xasprintf("%s/config.json", dir);
	else if (home && *home)
		path = xasprintf("%s/.docker/config.json", home);
	fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0)
		return 0;
	r = fd_read_all(fd, CONFIG_FILE_MAX, &text, &len);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "read '%s'", path);
	r = json_decode(&auth_file_shape, text, len, ret, err);
	return r < 0 ? error_prefix(err, "%s", path) : 0;
}

/* Keys may be a bare domain or a URL. */
static bool key_matches(const char *key, const char *domain)
{
	const char *slashes = strstr(key, "://");
	size_t len;

	if (slashes)
		key = slashes + 3;
	len = strcspn(key, "/");
	if (strcmp(domain, "docker.io") == 0 && strncmp(key, "index.docker.io", len) == 0 &&
	    len == 15)
		return true;
	return strlen(domain) == len && strncmp(key, domain, len) == 0;
}

static int split_auth(struct auth_entry *entry, struct error *err)
{
	cleanup(strbuf_release) struct strbuf plain = STRBUF_INIT;
	char *colon;

	if (!entry->auth || !*entry->auth)
		return 0;
	if (base64_decode(entry->auth, &plain) < 0 || !(colon = strchr(strbuf_str(&plain), ':')))
		return error_set(err, ERR_INVALID, 0, "Invalid auth configuration file");
	free(entry->username);
	free(entry->password);
	entry->username = xstrndup(plain.data, colon - plain.data);
	entry->password = xstrdup(colon + 1);
	return 0;
}

static void encode_header(const struct auth_entry *entry, const char *domain, char **ret)
{
	cleanup(strbuf_release) struct strbuf json = STRBUF_INIT, out = STRBUF_INIT;
	const char *const members[][2] = {
		{ "username", entry->username },
		{ "password", entry->password },
		{ "identitytoken", entry->identity_token },
		{ "serveraddress", domain },
	};

	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		if (!members[i][1] || !*members[i][1])
			continue;
		strbuf_addf(&json, "%s\"%s\":", json.len ? "," : "{", members[i][0]);
		json_quote(&json, members[i][1], strlen(members[i][1]));
	}
	strbuf_addc(&json, '}');
	base64_encode_url(&json, &out);
	*ret = strbuf_take(&out);
}

int registry_auth_header(const char *domain, char **ret, struct error *err)
{
	struct auth_file file = { NULL, 0 };
	int r = read_config(&file, err);

	*ret = NULL;
	for (size_t i = 0; r == 0 && i < file.n_auths && !*ret; i++) {
		if (!key_matches(file.auths[i].key, domain))
			continue;
		r = split_auth(&file.auths[i], err);
		if (r == 0)
			encode_header(&file.auths[i], domain, ret);
	}
	json_release(&auth_file_shape, &file);
	return r;
}
