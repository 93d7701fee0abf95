/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the unpacker share. */
#pragma once

#include "layer/unpack.h"

/* A directory's times and attributes are set when all that it holds is there: making an entry
 * changes its mtime, and a default ACL would be inherited. */
struct unpack_later {
	char *path;
	int64_t mtime;
	uint32_t mtime_nsec;
	struct tar_xattr *xattrs;
	size_t n_xattrs;
	uint64_t dev, ino; /* the directory that was meant */
};

struct unpacker {
	int rootfd;
	struct tar_reader *reader;
	const struct unpack_watch *watch; /* NULL none */
	bool shared;  /* others may change the tree meanwhile: what a name was is looked at again */
	char *parent; /* the directory that parent_fd is, or NULL */
	char *parent_real; /* likewise, without links in it; NULL not known */
	int parent_fd;
	struct unpack_later *later;
	size_t n_later, cap_later;
	struct unpack_result result;
};

enum whiteout {
	WHITEOUT_NONE,
	WHITEOUT_NAME,	 /* hides what follows the prefix */
	WHITEOUT_OPAQUE, /* hides all that the directory has below */
	WHITEOUT_META,	 /* aufs' own files: not part of the image */
	WHITEOUT_BAD,	 /* hides no file */
};

/* What a name means; for WHITEOUT_NAME *ret_hidden points to the name that is hidden. */
enum whiteout whiteout_of(const char *name, const char **ret_hidden);
int unpack_fail(struct error *err, int r, const char *path);
int unpack_refuse(struct error *err, const char *path, const char *why);
/* The fd of path's directory (borrowed), made if missing. */
must_check int unpack_parent(struct unpacker *u, const char *path, const char **ret_name,
			     struct error *err);
void unpack_forget_parent(struct unpacker *u);
/* Where name in dirfd (of unpack_parent) really lies; owned, NULL when not known. */
char *unpack_real_path(const struct unpacker *u, int dirfd, const char *name);
must_check int unpack_clear(struct unpacker *u, int dirfd, const char *name);
must_check int unpack_xattrs(int fd, const struct tar_xattr *xattrs, size_t n);
must_check int unpack_entry(struct unpacker *u, const char *path, struct tar_entry *e,
			    struct error *err);
void unpacker_release(struct unpacker *u);
/* unpack-shared.c: owner, mode, times of a node that was just made, if it still is what it was. */
must_check int unpack_finish_shared(int dirfd, const char *name, const struct tar_entry *e);

/* unpack-dir.c */
must_check int unpack_dir(struct unpacker *u, int dirfd, const char *name, const char *path,
			  struct tar_entry *e, struct error *err);
must_check int unpack_root(struct unpacker *u, struct tar_entry *e, struct error *err);
must_check int unpack_whiteout(struct unpacker *u, const char *path, struct error *err);
must_check int unpack_finish_dirs(struct unpacker *u, struct error *err);

/* What is done with an entry, which it may change. */
typedef int (*unpack_step)(struct unpacker *u, const void *arg, struct tar_entry *e,
			   struct error *err);
/* Every entry of u->reader, then what has to come last; the archive is read to its end. */
must_check int unpack_all(struct unpacker *u, unpack_step step, const void *arg, struct error *err);
