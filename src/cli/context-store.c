/* SPDX-License-Identifier: Apache-2.0 */
/* Contexts on disk. */
#include "cli/context-store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/strv.h"
#include "client/client.h"
#include "oci/digest.h"
#include "sys/file.h"

enum { META_MAX = 1024 * 1024, TLS_MAX = 1024 * 1024 };

void context_drop_tls(struct context *context)
{
	for (size_t i = 0; i < context->n_tls; i++) {
		free(context->tls[i].name);
		free(context->tls[i].data);
	}
	free(context->tls);
	context->tls = NULL;
	context->n_tls = 0;
}

void context_release(struct context *context)
{
	free(context->name);
	json_release(&raw_object_shape, &context->metadata);
	json_release(&raw_object_shape, &context->endpoints);
	context_drop_tls(context);
	context->name = NULL;
}

int context_name_check(const char *name, struct error *err)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-";
	size_t len = strlen(name);

	if (strcmp(name, CONTEXT_DEFAULT) == 0)
		return error_set(err, ERR_INVALID, 0, "\"default\" is a reserved context name");
	if (len >= 2 && strspn(name, letters) == len && !strchr("_.+-", name[0]))
		return 0;
	return error_set(err, ERR_INVALID, 0,
			 "context name \"%s\" is invalid, names are validated against regexp "
			 "\"^[a-zA-Z0-9][a-zA-Z0-9_.+-]+$\"",
			 name);
}

char *context_dir(const char *kind, const char *name)
{
	char digest[DIGEST_SIZE];
	cleanup_free char *below = NULL, *path = NULL;

	digest_of(name, strlen(name), digest);
	below = xasprintf("contexts/%s/%s", kind, digest_hex(digest));
	path = config_path(below);
	return path ? take_ptr(path) : xasprintf("/nonexistent/%s", below);
}

bool context_exists(const char *name)
{
	cleanup_free char *dir = context_dir("meta", name);
	cleanup_free char *meta = xasprintf("%s/meta.json", dir);

	return strcmp(name, CONTEXT_DEFAULT) == 0 || access(meta, F_OK) == 0;
}

static void read_object(const struct raw_object *all, const char *key, struct raw_object *ret)
{
	const char *raw = raw_get(all, key);

	/* one that is no object has nothing that we know */
	if (raw && json_decode(&raw_object_shape, raw, strlen(raw), ret, NULL) < 0)
		*ret = (struct raw_object){ NULL, 0 };
}

int context_meta_read(const char *text, size_t len, struct context *ret, struct error *err)
{
	struct raw_object all = { NULL, 0 };
	int r = json_decode(&raw_object_shape, text, len, &all, err);

	if (r < 0)
		return r;
	ret->name = raw_get_str(&all, "Name");
	read_object(&all, "Metadata", &ret->metadata);
	read_object(&all, "Endpoints", &ret->endpoints);
	json_release(&raw_object_shape, &all);
	return 0;
}

static int read_meta(const char *path, struct context *ret, struct error *err)
{
	cleanup_free char *text = NULL;
	size_t len;
	int r = file_read_at(AT_FDCWD, path, META_MAX, &text, &len);

	if (r < 0)
		return error_set(err, r == -ENOENT ? ERR_NOT_FOUND : ERR_INVALID, -r, "open %s: %s",
				 path, r == -ENOENT ? "no such file or directory" : strerror(-r));
	r = context_meta_read(text, len, ret, err);
	return r < 0 ? error_prefix(err, "%s", path) : 0;
}

void context_add_tls(struct context *context, const char *name, const char *data, size_t len)
{
	struct context_tls *tls;

	context->tls = xrealloc(context->tls, context->n_tls + 1, sizeof(*context->tls));
	tls = &context->tls[context->n_tls++];
	*tls = (struct context_tls){ xstrdup(name), xmalloc(len + 1), len };
	memcpy(tls->data, data, len);
	tls->data[len] = '\0';
}

static int read_tls(const char *name, struct context *ret, struct error *err)
{
	cleanup_free char *dir = context_dir("tls", name);
	cleanup_free char *docker = xasprintf("%s/docker", dir);
	cleanup_fd int fd = open(docker, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup(strv_release) char **names = NULL;
	int r = fd < 0 ? 0 : dir_names(fd, &names);

	for (size_t i = 0; r >= 0 && names && names[i]; i++) {
		cleanup_free char *data = NULL;
		size_t len;

		r = file_read_at(fd, names[i], TLS_MAX, &data, &len);
		if (r >= 0)
			context_add_tls(ret, names[i], data, len);
	}
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "read %s", docker) : 0;
}

static void make_default(struct context *ret)
{
	const char *host = getenv("HOY_HOST");

	if (!host || !*host)
		host = getenv("DOCKER_HOST");
	ret->name = xstrdup(CONTEXT_DEFAULT);
	context_set_endpoint(ret, host && *host ? host : "unix://" CLIENT_DEFAULT_SOCKET, false);
}

int context_read(const char *name, bool tls, struct context *ret, struct error *err)
{
	cleanup(context_release) struct context context = { 0 };
	cleanup_free char *dir = context_dir("meta", name);
	cleanup_free char *meta = xasprintf("%s/meta.json", dir);
	int r = 0;

	if (strcmp(name, CONTEXT_DEFAULT) == 0) {
		make_default(ret);
		return 0;
	}
	r = read_meta(meta, &context, err);
	if (r < 0)
		return error_prefix(err, "context \"%s\"%s", name,
				    r == -ENOENT ? ": context not found" : "");
	free(context.name);
	context.name = xstrdup(name);
	if (tls)
		r = read_tls(name, &context, err);
	if (r < 0)
		return r;
	*ret = context;
	context = (struct context){ 0 };
	return 0;
}

static int write_tls(const struct context *context)
{
	cleanup_free char *dir = context_dir("tls", context->name);
	cleanup_free char *docker = xasprintf("%s/docker", dir);
	cleanup_fd int fd = -1;
	int r = dir_remove_all_at(AT_FDCWD, dir);

	if (r < 0 || context->n_tls == 0)
		return r;
	r = dir_make_all_at(AT_FDCWD, docker, 0700);
	fd = r < 0 ? -1 : open(docker, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (r >= 0 && fd < 0)
		r = -errno;
	for (size_t i = 0; r >= 0 && i < context->n_tls; i++)
		r = file_replace_at(fd, context->tls[i].name, context->tls[i].data,
				    context->tls[i].len, 0600);
	return r;
}

void context_meta_members(const struct context *context, struct strbuf *out)
{
	strbuf_adds(out, "\"Name\":");
	json_quote(out, context->name, strlen(context->name));
	strbuf_adds(out, ",\"Metadata\":");
	json_encode(&raw_object_shape, &context->metadata, out);
	strbuf_adds(out, ",\"Endpoints\":");
	json_encode(&raw_object_shape, &context->endpoints, out);
}

void context_meta(const struct context *context, struct strbuf *out)
{
	strbuf_addc(out, '{');
	context_meta_members(context, out);
	strbuf_addc(out, '}');
}

/* The metadata come last: what reads them finds the rest. */
int context_write(const struct context *context, struct error *err)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	cleanup_free char *dir = context_dir("meta", context->name);
	cleanup_fd int fd = -1;
	int r = write_tls(context);

	if (r >= 0)
		r = dir_make_all_at(AT_FDCWD, dir, 0755);
	if (r >= 0) {
		fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
		r = fd < 0 ? -errno : 0;
	}
	context_meta(context, &text);
	if (r >= 0)
		r = file_replace_at(fd, "meta.json", text.data, text.len, 0644);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "write context \"%s\" below %s",
				 context->name, dir)
		     : 0;
}

int context_remove(const char *name, struct error *err)
{
	cleanup_free char *meta = context_dir("meta", name), *tls = context_dir("tls", name);
	int r = dir_remove_all_at(AT_FDCWD, meta);

	if (r >= 0)
		r = dir_remove_all_at(AT_FDCWD, tls);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "remove context \"%s\"", name) : 0;
}

static int by_number(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

int context_names(char ***ret, struct error *err)
{
	cleanup_free char *dir = config_path("contexts/meta");
	cleanup_fd int fd = dir ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	cleanup(strv_release) char **ids = NULL;
	char **names = NULL;
	int r = fd < 0 ? 0 : dir_names(fd, &ids);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "read %s", dir);
	for (size_t i = 0; ids && ids[i]; i++) {
		cleanup(context_release) struct context context = { 0 };
		cleanup_free char *path = xasprintf("%s/%s/meta.json", dir, ids[i]);

		if (read_meta(path, &context, NULL) >= 0 && context.name)
			strv_push(&names, context.name);
	}
	if (names)
		qsort(names, strv_len(names), sizeof(*names), by_number);
	*ret = names;
	return 0;
}

char *context_description(const struct context *context)
{
	char *text = raw_get_str(&context->metadata, "Description");

	return text ? text : xstrdup("");
}

static void endpoint_of(const struct context *context, struct raw_object *ret)
{
	read_object(&context->endpoints, "docker", ret);
}

char *context_host(const struct context *context)
{
	struct raw_object endpoint = { NULL, 0 };
	char *host;

	endpoint_of(context, &endpoint);
	host = raw_get_str(&endpoint, "Host");
	json_release(&raw_object_shape, &endpoint);
	return host ? host : xstrdup("");
}

bool context_skips_verify(const struct context *context)
{
	struct raw_object endpoint = { NULL, 0 };
	const char *raw;
	bool skips;

	endpoint_of(context, &endpoint);
	raw = raw_get(&endpoint, "SkipTLSVerify");
	skips = raw && strcmp(raw, "true") == 0;
	json_release(&raw_object_shape, &endpoint);
	return skips;
}

void context_set_endpoint(struct context *context, const char *host, bool skip_verify)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct raw_object endpoint = { NULL, 0 };

	if (*host)
		raw_set_str(&endpoint, "Host", host);
	raw_set(&endpoint, "SkipTLSVerify", skip_verify ? "true" : "false");
	json_encode(&raw_object_shape, &endpoint, &text);
	raw_set(&context->endpoints, "docker", strbuf_str(&text));
	json_release(&raw_object_shape, &endpoint);
}

const char *context_overridden(void)
{
	static const char *const names[] = { "HOY_HOST", "DOCKER_HOST" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return names[i];
	}
	return NULL;
}

int context_current(const char *asked, char **ret, struct error *err)
{
	static const char *const names[] = { "HOY_CONTEXT", "DOCKER_CONTEXT" };
	cleanup(config_file_release) struct config_file file = { NULL };
	int r;

	if ((asked && *asked) || context_overridden()) {
		*ret = xstrdup(asked && *asked ? asked : CONTEXT_DEFAULT);
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *value = getenv(names[i]);

		if (value && *value) {
			*ret = xstrdup(value);
			return 0;
		}
	}
	r = config_file_read(&file, err);
	if (r < 0)
		return r;
	*ret = raw_get_str(&file.all, "currentContext");
	if (!*ret || !**ret) {
		free(*ret);
		*ret = xstrdup(CONTEXT_DEFAULT);
	}
	return 0;
}
