/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layer directories seen as the one tree that overlayfs would show of them, without mounting
 * anything: whiteouts hide, opaque directories end what is below them. Works on a container that
 * runs, and beside a hostile one: no symlink is ever followed, nothing but directories is opened.
 */
#pragma once

#include <sys/stat.h>

#include "base/macros.h"

/* One directory of the tree: its part in each layer that has one, uppermost first. */
struct union_dir {
	int *fds;	  /* directories, O_RDONLY, owned          */
	unsigned int *in; /* which layer each of them belongs to   */
	size_t n;
};

struct union_name {
	char *name;
	size_t at; /* the uppermost part that has it: index of union_dir's fds */
};

struct union_names { /* by strcmp */
	struct union_name *items;
	size_t n;
};

/* Also at the end of a failed call. Safe twice. */
void union_dir_release(struct union_dir *dir);
void union_names_release(struct union_names *names);

/* The root of the tree. dirs: as of layer_stack_open, or directories; uppermost first, numbered in
 * this order from 0. */
must_check int union_root(char *const *dirs, struct union_dir *ret);
/* What a directory shows. */
must_check int union_list(const struct union_dir *dir, struct union_names *ret);
/* The uppermost entry of that name: *ret_st, *ret_at as in union_name. -ENOENT: none, or hidden. */
must_check int union_lookup(const struct union_dir *dir, const char *name, struct stat *ret_st,
			    size_t *ret_at);
/* The directory name, whose uppermost part is at. -ENOTDIR: it is none (any more). */
must_check int union_open(const struct union_dir *dir, const char *name, size_t at,
			  struct union_dir *ret);

bool union_is_whiteout(const struct stat *st);
/* trusted.overlay.opaque of a directory's fd. */
bool union_is_opaque(int fd);
