/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Docker's files for the client, in $DOCKER_CONFIG, else ~/.docker: config.json, and what lies
 * beside it. What hoy does not know in a file stays as it is.
 */
#pragma once

#include "base/json.h"

/* A JSON object as its members, in their order, each value as its text. */
struct raw_member {
	char *key, *raw;
};

struct raw_object {
	struct raw_member *members;
	size_t n;
};

extern const struct json_shape raw_object_shape;

const char *raw_get(const struct raw_object *object, const char *key); /* NULL none */
void raw_set(struct raw_object *object, const char *key, const char *raw);
bool raw_remove(struct raw_object *object, const char *key);
/* The value of a member that is a string; owned, NULL none. */
char *raw_get_str(const struct raw_object *object, const char *key);
void raw_set_str(struct raw_object *object, const char *key, const char *value);

/* A file of that directory; owned, NULL when neither variable nor home is set. */
char *config_path(const char *name);

struct config_file {
	char *path;
	struct raw_object all;
};

void config_file_release(struct config_file *file);
/* An absent file is an empty one. */
must_check int config_file_read(struct config_file *ret, struct error *err);
/* 0600, by rename, where a link leads to. */
must_check int config_file_write(struct config_file *file, struct error *err);
