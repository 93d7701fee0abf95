/* SPDX-License-Identifier: Apache-2.0 */
/* Giving an image a name. */
#include <errno.h>

#include "base/clock.h"
#include "image/find.h"
#include "image/image.h"

/* repo and tag, given separately, as one checked reference with a tag. */
int image_name_parse(const char *repo, const char *tag, struct reference *ret, struct error *err)
{
	cleanup(reference_release) struct reference ref = REFERENCE_INIT;
	int r = reference_parse(repo, &ref, err);

	if (r < 0)
		return r;
	if (ref.digest)
		return error_set(err, ERR_INVALID, EINVAL,
				 "refusing to create a tag with a digest reference");
	if (tag && *tag) {
		if (!reference_tag_is_valid(tag))
			return error_set(err, ERR_INVALID, EINVAL, "invalid tag format");
		free(ref.tag);
		ref.tag = xstrdup(tag);
	}
	reference_set_default_tag(&ref);
	*ret = ref;
	ref = (struct reference)REFERENCE_INIT;
	return 0;
}

static int tag_record(struct image_context *ctx, const char *ref, const struct reference *name,
		      struct error *err)
{
	cleanup(image_record_release) struct image_record rec = IMAGE_RECORD_INIT;
	cleanup(image_config_release) struct image_config config = { 0 };
	cleanup(strbuf_release) struct strbuf full = STRBUF_INIT, familiar = STRBUF_INIT;
	cleanup_free char *found = NULL, *old = NULL;
	int r;

	reference_string(name, &full);
	reference_familiar(name, &familiar);
	r = image_find(ctx, ref, &rec, &found, err);
	if (r >= 0)
		r = image_config_of(&rec, &config, err);
	if (r >= 0)
		r = image_tag_set(ctx->store, strbuf_str(&full), rec.id, &old, err);
	if (r >= 0)
		r = image_tag_touch(ctx->store, rec.id, clock_now(), err);
	if (r >= 0)
		r = image_event(ctx, "tag", rec.id, strbuf_str(&familiar), &config, err);
	return r;
}

int image_tag(struct image_context *ctx, const char *ref, const char *repo, const char *tag,
	      struct error *err)
{
	cleanup(reference_release) struct reference name = REFERENCE_INIT;
	int r;

	r = image_name_parse(repo, tag, &name, err);
	if (r >= 0)
		r = store_begin(ctx->store, err);
	if (r < 0)
		return r;
	r = tag_record(ctx, ref, &name, err);
	if (r >= 0)
		r = store_commit(ctx->store, err);
	store_rollback(ctx->store);
	return r;
}
