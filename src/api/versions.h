/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Older API versions: what their clients cannot mean is dropped from what they ask, and answers
 * get the members that have gone since, or lose those that came since. Each takes an answer that
 * is complete for the newest version.
 */
#pragma once

#include "api/request.h"
#include "wire/event.h"
#include "wire/image.h"
#include "wire/system.h"

enum { VERSION_STOP_SIGNAL = 42 }; /* ?signal= of stop and restart */

void versions_info(const struct request *req, struct system_info *info);
/* Clears members without freeing them: m is a shallow copy. */
void versions_event(const struct request *req, struct event_message *m);
void versions_images(const struct request *req, struct image_summary *items, size_t n);
void versions_image(const struct request *req, struct image_inspect *image);
void versions_summaries(const struct request *req, struct container_summary *items, size_t n);
/* The same, before they are made. */
void versions_list(const struct request *req, struct container_list_options *opts);
/* ERR_INVALID: a member that is newer and must not be ignored, or options of another mount type. */
must_check int versions_create(const struct request *req, struct container_create_request *create,
			       struct error *err);
