/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside image/: an archive of images on its way in. First everything in it is read (load-read.c):
 * what may be a layer is unpacked at once, documents are kept. Then the documents tell what images
 * there are (load-docker.c, load-oci.c); the last step (load.c) puts them into the store.
 */
#pragma once

#include "image/child.h"
#include "image/put.h"
#include "image/say.h"
#include "oci/digest.h"
#include "oci/platform.h"

enum load_kind { LOAD_DOCUMENT, LOAD_LAYER, LOAD_LINK, LOAD_OTHER };

struct load_layer {
	struct transfer_child unpack;
	int dirfd;
	int64_t size_in; /* bytes in the archive */
	char *diff_id;	 /* proven by hoy-unpack, or of a layer that is here already */
	bool known;	 /* here already: the archive's was not looked at */
	struct put_layer put;
	struct error error; /* it cannot be unpacked: matters when an image has it */
	char id[13];	    /* what people see */
};

struct load_file {
	enum load_kind kind;
	char *name;
	struct strbuf text; /* document */
	char *target;	    /* link */
	size_t layer;	    /* index of load.layers */
};

struct load_image {
	char id[DIGEST_SIZE];
	struct image_config config;
	const struct strbuf *text; /* of the config; borrowed */
	char **tags;		   /* normal forms */
	char **repo_digests;	   /* likewise; NULL none */
	const struct load_layer **layers;
	size_t n_layers;
};

struct load {
	struct image_context *ctx;
	struct say progress, result;
	struct platform platform; /* os NULL: any */
	struct layer_temp temp;
	struct load_file *files; /* sorted by name when all is read */
	size_t n_files, cap_files;
	struct load_layer **layers;
	size_t n_layers, documents_len;
	struct load_image *images;
	size_t n_images;
};

/* Read all of it. */
must_check int load_read(struct load *load, int tar_fd, struct error *err);
/* Ends what still unpacks. Safe twice. */
void load_release_files(struct load *load);

/* By name, links followed; NULL when it is not there. */
const struct load_file *load_find(const struct load *load, const char *name);
/* A document that must be there; what: "manifest.json names it". */
must_check int load_document(const struct load *load, const char *name, const char *what,
			     const struct strbuf **ret, struct error *err);

/* Append an image to load->images: config and layers belong together, the platform is right. Layers
 * are names in the archive, bottom first; tags are normal forms and copied. A layer's error is
 * told by now. */
must_check int load_add(struct load *load, const struct strbuf *config, char *const *layers,
			char *const *tags, struct error *err);

/* By manifest.json, or index.json. */
must_check int load_docker(struct load *load, const struct strbuf *manifest, struct error *err);
must_check int load_oci(struct load *load, const struct strbuf *index, struct error *err);
/* What index.json calls the images that were found: name@digest of each whose manifest is one as
 * registries have them. An index.json that makes no sense says nothing. */
void load_oci_digests(struct load *load, const struct strbuf *index);
