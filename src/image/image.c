/* SPDX-License-Identifier: Apache-2.0 */
/* Finding an image by what a person typed. */
#include "image/image.h"

#include <errno.h>
#include <string.h>

#include "image/find.h"
#include "layer/layer.h"
#include "oci/digest.h"
#include "oci/platform.h"
#include "store/events.h"

void image_release(struct image *image)
{
	if (!image)
		return;
	free(image->id);
	free(image->reference);
	image_config_release(&image->config);
	*image = (struct image){ 0 };
}

bool image_is_id_prefix(const char *id, const char *ref)
{
	return *ref != '\0' && (strncmp(id, ref, strlen(ref)) == 0 ||
				strncmp(digest_hex(id), ref, strlen(ref)) == 0);
}

char *image_familiar(const char *name)
{
	cleanup(reference_release) struct reference ref = REFERENCE_INIT;
	struct strbuf out = STRBUF_INIT;

	if (reference_parse(name, &ref, NULL) < 0)
		return xstrdup(name);
	reference_familiar(&ref, &out);
	return strbuf_take(&out);
}

char *image_short_id(const char *id)
{
	return xstrndup(digest_is_valid(id) ? digest_hex(id) : id, 12);
}

int image_config_of(const struct image_record *rec, struct image_config *ret, struct error *err)
{
	int r = image_config_decode(rec->config, rec->config_len, ret, err);

	return r < 0 ? error_prefix(err, "image %s", rec->id) : 0;
}

static int find_by_name(struct image_context *ctx, struct reference *ref, struct image_record *ret,
			char **ret_name, struct error *err)
{
	cleanup(strbuf_release) struct strbuf name = STRBUF_INIT;
	int r;

	reference_set_default_tag(ref);
	reference_name(ref, &name);
	if (ref->digest) {
		strbuf_addf(&name, "@%s", ref->digest);
		r = image_record_by_repo_digest(ctx->store, strbuf_str(&name), ret, err);
	} else {
		strbuf_addf(&name, ":%s", ref->tag);
		r = image_record_by_tag(ctx->store, strbuf_str(&name), ret, err);
	}
	if (r > 0)
		*ret_name = image_familiar(strbuf_str(&name));
	return r;
}

static int find_by_id(struct image_context *ctx, const char *ref, struct image_record *ret,
		      struct error *err)
{
	const char *hex = strncmp(ref, "sha256:", 7) == 0 ? ref + 7 : ref;
	size_t len = strlen(hex);

	if (len > DIGEST_HEX_LEN || !digest_is_hex(hex, len))
		return 0;
	return image_record_by_prefix(ctx->store, hex, ret, err);
}

/* Docker's clients write docker.io's names without it: when the default registry has none of this
 * name, that one is meant. */
static int find_at_docker(struct image_context *ctx, const char *text, struct image_record *ret,
			  char **ret_name, struct error *err)
{
	cleanup(reference_release) struct reference ref = REFERENCE_INIT;

	if (!reference_default_registry() || reference_parse_docker(text, &ref, NULL) < 0 ||
	    !ref.implied)
		return 0;
	return find_by_name(ctx, &ref, ret, ret_name, err);
}

int image_find(struct image_context *ctx, const char *ref, struct image_record *ret,
	       char **ret_name, struct error *err)
{
	cleanup(reference_release) struct reference parsed = REFERENCE_INIT;
	cleanup(error_release) struct error parse_err = ERROR_INIT;
	cleanup(strbuf_release) struct strbuf name = STRBUF_INIT;
	bool is_id = digest_is_valid(ref) ||
		     (strlen(ref) == DIGEST_HEX_LEN && digest_is_hex(ref, DIGEST_HEX_LEN));
	int r = 0;

	*ret_name = NULL;
	if (!is_id) {
		r = reference_parse(ref, &parsed, &parse_err);
		if (r >= 0)
			r = find_by_name(ctx, &parsed, ret, ret_name, err);
		else
			r = 0;
	}
	if (r == 0)
		r = find_by_id(ctx, ref, ret, err);
	if (r == 0 && !is_id)
		r = find_at_docker(ctx, ref, ret, ret_name, err);
	if (r != 0)
		return r < 0 ? r : 0;
	if (parse_err.kind != ERR_NONE)
		return error_set(err, ERR_INVALID, EINVAL, "%s", error_text(&parse_err));
	if (is_id)
		return error_set(err, ERR_NOT_FOUND, ENOENT, "No such image: %s", ref);
	reference_familiar(&parsed, &name);
	return error_set(err, ERR_NOT_FOUND, ENOENT, "No such image: %s", strbuf_str(&name));
}

int image_resolve(struct image_context *ctx, const char *ref, struct image *ret, struct error *err)
{
	cleanup(image_record_release) struct image_record rec = IMAGE_RECORD_INIT;
	cleanup_free char *name = NULL;
	int r;

	r = image_find(ctx, ref, &rec, &name, err);
	if (r < 0)
		return r;
	*ret = (struct image){ 0 };
	r = image_config_of(&rec, &ret->config, err);
	if (r < 0)
		return r;
	ret->id = take_ptr(rec.id);
	ret->reference = name ? take_ptr(name) : xstrdup("");
	ret->size = rec.size;
	return 0;
}

int image_suits(const struct image *image, const char *ref, const char *platform, struct error *err)
{
	cleanup(platform_release) struct platform want = PLATFORM_INIT;
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r;

	if (!platform || !*platform)
		return 0;
	r = platform_parse(platform, &want, err);
	if (r < 0 || platform_score(&want, image->config.os, image->config.architecture,
				    image->config.variant) > 0)
		return r;
	platform_format(&want, &text);
	return error_set(err, ERR_NOT_FOUND, 0,
			 "image with reference %s was found but does not provide the specified "
			 "platform (%s)",
			 ref, strbuf_str(&text));
}

int image_check_platform(struct image_context *ctx, const char *ref, const char *platform,
			 struct error *err)
{
	cleanup(image_release) struct image image = { 0 };
	int r;

	if (!platform || !*platform)
		return 0;
	r = image_resolve(ctx, ref, &image, err);
	return r < 0 ? r : image_suits(&image, ref, platform, err);
}

int image_event(struct image_context *ctx, const char *action, const char *actor, const char *name,
		const struct image_config *config, struct error *err)
{
	struct strmap attributes = STRMAP_INIT;
	int r;

	if (config)
		strmap_copy(&attributes, &config->config.labels);
	if (name)
		strmap_set(&attributes, "name", name);
	r = event_record(ctx->store, "image", action, actor, &attributes, err);
	strmap_release(&attributes);
	return r;
}

int image_sweep(struct image_context *ctx, struct error *err)
{
	int r = layer_sweep(ctx->store, err);

	return r < 0 ? r : layer_gc(ctx->store, err);
}

int image_gc(struct image_context *ctx, struct error *err)
{
	return layer_gc(ctx->store, err);
}
