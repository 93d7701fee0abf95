/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /containers/…/archive: what it tells of a file, and what the engine asks of hoy-copy, which does
 * the work in a container's root.
 *
 *	hoy-copy	0 write: the archive that is unpacked, plain or compressed
 *			1 read: where the archive goes
 *			3 frames to the engine (wire/transfer.h); of stat and read the first is
 *			  TRANSFER_ITEM, a container_path_stat as JSON
 *			4 struct copy_request as JSON
 *			5 the container's root (O_PATH), in
 *			6 this mount namespace
 *			7 a user namespace with the container's ids, if it has one
 *			8 … detached mounts, one for each of the request's targets
 */
#pragma once

#include "wire/shape.h"

enum {
	COPY_REQUEST_FD = 4,
	COPY_ROOT_FD,
	COPY_MNTNS_FD,
	COPY_USERNS_FD,
	COPY_MOUNTS_FD,
	COPY_REQUEST_MAX = 4 * 1024 * 1024,
};

/* Bits of container_path_stat's mode beside the permissions: those of Go's FileMode, as the API
 * has them. */
#define PATH_MODE_DIR (1U << 31)
#define PATH_MODE_SYMLINK (1U << 27)
#define PATH_MODE_DEVICE (1U << 26)
#define PATH_MODE_FIFO (1U << 25)
#define PATH_MODE_SOCKET (1U << 24)
#define PATH_MODE_SETUID (1U << 23)
#define PATH_MODE_SETGID (1U << 22)
#define PATH_MODE_CHARDEV (1U << 21)
#define PATH_MODE_STICKY (1U << 20)

/* In the header PATH_STAT_HEADER as base64 of JSON. */
#define PATH_STAT_HEADER "X-Docker-Container-Path-Stat"
struct container_path_stat {
	char *name;
	int64_t size;
	uint32_t mode;
	int64_t mtime;
	char *link_target; /* of a symbolic link: where it leads in the end */
};
WIRE_SHAPE(container_path_stat)

/* st_mode in the API's bits. */
uint32_t path_mode_of(uint32_t st_mode);

struct copy_request {
	char *action;		     /* "stat", "read", "write" */
	char *container;	     /* as it was asked for: for errors */
	char *path;		     /* likewise */
	char **targets;		     /* where mounts go, parents before what lies in them */
	uint32_t root_uid, root_gid; /* who makes a mount point that is missing */
	bool userns;		     /* there is COPY_USERNS_FD */
	bool readonly_rootfs;
	bool keep_kinds; /* noOverwriteDirNonDir */
	bool own;	 /* all belongs to uid, gid */
	uint32_t uid, gid;
};
WIRE_SHAPE(copy_request)
