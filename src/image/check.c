/* SPDX-License-Identifier: Apache-2.0 */
/*
 * system check: whether images and layers are what they are called by, and whether everything below
 * layers/ and tmp/ belongs to something. An image is named by the digest of its config, a layer by
 * that of its archive, which is made again for it (hoy-pack) as for a push; the index that it may
 * have is sealed (transfer/seal.h).
 */
#include "image/check.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/strv.h"
#include "image/child.h"
#include "image/find.h"
#include "layer/kept.h"
#include "layer/layer.h"
#include "oci/digest.h"
#include "oci/manifest.h"
#include "store/layers.h"

static void problem(struct check *check, const char *kind, const char *name, char *text)
{
	struct system_check *report = check->report;

	report->problems =
		xrealloc(report->problems, report->n_problems + 1, sizeof(*report->problems));
	report->problems[report->n_problems++] =
		(struct system_problem){ xstrdup(kind), xstrdup(name), text, false };
}

static struct system_problem *problem_of(struct check *check, const char *name)
{
	for (size_t i = 0; i < check->report->n_problems; i++) {
		if (strcmp(check->report->problems[i].name, name) == 0)
			return &check->report->problems[i];
	}
	return NULL;
}

void check_solved(struct check *check, const char *name)
{
	struct system_problem *p = problem_of(check, name);

	if (p)
		p->repaired = true;
}

void check_unsolved(struct check *check, const char *name, const char *why)
{
	struct system_problem *p = problem_of(check, name);
	cleanup_free char *old = NULL;

	if (!p || p->repaired)
		return;
	old = p->text;
	p->text = xasprintf("%s; %s", old, why);
}

static bool same_list(char *const *a, char *const *b)
{
	size_t n = strv_len(a);

	if (n != strv_len(b))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(a[i], b[i]) != 0)
			return false;
	}
	return true;
}

/* What the records of an image say of each other; NULL: nothing is wrong. Owned. */
static char *image_fault(const struct image_record *rec, char *const *layers)
{
	cleanup(image_config_release) struct image_config config = { 0 };
	cleanup(manifest_release) struct manifest manifest = { 0 };
	cleanup(error_release) struct error why = ERROR_INIT;
	char digest[DIGEST_SIZE];

	digest_of(rec->config, rec->config_len, digest);
	if (strcmp(digest, rec->id) != 0)
		return xasprintf("its config has the digest %s", digest);
	if (image_config_of(rec, &config, &why) < 0)
		return xstrdup(error_text(&why));
	if (!same_list(layers, config.rootfs.diff_ids))
		return xstrdup("its layers are not those that its config names");
	if (!rec->manifest)
		return NULL;
	if (manifest_decode(rec->manifest, rec->manifest_len, &manifest, &why) < 0)
		return xstrdup(error_text(&why));
	if (strcmp(manifest.config.digest, rec->id) != 0)
		return xstrdup("its manifest is that of another image");
	return NULL;
}

static int check_image(struct check *check, const struct image_record *rec, struct error *err)
{
	cleanup(strv_release) char **layers = NULL;
	int r = image_layers(check->ctx->store, rec->id, &layers, err);
	char *fault = r < 0 ? NULL : image_fault(rec, layers);

	if (fault) {
		problem(check, "image", rec->id, fault);
		strv_push(&check->bad_images, rec->id);
	}
	return r;
}

static int check_images(struct check *check, struct error *err)
{
	struct image_record *recs = NULL;
	size_t n = 0;
	int r = image_record_list(check->ctx->store, &recs, &n, err);

	for (size_t i = 0; r >= 0 && i < n; i++)
		r = check_image(check, &recs[i], err);
	check->report->images = (int64_t)n;
	image_record_list_free(recs, n);
	return r;
}

/* NULL: nothing is wrong. Owned. */
static char *layer_fault(struct check *check, const char *diff_id)
{
	cleanup(transfer_child_release) struct transfer_child child = TRANSFER_CHILD_INIT;
	cleanup(error_release) struct error why = ERROR_INIT;
	int r = transfer_child_check(check->ctx, diff_id, &child, &why);

	if (r >= 0)
		r = transfer_child_wait(&child, &why);
	if (r < 0)
		return xstrdup(error_text(&why));
	check->report->bytes += child.size;
	if (child.diff_id && strcmp(child.diff_id, diff_id) == 0)
		return NULL;
	return xasprintf("its content is %.71s", child.diff_id ? child.diff_id : "nothing");
}

/* A blob that was kept: nothing but its digest is to be said of it. NULL: nothing is wrong. */
static char *blob_fault(struct check *check, const char *diff_id, const char *digest)
{
	cleanup(transfer_child_release) struct transfer_child child = TRANSFER_CHILD_INIT;
	cleanup(error_release) struct error why = ERROR_INIT;
	cleanup_fd int fd = -1;
	int r = layer_kept_open(check->ctx->store, diff_id, digest, -1, &fd, &why);

	if (r == -ENOENT)
		return NULL; /* removed while we looked */
	if (r >= 0)
		r = transfer_child_hash(check->ctx, fd, &child, &why);
	if (r >= 0)
		r = transfer_child_wait(&child, &why);
	if (r < 0)
		return xstrdup(error_text(&why));
	check->report->bytes += child.size;
	if (child.diff_id && strcmp(child.diff_id, digest) == 0)
		return NULL;
	return xasprintf("its content is %.71s", child.diff_id ? child.diff_id : "nothing");
}

/* A damaged one goes, for a push makes another. */
static int check_blob(struct check *check, const char *diff_id, const char *digest,
		      struct error *err)
{
	cleanup_free char *name =
		xasprintf("layers/%s/blob-%s", digest_hex(diff_id), digest_hex(digest));
	char *fault = blob_fault(check, diff_id, digest);
	int r = 0;

	if (!fault)
		return 0;
	problem(check, "blob", name, fault);
	if (check->repair)
		r = layer_kept_remove(check->ctx->store, diff_id, digest, NULL, err);
	if (r >= 0 && check->repair)
		check_solved(check, name);
	return r;
}

static int check_blobs(struct check *check, const char *diff_id, struct error *err)
{
	cleanup(strv_release) char **digests = NULL;
	int r = layer_kept_list(check->ctx->store, diff_id, &digests, err);

	for (size_t i = 0; r >= 0 && digests && digests[i]; i++)
		r = check_blob(check, diff_id, digests[i], err);
	return r;
}

static int check_layer(struct check *check, const char *diff_id, struct error *err)
{
	cleanup_free char *fault = layer_fault(check, diff_id);
	int r;

	check->report->layers++;
	if (!fault)
		return 0;
	r = layer_record_get(check->ctx->store, diff_id, NULL, err);
	if (r <= 0)
		return r; /* deleted while it was read */
	problem(check, "layer", diff_id, take_ptr(fault));
	strv_push(&check->bad_layers, diff_id);
	return 0;
}

static int check_layers(struct check *check, struct error *err)
{
	cleanup(strv_release) char **ids = NULL;
	int r = layer_record_list(check->ctx->store, &ids, err);

	for (size_t i = 0; r >= 0 && ids && ids[i]; i++) {
		r = check_layer(check, ids[i], err);
		if (r >= 0)
			r = check_blobs(check, ids[i], err);
	}
	return r;
}

static int check_strays(struct check *check, struct error *err)
{
	cleanup(strv_release) char **unused = NULL, **strays = NULL;
	int r = layer_strays(check->ctx->store, &strays, err);

	for (size_t i = 0; r >= 0 && strays && strays[i]; i++)
		problem(check, "stray", strays[i], xstrdup("nothing refers to it"));
	if (r >= 0)
		r = layer_record_unused(check->ctx->store, &unused, err);
	for (size_t i = 0; r >= 0 && unused && unused[i]; i++) {
		cleanup_free char *path = xasprintf("layers/%s", digest_hex(unused[i]));

		problem(check, "stray", path, xstrdup("no image and no container needs it"));
	}
	return r;
}

static int sweep_strays(struct check *check, struct error *err)
{
	struct system_check *report = check->report;
	int r = 0;

	if (report->n_problems > 0)
		r = image_sweep(check->ctx, err);
	for (size_t i = 0; r >= 0 && i < report->n_problems; i++)
		report->problems[i].repaired = true;
	return r;
}

int image_check(struct image_context *ctx, bool repair, struct system_check *ret, struct error *err)
{
	struct check check = { .ctx = ctx, .report = ret, .repair = repair };
	int r = check_strays(&check, err);

	if (r >= 0 && repair)
		r = sweep_strays(&check, err);
	if (r >= 0)
		r = check_images(&check, err);
	if (r >= 0)
		r = check_layers(&check, err);
	if (r >= 0 && repair)
		r = check_repair(&check, err);
	strv_release(&check.bad_layers);
	strv_release(&check.bad_images);
	return r;
}
