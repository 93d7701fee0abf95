/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors and registries that are searched. */
#include "image/pull-endpoint.h"

#include <errno.h>
#include <string.h>

static const char hub[] = "docker.io";

void pull_endpoints_release(struct pull_endpoints *endpoints)
{
	for (size_t i = 0; i < endpoints->n; i++) {
		free(endpoints->items[i].domain);
		free(endpoints->items[i].base_url);
		free(endpoints->items[i].repository);
	}
	free(endpoints->items);
	*endpoints = (struct pull_endpoints){ 0 };
}

static struct pull_endpoint *add(struct pull_endpoints *list)
{
	list->items = xrealloc(list->items, list->n + 1, sizeof(*list->items));
	list->items[list->n] = (struct pull_endpoint){ 0 };
	return &list->items[list->n++];
}

int pull_endpoint_check_mirror(const char *url, struct error *err)
{
	bool tls = strncmp(url, "https://", 8) == 0;
	const char *host = tls ? url + 8 : strncmp(url, "http://", 7) == 0 ? url + 7 : "";
	cleanup_free char *domain = xstrndup(host, strcspn(host, "/"));
	const char *rest = host + strlen(domain);

	if (*domain && reference_domain_is_valid(domain) && strspn(rest, "/") == strlen(rest))
		return 0;
	return error_set(
		err, ERR_INVALID, EINVAL,
		"invalid mirror \"%.256s\": want https://HOST[:PORT] or http://HOST[:PORT]", url);
}

int pull_endpoint_check_search(const char *text, struct error *err)
{
	cleanup_free char *domain = xstrndup(text, strcspn(text, "/"));
	cleanup_free char *name = xasprintf("%s/x", text);
	cleanup(reference_release) struct reference ref = REFERENCE_INIT;

	if (strcmp(text, hub) == 0)
		return 0;
	if (reference_domain_is_valid(domain) && strpbrk(domain, ".:") &&
	    reference_parse(name, &ref, NULL) >= 0 && !ref.tag && !ref.digest)
		return 0;
	return error_set(err, ERR_INVALID, EINVAL,
			 "invalid registry \"%.256s\" for names without one: want "
			 "HOST[:PORT][/PREFIX]",
			 text);
}

static void add_hub(const struct image_context *ctx, const struct reference *ref,
		    struct pull_endpoints *list)
{
	struct pull_endpoint *endpoint;

	for (char *const *m = ctx->mirrors; m && *m; m++) {
		const char *host = strstr(*m, "://") + 3;
		size_t len = strcspn(host, "/");

		endpoint = add(list);
		endpoint->domain = xstrndup(host, len);
		endpoint->base_url = xstrndup(*m, (size_t)(host - *m) + len);
		endpoint->repository = xstrdup(ref->path);
	}
	endpoint = add(list);
	endpoint->domain = xstrdup(hub);
	endpoint->repository = xstrdup(ref->path);
	endpoint->own = true;
}

/* "library/nginx" below "host:5000/team" is "team/nginx". */
static void add_searched(const char *entry, const struct reference *ref,
			 struct pull_endpoints *list)
{
	struct pull_endpoint *endpoint = add(list);
	size_t len = strcspn(entry, "/");
	const char *path = ref->path;

	if (strncmp(path, "library/", 8) == 0)
		path += 8;
	endpoint->domain = xstrndup(entry, len);
	endpoint->repository = entry[len] == '/' && entry[len + 1]
				       ? xasprintf("%s/%s", entry + len + 1, path)
				       : xstrdup(path);
}

int pull_endpoints_of(const struct image_context *ctx, const struct reference *ref,
		      struct pull_endpoints *ret, struct error *err)
{
	cleanup(pull_endpoints_release) struct pull_endpoints list = { 0 };
	bool is_hub = strcmp(ref->domain, hub) == 0;
	int r = 0;

	for (char *const *m = ctx->mirrors; r >= 0 && is_hub && m && *m; m++)
		r = pull_endpoint_check_mirror(*m, err);
	for (char *const *s = ctx->search; r >= 0 && is_hub && s && *s; s++)
		r = pull_endpoint_check_search(*s, err);
	if (r < 0)
		return r;
	for (char *const *s = ctx->search; is_hub && s && *s; s++) {
		if (strcmp(*s, hub) == 0)
			add_hub(ctx, ref, &list);
		else
			add_searched(*s, ref, &list);
	}
	if (is_hub && list.n == 0) {
		add_hub(ctx, ref, &list);
	} else if (!is_hub) {
		struct pull_endpoint *endpoint = add(&list);

		endpoint->domain = xstrdup(ref->domain);
		endpoint->repository = xstrdup(ref->path);
		endpoint->own = true;
	}
	*ret = list;
	list = (struct pull_endpoints){ 0 };
	return 0;
}
