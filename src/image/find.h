/* SPDX-License-Identifier: Apache-2.0 */
/* Inside image/: from what a person typed to a record. */
#pragma once

#include "image/image.h"
#include "oci/reference.h"
#include "store/images.h"

/* By reference, repo digest, id or id prefix, in Docker's order. *ret_name: the familiar name
 * that it was found by, owned; NULL when by id. */
must_check int image_find(struct image_context *ctx, const char *ref, struct image_record *ret,
			  char **ret_name, struct error *err);
/* True when ref names the id itself or a prefix of it. */
bool image_is_id_prefix(const char *id, const char *ref);
/* "docker.io/library/nginx:latest" -> "nginx:latest"; owned. */
char *image_familiar(const char *name);
/* The 12 digits that people see. */
char *image_short_id(const char *id);
must_check int image_config_of(const struct image_record *rec, struct image_config *ret,
			       struct error *err);
/* An image event with Docker's attributes: the labels, and name unless NULL. */
must_check int image_event(struct image_context *ctx, const char *action, const char *actor,
			   const char *name, const struct image_config *config, struct error *err);
/* repo[:tag] with tag (NULL, "": repo's own, else "latest") in its place; no digest. */
must_check int image_name_parse(const char *repo, const char *tag, struct reference *ret,
				struct error *err);
