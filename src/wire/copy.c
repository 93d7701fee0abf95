/* SPDX-License-Identifier: Apache-2.0 */
/* The shapes of /containers/…/archive. */
#include "wire/copy.h"

#include <sys/stat.h>

static const struct json_field container_path_stat_fields[] = {
	FIELD_STR(struct container_path_stat, name, "name"),
	FIELD_I64(struct container_path_stat, size, "size"),
	FIELD_U32(struct container_path_stat, mode, "mode"),
	FIELD_TIME(struct container_path_stat, mtime, "mtime"),
	FIELD_STR(struct container_path_stat, link_target, "linkTarget"),
};
const struct json_shape container_path_stat_shape =
	JSON_SHAPE(struct container_path_stat, container_path_stat_fields, JSON_SHAPE_ANYCASE);

static const struct json_field copy_request_fields[] = {
	FIELD_STR(struct copy_request, action, "action"),
	FIELD_STR(struct copy_request, container, "container"),
	FIELD_STR(struct copy_request, path, "path"),
	FIELD_STRV(struct copy_request, targets, "targets"),
	FIELD_U32(struct copy_request, root_uid, "rootUid"),
	FIELD_U32(struct copy_request, root_gid, "rootGid"),
	FIELD_BOOL(struct copy_request, userns, "userns"),
	FIELD_BOOL(struct copy_request, readonly_rootfs, "readonlyRootfs"),
	FIELD_BOOL(struct copy_request, keep_kinds, "keepKinds"),
	FIELD_BOOL(struct copy_request, own, "own"),
	FIELD_U32(struct copy_request, uid, "uid"),
	FIELD_U32(struct copy_request, gid, "gid"),
};
const struct json_shape copy_request_shape =
	JSON_SHAPE(struct copy_request, copy_request_fields, JSON_SHAPE_STRICT);

uint32_t path_mode_of(uint32_t st_mode)
{
	static const struct {
		uint32_t mask, value, bits;
	} rows[] = {
		{ S_IFMT, S_IFDIR, PATH_MODE_DIR },
		{ S_IFMT, S_IFLNK, PATH_MODE_SYMLINK },
		{ S_IFMT, S_IFBLK, PATH_MODE_DEVICE },
		{ S_IFMT, S_IFCHR, PATH_MODE_DEVICE | PATH_MODE_CHARDEV },
		{ S_IFMT, S_IFIFO, PATH_MODE_FIFO },
		{ S_IFMT, S_IFSOCK, PATH_MODE_SOCKET },
		{ S_ISUID, S_ISUID, PATH_MODE_SETUID },
		{ S_ISGID, S_ISGID, PATH_MODE_SETGID },
		{ S_ISVTX, S_ISVTX, PATH_MODE_STICKY },
	};
	uint32_t mode = st_mode & 0777;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if ((st_mode & rows[i].mask) == rows[i].value)
			mode |= rows[i].bits;
	}
	return mode;
}
