/* SPDX-License-Identifier: Apache-2.0 */
/* The user's config.json, whatever is in it: credentials are found or it is refused; what is stored
 * is found again, and what else is in the file outlives that. */
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/strbuf.h"
#include "cli/credentials.h"
#include "sys/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char dir[] = "/tmp/hoy-fuzz-credentials.XXXXXX";
static char *path;

static void cleanup_dir(void)
{
	(void)unlink(path);
	(void)rmdir(dir);
	free(path);
}

/* No helper is ever found: what a file names must not run here. */
static void begin(void)
{
	if (path)
		return;
	if (!mkdtemp(dir) || setenv("DOCKER_CONFIG", dir, 1) < 0 ||
	    setenv("PATH", "/nonexistent", 1) < 0)
		abort();
	path = xasprintf("%s/config.json", dir);
	(void)atexit(cleanup_dir);
}

struct rest {
	char *format;
};

static const struct json_field rest_fields[] = { FIELD_RAW(struct rest, format, "psFormat") };
static const struct json_shape rest_shape = JSON_SHAPE(struct rest, rest_fields, 0);

/* What a member that is nobody's business has; owned, NULL none. */
static char *other_member(void)
{
	cleanup_free char *text = NULL;
	struct rest rest = { 0 };
	size_t len;

	if (file_read_at(AT_FDCWD, path, 1 << 22, &text, &len) < 0 ||
	    json_decode(&rest_shape, text, len, &rest, NULL) < 0)
		return NULL;
	return rest.format;
}

static void store_and_get(void)
{
	const struct credentials mine = { .username = (char *)"me", .password = (char *)"a:b" };
	struct credentials got = { 0 };
	cleanup_free char *plain = NULL, *before = other_member(), *after = NULL;

	if (credentials_store("host:5000", &mine, &plain, NULL) < 0 || !plain)
		return;
	if (credentials_get("host:5000", &got, NULL) != 1 || strcmp(got.username, "me") != 0 ||
	    strcmp(got.password, "a:b") != 0)
		abort();
	credentials_release(&got);
	after = other_member();
	if (before ? !after || strcmp(before, after) != 0 : after != NULL)
		abort();
	if (credentials_erase("host:5000", NULL) != 1)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const keys[] = { "host:5000", CREDENTIALS_INDEX, "other.example" };
	struct credentials got = { 0 };

	begin();
	if (file_replace_at(AT_FDCWD, path, data, size, 0600) < 0)
		abort();
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		int r = credentials_get(keys[i], &got, NULL);

		if (r == 1 && !(got.username && *got.username) &&
		    !(got.identity_token && *got.identity_token))
			abort();
		credentials_release(&got);
	}
	store_and_get();
	return 0;
}
