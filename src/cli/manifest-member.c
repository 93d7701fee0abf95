/* SPDX-License-Identifier: Apache-2.0 */
/* One member of a manifest list, and all of them as the list that a registry gets. */
#include <errno.h>
#include <string.h>

#include "base/base64.h"
#include "cli/manifest-list.h"
#include "oci/digest.h"
#include "oci/manifest.h"

enum { DOCKER_INDENT = 3 };

int manifest_ref_parse(const char *text, struct reference *ret, struct error *err)
{
	int r = reference_parse(text, ret, err);

	if (r >= 0)
		reference_set_default_tag(ret);
	return r;
}

int manifest_ask(const struct registry_talk *talk, const struct reference *ref,
		 struct registry_reply *ret, struct error *err)
{
	cleanup(error_release) struct error refusal = ERROR_INIT;
	cleanup(strbuf_release) struct strbuf name = STRBUF_INIT;
	int r = registry_talk_ask(talk, "describe", ref->digest ? ref->digest : ref->tag, ret,
				  &refusal);

	if (r >= 0)
		return r;
	reference_string(ref, &name);
	if (refusal.kind == ERR_NOT_FOUND)
		return error_set(err, ERR_NOT_FOUND, 0, "no such manifest: %s", name.data);
	*err = refusal;
	refusal = (struct error)ERROR_INIT;
	return r;
}

int manifest_member_fill(const struct reference *ref, struct registry_reply *reply,
			 struct manifest_member *ret, struct error *err)
{
	struct strbuf name = STRBUF_INIT, raw = STRBUF_INIT;
	const struct strbuf *text = &reply->manifest;
	struct image_platform *platform;
	char digest[DIGEST_SIZE];
	int r;

	reference_string(ref, &name);
	ret->ref = strbuf_take(&name);
	if (reply->index.len > 0)
		return error_set(err, ERR_INVALID, 0, "%s is a manifest list", ret->ref);
	if (reply->config.len == 0)
		return error_set(err, ERR_INVALID, 0, "%s is not the manifest of an image",
				 ret->ref);
	platform = xcalloc(1, sizeof(*platform));
	ret->descriptor.platform = platform;
	r = json_decode(&image_platform_shape, reply->config.data, reply->config.len, platform,
			err);
	if (r < 0)
		return error_prefix(err, "the config of %s", ret->ref);
	digest_of(text->data, text->len, digest);
	ret->descriptor.media_type = xstrdup(reply->resolved.manifest_type);
	ret->descriptor.digest = xstrdup(digest);
	ret->descriptor.size = (int64_t)text->len;
	base64_encode(text->data, text->len, false, &raw);
	ret->raw = strbuf_take(&raw);
	if (media_is_manifest(ret->descriptor.media_type) &&
	    strcmp(ret->descriptor.media_type, MEDIA_OCI_MANIFEST) != 0)
		ret->schema2 = xstrndup(text->data, text->len);
	else
		ret->oci = xstrndup(text->data, text->len);
	return 0;
}

/* Older clients keep the manifest as JSON alone, which registries mostly have indented. */
static int guess_text(const struct manifest_member *member, struct strbuf *out, struct error *err)
{
	const char *json = member->schema2 ? member->schema2 : member->oci;

	return json_pretty(json, strlen(json), member->schema2 ? DOCKER_INDENT : 2, out, err);
}

int manifest_member_text(const struct manifest_member *member, struct strbuf *out,
			 struct error *err)
{
	cleanup(strbuf_release) struct strbuf guess = STRBUF_INIT;
	cleanup_free char *raw = NULL;
	char digest[DIGEST_SIZE] = "";
	size_t len;
	int r = 0;

	if (member->raw) {
		raw = base64_decode(member->raw, &len);
	} else {
		r = guess_text(member, &guess, err);
		len = guess.len;
		raw = strbuf_take(&guess);
	}
	if (r < 0)
		return r;
	if (raw)
		digest_of(raw, len, digest);
	if (!member->descriptor.digest || strcmp(digest, member->descriptor.digest) != 0)
		return error_set(err, ERR_INVALID, 0,
				 "the manifest of %s is not kept here as it was: create the list "
				 "again",
				 member->ref);
	strbuf_add(out, raw, len);
	return 0;
}

struct list_entry {
	char *media_type;
	int64_t size;
	char *digest;
	struct image_platform *platform;
};

static const struct json_field list_entry_fields[] = {
	FIELD_STR(struct list_entry, media_type, "mediaType"),
	FIELD_I64(struct list_entry, size, "size"),
	FIELD_STR(struct list_entry, digest, "digest"),
	FIELD_OBJP(struct list_entry, platform, "platform", &image_platform_shape),
};
static const struct json_shape list_entry_shape =
	JSON_SHAPE(struct list_entry, list_entry_fields, 0);

struct list_document {
	int64_t schema_version;
	char *media_type;
	struct list_entry *manifests;
	size_t n_manifests;
};

static const struct json_field list_document_fields[] = {
	FIELD_I64(struct list_document, schema_version, "schemaVersion"),
	FIELD_STR(struct list_document, media_type, "mediaType"),
	FIELD_ARRAY(struct list_document, manifests, n_manifests, "manifests", &list_entry_shape),
};
static const struct json_shape list_document_shape =
	JSON_SHAPE(struct list_document, list_document_fields, 0);

static bool is_empty(const char *text)
{
	return !text || !*text;
}

static int check_entry(const struct reference *list, const struct manifest_member *member,
		       struct error *err)
{
	const struct image_platform *p = member->descriptor.platform;
	cleanup(reference_release) struct reference ref = REFERENCE_INIT;
	int r = reference_parse(member->ref, &ref, err);

	if (r < 0)
		return r;
	if (!p || is_empty(p->architecture) || is_empty(p->os))
		return error_set(err, ERR_INVALID, 0,
				 "manifest %s must have an OS and Architecture to be pushed to a "
				 "registry",
				 member->ref);
	if (strcmp(ref.domain, list->domain) != 0)
		return error_set(err, ERR_INVALID, 0,
				 "cannot use source images from a different registry than the "
				 "target image: %s != %s",
				 ref.domain, list->domain);
	if (!digest_is_valid(member->descriptor.digest))
		return error_set(err, ERR_INVALID, 0, "the manifest of %s has no valid digest",
				 member->ref);
	return 0;
}

/* Whoever pulls gets the first that fits: another one for the same platform is a mistake. */
static int check_twice(const struct manifest_members *members, size_t at, struct error *err)
{
	const struct manifest_member *b = &members->items[at];
	cleanup(strbuf_release) struct strbuf own = STRBUF_INIT;

	json_encode(&image_platform_shape, b->descriptor.platform, &own);
	for (size_t i = 0; i < at; i++) {
		const struct manifest_member *a = &members->items[i];
		const struct image_platform *p = a->descriptor.platform;
		cleanup(strbuf_release) struct strbuf other = STRBUF_INIT;

		json_encode(&image_platform_shape, p, &other);
		if (strcmp(own.data, other.data) != 0 ||
		    strcmp(a->descriptor.digest, b->descriptor.digest) == 0)
			continue;
		return error_set(err, ERR_CONFLICT, 0,
				 "%s and %s are both for the platform %s/%s: annotate one of them",
				 a->ref, b->ref, p->os, p->architecture);
	}
	return 0;
}

int manifest_list_check(const struct reference *list, const struct manifest_members *members,
			struct error *err)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < members->n; i++) {
		r = check_entry(list, &members->items[i], err);
		if (r >= 0)
			r = check_twice(members, i, err);
	}
	return r;
}

int manifest_list_pretty(const char *text, size_t len, struct strbuf *out, struct error *err)
{
	return json_pretty(text, len, DOCKER_INDENT, out, err);
}

int manifest_list_encode(const struct manifest_members *members, struct strbuf *out,
			 const char **ret_type, struct error *err)
{
	cleanup_free struct list_entry *entries = xcalloc(members->n + 1, sizeof(*entries));
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	bool oci = members->n > 0 && members->items[0].oci;
	struct list_document document = { .schema_version = 2,
					  .manifests = entries,
					  .n_manifests = members->n };

	for (size_t i = 0; i < members->n; i++) {
		const struct image_descriptor *d = &members->items[i].descriptor;

		entries[i] = (struct list_entry){ d->media_type, d->size, d->digest, d->platform };
	}
	*ret_type = oci ? MEDIA_OCI_INDEX : MEDIA_DOCKER_LIST;
	document.media_type = (char *)*ret_type;
	json_encode(&list_document_shape, &document, &text);
	return manifest_list_pretty(text.data, text.len, out, err);
}
