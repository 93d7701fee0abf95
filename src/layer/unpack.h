/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a layer's tar to the directory that overlayfs understands. Runs in hoy-unpack, with the
 * directory as all that it can reach.
 *
 * Names are taken as below the layer's root: leading "/" go, "." and ".." are resolved in the text,
 * a name that climbs above the root is refused. Symbolic links in a path are followed inside the
 * root (openat2 RESOLVE_IN_ROOT), the last component never. A hard link's target must be in the
 * same layer. Symbolic links themselves are kept as they are: they mean something only inside.
 *
 * Whiteouts (image-spec layer.md): ".wh.NAME" becomes the character device 0:0 NAME; what the same
 * layer has by that name wins, a directory then is opaque. ".wh..wh..opq" makes its directory
 * opaque. Opaque directories are listed, not marked: trusted.overlay.opaque needs CAP_SYS_ADMIN,
 * which the sandbox has not; layer_mark_opaque does it afterwards.
 *
 * Attributes: user.*, security.capability and POSIX ACLs are kept. trusted.* (overlayfs would obey
 * it) and the rest of security.* and system.* are left out.
 */
#pragma once

#include "layer/tar.h"

enum { UNPACK_OPAQUE_MAX = 64 * 1024 };

struct unpack_result {
	uint64_t n_entries;
	int64_t size;  /* bytes of all files, holes included */
	char **opaque; /* directories below the root, "" the root itself */
};

void unpack_result_release(struct unpack_result *result);

/* Is told where the archive's data went, so that the archive can be made again from the files
 * (transfer/record.h). Paths are below the root and have no symbolic link in them; NULL: the kernel
 * did not tell. */
struct unpack_watch {
	void *arg;
	/* The next len bytes of data went into path at offset. */
	void (*data)(void *arg, const char *path, uint64_t offset, size_t len);
	/* dirfd/name, at path, makes room for a later entry: take it out of the tree by rename(2).
	 * False: it is to be deleted. */
	bool (*displace)(void *arg, int dirfd, const char *name, const char *path);
};

/* Everything that the archive has, to its end. watch NULL: nobody wants to know. ERR_INVALID: the
 * archive; ERR_SYSTEM: the disk. */
must_check int unpack_tar(int rootfd, struct tar_reader *reader, const struct unpack_watch *watch,
			  struct unpack_result *ret, struct error *err);

/*
 * The same into a directory of a tree that others use meanwhile, a hostile container among them:
 * every name is resolved below rootfd, what was made is changed by fd or not at all. Whiteouts are
 * ordinary files; the archive's own "." leaves the directory as it is.
 */
struct unpack_shared {
	int rootfd;
	const char *dest; /* below it, without symbolic links: "srv/data", "" the root itself */
	bool keep_kinds;  /* nothing takes a directory's place, no directory that of a file */
	bool own;	  /* all belongs to uid, gid */
	uint32_t uid, gid;
	/* Instead of the first component @from of the archive's names, or before all of them when
	 * it is NULL; to NULL: as they are. */
	const char *from, *to;
	const char *shown; /* what errors call rootfd: "" "/home/user" */
};
must_check int unpack_shared(const struct unpack_shared *into, struct tar_reader *reader,
			     struct error *err);

/* The lexical part, for itself: "/a/./b/../c/" -> "a/c"; -EXDEV when it leaves the root. */
must_check int unpack_clean_path(const char *path, char **ret);
/* Attributes that layers keep, by name. */
bool unpack_keeps_xattr(const char *name);
