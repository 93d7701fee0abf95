/* SPDX-License-Identifier: Apache-2.0 */
/* From an HTTP head to what handlers read. */
#include "api/request.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/parse.h"
#include "base/strv.h"
#include "wire/image.h"

/* "/v1.45/info" -> minor 45 and "/info". A path without a version is of the newest. */
static int parse_version(struct request *req, const char **path, struct error *err)
{
	const char *p = *path;
	unsigned int major, minor = 0;
	int n = 0;

	if (p[0] != '/' || p[1] != 'v' || !isdigit((unsigned char)p[2]))
		return 0;
	if (sscanf(p, "/v%3u%n.%4u%n", &major, &n, &minor, &n) < 1 || (p[n] != '/' && p[n] != '\0'))
		return error_set(err, ERR_NOT_FOUND, ENOENT, "page not found");
	if (major < 1 || (major == 1 && minor < API_MIN_MINOR))
		return error_set(err, ERR_INVALID, EINVAL,
				 "client version %u.%u is too old. Minimum supported API version "
				 "is " API_MIN_VERSION
				 ", please upgrade your client to a newer version",
				 major, minor);
	if (major > 1 || minor > API_MINOR)
		return error_set(err, ERR_INVALID, EINVAL,
				 "client version %u.%u is too new. Maximum supported API version "
				 "is " API_VERSION,
				 major, minor);
	req->minor = minor;
	*path = p + n;
	return 0;
}

/* RFC 9112, 3.2.2: a client may name the server in the target. It is not looked at. */
static const char *skip_authority(const char *target)
{
	size_t scheme = strncasecmp(target, "http://", 7) == 0	  ? 7
			: strncasecmp(target, "https://", 8) == 0 ? 8
								  : 0;

	return scheme ? target + scheme + strcspn(target + scheme, "/?#") : target;
}

int request_parse(struct request *req, struct error *err)
{
	const char *target = skip_authority(req->http->head.target), *query = strchr(target, '?');
	size_t len = query ? (size_t)(query - target) : strlen(target);
	cleanup_free char *path = xstrndup(target, len);
	const char *rest = path;
	int r = parse_version(req, &rest, err);

	if (r < 0)
		return r;
	if (url_decode(rest, strlen(rest), false, &req->path) < 0)
		return error_set(err, ERR_INVALID, EINVAL, "invalid URL escape in the path");
	if (query && strchr(query, ';'))
		return error_set(err, ERR_INVALID, EINVAL, "invalid semicolon separator in query");
	if (url_query_parse(query ? query + 1 : NULL, &req->query) < 0)
		return error_set(err, ERR_INVALID, EINVAL, "invalid URL escape in the query");
	return 0;
}

void request_release(struct request *req)
{
	free(req->path);
	free(req->arg);
	url_query_release(&req->query);
	req->path = req->arg = NULL;
}

int request_engine(struct request *req, struct engine **ret, struct error *err)
{
	struct api_context *ctx = req->ctx;
	int r;

	if (!ctx->engine_is_open) {
		r = engine_open(ctx->config, &ctx->engine, err);
		if (r < 0)
			return r;
		ctx->engine_is_open = true;
	}
	*ret = &ctx->engine;
	return 0;
}

const char *request_str(const struct request *req, const char *name)
{
	const char *value = url_query_get(&req->query, name);

	return value && *value ? value : NULL;
}

bool request_bool(const struct request *req, const char *name)
{
	static const char *const no[] = { "0", "no", "false", "none" };
	const char *value = request_str(req, name);

	for (size_t i = 0; value && i < ARRAY_SIZE(no); i++)
		if (strcasecmp(value, no[i]) == 0)
			return false;
	return value != NULL;
}

int request_i64(const struct request *req, const char *name, struct opt_i64 *ret, struct error *err)
{
	const char *value = request_str(req, name);

	if (!value)
		return 0;
	if (parse_i64(value, &ret->value) < 0)
		return error_set(err, ERR_INVALID, EINVAL,
				 "invalid value for '%s': \"%s\" is not a number", name, value);
	ret->set = true;
	return 0;
}

int request_u32(const struct request *req, const char *name, uint32_t *ret, struct error *err)
{
	const char *value = url_query_get(&req->query, name);

	if (!value || parse_u32(value, ret) < 0)
		return error_set(err, ERR_INVALID, EINVAL,
				 "invalid value for '%s': \"%s\" is not a number", name,
				 value ? value : "");
	return 0;
}

int request_time(const struct request *req, const char *name, int64_t *ret, struct error *err)
{
	const char *value = request_str(req, name);

	*ret = 0;
	if (!value || strcmp(value, "0") == 0)
		return 0;
	if (clock_parse_relative(value, clock_now(), ret) < 0)
		return error_set(err, ERR_INVALID, EINVAL,
				 "invalid value for \"%s\": \"%s\" is not a time", name, value);
	return 0;
}

static int check_content_type(const struct request *req, size_t body_len, struct error *err)
{
	const char *type = http_headers_get(&req->http->head.headers, "Content-Type");
	size_t len = type ? strcspn(type, "; \t") : 0;

	if (len == strlen("application/json") && strncasecmp(type, "application/json", len) == 0)
		return 0;
	if (!type && body_len == 0)
		return 0;
	return error_set(err, ERR_INVALID, EINVAL,
			 "unsupported Content-Type header (%s): must be 'application/json'",
			 type ? type : "");
}

static int read_body(struct request *req, struct strbuf *body, struct error *err)
{
	int r = http_server_body_all(req->http, HTTP_JSON_MAX, body);

	if (r == -EFBIG) {
		req->http->keep_alive = false; /* the rest of it is not read */
		return error_set(err, ERR_INVALID, EFBIG, "the request body is larger than %d MiB",
				 HTTP_JSON_MAX / (1024 * 1024));
	}
	if (r < 0) {
		req->http->keep_alive = false;
		return error_set(err, ERR_INVALID, -r, "the request body %s",
				 r == -ETIMEDOUT ? "did not come in time" : "was cut short");
	}
	return check_content_type(req, body->len, err);
}

static int decode_body(const struct json_shape *shape, const struct strbuf *body, void *obj,
		       struct error *err)
{
	int r = json_decode(shape, strbuf_str(body), body->len, obj, err);

	return r < 0 ? error_prefix(err, "invalid JSON") : 0;
}

/* None, or what a client sends that has none: "null". */
static bool body_is_nothing(const struct strbuf *body)
{
	const char *text = strbuf_str(body);

	text += strspn(text, " \t\r\n");
	if (strncmp(text, "null", 4) == 0)
		text += 4;
	return text[strspn(text, " \t\r\n")] == '\0' && strlen(strbuf_str(body)) == body->len;
}

int request_json(struct request *req, const struct json_shape *shape, void *obj, struct error *err)
{
	cleanup(strbuf_release) struct strbuf body = STRBUF_INIT;
	int r = read_body(req, &body, err);

	if (r < 0)
		return r;
	if (body_is_nothing(&body)) {
		memset(obj, 0, shape->size);
		return 0;
	}
	return decode_body(shape, &body, obj, err);
}

int request_json_required(struct request *req, const struct json_shape *shape, void *obj,
			  struct error *err)
{
	cleanup(strbuf_release) struct strbuf body = STRBUF_INIT;
	int r = read_body(req, &body, err);

	if (r < 0)
		return r;
	if (body.len == 0)
		return error_set(err, ERR_INVALID, EINVAL,
				 "invalid JSON: got EOF while reading request body");
	return decode_body(shape, &body, obj, err);
}

void request_list(const struct request *req, const char *name, char ***ret)
{
	for (size_t i = 0; i < req->query.n; i++)
		if (strcmp(req->query.items[i].name, name) == 0)
			strv_push(ret, req->query.items[i].value);
}

int request_platform(const struct request *req, const char *name, char **ret, struct error *err)
{
	cleanup(image_platform_release) struct image_platform p = { NULL };
	const char *given = request_str(req, name);
	size_t len = given ? strlen(given) : 0;
	int r;

	*ret = NULL;
	if (len > 1 && given[0] == '[' && given[len - 1] == ']') {
		given++;
		len -= 2;
	}
	if (!given || given[0] != '{') {
		*ret = given ? xstrndup(given, len) : NULL;
		return 0;
	}
	r = json_decode(&image_platform_shape, given, len, &p, err);
	if (r < 0)
		return error_prefix(err, "invalid platform");
	*ret = xasprintf("%s/%s%s%s", p.os ? p.os : "", p.architecture ? p.architecture : "",
			 p.variant && *p.variant ? "/" : "", p.variant ? p.variant : "");
	return 0;
}
