/* SPDX-License-Identifier: Apache-2.0 */
/* config.json, taken apart only as far as whoever reads it needs. */
#include "cli/config-file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/json-text.h"
#include "client/config-dir.h"
#include "sys/file.h"

enum { CONFIG_FILE_MAX = 4 * 1024 * 1024 };

static const struct json_field raw_member_fields[] = {
	FIELD_RAW(struct raw_member, raw, ""),
};
static const struct json_shape raw_member_shape =
	JSON_SHAPE(struct raw_member, raw_member_fields, JSON_SHAPE_KEYED);

static const struct json_field raw_object_fields[] = {
	FIELD_OBJMAP(struct raw_object, members, n, "", &raw_member_shape),
};
const struct json_shape raw_object_shape = JSON_SHAPE(struct raw_object, raw_object_fields, 0);

struct text {
	char *value;
};

static const struct json_field text_fields[] = { FIELD_STR(struct text, value, "") };
static const struct json_shape text_shape = JSON_SHAPE(struct text, text_fields, 0);

static struct raw_member *find(const struct raw_object *object, const char *key)
{
	for (size_t i = 0; i < object->n; i++) {
		if (strcmp(object->members[i].key, key) == 0)
			return &object->members[i];
	}
	return NULL;
}

const char *raw_get(const struct raw_object *object, const char *key)
{
	const struct raw_member *member = find(object, key);

	return member ? member->raw : NULL;
}

char *raw_get_str(const struct raw_object *object, const char *key)
{
	const char *raw = raw_get(object, key);
	struct text text = { 0 };

	if (!raw || json_decode(&text_shape, raw, strlen(raw), &text, NULL) < 0)
		return NULL;
	return text.value;
}

void raw_set(struct raw_object *object, const char *key, const char *raw)
{
	struct raw_member *member = find(object, key);

	if (!member) {
		object->members =
			xrealloc(object->members, object->n + 1, sizeof(*object->members));
		member = &object->members[object->n++];
		*member = (struct raw_member){ .key = xstrdup(key) };
	}
	free(member->raw);
	member->raw = xstrdup(raw);
}

void raw_set_str(struct raw_object *object, const char *key, const char *value)
{
	cleanup(strbuf_release) struct strbuf raw = STRBUF_INIT;

	json_quote(&raw, value, strlen(value));
	raw_set(object, key, strbuf_str(&raw));
}

bool raw_remove(struct raw_object *object, const char *key)
{
	struct raw_member *member = find(object, key);
	size_t at;

	if (!member)
		return false;
	at = (size_t)(member - object->members);
	free(member->key);
	free(member->raw);
	memmove(member, member + 1, (object->n - at - 1) * sizeof(*member));
	object->n--;
	return true;
}

char *config_path(const char *name)
{
	cleanup_free char *dir = client_config_dir();

	return dir ? xasprintf("%s/%s", dir, name) : NULL;
}

void config_file_release(struct config_file *file)
{
	free(file->path);
	json_release(&raw_object_shape, &file->all);
	file->path = NULL;
}

int config_file_read(struct config_file *ret, struct error *err)
{
	cleanup_free char *text = NULL;
	size_t len;
	int r;

	ret->path = config_path("config.json");
	r = ret->path ? file_read_at(AT_FDCWD, ret->path, CONFIG_FILE_MAX, &text, &len) : -ENOENT;
	if (r == -ENOENT || r == -ENOTDIR || (r >= 0 && len == 0))
		return 0;
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "read '%s'", ret->path);
	r = json_decode(&raw_object_shape, text, len, &ret->all, err);
	return r < 0 ? error_prefix(err, "%s", ret->path) : 0;
}

static int make_dir(const char *path)
{
	cleanup_free char *dir = xstrndup(path, (size_t)(strrchr(path, '/') - path));

	return mkdir(dir, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

int config_file_write(struct config_file *file, struct error *err)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT, out = STRBUF_INIT;
	char real[PATH_MAX];
	int r;

	if (!file->path)
		return error_set(err, ERR_SYSTEM, 0, "neither DOCKER_CONFIG nor HOME is set");
	json_encode(&raw_object_shape, &file->all, &text);
	r = json_with_tabs(text.data, text.len, &out, err);
	if (r < 0)
		return r;
	r = make_dir(file->path);
	if (r >= 0)
		r = file_replace_at(AT_FDCWD, realpath(file->path, real) ? real : file->path,
				    out.data, out.len, 0600);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "write '%s'", file->path) : 0;
}
