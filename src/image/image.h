/* SPDX-License-Identifier: Apache-2.0 */
/* Images as the engine and the API see them: resolve, list, tag, remove, pull, import, history. */
#pragma once

#include "layer/layer.h"
#include "oci/image-config.h"
#include "store/db.h"
#include "wire/disk-usage.h"
#include "wire/image.h"
#include "wire/progress.h"
#include "wire/system-check.h"

/* What goes by itself; 0: nothing does. Percents of the disk in use. */
struct image_cleanup {
	int64_t max_age; /* ns */
	unsigned int high_water, low_water;
};

struct image_context {
	struct store *store;
	const char *libexec_dir;	  /* where hoy-fetch and hoy-unpack are   */
	char *const *insecure_registries; /* "host:port" or CIDR; loopback always is */
	const char *run_root;
	unsigned int max_downloads, max_uploads;	 /* layers at a time; 0: a good number */
	char *const *mirrors, *const *search;		 /* pull-endpoint.h; NULL none */
	const char *http_proxy, *https_proxy, *no_proxy; /* NULL: the environment's */
	struct image_cleanup cleanup;
	bool keep_compressed; /* pulled blobs stay beside their layers (layer/kept.h) */
	bool grew;	      /* images came: image_clean is due */
};

struct image {
	char *id;		    /* "sha256:…": digest of the config       */
	char *reference;	    /* the name it was found by, "" by id      */
	struct image_config config; /* OCI image config                        */
	int64_t size;
};

void image_release(struct image *image);

/* Find by reference, by digest reference, by id or by an unambiguous prefix of one.
 * ERR_NOT_FOUND "No such image: NAME:TAG". */
must_check int image_resolve(struct image_context *ctx, const char *ref, struct image *ret,
			     struct error *err);

struct image_list_options {
	bool all, digests, shared_size;
	const char *filters_json; /* the API's ?filters=, NULL none */
};
must_check int image_list(struct image_context *ctx, const struct image_list_options *opts,
			  struct image_summary **ret_items, size_t *ret_n, struct error *err);
must_check int image_inspect(struct image_context *ctx, const char *ref, struct image_inspect *ret,
			     struct error *err);
/* ERR_NOT_FOUND when the image is there for another platform; NULL and "": any is right. */
must_check int image_check_platform(struct image_context *ctx, const char *ref,
				    const char *platform, struct error *err);
/* The same of an image in hand, which was asked for as ref. */
must_check int image_suits(const struct image *image, const char *ref, const char *platform,
			   struct error *err);
must_check int image_history(struct image_context *ctx, const char *ref,
			     struct image_history_item **ret_items, size_t *ret_n,
			     struct error *err);
must_check int image_tag(struct image_context *ctx, const char *ref, const char *repo,
			 const char *tag, struct error *err);
/* Untag and delete as docker does; force for images of stopped containers or several tags by id. */
must_check int image_remove(struct image_context *ctx, const char *ref, bool force, bool noprune,
			    struct image_delete_item **ret_items, size_t *ret_n, struct error *err);

/* Delete the image with all its names, unless a container uses it or it is gone: then nothing is
 * appended. Its layers go with the next image_gc. */
must_check int image_remove_unused(struct image_context *ctx, const char *id,
				   struct image_delete_item **items, size_t *n, struct error *err);
/* The API's filters: dangling (true unless said otherwise), label, label!, until. */
must_check int image_prune(struct image_context *ctx, const char *filters_json,
			   struct image_prune_response *ret, struct error *err);
/* All images with what their layers take on the disk (du), shared and own; newest first. */
must_check int image_usage(struct image_context *ctx, struct image_usage *ret, struct error *err);

/* Progress goes out as it happens; a sink that fails (client gone) cancels the work. */
typedef int (*progress_sink)(void *arg, const struct progress_message *msg);

struct image_pull_options {
	const char *repository; /* "nginx", "localhost:5000/a/b"                */
	const char *tag;	/* tag or "sha256:…"; NULL "latest"             */
	bool all_tags;		/* tag is not looked at                         */
	const char *platform;	/* "linux/amd64"; NULL this machine's           */
	const char *auth;	/* X-Registry-Auth as it came; NULL none        */
	char *const *again;	/* diff-ids: fetched and put in place although they are here */
};
must_check int image_pull(struct image_context *ctx, const struct image_pull_options *opts,
			  progress_sink sink, void *sink_arg, struct error *err);

struct image_push_options {
	const char *repository; /* "localhost:5000/a/b", no tag in it              */
	const char *tag;	/* NULL: all that there are                        */
	const char *platform;	/* refused when the image is for another; NULL any */
	const char *auth;	/* X-Registry-Auth as it came; NULL none           */
};
must_check int image_push(struct image_context *ctx, const struct image_push_options *opts,
			  progress_sink sink, void *sink_arg, struct error *err);

struct image_import_options {
	int tar_fd;		      /* plain, gzip or zstd                           */
	const char *repository, *tag; /* NULL: untagged                                */
	const char *message;
	char *const *changes; /* Dockerfile instructions, --change              */
	const char *platform;
	const char *source; /* what the history says it came from             */
};
must_check int image_import(struct image_context *ctx, const struct image_import_options *opts,
			    progress_sink sink, void *sink_arg, char **ret_id, struct error *err);

/* Make every layer one of @driver's, and new ones too. No container may run. ERR_CONFLICT: all that
 * can be is done, and some layers cannot. */
must_check int image_migrate(struct image_context *ctx, const struct layer_driver *driver,
			     progress_sink sink, void *sink_arg, struct error *err);

struct image_load_options {
	int tar_fd;	      /* docker save's archive or an OCI layout, plain or compressed */
	const char *platform; /* NULL: any                                             */
	bool quiet;	      /* no progress, only what was loaded                     */
};
/* All images of the archive, or none. */
must_check int image_load(struct image_context *ctx, const struct image_load_options *opts,
			  progress_sink sink, void *sink_arg, struct error *err);

/* begin() is called when only the layers themselves can still fail. -errno ends it. */
struct image_save_sink {
	int (*begin)(void *arg);
	int (*write)(void *arg, const void *data, size_t len);
	void *arg;
};
/* names: references, ids; of a repository without a tag all tags. platform: NULL any. */
must_check int image_save(struct image_context *ctx, char *const *names, const char *platform,
			  const struct image_save_sink *sink, struct error *err);

/* Where the layer of a commit comes from: a tar that is made while it is read. */
struct image_layer_source {
	/* *ret_fd is owned by the caller. */
	int (*open)(void *arg, int *ret_fd, struct error *err);
	/* All was read: whether it was whole, and whether there was anything in it. */
	int (*end)(void *arg, bool *ret_empty, struct error *err);
	void *arg;
};

struct image_commit_options {
	const char *parent_id;		 /* platform and history come from it, if it is there */
	char *const *diff_ids;		 /* what the new layer stands on, bottom first        */
	struct image_run_config *config; /* taken over: zero afterwards                       */
	char *const *changes;		 /* Dockerfile instructions, --change                 */
	const char *repository, *tag;	 /* NULL: untagged                                    */
	const char *comment, *author;	 /* NULL none                                         */
	const char *created_by;
	struct image_layer_source source;
};
/* A source without anything makes no layer. */
must_check int image_commit(struct image_context *ctx, const struct image_commit_options *opts,
			    char **ret_id, struct error *err);

/* At the engine's start: remove what interrupted pulls and removals left. Idempotent, safe beside
 * running work. */
must_check int image_sweep(struct image_context *ctx, struct error *err);
/* Delete layers that no image and no container needs any more (after the removal of a container
 * whose image was deleted). */
must_check int image_gc(struct image_context *ctx, struct error *err);
/* Whether images and layers are what they are called by, and nothing else is there. What is found
 * is no failure. repair: sweep what belongs to nothing, pull again by digest what is damaged. */
must_check int image_check(struct image_context *ctx, bool repair, struct system_check *ret,
			   struct error *err);
/* Remove what the configuration wants to go by itself (cleanup.c). */
must_check int image_clean(struct image_context *ctx, struct error *err);
