/* SPDX-License-Identifier: Apache-2.0 */
/* Containers and their files: commit, changes, export. */
#pragma once

#include "engine/engine.h"
#include "wire/container.h"

/* "/etc/passwd" and how it changed, parents before children. */
must_check int engine_changes(struct engine *e, const char *ref, struct filesystem_change **ret,
			      size_t *ret_n, struct error *err);

/* The whole root as a tar, from the running container too. sink: -errno ends it. begin() is called
 * when nothing but the files themselves can fail any more. */
struct engine_export_sink {
	int (*begin)(void *arg);
	int (*write)(void *arg, const void *data, size_t len);
	void *arg;
};
must_check int engine_export(struct engine *e, const char *ref,
			     const struct engine_export_sink *sink, struct error *err);

struct engine_commit_options {
	const char *container, *repository, *tag, *comment, *author;
	char *const *changes;
	bool pause;			 /* while its files are read, when it runs */
	struct container_config *config; /* what the request says; NULL: the container's own */
};
must_check int engine_commit(struct engine *e, const struct engine_commit_options *opts,
			     char **ret_id, struct error *err);
