/* SPDX-License-Identifier: Apache-2.0 */
/* The list of images, with Docker's filters. */
#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "base/clock.h"
#include "base/strv.h"
#include "image/find.h"
#include "image/image.h"
#include "store/layers.h"
#include "wire/filters.h"

/* What the filters come down to, once for all images. */
struct selection {
	struct filters filters;
	bool has_dangling, dangling;
	int64_t before, since, until; /* ns; 0 none */
};

static void selection_release(struct selection *selection)
{
	filters_release(&selection->filters);
}

/* before=IMAGE, since=IMAGE: that image's own time. */
static int selection_image_time(struct image_context *ctx, const struct selection *selection,
				const char *name, int64_t *ret, struct error *err)
{
	cleanup(image_record_release) struct image_record rec = IMAGE_RECORD_INIT;
	char *const *values = filters_get(&selection->filters, name);
	cleanup_free char *found = NULL;
	int r;

	if (!values || !values[0])
		return 0;
	r = image_find(ctx, values[0], &rec, &found, err);
	if (r >= 0)
		*ret = rec.created;
	return r;
}

static int selection_read(struct image_context *ctx, const char *json, struct selection *ret,
			  struct error *err)
{
	static const char *const allowed[] = { "dangling",  "label", "before", "since",
					       "reference", "until", NULL };
	char *const *until;
	int r;

	r = filters_parse(json, &ret->filters, err);
	if (r >= 0)
		r = filters_check(&ret->filters, allowed, err);
	if (r >= 0)
		r = filters_get_bool(&ret->filters, "dangling", &ret->dangling, err);
	if (r >= 0)
		r = selection_image_time(ctx, ret, "before", &ret->before, err);
	if (r >= 0)
		r = selection_image_time(ctx, ret, "since", &ret->since, err);
	if (r < 0)
		return r;
	ret->has_dangling = filters_get(&ret->filters, "dangling") != NULL;
	until = filters_get(&ret->filters, "until");
	if (until && until[0] && clock_parse_relative(until[0], clock_now(), &ret->until) < 0)
		return error_set(err, ERR_INVALID, EINVAL, "invalid value for filter until: %s",
				 until[0]);
	return 0;
}

static bool any_fits(char *const *patterns, const char *text)
{
	for (size_t i = 0; patterns && patterns[i]; i++) {
		if (fnmatch(patterns[i], text, FNM_PATHNAME) == 0)
			return true;
	}
	return false;
}

/* Names of the default registry fit as they are typed, too. */
static bool reference_fits(char *const *patterns, const char *familiar)
{
	const char *registry = reference_default_registry();
	size_t len = registry ? strlen(registry) : 0;
	cleanup_free char *name = xstrndup(familiar, strcspn(familiar, "@"));
	char *colon = strrchr(name, ':');

	if (colon && !strchr(colon, '/'))
		*colon = '\0';
	if (!patterns || any_fits(patterns, familiar) || any_fits(patterns, name))
		return true;
	if (!registry || strncmp(familiar, registry, len) != 0 || familiar[len] != '/')
		return false;
	return any_fits(patterns, familiar + len + 1) || any_fits(patterns, name + len + 1);
}

static void keep_fitting(char *const *names, char *const *patterns, char ***ret)
{
	*ret = xcalloc(1, sizeof(**ret));
	for (size_t i = 0; names && names[i]; i++) {
		cleanup_free char *familiar = image_familiar(names[i]);

		if (reference_fits(patterns, familiar))
			strv_push(ret, familiar);
	}
}

static bool selection_fits(const struct selection *s, const struct image_record *rec,
			   const struct image_summary *item)
{
	bool named = item->repo_tags[0], has_digest = item->repo_digests[0];

	if (s->has_dangling && s->dangling && named)
		return false;
	if (s->has_dangling && !s->dangling && !named && !has_digest)
		return false;
	if (filters_get(&s->filters, "reference") && !named && !has_digest)
		return false;
	if ((s->before && rec->created >= s->before) || (s->since && rec->created <= s->since) ||
	    (s->until && rec->created >= s->until))
		return false;
	return filters_match_labels(&s->filters, "label", &item->labels);
}

static int summary_fill(struct image_context *ctx, const struct image_record *rec,
			const struct image_list_options *opts, const struct selection *selection,
			struct image_summary *ret, struct error *err)
{
	cleanup(strv_release) char **tags = NULL, **digests = NULL;
	cleanup(image_config_release) struct image_config config = { 0 };
	char *const *patterns = filters_get(&selection->filters, "reference");
	int r;

	r = image_config_of(rec, &config, err);
	if (r >= 0)
		r = image_tags(ctx->store, rec->id, &tags, err);
	if (r >= 0)
		r = image_repo_digests(ctx->store, rec->id, &digests, err);
	if (r < 0)
		return r;
	ret->shared_size = -1;
	if (opts->shared_size) {
		r = layer_shared_size(ctx->store, rec->id, &ret->shared_size, err);
		if (r < 0)
			return r;
	}
	keep_fitting(tags, patterns, &ret->repo_tags);
	keep_fitting(digests, patterns, &ret->repo_digests);
	ret->containers = -1;
	ret->created = rec->created / 1000000000;
	ret->id = xstrdup(rec->id);
	ret->parent_id = xstrdup("");
	ret->size = rec->size;
	strmap_copy(&ret->labels, &config.config.labels);
	return 0;
}

int image_list(struct image_context *ctx, const struct image_list_options *opts,
	       struct image_summary **ret_items, size_t *ret_n, struct error *err)
{
	cleanup(selection_release) struct selection selection = { 0 };
	struct image_summary *items = NULL;
	struct image_record *recs = NULL;
	size_t n_recs = 0, n = 0;
	int r;

	r = selection_read(ctx, opts->filters_json, &selection, err);
	if (r >= 0)
		r = image_record_list(ctx->store, &recs, &n_recs, err);
	items = xcalloc(n_recs + 1, sizeof(*items));
	for (size_t i = 0; r >= 0 && i < n_recs; i++) {
		r = summary_fill(ctx, &recs[i], opts, &selection, &items[n], err);
		if (r >= 0 && selection_fits(&selection, &recs[i], &items[n]))
			n++;
		else
			image_summary_release(&items[n]);
	}
	image_record_list_free(recs, n_recs);
	if (r < 0) {
		json_release_array(&image_summary_shape, items, n);
		return r;
	}
	*ret_items = items;
	*ret_n = n;
	return 0;
}
