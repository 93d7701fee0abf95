/* SPDX-License-Identifier: Apache-2.0 */
/* The options of a mount in config.json, by one table. */
#pragma once

#include "base/error.h"

struct mount_options {
	uint64_t set, clear;	     /* MOUNT_ATTR_* of the mount itself          */
	uint64_t rec_set, rec_clear; /* and of all below it: "rro", "rnosuid"    */
	uint64_t propagation;	     /* MS_SHARED …; 0: not asked for              */
	bool propagation_recursive;
	bool bind, recursive; /* "bind", "rbind"                            */
	bool remount;
	bool copy_up; /* "tmpcopyup"                                */
	bool idmap, idmap_recursive;
	char **data; /* the file system's own; owned               */
};

/* Unknown words are the file system's. */
void mount_options_parse(char *const *words, struct mount_options *ret);
void mount_options_release(struct mount_options *ret);
/* All words that the table has, for `features`. NULL-terminated, sorted. */
const char *const *mount_options_known(void);
