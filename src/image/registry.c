/* SPDX-License-Identifier: Apache-2.0 */
/* Login, distribution, search: each is one hoy-fetch. */
#include "image/registry.h"

#include <errno.h>
#include <string.h>

#include "base/parse.h"
#include "base/strv.h"
#include "image/child.h"
#include "image/request.h"
#include "oci/image-config.h"
#include "oci/manifest.h"
#include "wire/filters.h"

enum { SEARCH_LIMIT = 100, SEARCH_DEFAULT = 25 };

static const char index_host[] = "index.docker.io"; /* where Docker's search and logins live */

static void request_release(struct fetch_request *request)
{
	json_release(&fetch_request_shape, request);
}

/* "https://index.docker.io/v1/" -> "docker.io"; owned, NULL when it is no host. */
static char *domain_of(const char *server)
{
	const char *slashes = strstr(server, "://");
	cleanup_free char *host = NULL;

	if (slashes)
		server = slashes + 3;
	host = xstrndup(server, strcspn(server, "/"));
	if (*host == '\0' || strcmp(host, index_host) == 0 ||
	    strcmp(host, "registry-1.docker.io") == 0)
		return xstrdup("docker.io");
	return reference_domain_is_valid(host) ? take_ptr(host) : NULL;
}

int image_login(struct image_context *ctx, const struct auth_request *auth, char **ret_token,
		struct error *err)
{
	cleanup(transfer_child_release) struct transfer_child child = TRANSFER_CHILD_INIT;
	cleanup(request_release) struct fetch_request request = { 0 };
	const struct auth_config config = { .username = auth->username,
					    .password = auth->password,
					    .identity_token = auth->identity_token,
					    .registry_token = auth->registry_token };
	cleanup_free char *domain = domain_of(auth->server_address ? auth->server_address : "");
	int r;

	if (!domain)
		return error_set(err, ERR_INVALID, EINVAL, "invalid registry address \"%.256s\"",
				 auth->server_address);
	fetch_request_fill_host(ctx, domain, &config, "login", &request);
	r = transfer_child_fetch(ctx, &request, -1, &child, err);
	if (r >= 0)
		r = transfer_child_wait(&child, err);
	if (r >= 0 && child.identity_token && *child.identity_token)
		*ret_token = take_ptr(child.identity_token);
	return r;
}

static void add_platform(struct distribution_inspect *ret, const char *os, const char *os_version,
			 const char *architecture, const char *variant)
{
	ret->platforms = xrealloc(ret->platforms, ret->n_platforms + 1, sizeof(*ret->platforms));
	ret->platforms[ret->n_platforms++] =
		(struct image_platform){ .architecture = xstrdup(architecture),
					 .os = xstrdup(os),
					 .os_version = xstrdup(os_version),
					 .variant = xstrdup(variant) };
}

static int add_index_platforms(const struct strbuf *text, struct distribution_inspect *ret,
			       struct error *err)
{
	cleanup(manifest_index_release) struct manifest_index index = { 0 };
	int r = manifest_index_decode(strbuf_str(text), text->len, &index, err);

	for (size_t i = 0; r >= 0 && i < index.n_manifests; i++) {
		const struct descriptor_platform *p = index.manifests[i].platform;

		if (p)
			add_platform(ret, p->os, p->os_version, p->architecture, p->variant);
	}
	return r;
}

static int add_image_platform(const struct strbuf *text, struct distribution_inspect *ret,
			      struct error *err)
{
	cleanup(image_config_release) struct image_config config = { 0 };
	int r;

	if (text->len == 0)
		return 0;
	r = image_config_decode(strbuf_str(text), text->len, &config, err);
	if (r >= 0)
		add_platform(ret, config.os, config.os_version, config.architecture,
			     config.variant);
	return r;
}

static int fill_distribution(const struct transfer_child *child, struct distribution_inspect *ret,
			     struct error *err)
{
	const struct strbuf *text = child->index.len > 0 ? &child->index : &child->manifest;

	ret->descriptor = xcalloc(1, sizeof(*ret->descriptor));
	ret->descriptor->media_type = xstrdup(child->resolved.manifest_type);
	ret->descriptor->digest = xstrdup(child->resolved.digest);
	ret->descriptor->size = (int64_t)text->len;
	return child->index.len > 0 ? add_index_platforms(&child->index, ret, err)
				    : add_image_platform(&child->config, ret, err);
}

int image_distribution(struct image_context *ctx, const char *name, const char *auth,
		       struct distribution_inspect *ret, struct error *err)
{
	cleanup(transfer_child_release) struct transfer_child child = TRANSFER_CHILD_INIT;
	cleanup(request_release) struct fetch_request request = { 0 };
	cleanup(reference_release) struct reference ref = REFERENCE_INIT;
	cleanup(auth_config_release) struct auth_config config = { 0 };
	int r = reference_parse(name, &ref, err);

	if (r >= 0)
		r = auth_config_decode(auth, &config, err);
	if (r < 0)
		return r;
	reference_set_default_tag(&ref);
	fetch_request_fill(ctx, &ref, &config, "describe", ref.digest ? ref.digest : ref.tag,
			   &request);
	r = transfer_child_fetch(ctx, &request, -1, &child, err);
	if (r >= 0)
		r = transfer_child_wait(&child, err);
	if (r >= 0)
		r = fill_distribution(&child, ret, err);
	if (r < 0)
		distribution_inspect_release(ret);
	return r;
}

struct search_filter {
	bool official_set, official, automated_set, automated;
	int64_t stars;
};

static int parse_search_filters(const char *json, struct search_filter *ret, struct error *err)
{
	static const char *const allowed[] = { "is-official", "is-automated", "stars", NULL };
	cleanup(filters_release) struct filters filters = FILTERS_INIT;
	char *const *stars;
	int r = filters_parse(json, &filters, err);

	if (r >= 0)
		r = filters_check(&filters, allowed, err);
	ret->official_set = r >= 0 && filters_get(&filters, "is-official");
	ret->automated_set = r >= 0 && filters_get(&filters, "is-automated");
	if (r >= 0)
		r = filters_get_bool(&filters, "is-official", &ret->official, err);
	if (r >= 0)
		r = filters_get_bool(&filters, "is-automated", &ret->automated, err);
	stars = r >= 0 ? filters_get(&filters, "stars") : NULL;
	for (size_t i = 0; stars && stars[i]; i++) {
		int64_t n;

		if (parse_i64(stars[i], &n) < 0)
			return error_set(err, ERR_INVALID, EINVAL, "invalid filter 'stars=[%.64s]'",
					 stars[i]);
		ret->stars = n > ret->stars ? n : ret->stars;
	}
	return r;
}

static bool is_wanted(const struct search_filter *filter, const struct fetch_found *found)
{
	return (!filter->official_set || found->is_official == filter->official) &&
	       (!filter->automated_set || found->is_automated == filter->automated) &&
	       found->star_count >= filter->stars;
}

static int take_found(char *const *items, const struct search_filter *filter,
		      struct fetch_found **ret, size_t *ret_n, struct error *err)
{
	struct fetch_found *list = xcalloc(strv_len(items) + 1, sizeof(*list));
	size_t n = 0;
	int r = 0;

	for (size_t i = 0; r >= 0 && items && items[i]; i++) {
		r = json_decode(&fetch_found_shape, items[i], strlen(items[i]), &list[n], err);
		if (r >= 0 && is_wanted(filter, &list[n]))
			n++;
		else
			json_release(&fetch_found_shape, &list[n]);
	}
	if (r < 0) {
		json_release_array(&fetch_found_shape, list, n);
		return r;
	}
	*ret = list;
	*ret_n = n;
	return 0;
}

/* "localhost:5000/a" is a term for that registry; else it is for Docker's index. */
static void split_term(const char *term, char **ret_domain, const char **ret_term)
{
	const char *slash = strchr(term, '/');
	cleanup_free char *first = slash ? xstrndup(term, (size_t)(slash - term)) : NULL;

	if (first && (strpbrk(first, ".:") || strcmp(first, "localhost") == 0) &&
	    strcmp(first, "docker.io") != 0 && reference_domain_is_valid(first)) {
		*ret_domain = take_ptr(first);
		*ret_term = slash + 1;
		return;
	}
	*ret_domain = xstrdup(index_host);
	*ret_term = strncmp(term, "docker.io/", 10) == 0 ? term + 10 : term;
}

int image_search(struct image_context *ctx, const struct image_search_options *opts,
		 struct fetch_found **ret, size_t *ret_n, struct error *err)
{
	cleanup(transfer_child_release) struct transfer_child child = TRANSFER_CHILD_INIT;
	cleanup(request_release) struct fetch_request request = { 0 };
	cleanup(auth_config_release) struct auth_config config = { 0 };
	struct search_filter filter = { 0 };
	cleanup_free char *domain = NULL;
	const char *term;
	int r;

	if (opts->limit < 0 || opts->limit > SEARCH_LIMIT)
		return error_set(err, ERR_INVALID, EINVAL,
				 "limit %lld is outside the range of [1, 100]",
				 (long long)opts->limit);
	r = parse_search_filters(opts->filters_json, &filter, err);
	if (r >= 0)
		r = auth_config_decode(opts->auth, &config, err);
	if (r < 0)
		return r;
	split_term(opts->term, &domain, &term);
	fetch_request_fill_host(ctx, domain, &config, "search", &request);
	request.reference = xstrdup(term);
	request.limit = opts->limit ? opts->limit : SEARCH_DEFAULT;
	r = transfer_child_fetch(ctx, &request, -1, &child, err);
	if (r >= 0)
		r = transfer_child_wait(&child, err);
	return r < 0 ? r : take_found(child.items, &filter, ret, ret_n, err);
}
