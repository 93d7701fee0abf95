/* SPDX-License-Identifier: Apache-2.0 */
/* POSIX ACLs as they are in extended attributes: a version, then entries of tag, rights, id, sorted
 * by tag (acl(5); Linux, include/uapi/linux/posix_acl_xattr.h). */
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "layer/index-internal.h"

enum {
	ACL_VERSION = 2,
	ACL_USER_OBJ = 1,
	ACL_USER = 2,
	ACL_GROUP_OBJ = 4,
	ACL_GROUP = 8,
	ACL_MASK = 16,
	ACL_OTHER = 32,
};

struct acl_entry {
	uint16_t tag, rights;
	uint32_t id;
};

/* The order that the kernel wants: there is one of each but for named users and groups. */
static bool acl_follows(const struct acl_entry *before, const struct acl_entry *entry)
{
	if (before->tag != entry->tag)
		return before->tag < entry->tag;
	return entry->tag == ACL_USER || entry->tag == ACL_GROUP;
}

static struct acl_entry acl_entry_at(const uint8_t *p)
{
	struct acl_entry entry;

	memcpy(&entry, p, sizeof(entry));
	return (struct acl_entry){ le16toh(entry.tag), le16toh(entry.rights), le32toh(entry.id) };
}

/* What tags were seen, and their rights by tag. */
static int acl_scan(const uint8_t *p, size_t n, unsigned int *ret_seen, unsigned int rights[33])
{
	struct acl_entry before = { 0 };

	*ret_seen = 0;
	for (size_t i = 0; i < n; i++) {
		struct acl_entry entry = acl_entry_at(p + i * sizeof(entry));

		if (entry.tag == 0 || entry.tag > ACL_OTHER || (entry.tag & (entry.tag - 1)) ||
		    entry.rights > 7 || (i > 0 && !acl_follows(&before, &entry)))
			return -EINVAL;
		*ret_seen |= entry.tag;
		rights[entry.tag] = entry.rights;
		before = entry;
	}
	return 0;
}

int acl_check(const void *value, size_t len, uint16_t *mode, bool *ret_keep)
{
	const unsigned int base = ACL_USER_OBJ | ACL_GROUP_OBJ | ACL_OTHER;
	unsigned int seen, rights[ACL_OTHER + 1] = { 0 }, group;
	uint32_t version;

	*ret_keep = false;
	if (len < sizeof(version) || (len - sizeof(version)) % sizeof(struct acl_entry) != 0)
		return -EINVAL;
	memcpy(&version, value, sizeof(version));
	if (le32toh(version) != ACL_VERSION)
		return -EINVAL;
	if (len == sizeof(version))
		return 0; /* no ACL */
	if (acl_scan((const uint8_t *)value + sizeof(version),
		     (len - sizeof(version)) / sizeof(struct acl_entry), &seen, rights) < 0)
		return -EINVAL;
	if ((seen & base) != base || ((seen & (ACL_USER | ACL_GROUP)) && !(seen & ACL_MASK)))
		return -EINVAL;
	group = seen & ACL_MASK ? rights[ACL_MASK] : rights[ACL_GROUP_OBJ];
	*mode = (uint16_t)((*mode & ~0777U) | rights[ACL_USER_OBJ] << 6 | group << 3 |
			   rights[ACL_OTHER]);
	*ret_keep = seen != base;
	return 0;
}
