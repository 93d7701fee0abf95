/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of cp for paths: what a slash or "/." at the end means, what a source is called at its
 * destination. Pure, but for those that look at the local file system.
 */
#pragma once

#include "base/error.h"

/* "CONTAINER:PATH"; *ret_container NULL: a local path. Both owned. */
void cp_split(const char *arg, char **ret_container, char **ret_path);
/* A local path from the root; a slash or "/." at the end stays. Owned. */
must_check int cp_absolute(const char *path, char **ret, struct error *err);
/* The directory and the last component, "." for "/a/."; owned. */
void cp_dir_entry(const char *path, char **ret_dir, char **ret_base);
/* Where a symbolic link at path leads, said as path was. *ret_name: what it is to be called then;
 * NULL: as it is. All owned. */
char *cp_resolved(const char *path, const char *target, char **ret_name);

struct cp_info {
	char *path;
	bool exists, is_dir;
	char *name; /* instead of path's last component; NULL none */
};
void cp_info_release(struct cp_info *info);

/* A local source: links before its last component are followed, or all of them. */
must_check int cp_local_source(const char *path, bool follow, struct cp_info *ret,
			       struct error *err);
/* A local destination: links are followed; its parent has to be there. */
must_check int cp_local_destination(const char *path, struct cp_info *ret, struct error *err);

/* Where it all goes: *ret_dir is a directory that has to be there, *ret_name what the source is
 * called in it. Both owned. */
must_check int cp_place(const struct cp_info *from, const struct cp_info *to, char **ret_dir,
			char **ret_name, struct error *err);
