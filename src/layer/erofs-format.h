/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of the EROFS format that a layer's index is made of: uncompressed, with blocks of 512
 * bytes, since that is what a tar's data is aligned to. Numbers are little-endian. Source: Linux,
 * Documentation/filesystems/erofs.rst.
 *
 *	1024	superblock (128 bytes), then one device slot (128 bytes): the tar is device 1
 *	 *1280	the root's inode comes first; nids count 32 bytes from the beginning of the file
 *		shared attributes, inodes, directories
 *	...	copies of what a sparse file has at places that blocks cannot point to
 */
#pragma once

#include <stdint.h>

enum {
	EROFS_BLOCK_BITS = 9,
	EROFS_BLOCK_SIZE = 1 << EROFS_BLOCK_BITS,
	EROFS_SUPER_OFFSET = 1024,
	EROFS_DEVICE_SLOT = 9, /* the slot's offset in units of its size */
	EROFS_META_START = 1280,
	EROFS_SLOT_BITS = 5, /* an inode's offset is nid << EROFS_SLOT_BITS */
	EROFS_NAME_MAX = 255,
	EROFS_COMPAT_MTIME = 2,
	EROFS_INCOMPAT_CHUNKED = 4,
	EROFS_INCOMPAT_DEVICES = 8,
	EROFS_TAR_DEVICE = 1,
	EROFS_CHUNK_INDEXES = 1 << 5,  /* chunk format: 8 bytes a chunk */
	EROFS_CHUNK_BITS_MAX = 31,     /* of a chunk's size, in blocks */
	EROFS_XATTR_SHARED_MAX = 255,  /* in one inode */
	EROFS_XATTR_SIZE_MAX = 65535,  /* of a value */
	EROFS_XATTR_UNITS_MAX = 65535, /* of an inode's attributes, 4 bytes each */
};

#define EROFS_MAGIC 0xE0F5E1E2U
#define EROFS_HOLE 0xFFFFFFFFU

enum erofs_layout { EROFS_PLAIN = 0, EROFS_INLINE = 2, EROFS_CHUNKS = 4 };

/* Prefixes of attribute names have numbers; those of POSIX ACLs are the whole name. */
enum erofs_xattr_prefix {
	EROFS_XATTR_USER = 1,
	EROFS_XATTR_ACL_ACCESS = 2,
	EROFS_XATTR_ACL_DEFAULT = 3,
	EROFS_XATTR_TRUSTED = 4,
	EROFS_XATTR_SECURITY = 6,
};

struct erofs_super {
	uint32_t magic, checksum, feature_compat;
	uint8_t block_bits, ext_slots;
	uint16_t root_nid;
	uint64_t inodes, time;
	uint32_t time_nsec, blocks, meta_block, xattr_block;
	uint8_t uuid[16], volume[16];
	uint32_t feature_incompat;
	uint16_t compression, extra_devices, device_slot;
	uint8_t dir_block_bits, xattr_prefixes;
	uint32_t xattr_prefix_start;
	uint64_t packed_nid;
	uint8_t reserved[24];
} __attribute__((packed));
_Static_assert(sizeof(struct erofs_super) == 128, "superblock");

struct erofs_device {
	uint8_t tag[64];
	uint32_t blocks, mapped;
	uint8_t reserved[56];
} __attribute__((packed));
_Static_assert(sizeof(struct erofs_device) == 128, "device slot");

/* An inode that has the superblock's time and small numbers. */
struct erofs_inode_compact {
	uint16_t format, xattr_units, mode, nlink;
	uint32_t size, reserved, u, ino;
	uint16_t uid, gid;
	uint32_t reserved2;
} __attribute__((packed));
_Static_assert(sizeof(struct erofs_inode_compact) == 32, "inode");

struct erofs_inode_extended {
	uint16_t format, xattr_units, mode, reserved;
	uint64_t size;
	uint32_t u, ino, uid, gid;
	uint64_t mtime;
	uint32_t mtime_nsec, nlink;
	uint8_t reserved2[16];
} __attribute__((packed));
_Static_assert(sizeof(struct erofs_inode_extended) == 64, "inode");

struct erofs_dirent { /* at the block's head; names follow, the last one ends with the block */
	uint64_t nid;
	uint16_t name_offset;
	uint8_t type, reserved;
} __attribute__((packed));
_Static_assert(sizeof(struct erofs_dirent) == 12, "dirent");

struct erofs_chunk {
	uint16_t reserved, device;
	uint32_t block;
} __attribute__((packed));
_Static_assert(sizeof(struct erofs_chunk) == 8, "chunk");

struct erofs_xattr_head { /* behind an inode; then shared_count ids, then entries */
	uint32_t filter;
	uint8_t shared_count, reserved[7];
} __attribute__((packed));
_Static_assert(sizeof(struct erofs_xattr_head) == 12, "attributes");

struct erofs_xattr_entry { /* then the name's rest and the value; padded to 4 bytes */
	uint8_t name_len, prefix;
	uint16_t value_len;
} __attribute__((packed));
_Static_assert(sizeof(struct erofs_xattr_entry) == 4, "attribute");
