/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Volumes: directories that outlive containers, <data root>/volumes/<name>/_data. There is one
 * driver, "local", without options.
 *
 * A volume is made (record, directory) and taken away (record, directory out of the way) in one
 * transaction each, and a record whose directory a crash took is given an empty one when it is
 * mounted: no crash leaves a directory that nobody knows.
 */
#pragma once

#include "engine/engine.h"
#include "layer/layer.h"
#include "store/volumes.h"
#include "wire/volume.h"

/* What the API asks for. */

/* ERR_NOT_FOUND "get NAME: no such volume". */
must_check int engine_volume_inspect(struct engine *e, const char *name, struct volume *ret,
				     struct error *err);
/* Of one that is there it answers with what is there. */
must_check int engine_volume_create(struct engine *e, const struct volume_create_request *req,
				    struct volume *ret, struct error *err);
must_check int engine_volume_list(struct engine *e, const char *filters_json, struct volume **ret,
				  size_t *ret_n, struct error *err);
/* ERR_CONFLICT when a container has it. force: one that is not there is no error. */
must_check int engine_volume_remove(struct engine *e, const char *name, bool force,
				    struct error *err);
/* all_by_default: named ones too, unless the filter "all" says otherwise. */
must_check int engine_volume_prune(struct engine *e, const char *filters_json, bool all_by_default,
				   struct volume_prune_response *ret, struct error *err);

/* What containers need of it. */

/* ERR_NOT_FOUND for another driver than "local" (NULL, ""), ERR_NOT_IMPLEMENTED for options. */
must_check int volume_driver_check(const char *driver, const struct strmap *options,
				   struct error *err);
/* Docker's rules for names. */
must_check int volume_name_check(const char *name, struct error *err);

/* Within the caller's transaction: make it unless it is there. */
must_check int volume_ensure(struct engine *e, const char *name, const struct strmap *labels,
			     struct error *err);
/* Within the caller's transaction: delete the record, and move the files to temp. */
must_check int volume_drop(struct engine *e, const char *name, const struct layer_temp *temp,
			   struct error *err);

#define VOLUME_ANONYMOUS_LABEL "com.docker.volume.anonymous"

/* The absolute path of its files. Owned. */
char *volume_path(const struct engine *e, const char *name);
