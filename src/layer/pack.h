/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files on disk -> entries of a tar: owners as the container knows them, extended attributes, hard
 * links, devices, holes. Sockets are left out. What somebody changes meanwhile is packed as it is
 * found; no symlink is followed, and nothing but regular files and directories is opened.
 *
 * Attributes: user.*, security.capability and POSIX ACLs, as the unpacker keeps them (unpack.h).
 */
#pragma once

#include <sys/stat.h>

#include "layer/tar-write.h"
#include "store/idmaps.h"

struct pack_link { /* a file with several names: the first of them */
	uint64_t dev, ino;
	char *path;
};

struct packer {
	struct tar_writer writer;
	const struct idmaps *maps; /* of the user namespace whose ids are on the disk; NULL none */
	struct pack_link *links;   /* a hash table: cap is a power of two */
	size_t n_links, cap_links;
	uint8_t *buf;
};

void packer_init(struct packer *packer, tar_sink sink, void *arg);
void packer_release(struct packer *packer);

struct pack_item {
	const char *path; /* in the archive: "etc/passwd"; no slash behind a directory's */
	int dirfd;	  /* name lies in it */
	const char *name;
	bool mapped; /* ids on the disk are those outside of packer->maps */
};

/* Of a directory only the entry itself. What is gone meanwhile is no error. */
must_check int pack_item(struct packer *packer, const struct pack_item *item, struct error *err);
/* Everything that the directories show together (union.h). mapped: the first one's ids are those
 * outside of packer->maps. */
must_check int pack_tree(struct packer *packer, char *const *dirs, bool mapped, struct error *err);
/* All that the directory fd shows, below path ("" itself): mounts too. */
must_check int pack_dir(struct packer *packer, int fd, const char *path, struct error *err);
/* An empty regular file of root's: whiteouts. */
must_check int pack_mark(struct packer *packer, const char *path, struct error *err);
must_check int pack_end(struct packer *packer, struct error *err);

/* Ids as the container knows them; those that it has not are 65534, as in the kernel. */
void pack_ids(const struct idmaps *maps, uint32_t *uid, uint32_t *gid);
