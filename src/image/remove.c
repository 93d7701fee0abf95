/* SPDX-License-Identifier: Apache-2.0 */
/* Untagging and deleting, with Docker's rules about what stands in the way. */
#include <errno.h>
#include <string.h>

#include "base/strv.h"
#include "image/find.h"
#include "image/image.h"
#include "image/mount.h"
#include "layer/layer.h"
#include "oci/digest.h"
#include "store/containers.h"
#include "store/layers.h"

struct removal {
	struct image_context *ctx;
	struct image_record rec;
	struct image_config config;
	char **tags, **digests;	 /* names that are left */
	char *running, *stopped; /* a container that uses it, short id */
	struct image_delete_item *items;
	size_t n;
};

static void removal_release(struct removal *rm)
{
	image_record_release(&rm->rec);
	image_config_release(&rm->config);
	strv_release(&rm->tags);
	strv_release(&rm->digests);
	free(rm->running);
	free(rm->stopped);
	json_release_array(&image_delete_item_shape, rm->items, rm->n);
}

static void removal_add(struct removal *rm, char *untagged, char *deleted)
{
	rm->items = xrealloc(rm->items, rm->n + 1, sizeof(*rm->items));
	rm->items[rm->n++] = (struct image_delete_item){ .untagged = untagged, .deleted = deleted };
}

static int removal_users(struct removal *rm, struct error *err)
{
	struct container *list = NULL;
	size_t n = 0;
	int r = containers_using_image(rm->ctx->store, rm->rec.id, &list, &n, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		enum container_status status = list[i].life.status;
		bool runs = status == CONTAINER_RUNNING || status == CONTAINER_PAUSED ||
			    status == CONTAINER_RESTARTING;
		char **slot = runs ? &rm->running : &rm->stopped;

		if (!*slot)
			*slot = xstrndup(list[i].id, 12);
	}
	container_list_free(list, n);
	return 0;
}

static int removal_names(struct removal *rm, struct error *err)
{
	int r;

	strv_release(&rm->tags);
	strv_release(&rm->digests);
	r = image_tags(rm->ctx->store, rm->rec.id, &rm->tags, err);
	if (r >= 0)
		r = image_repo_digests(rm->ctx->store, rm->rec.id, &rm->digests, err);
	return r;
}

/* "docker.io/library/nginx:latest" and "…/nginx@sha256:…" -> the repository's length. */
static size_t repository_len(const char *name)
{
	const char *at = strchr(name, '@'), *colon = strrchr(name, ':');

	if (at)
		return (size_t)(at - name);
	return colon && !strchr(colon, '/') ? (size_t)(colon - name) : strlen(name);
}

static bool same_repository(const char *a, const char *b)
{
	size_t len = repository_len(a);

	return len == repository_len(b) && memcmp(a, b, len) == 0;
}

/* One name, or one tag with nothing but digests of its own repository. */
static bool single_reference(const struct removal *rm)
{
	size_t n_tags = strv_len(rm->tags), n_digests = strv_len(rm->digests);
	const char *one;

	if (n_tags + n_digests <= 1)
		return true;
	if (n_tags > 1)
		return false;
	one = n_tags == 1 ? rm->tags[0] : rm->digests[0];
	for (size_t i = 0; i < n_digests; i++) {
		if (!same_repository(one, rm->digests[i]))
			return false;
	}
	return true;
}

static int removal_untag(struct removal *rm, const char *name, struct error *err)
{
	cleanup_free char *familiar = image_familiar(name);
	struct store *store = rm->ctx->store;
	int r;

	if (strchr(name, '@'))
		r = image_repo_digest_delete(store, name, rm->rec.id, err);
	else
		r = image_tag_delete(store, name, err);
	if (r >= 0)
		r = image_event(rm->ctx, "untag", rm->rec.id, familiar, &rm->config, err);
	if (r >= 0)
		removal_add(rm, take_ptr(familiar), NULL);
	return r;
}

static int removal_untag_all(struct removal *rm, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && rm->tags && rm->tags[i]; i++)
		r = removal_untag(rm, rm->tags[i], err);
	for (size_t i = 0; r >= 0 && rm->digests && rm->digests[i]; i++)
		r = removal_untag(rm, rm->digests[i], err);
	return r < 0 ? r : removal_names(rm, err);
}

/* A name was given: it goes; with a repository's last tag go its digests. */
static int removal_untag_one(struct removal *rm, const char *name, struct error *err)
{
	int r = removal_untag(rm, name, err);

	if (r >= 0)
		r = removal_names(rm, err);
	if (r < 0 || strchr(name, '@'))
		return r;
	for (size_t i = 0; rm->tags && rm->tags[i]; i++) {
		if (same_repository(rm->tags[i], name))
			return 0;
	}
	for (size_t i = 0; r >= 0 && rm->digests && rm->digests[i]; i++) {
		if (same_repository(rm->digests[i], name))
			r = removal_untag(rm, rm->digests[i], err);
	}
	return r < 0 ? r : removal_names(rm, err);
}

static int conflict(const struct removal *rm, bool hard, const char *why, struct error *err)
{
	cleanup_free char *id = image_short_id(rm->rec.id);

	return error_set(err, ERR_CONFLICT, EBUSY, "conflict: unable to delete %s (%s) - %s", id,
			 hard ? "cannot be forced" : "must be forced", why);
}

/* references: several repositories count as a reason too. */
static int removal_check(const struct removal *rm, bool force, bool references, struct error *err)
{
	cleanup_free char *text = NULL;

	if (rm->running) {
		text = xasprintf("image is being used by running container %s", rm->running);
		return conflict(rm, true, text, err);
	}
	if (force)
		return 0;
	if (references && (rm->tags || rm->digests))
		return conflict(rm, false, "image is referenced in multiple repositories", err);
	if (rm->stopped) {
		text = xasprintf("image is being used by stopped container %s", rm->stopped);
		return conflict(rm, false, text, err);
	}
	return 0;
}

/* Chain ids (image-spec config.md), as the list of what was deleted names layers, top first. Only
 * those that no other image or container needs are named. */
static int removal_layers(struct removal *rm, struct error *err)
{
	cleanup(strv_release) char **unused = NULL, **chain = NULL;
	char *const *diff_ids = rm->config.rootfs.diff_ids;
	size_t n = strv_len(diff_ids);
	int r = layer_record_unused(rm->ctx->store, &unused, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		cleanup_free char *text =
			xasprintf("%s %s", i > 0 ? chain[i - 1] : "", diff_ids[i]);
		char digest[DIGEST_SIZE];

		digest_of(text, strlen(text), digest);
		strv_push(&chain, i > 0 ? digest : diff_ids[0]);
	}
	for (size_t i = n; i > 0; i--) {
		if (strv_contains(unused, diff_ids[i - 1]))
			removal_add(rm, NULL, xstrdup(chain[i - 1]));
	}
	return 0;
}

static int removal_delete(struct removal *rm, struct error *err)
{
	int r;

	if (image_is_mounted(rm->ctx, rm->rec.id))
		return conflict(rm, true, "image is mounted: unmount it first", err);
	r = removal_untag_all(rm, err);

	if (r >= 0)
		r = image_record_delete(rm->ctx->store, rm->rec.id, err);
	if (r >= 0)
		r = image_event(rm->ctx, "delete", rm->rec.id, rm->rec.id, &rm->config, err);
	if (r < 0)
		return r;
	removal_add(rm, NULL, xstrdup(rm->rec.id));
	return removal_layers(rm, err);
}

/* Full name of the familiar one that the image was found by. */
static char *normal_name(const char *familiar)
{
	cleanup(reference_release) struct reference ref = REFERENCE_INIT;
	struct strbuf out = STRBUF_INIT;

	if (reference_parse(familiar, &ref, NULL) < 0)
		return xstrdup(familiar);
	reference_string(&ref, &out);
	return strbuf_take(&out);
}

static int remove_by_name(struct removal *rm, const char *ref, const char *familiar, bool force,
			  struct error *err)
{
	cleanup_free char *name = normal_name(familiar), *id = image_short_id(rm->rec.id);
	const char *user = rm->running ? rm->running : rm->stopped;
	int r;

	if (!force && user && single_reference(rm))
		return error_set(err, ERR_CONFLICT, EBUSY,
				 "conflict: unable to remove repository reference \"%s\" (must "
				 "force) - container %s is using its referenced image %s",
				 ref, user, id);
	r = removal_untag_one(rm, name, err);
	if (r < 0 || rm->tags || rm->digests)
		return r; /* other names keep it */
	if (rm->running || (rm->stopped && !force))
		return 0; /* forced: without a name, but a container lives on it */
	return removal_delete(rm, err);
}

static int remove_by_id(struct removal *rm, bool force, struct error *err)
{
	int r = removal_check(rm, force, !single_reference(rm), err);

	return r < 0 ? r : removal_delete(rm, err);
}

static int removal_run(struct removal *rm, const char *ref, bool force, struct error *err)
{
	cleanup_free char *familiar = NULL;
	int r = image_find(rm->ctx, ref, &rm->rec, &familiar, err);

	if (r >= 0)
		r = image_config_of(&rm->rec, &rm->config, err);
	if (r >= 0)
		r = removal_names(rm, err);
	if (r >= 0)
		r = removal_users(rm, err);
	if (r < 0)
		return r;
	return familiar ? remove_by_name(rm, ref, familiar, force, err)
			: remove_by_id(rm, force, err);
}

/* noprune is about untagged parents, which images here do not have. */
int image_remove(struct image_context *ctx, const char *ref, bool force, bool noprune,
		 struct image_delete_item **ret_items, size_t *ret_n, struct error *err)
{
	cleanup(removal_release) struct removal rm = { .ctx = ctx };
	int r = store_begin(ctx->store, err);

	if (r < 0)
		return r;
	r = removal_run(&rm, ref, force, err);
	if (r >= 0)
		r = store_commit(ctx->store, err);
	store_rollback(ctx->store);
	if (r >= 0)
		r = layer_gc(ctx->store, err);
	if (r < 0)
		return r;
	*ret_items = take_ptr(rm.items);
	*ret_n = rm.n;
	rm.n = 0;
	return 0;
}

static int remove_unused(struct removal *rm, const char *id, struct error *err)
{
	int r = image_record_get(rm->ctx->store, id, &rm->rec, err);

	if (r <= 0)
		return r;
	r = image_config_of(&rm->rec, &rm->config, err);
	if (r >= 0)
		r = removal_names(rm, err);
	if (r >= 0)
		r = removal_users(rm, err);
	if (r < 0 || rm->running || rm->stopped || image_is_mounted(rm->ctx, id))
		return r;
	return removal_delete(rm, err);
}

int image_remove_unused(struct image_context *ctx, const char *id, struct image_delete_item **items,
			size_t *n, struct error *err)
{
	cleanup(removal_release) struct removal rm = { .ctx = ctx };
	int r = store_begin(ctx->store, err);

	if (r < 0)
		return r;
	r = remove_unused(&rm, id, err);
	if (r >= 0)
		r = store_commit(ctx->store, err);
	store_rollback(ctx->store);
	if (r < 0 || rm.n == 0)
		return r;
	*items = xrealloc(*items, *n + rm.n, sizeof(**items));
	memcpy(*items + *n, rm.items, rm.n * sizeof(**items));
	*n += rm.n;
	rm.n = 0; /* their texts are the caller's now */
	return 0;
}
