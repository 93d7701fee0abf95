/* SPDX-License-Identifier: Apache-2.0 */
/* Extended attributes: each different one is kept once, in the form in which EROFS has it; a file
 * has a set of them. */
#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/strbuf.h"
#include "layer/erofs-format.h"
#include "layer/index-internal.h"

enum { SET_MAX = 4096, CAPABILITY_V2 = 20, CAPABILITY_V3 = 24 };

static const struct {
	const char *name;
	uint8_t number;
	bool whole;
} prefixes[] = {
	{ "user.", EROFS_XATTR_USER, false },
	{ "system.posix_acl_access", EROFS_XATTR_ACL_ACCESS, true },
	{ "system.posix_acl_default", EROFS_XATTR_ACL_DEFAULT, true },
	{ "trusted.", EROFS_XATTR_TRUSTED, false },
	{ "security.", EROFS_XATTR_SECURITY, false },
};

/* A set that is being put together. */
struct draft {
	uint32_t items[SET_MAX];
	uint32_t n;
};

static uint32_t hash_bytes(const uint8_t *data, size_t len)
{
	uint64_t hash = 0xCBF29CE484222325ULL;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ data[i]) * 0x100000001B3ULL;
	return (uint32_t)(hash ^ hash >> 32);
}

static struct index_xattr *xattr_at(const struct index *x, uint32_t i)
{
	return (struct index_xattr *)x->xattrs.data + i;
}

static uint32_t *set_at(const struct index *x, uint32_t set)
{
	return (uint32_t *)x->xattr_sets.data + set;
}

/* The record of this attribute: that of another which is the same, or a new one. */
static int xattr_intern(struct index *x, const uint8_t *record, size_t len, uint32_t *ret)
{
	uint32_t hash = hash_bytes(record, len);
	uint32_t *bucket = &x->xattr_buckets[hash % XATTR_BUCKETS];
	struct index_xattr *item;
	size_t blob;
	int r;

	for (uint32_t i = *bucket; i != 0; i = item->hash_next) {
		item = xattr_at(x, i);
		if (item->hash == hash && item->len == len &&
		    memcmp((uint8_t *)x->xattr_blob.data + item->blob, record, len) == 0) {
			*ret = i;
			return 0;
		}
	}
	if (x->xattr_blob.len > UINT32_MAX - len)
		return -EFBIG;
	r = spill_add(&x->xattr_blob, len, &blob);
	if (r >= 0)
		r = spill_add(&x->xattrs, sizeof(*item), NULL);
	if (r < 0)
		return r;
	memcpy((uint8_t *)x->xattr_blob.data + blob, record, len);
	*ret = (uint32_t)(x->xattrs.len / sizeof(*item)) - 1;
	*xattr_at(x, *ret) = (struct index_xattr){
		.blob = (uint32_t)blob, .len = (uint32_t)len, .hash = hash, .hash_next = *bucket
	};
	*bucket = *ret;
	return 0;
}

/* An attribute as a record. -EINVAL: no such prefix, or too long. */
static int xattr_encode(struct index *x, const char *name, const void *value, size_t len,
			uint32_t *ret)
{
	struct erofs_xattr_entry entry = { 0 };
	cleanup_free uint8_t *record = NULL;
	size_t skip = 0, name_len, total;

	for (size_t i = 0; i < ARRAY_SIZE(prefixes) && entry.prefix == 0; i++) {
		skip = strlen(prefixes[i].name);
		if (prefixes[i].whole ? strcmp(name, prefixes[i].name) == 0
				      : strncmp(name, prefixes[i].name, skip) == 0)
			entry.prefix = prefixes[i].number;
	}
	name_len = strlen(name) - skip;
	if (entry.prefix == 0 || strlen(name) > EROFS_NAME_MAX || len > EROFS_XATTR_SIZE_MAX)
		return -EINVAL;
	entry.name_len = (uint8_t)name_len;
	entry.value_len = htole16((uint16_t)len);
	total = (sizeof(entry) + name_len + len + 3) & ~(size_t)3;
	record = xcalloc(1, total);
	memcpy(record, &entry, sizeof(entry));
	memcpy(record + sizeof(entry), name + skip, name_len);
	if (len > 0)
		memcpy(record + sizeof(entry) + name_len, value, len);
	return xattr_intern(x, record, total, ret);
}

static bool xattr_same_name(const struct index *x, uint32_t a, uint32_t b)
{
	const uint8_t *ra = (const uint8_t *)x->xattr_blob.data + xattr_at(x, a)->blob;
	const uint8_t *rb = (const uint8_t *)x->xattr_blob.data + xattr_at(x, b)->blob;
	const size_t head = sizeof(struct erofs_xattr_entry);

	return ra[0] == rb[0] && ra[1] == rb[1] && memcmp(ra + head, rb + head, ra[0]) == 0;
}

/* The later one wins. */
static int draft_add(struct index *x, struct draft *draft, uint32_t item)
{
	for (uint32_t i = 0; i < draft->n; i++) {
		if (xattr_same_name(x, draft->items[i], item)) {
			draft->items[i] = item;
			return 0;
		}
	}
	if (draft->n == SET_MAX)
		return -E2BIG;
	draft->items[draft->n++] = item;
	return 0;
}

static void draft_from(const struct index *x, uint32_t set, struct draft *draft)
{
	const uint32_t *from = set_at(x, set);

	draft->n = set ? from[0] : 0;
	memcpy(draft->items, from + 1, draft->n * sizeof(uint32_t));
}

static int draft_keep(struct index *x, const struct draft *draft, uint32_t *ret_set)
{
	size_t offset;
	int r;

	*ret_set = 0;
	if (draft->n == 0)
		return 0;
	if (x->xattr_sets.len > UINT32_MAX)
		return -EFBIG;
	r = spill_add(&x->xattr_sets, (draft->n + 1) * sizeof(uint32_t), &offset);
	if (r < 0)
		return r;
	*ret_set = (uint32_t)(offset / sizeof(uint32_t));
	*set_at(x, *ret_set) = draft->n;
	memcpy(set_at(x, *ret_set) + 1, draft->items, draft->n * sizeof(uint32_t));
	return 0;
}

/* What the kernel would say when it is set on a file. 1: it is kept. */
static int xattr_check(const struct tar_xattr *xattr, bool is_dir, uint16_t *mode)
{
	uint16_t unused = 0;
	bool keep = true;
	int r = 0;

	if (!unpack_keeps_xattr(xattr->name))
		return 0;
	if (strcmp(xattr->name, "system.posix_acl_access") == 0)
		r = acl_check(xattr->value, xattr->len, mode, &keep);
	else if (strcmp(xattr->name, "system.posix_acl_default") == 0 && !is_dir)
		r = -EINVAL;
	else if (strcmp(xattr->name, "system.posix_acl_default") == 0)
		r = acl_check(xattr->value, xattr->len, &unused, &keep),
		keep = xattr->len > sizeof(uint32_t);
	else if (strcmp(xattr->name, "security.capability") == 0)
		r = xattr->len == CAPABILITY_V2 || xattr->len == CAPABILITY_V3 ? 0 : -EINVAL;
	return r < 0 ? r : keep;
}

int xattr_set_of(struct index *x, const struct tar_entry *e, uint32_t old, uint32_t *ret_set,
		 uint16_t *mode, struct error *err)
{
	cleanup_free struct draft *draft = xmalloc(sizeof(*draft));
	int r = 0;

	*ret_set = old;
	if (e->n_xattrs == 0)
		return 0;
	draft_from(x, old, draft);
	for (size_t i = 0; r >= 0 && i < e->n_xattrs; i++) {
		const struct tar_xattr *xattr = &e->xattrs[i];
		uint32_t item;

		r = xattr_check(xattr, e->type == TAR_DIR, mode);
		if (r > 0)
			r = xattr_encode(x, xattr->name, xattr->value, xattr->len, &item);
		else if (r == 0)
			continue;
		if (r >= 0)
			r = draft_add(x, draft, item);
		if (r == -EINVAL || r == -E2BIG)
			return error_set(err, ERR_INVALID, EINVAL,
					 "refused archive entry \"%.512s\": its attribute %.255s",
					 e->path, xattr->name);
	}
	if (r >= 0)
		r = draft_keep(x, draft, ret_set);
	return r < 0 ? index_no_space(err, r) : 0;
}

int xattr_set_opaque(struct index *x, uint32_t old, uint32_t *ret_set)
{
	cleanup_free struct draft *draft = xmalloc(sizeof(*draft));
	uint32_t item;
	int r = xattr_encode(x, "trusted.overlay.opaque", "y", 1, &item);

	draft_from(x, old, draft);
	if (r >= 0)
		r = draft_add(x, draft, item);
	return r < 0 ? r : draft_keep(x, draft, ret_set);
}

/* Counted once all entries are known: shared are those that take less room so. */
static void xattr_count(struct index *x, uint32_t inode)
{
	const uint32_t *set = set_at(x, inode_at(x, inode)->xattrs);

	for (uint32_t i = 1; inode_at(x, inode)->xattrs && i <= set[0]; i++)
		xattr_at(x, set[i])->refs++;
}

uint32_t xattr_share(struct index *x)
{
	uint32_t n = (uint32_t)(x->xattrs.len / sizeof(struct index_xattr));
	uint64_t size = sizeof(uint32_t); /* number 0 is none */

	for (uint32_t i = 1; i < x->n_inodes; i++) {
		xattr_count(x, i);
		index_breathe(x, 1);
	}
	for (uint32_t i = 1; i < n; i++) {
		struct index_xattr *item = xattr_at(x, i);

		if (item->len + 4ULL * item->refs >= (uint64_t)item->len * item->refs ||
		    size + item->len > UINT32_MAX)
			continue;
		item->shared = (uint32_t)(size / 4);
		size += item->len;
	}
	return size > sizeof(uint32_t) ? (uint32_t)size : 0;
}

uint32_t xattr_set_count(const struct index *x, uint32_t set)
{
	return set ? *set_at(x, set) : 0;
}

struct xattr_view xattr_of_set(const struct index *x, uint32_t set, uint32_t i)
{
	const struct index_xattr *item = xattr_at(x, set_at(x, set)[1 + i]);

	return (struct xattr_view){ (const uint8_t *)x->xattr_blob.data + item->blob, item->len,
				    item->shared };
}

/* The first that are shared go by number; the others, and what does not fit there, in full. */
uint32_t xattr_set_size(const struct index *x, uint32_t set)
{
	uint32_t size = sizeof(struct erofs_xattr_head), n_shared = 0;

	if (set == 0)
		return 0;
	for (uint32_t i = 0; i < xattr_set_count(x, set); i++) {
		struct xattr_view view = xattr_of_set(x, set, i);
		bool shared = view.shared && n_shared < EROFS_XATTR_SHARED_MAX;

		n_shared += shared;
		size += shared ? (uint32_t)sizeof(uint32_t) : view.len;
	}
	return size;
}
