/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files in and out of containers, whether they run or not: what cp of the client is made of.
 * The work is done by hoy-copy (wire/copy.h) in the container's root with its volumes; tmpfs of
 * the running container are not in it.
 */
#pragma once

#include "engine/engine.h"
#include "wire/copy.h"

/* ERR_NOT_FOUND: the container, or the path. ref and path as they were asked for. */
must_check int engine_copy_stat(struct engine *e, const char *ref, const char *path,
				struct container_path_stat *ret, struct error *err);

/* begin() is called with what path is, once nothing but the files themselves can fail. -errno ends
 * it. */
struct engine_copy_sink {
	int (*begin)(void *arg, const struct container_path_stat *stat);
	int (*write)(void *arg, const void *data, size_t len);
	void *arg;
};
must_check int engine_copy_read(struct engine *e, const char *ref, const char *path,
				const struct engine_copy_sink *sink, struct error *err);

struct engine_copy_write_options {
	const char *ref, *path; /* path: a directory that is there */
	int tar_fd;		/* plain or compressed */
	bool keep_kinds;	/* no directory becomes another kind of file, nor the reverse */
	bool own;		/* all belongs to the container's user */
};
must_check int engine_copy_write(struct engine *e, const struct engine_copy_write_options *opts,
				 struct error *err);
