/* SPDX-License-Identifier: Apache-2.0 */
/* What a registry lists: tags, its catalogue and search, referrers; and whether it knows us. */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/strv.h"
#include "oci/manifest.h"
#include "registry/registry.h"

enum {
	PAGE_MAX = 4 * 1024 * 1024,
	PAGES_MAX = 1000, /* a list that goes round in circles ends */
	SEARCH_MAX = 100,
	SEARCH_DEFAULT = 25,
};

struct name_list {
	char **tags, **repositories;
};

static const struct json_field name_list_fields[] = {
	FIELD_STRV(struct name_list, tags, "tags"),
	FIELD_STRV(struct name_list, repositories, "repositories"),
};
static const struct json_shape name_list_shape = JSON_SHAPE(struct name_list, name_list_fields, 0);

struct search_answer {
	struct fetch_found *results;
	size_t n_results;
};

static const struct json_field search_answer_fields[] = {
	FIELD_ARRAY(struct search_answer, results, n_results, "results", &fetch_found_shape),
};
static const struct json_shape search_answer_shape =
	JSON_SHAPE(struct search_answer, search_answer_fields, 0);

/* Each page of a list; its names go to take_page. Pages of another host are not asked for. */
static int read_pages(struct registry *registry, const char *path,
		      int (*take_page)(void *arg, const struct name_list *page, struct error *err),
		      void *arg, struct error *err)
{
	cleanup_free char *url = xasprintf("%s%s", registry->base_url, path);
	int r = 1;

	for (int i = 0; r > 0 && i < PAGES_MAX; i++) {
		cleanup(registry_answer_release) struct registry_answer answer =
			REGISTRY_ANSWER_INIT;
		struct registry_call call = { .url = url, .max = PAGE_MAX };
		cleanup_free char *next = NULL;
		struct name_list page = { 0 };

		r = registry_call_until(registry, &call, &answer, err);
		if (r < 0)
			return r;
		if (answer.status != 200)
			return registry_refused(registry, &answer, err);
		r = json_decode(&name_list_shape, strbuf_str(&answer.body), answer.body.len, &page,
				err);
		if (r < 0)
			return error_prefix(err, "answer of %s", registry->request->host);
		r = take_page(arg, &page, err);
		json_release(&name_list_shape, &page);
		next = answer.link ? registry_link_next(answer.link) : NULL;
		if (r < 0 || !next)
			return r < 0 ? r : 0;
		free(url);
		url = registry_url_resolve(registry->base_url, next);
		if (!url || !registry_url_same_origin(url, registry->base_url))
			return error_set(err, ERR_SYSTEM, 0,
					 "%s continues its list at an unusable address",
					 registry->request->host);
		r = 1;
	}
	return error_set(err, ERR_SYSTEM, E2BIG, "%s has a list without end",
			 registry->request->host);
}

struct taker {
	registry_take take;
	void *arg;
	const char *term;
	int64_t left;
};

static int take_tags(void *arg, const struct name_list *page, struct error *err)
{
	const struct taker *taker = arg;
	int r = 0;

	for (size_t i = 0; r >= 0 && page->tags && page->tags[i]; i++)
		r = taker->take(taker->arg, page->tags[i], strlen(page->tags[i]), err);
	return r;
}

int registry_tags(struct registry *registry, registry_take take, void *arg, struct error *err)
{
	struct taker taker = { .take = take, .arg = arg };
	cleanup_free char *path = xasprintf("/v2/%s/tags/list", registry->request->repository);

	return read_pages(registry, path, take_tags, &taker, err);
}

static int take_found(struct taker *taker, const struct fetch_found *found, struct error *err)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (taker->left <= 0)
		return 0;
	taker->left--;
	json_encode(&fetch_found_shape, found, &text);
	return taker->take(taker->arg, text.data, text.len, err);
}

static int take_repositories(void *arg, const struct name_list *page, struct error *err)
{
	struct taker *taker = arg;
	int r = 0;

	for (size_t i = 0; r >= 0 && page->repositories && page->repositories[i]; i++) {
		const struct fetch_found found = { .name = page->repositories[i],
						   .description = (char *)"" };

		if (strcasestr(found.name, taker->term))
			r = take_found(taker, &found, err);
	}
	return r;
}

/* Docker's own: 1 answered, 0 the registry has no such thing. */
static int search_v1(struct registry *registry, struct taker *taker, struct error *err)
{
	cleanup(registry_answer_release) struct registry_answer answer = REGISTRY_ANSWER_INIT;
	cleanup(strbuf_release) struct strbuf url = STRBUF_INIT;
	struct registry_call call = { .max = PAGE_MAX };
	struct search_answer found = { 0 };
	int r;

	strbuf_addf(&url, "%s/v1/search?n=%lld&q=", registry->base_url, (long long)taker->left);
	registry_url_escape(taker->term, &url);
	call.url = url.data;
	r = registry_call_until(registry, &call, &answer, err);
	if (r < 0)
		return r;
	if (answer.status != 200)
		return 0;
	if (json_decode(&search_answer_shape, strbuf_str(&answer.body), answer.body.len, &found,
			NULL) < 0)
		return 0;
	for (size_t i = 0; r >= 0 && i < found.n_results; i++)
		r = take_found(taker, &found.results[i], err);
	json_release(&search_answer_shape, &found);
	return r < 0 ? r : 1;
}

int registry_search(struct registry *registry, registry_take take, void *arg, struct error *err)
{
	const struct fetch_request *request = registry->request;
	struct taker taker = { take, arg, request->reference,
			       request->limit > 0 ? request->limit : SEARCH_DEFAULT };
	int r;

	if (taker.left > SEARCH_MAX)
		taker.left = SEARCH_MAX;
	r = search_v1(registry, &taker, err);
	return r != 0 ? r : read_pages(registry, "/v2/_catalog", take_repositories, &taker, err);
}

int registry_referrers(struct registry *registry, struct strbuf *ret, struct error *err)
{
	static const char none[] = "{\"schemaVersion\":2,\"mediaType\":\"" MEDIA_OCI_INDEX
				   "\",\"manifests\":[]}";
	const struct fetch_request *request = registry->request;
	cleanup(registry_answer_release) struct registry_answer answer = REGISTRY_ANSWER_INIT;
	cleanup_free char *path =
		xasprintf("/v2/%s/referrers/%s", request->repository, request->reference);
	cleanup_free char *tag = xstrdup(request->reference), *fallback = NULL;
	int r = registry_ask(registry, path, MEDIA_OCI_INDEX, MANIFEST_MAX, &answer, err);

	if (r >= 0 && answer.status == 404) { /* a registry of before 1.1: an index by this tag */
		tag[strcspn(tag, ":")] = '-';
		fallback = xasprintf("/v2/%s/manifests/%s", request->repository, tag);
		registry_answer_release(&answer);
		r = registry_ask(registry, fallback, MEDIA_OCI_INDEX, MANIFEST_MAX, &answer, err);
	}
	if (r < 0)
		return r;
	if (answer.status != 200 && answer.status != 404)
		return registry_refused(registry, &answer, err);
	strbuf_reset(ret);
	if (answer.status == 404)
		strbuf_adds(ret, none);
	else
		strbuf_add(ret, strbuf_str(&answer.body), answer.body.len);
	return 0;
}

int registry_login(struct registry *registry, struct error *err)
{
	cleanup(registry_answer_release) struct registry_answer answer = REGISTRY_ANSWER_INIT;
	cleanup(strbuf_release) struct strbuf status = STRBUF_INIT;
	int r = registry_ask(registry, "/v2/", NULL, PAGE_MAX, &answer, err);

	if (r < 0)
		return r;
	if (answer.status == 200)
		return 0;
	registry_status_text(answer.status, &status);
	return error_set(err, answer.status == 401 ? ERR_UNAUTHORIZED : ERR_SYSTEM, 0,
			 "login attempt to %s/v2/ failed with status: %s", registry->base_url,
			 strbuf_str(&status));
}
