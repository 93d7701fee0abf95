/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nftables two ways. A whole ruleset, rare (once per boot), is text for libnftables, which is
 * loaded only then: it is large and would cost every start of hoyd. Elements of maps, on the way
 * of each published port, are nfnetlink messages built here: about 0.1 ms and no library. Either
 * way one call is one transaction: all of it or nothing. -errno idiom.
 *
 * All tables are of family inet.
 */
#pragma once

#include "sys/netlink.h"

/* This process's socket for all of the below, opened when first asked for and never closed:
 * closing one waits for the kernel to bury what any process has just deleted, 10 ms and more. It
 * works on the network namespace of that first call. *ret is borrowed. */
must_check int nft_socket(struct netlink **ret);

/* Run nft(8) commands in one transaction. -ENOSYS when libnftables cannot be loaded. On another
 * failure *ret_message (may be NULL) is what the library says, owned by the caller. */
must_check int nft_run(const char *commands, char **ret_message);

/* The kernel's handle of a table: a number that no later table of this network namespace gets.
 * -ENOENT: no such table. */
must_check int nft_table_handle(struct netlink *nl, const char *table, uint64_t *ret_handle);

enum { NFT_ELEMENT_KEY_MAX = 64, NFT_ELEMENT_VALUE_MAX = 64 };

/* An element of a map, or of a set (no value). Parts of a concatenation are each padded to 4
 * bytes, in network order. */
struct nft_element {
	const char *map;
	unsigned char key[NFT_ELEMENT_KEY_MAX], value[NFT_ELEMENT_VALUE_MAX];
	size_t key_len, value_len;
};

/* Add n elements. One that is there with the same value is success; with another value -EBUSY,
 * and nothing is added. */
must_check int nft_elements_add(struct netlink *nl, const char *table,
				const struct nft_element *elems, size_t n);
/* Delete n elements; those that are not there (or a table that is not) are success. */
must_check int nft_elements_delete(struct netlink *nl, const char *table,
				   const struct nft_element *elems, size_t n);
/* Every element of a map. -ENOENT: no such table or map. */
typedef int (*nft_element_fn)(void *arg, const struct nft_element *elem);
must_check int nft_elements_list(struct netlink *nl, const char *table, const char *map,
				 nft_element_fn fn, void *arg);
