/* SPDX-License-Identifier: Apache-2.0 */
/* Repairs: an image that came from a registry is pulled again by the digest that it had there. */
#include <errno.h>
#include <string.h>

#include "base/strv.h"
#include "image/check.h"
#include "image/find.h"

static int no_progress(void *arg, const struct progress_message *msg)
{
	(void)arg;
	(void)msg;
	return 0;
}

/* The image's damaged layers; NULL: none. Owned. */
static int needs(struct check *check, const char *id, char ***ret, struct error *err)
{
	cleanup(strv_release) char **layers = NULL;
	int r = image_layers(check->ctx->store, id, &layers, err);

	for (size_t i = 0; r >= 0 && layers && layers[i]; i++) {
		if (strv_contains(check->bad_layers, layers[i]) && !strv_contains(*ret, layers[i]))
			strv_push(ret, layers[i]);
	}
	return r;
}

/* "docker.io/library/nginx@sha256:…" */
static int pull_again(struct check *check, const char *repo_digest, char *const *layers,
		      struct error *err)
{
	const char *at = strchr(repo_digest, '@');
	cleanup_free char *repository = xstrndup(repo_digest, (size_t)(at - repo_digest));
	const struct image_pull_options opts = {
		.repository = repository,
		.tag = at + 1,
		.again = layers,
	};

	return image_pull(check->ctx, &opts, no_progress, NULL, err);
}

static void judge(struct check *check, const char *id, char *const *layers, const char *why)
{
	if (why)
		check_unsolved(check, id, why);
	else
		check_solved(check, id);
	for (; layers && *layers; layers++) {
		if (why)
			check_unsolved(check, *layers, why);
		else
			check_solved(check, *layers);
	}
}

static int repair_image(struct check *check, const char *id, struct error *err)
{
	cleanup(strv_release) char **layers = NULL, **digests = NULL;
	cleanup(error_release) struct error why = ERROR_INIT;
	int r = needs(check, id, &layers, err);

	if (r >= 0)
		r = image_repo_digests(check->ctx->store, id, &digests, err);
	if (r < 0)
		return r;
	if (!layers && !strv_contains(check->bad_images, id))
		return 0;
	if (!digests) {
		judge(check, id, layers, "no registry is known that has it: remove the image");
		return 0;
	}
	for (size_t i = 0; digests[i]; i++) {
		error_release(&why);
		if (pull_again(check, digests[i], layers, &why) >= 0)
			break;
	}
	judge(check, id, layers, why.kind == ERR_NONE ? NULL : error_text(&why));
	return 0;
}

int check_repair(struct check *check, struct error *err)
{
	struct image_record *recs = NULL;
	size_t n = 0;
	int r;

	if (!check->bad_layers && !check->bad_images)
		return 0;
	r = image_record_list(check->ctx->store, &recs, &n, err);
	for (size_t i = 0; r >= 0 && i < n; i++)
		r = repair_image(check, recs[i].id, err);
	image_record_list_free(recs, n);
	return r;
}
