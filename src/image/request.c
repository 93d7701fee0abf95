/* SPDX-License-Identifier: Apache-2.0 */
/* What hoy-fetch is told about a registry. */
#include "image/request.h"

#include <string.h>

#include "base/parse.h"

enum { STALL_SECONDS = 30 };

/* HOY_STALL_SECONDS: for tests and odd networks. */
static int64_t stall_seconds(void)
{
	const char *text = getenv("HOY_STALL_SECONDS");
	int64_t seconds;

	if (text && parse_i64(text, &seconds) >= 0 && seconds > 0 && seconds <= 3600)
		return seconds;
	return STALL_SECONDS;
}

/* What clients call docker.io when they say whose credentials they send. */
static bool is_for_docker(const struct auth_config *auth)
{
	static const char *const names[] = { "https://index.docker.io/v1/", "index.docker.io",
					     "docker.io", "https://docker.io" };

	for (size_t i = 0; auth->server_address && i < ARRAY_SIZE(names); i++) {
		if (strcmp(auth->server_address, names[i]) == 0)
			return true;
	}
	return false;
}

void fetch_request_fill_host(const struct image_context *ctx, const char *domain,
			     const struct auth_config *auth, const char *action,
			     struct fetch_request *ret)
{
	const struct reference ref = { .domain = (char *)domain };
	static const struct auth_config nobody;

	/* who typed "nginx" may not know what it means here */
	if (reference_default_registry() && strcmp(domain, "docker.io") != 0 && is_for_docker(auth))
		auth = &nobody;
	ret->action = xstrdup(action);
	ret->host = xstrdup(reference_registry_host(&ref));
	ret->insecure = registry_is_insecure(domain, ctx->insecure_registries);
	ret->user = xstrdup(auth->username);
	ret->password = xstrdup(auth->password);
	ret->identity_token = xstrdup(auth->identity_token);
	if (auth->registry_token && *auth->registry_token)
		ret->authorization = xasprintf("Bearer %s", auth->registry_token);
	ret->stall_seconds = stall_seconds();
	ret->http_proxy = xstrdup(ctx->http_proxy);
	ret->https_proxy = xstrdup(ctx->https_proxy);
	ret->no_proxy = xstrdup(ctx->no_proxy);
}

void fetch_request_fill(const struct image_context *ctx, const struct reference *ref,
			const struct auth_config *auth, const char *action, const char *reference,
			struct fetch_request *ret)
{
	struct strbuf familiar = STRBUF_INIT;

	fetch_request_fill_host(ctx, ref->domain, auth, action, ret);
	reference_familiar(ref, &familiar);
	ret->familiar = strbuf_take(&familiar);
	ret->repository = xstrdup(ref->path);
	ret->reference = xstrdup(reference);
}

void fetch_request_fill_endpoint(const struct image_context *ctx, const struct reference *ref,
				 const struct pull_endpoint *endpoint,
				 const struct auth_config *auth, struct fetch_request *ret)
{
	static const struct auth_config nobody;
	const char *reference = ref->digest ? ref->digest : ref->tag;
	struct strbuf familiar = STRBUF_INIT;

	fetch_request_fill_host(ctx, endpoint->domain, endpoint->own ? auth : &nobody, "resolve",
				ret);
	reference_familiar(ref, &familiar);
	ret->familiar = strbuf_take(&familiar);
	ret->repository = xstrdup(endpoint->repository);
	ret->reference = xstrdup(reference);
	ret->base_url = xstrdup(endpoint->base_url);
}
