/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that are not success (distribution-spec, "Error Codes") in Docker's words. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "registry/registry.h"

struct registry_error_item {
	char *code, *message;
};

struct registry_error_list {
	struct registry_error_item *errors;
	size_t n_errors;
};

static const struct json_field item_fields[] = {
	FIELD_STR(struct registry_error_item, code, "code"),
	FIELD_STR(struct registry_error_item, message, "message"),
};
static const struct json_shape item_shape = JSON_SHAPE(struct registry_error_item, item_fields, 0);

static const struct json_field list_fields[] = {
	FIELD_ARRAY(struct registry_error_list, errors, n_errors, "errors", &item_shape),
};
static const struct json_shape list_shape = JSON_SHAPE(struct registry_error_list, list_fields, 0);

static void registry_error_list_release(struct registry_error_list *list)
{
	json_release(&list_shape, list);
}

/* "MANIFEST_UNKNOWN", "manifest unknown" -> "manifest unknown: manifest unknown" */
static void describe(const char *code, const char *message, struct strbuf *out)
{
	for (; *code != '\0'; code++)
		strbuf_addc(out, *code == '_' ? ' ' : (char)tolower((unsigned char)*code));
	strbuf_addf(out, ": %.1024s", message);
}

static bool is_login(const struct registry *registry)
{
	return !registry->request->repository || !*registry->request->repository;
}

static int access_denied(const struct registry *registry, const char *text, struct error *err)
{
	const char *name = registry->request->familiar;
	const char *slash;
	size_t len;

	if (is_login(registry))
		return error_set(err, ERR_UNAUTHORIZED, 0,
				 "Get \"%s/v2/\": unauthorized: incorrect username or password",
				 registry->base_url);
	if (registry->request->push)
		return error_set(err, ERR_FORBIDDEN, 0,
				 "denied: requested access to the resource is denied");
	slash = strrchr(name, '/');
	len = strcspn(slash ? slash : name, ":@") + (slash ? (size_t)(slash - name) : 0);
	return error_set(err, ERR_NOT_FOUND, 0,
			 "pull access denied for %.*s, repository does not exist or may require "
			 "'docker login': %s",
			 (int)len, name, text);
}

static int translate(const struct registry *registry, const char *code, const char *text,
		     struct error *err)
{
	const char *name = registry->request->familiar;

	if (is_login(registry))
		return error_set(err,
				 strcmp(code, "UNAUTHORIZED") == 0 ? ERR_UNAUTHORIZED : ERR_SYSTEM,
				 0, "Get \"%s/v2/\": %s", registry->base_url, text);
	if (registry->request->push) /* as the registry says it */
		return error_set(err, strcmp(code, "DENIED") == 0 ? ERR_FORBIDDEN : ERR_SYSTEM, 0,
				 "%s", text);
	if (strcmp(code, "MANIFEST_UNKNOWN") == 0)
		return error_set(err, ERR_NOT_FOUND, 0, "manifest for %s not found: %s", name,
				 text);
	if (strcmp(code, "NAME_UNKNOWN") == 0)
		return error_set(err, ERR_NOT_FOUND, 0, "repository %s not found: %s", name, text);
	if (strcmp(code, "DENIED") == 0)
		return access_denied(registry, text, err);
	if (strcmp(code, "UNAUTHORIZED") == 0)
		return error_set(err, ERR_UNAUTHORIZED, 0, "%s", text);
	if (strcmp(code, "TOOMANYREQUESTS") == 0)
		return error_set(err, ERR_SYSTEM, 0, "toomanyrequests: %s", text);
	return error_set(err, ERR_SYSTEM, 0, "%s: %s", registry->request->host, text);
}

int registry_refused(struct registry *registry, const struct registry_answer *answer,
		     struct error *err)
{
	cleanup(registry_error_list_release) struct registry_error_list list = { 0 };
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (answer->status >= 400 && answer->status < 500 &&
	    json_decode(&list_shape, strbuf_str(&answer->body), answer->body.len, &list, NULL) >=
		    0 &&
	    list.n_errors > 0 && list.errors[0].code) {
		const char *message = list.errors[0].message;

		describe(list.errors[0].code, message ? message : "", &text);
		return translate(registry, list.errors[0].code, strbuf_str(&text), err);
	}
	registry_status_text(answer->status, &text);
	if (answer->status == 401 || answer->status == 403)
		return access_denied(registry, strbuf_str(&text), err);
	if (answer->status == 404 && !is_login(registry))
		return error_set(err, ERR_NOT_FOUND, 0, "manifest for %s not found: %s",
				 registry->request->familiar, strbuf_str(&text));
	return error_set(err, ERR_SYSTEM, 0, "%s: received unexpected HTTP status: %s",
			 registry->request->host, strbuf_str(&text));
}
