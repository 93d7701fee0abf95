/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a container changed: its upper directory against the layers below. What a run left that is
 * not the container's doing (mount points of the engine's own files) does not count, nor does a
 * directory of which only the time is another because of them.
 */
#pragma once

#include "layer/pack.h"
#include "layer/union.h"

enum delta_kind { DELTA_CHANGED, DELTA_ADDED, DELTA_DELETED }; /* as the API numbers them */

struct delta_change {
	enum delta_kind kind;
	const char *path; /* "etc/passwd" */
	int dirfd;	  /* in the upper directory … */
	const char *name; /* … when it is not deleted */
	bool opaque;	  /* a directory that hides all that the layers have there */
	bool hidden;	  /* deleted with what such a directory hides */
};

/* A directory comes before what it holds, siblings are sorted. A negative return ends the walk. */
typedef int (*delta_visit)(void *arg, const struct delta_change *change, struct error *err);

struct delta_options {
	const char *upper;	   /* directory; one that is not there changed nothing */
	char *const *lower;	   /* directories, uppermost first */
	const struct idmaps *maps; /* of the ids in upper; NULL none */
	delta_visit visit;
	void *arg;
};
must_check int delta_walk(const struct delta_options *opts, struct error *err);

/* The changes as a layer: with whiteouts. *ret_n: how many there were. */
must_check int delta_pack(const char *upper, char *const *lower, struct packer *packer,
			  size_t *ret_n, struct error *err);
