/* SPDX-License-Identifier: Apache-2.0 */
/* Extended attributes of a file on the disk, as an archive has them. */
#include <endian.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

#include "base/strbuf.h"
#include "layer/pack-internal.h"

enum { LIST_MAX = 64 * 1024, VALUE_MAX = 64 * 1024 };

/* An ACL as the kernel gives it: a version, then entries (linux/posix_acl_xattr.h). */
struct acl_entry {
	uint16_t tag, perm;
	uint32_t id;
};
enum { ACL_HEADER = 4, ACL_USER = 2, ACL_GROUP = 8 };

static void map_acl(const struct idmaps *maps, char *value, size_t len)
{
	for (size_t at = ACL_HEADER; at + sizeof(struct acl_entry) <= len;
	     at += sizeof(struct acl_entry)) {
		struct acl_entry entry;
		uint32_t id, other = 0;

		memcpy(&entry, value + at, sizeof(entry));
		id = le32toh(entry.id);
		if (le16toh(entry.tag) == ACL_USER)
			pack_ids(maps, &id, &other);
		else if (le16toh(entry.tag) == ACL_GROUP)
			pack_ids(maps, &other, &id);
		entry.id = htole32(id);
		memcpy(value + at, &entry, sizeof(entry));
	}
}

/* Capabilities that are good in one user namespace only (version 3) become those of the archive's
 * root (version 2): the rest of the structure is the same. */
static void map_capability(char *value, size_t *len)
{
	if (*len != XATTR_CAPS_SZ_3)
		return;
	value[3] = VFS_CAP_REVISION_2 >> 24; /* of a little-endian word: its highest byte */
	*len = XATTR_CAPS_SZ_2;
}

static void map_value(const struct idmaps *maps, const char *name, char *value, size_t *len)
{
	if (strcmp(name, "security.capability") == 0)
		map_capability(value, len);
	else if (strncmp(name, "system.posix_acl_", 17) == 0)
		map_acl(maps, value, *len);
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct tar_xattr *)a)->name, ((const struct tar_xattr *)b)->name);
}

static int take_one(const char *path, const char *name, const struct idmaps *maps,
		    struct tar_entry *e)
{
	cleanup_free char *value = xcalloc(1, VALUE_MAX);
	ssize_t n = getxattr(path, name, value, VALUE_MAX);
	size_t len = (size_t)n;

	if (n < 0)
		return errno == ENODATA ? 0 : -errno;
	if (maps)
		map_value(maps, name, value, &len);
	e->xattrs = xrealloc(e->xattrs, e->n_xattrs + 1, sizeof(*e->xattrs));
	e->xattrs[e->n_xattrs] =
		(struct tar_xattr){ .name = xstrdup(name), .value = xmalloc(len + 1), .len = len };
	memcpy(e->xattrs[e->n_xattrs++].value, value, len);
	return 0;
}

int pack_xattrs(int fd, const struct idmaps *maps, struct tar_entry *e)
{
	char names[LIST_MAX], path[64];
	ssize_t n;
	int r = 0;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = listxattr(path, names, sizeof(names));
	if (n < 0)
		return errno == ENOTSUP ? 0 : -errno;
	for (const char *p = names; r >= 0 && p < names + n; p += strlen(p) + 1) {
		if (strcmp(p, "trusted.overlay.metacopy") == 0)
			return -EXDEV;
		if (unpack_keeps_xattr(p))
			r = take_one(path, p, maps, e);
	}
	if (r >= 0 && e->n_xattrs > 1)
		qsort(e->xattrs, e->n_xattrs, sizeof(*e->xattrs), compare);
	return r;
}
