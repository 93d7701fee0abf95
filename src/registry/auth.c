/* SPDX-License-Identifier: Apache-2.0 */
/* Logging in at a registry (distribution's "Token Authentication Specification", and RFC 7617). */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "registry/registry.h"

enum { TOKEN_ANSWER_MAX = 256 * 1024 };

struct token_answer {
	char *token, *access_token, *refresh_token;
};

static const struct json_field token_answer_fields[] = {
	FIELD_STR(struct token_answer, token, "token"),
	FIELD_STR(struct token_answer, access_token, "access_token"),
	FIELD_STR(struct token_answer, refresh_token, "refresh_token"),
};
static const struct json_shape token_answer_shape =
	JSON_SHAPE(struct token_answer, token_answer_fields, 0);

static void token_answer_release(struct token_answer *answer)
{
	json_release(&token_answer_shape, answer);
}

static bool given(const char *str)
{
	return str && *str;
}

static char *basic_header(const struct fetch_request *request)
{
	cleanup_free char *pair = xasprintf("%s:%s", request->user, request->password);
	struct strbuf out = STRBUF_INIT;

	strbuf_adds(&out, "Basic ");
	base64_encode(pair, strlen(pair), false, &out);
	return strbuf_take(&out);
}

static int set_token(struct registry *registry, const struct registry_answer *answer,
		     struct error *err)
{
	cleanup(token_answer_release) struct token_answer token = { 0 };
	const char *value;
	int r;

	r = json_decode(&token_answer_shape, strbuf_str(&answer->body), answer->body.len, &token,
			err);
	if (r < 0)
		return error_prefix(err, "answer of the token server");
	value = given(token.token) ? token.token : token.access_token;
	if (!given(value) || strpbrk(value, "\r\n"))
		return error_set(err, ERR_UNAUTHORIZED, EACCES,
				 "the token server sent no usable token");
	free(registry->authorization);
	registry->authorization = xasprintf("Bearer %s", value);
	free(registry->identity_token);
	registry->identity_token = take_ptr(token.refresh_token);
	return 0;
}

static void add_parameter(struct strbuf *out, char before, const char *name, const char *value)
{
	strbuf_addc(out, before);
	strbuf_addf(out, "%s=", name);
	registry_url_escape(value, out);
}

/*
 * Credentials go to the realm that the registry names, as the protocol wants it: over TLS; in the
 * clear only when the registry itself is spoken to in the clear, and only to the registry's own
 * host.
 */
static int check_realm(const struct registry *registry, const char *realm, struct error *err)
{
	bool clear = strncmp(registry->base_url, "http:", 5) == 0;

	if (given(realm) && strncmp(realm, "https://", 8) == 0)
		return 0;
	if (given(realm) && clear && strncmp(realm, "http://", 7) == 0 &&
	    registry_url_same_host(realm, registry->base_url))
		return 0;
	return error_set(err, ERR_UNAUTHORIZED, EACCES,
			 "%s asks to log in at an unusable address \"%.256s\"",
			 registry->request->host, realm ? realm : "");
}

/* What the token is to be good for; a login asks for nothing. */
static void add_scopes(const struct fetch_request *request, char before, struct strbuf *out)
{
	cleanup_free char *scope = NULL;

	if (!given(request->repository))
		return;
	scope = xasprintf("repository:%s:pull%s", request->repository,
			  request->push ? ",push" : "");
	add_parameter(out, before, "scope", scope);
	for (size_t i = 0; request->from && request->from[i]; i++) {
		cleanup_free char *more = xasprintf("repository:%s:pull", request->from[i]);

		add_parameter(out, '&', "scope", more);
	}
}

/* OAuth2 has one scope parameter, blanks between. */
static void add_scope_list(const struct fetch_request *request, struct strbuf *out)
{
	cleanup(strbuf_release) struct strbuf list = STRBUF_INIT;

	if (!given(request->repository))
		return;
	strbuf_addf(&list, "repository:%s:pull%s", request->repository,
		    request->push ? ",push" : "");
	for (size_t i = 0; request->from && request->from[i]; i++)
		strbuf_addf(&list, " repository:%s:pull", request->from[i]);
	add_parameter(out, '&', "scope", list.data);
}

static void fill_form(const struct fetch_request *request, const char *service, struct strbuf *form)
{
	strbuf_adds(form, "grant_type=refresh_token&client_id=hoy");
	add_parameter(form, '&', "service", service);
	add_scope_list(request, form);
	add_parameter(form, '&', "refresh_token", request->identity_token);
}

static void fill_query(const struct fetch_request *request, const char *service, struct strbuf *url)
{
	bool login = !given(request->repository);
	char next = strchr(strbuf_str(url), '?') ? '&' : '?';

	if (given(service)) {
		add_parameter(url, next, "service", service);
		next = '&';
	}
	if (given(request->user)) {
		add_parameter(url, next, "account", request->user);
		next = '&';
	}
	if (login)
		strbuf_addf(url, "%cclient_id=hoy&offline_token=true", next);
	else
		add_scopes(request, next, url);
}

static int get_token(struct registry *registry, const struct registry_challenge *challenge,
		     struct error *err)
{
	const struct fetch_request *request = registry->request;
	cleanup(registry_answer_release) struct registry_answer answer = REGISTRY_ANSWER_INIT;
	cleanup(strbuf_release) struct strbuf url = STRBUF_INIT, form = STRBUF_INIT;
	const char *service = challenge->service ? challenge->service : "";
	cleanup_free char *basic = NULL;
	struct registry_call call = { .max = TOKEN_ANSWER_MAX };
	int r;

	strbuf_adds(&url, challenge->realm);
	if (given(request->identity_token)) {
		fill_form(request, service, &form);
		call.form = form.data;
	} else {
		fill_query(request, service, &url);
		basic = given(request->user) ? basic_header(request) : NULL;
	}
	call.url = strbuf_str(&url);
	call.authorization = basic;
	r = registry_http_call(registry->http, &call, &answer, err);
	if (r < 0)
		return r;
	if (answer.status != 200)
		return registry_refused(registry, &answer, err);
	return set_token(registry, &answer, err);
}

int registry_authenticate(struct registry *registry, const char *challenge, struct error *err)
{
	cleanup(registry_challenge_release) struct registry_challenge c = { 0 };
	int r;

	if (!challenge || registry_challenge_parse(challenge, &c) < 0)
		return error_set(err, ERR_UNAUTHORIZED, EACCES,
				 "%s wants a login but does not say how", registry->request->host);
	if (strcasecmp(c.scheme, "Basic") == 0 && given(registry->request->user)) {
		free(registry->authorization);
		registry->authorization = basic_header(registry->request);
		return 0;
	}
	if (strcasecmp(c.scheme, "Basic") == 0)
		return error_set(err, ERR_UNAUTHORIZED, EACCES, "no basic auth credentials");
	if (strcasecmp(c.scheme, "Bearer") != 0)
		return error_set(err, ERR_UNAUTHORIZED, EACCES, "%s wants an unknown kind of login",
				 registry->request->host);
	r = check_realm(registry, c.realm, err);
	return r < 0 ? r : get_token(registry, &c, err);
}
