/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nftables: rulesets as text by libnftables, loaded when first needed; map elements by nfnetlink
 * messages. Attribute names as in linux/netfilter/nf_tables.h.
 */
#include "sys/nftables.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <nftables/libnftables.h>
#include <string.h>

#include "base/strbuf.h"

/* So many elements a transaction: the nest that holds them stays below 64 KiB. */
enum { ELEMENTS_PER_BATCH = 128 };

struct libnftables {
	void *handle;
	__typeof__(nft_ctx_new) *ctx_new;
	__typeof__(nft_ctx_free) *ctx_free;
	__typeof__(nft_ctx_buffer_output) *buffer_output;
	__typeof__(nft_ctx_buffer_error) *buffer_error;
	__typeof__(nft_ctx_get_error_buffer) *get_error;
	__typeof__(nft_run_cmd_from_buffer) *run;
};

static bool libnftables_load(struct libnftables *lib)
{
	lib->handle = dlopen("libnftables.so.1", RTLD_NOW | RTLD_LOCAL);
	if (!lib->handle)
		return false;
	lib->ctx_new = (__typeof__(lib->ctx_new))dlsym(lib->handle, "nft_ctx_new");
	lib->ctx_free = (__typeof__(lib->ctx_free))dlsym(lib->handle, "nft_ctx_free");
	lib->buffer_output =
		(__typeof__(lib->buffer_output))dlsym(lib->handle, "nft_ctx_buffer_output");
	lib->buffer_error =
		(__typeof__(lib->buffer_error))dlsym(lib->handle, "nft_ctx_buffer_error");
	lib->get_error = (__typeof__(lib->get_error))dlsym(lib->handle, "nft_ctx_get_error_buffer");
	lib->run = (__typeof__(lib->run))dlsym(lib->handle, "nft_run_cmd_from_buffer");
	return lib->ctx_new && lib->ctx_free && lib->buffer_output && lib->buffer_error &&
	       lib->get_error && lib->run;
}

int nft_socket(struct netlink **ret)
{
	static struct netlink nft = NETLINK_INIT;
	static pid_t owner;

	/* Inherited over fork(2) it would give one process the other's answers. */
	if (nft.fd >= 0 && owner != getpid())
		netlink_release(&nft);
	if (nft.fd < 0) {
		int r = netlink_open(NETLINK_NETFILTER, &nft);

		if (r < 0)
			return r;
		owner = getpid();
	}
	*ret = &nft;
	return 0;
}

int nft_run(const char *commands, char **ret_message)
{
	struct libnftables lib = { 0 };
	struct nft_ctx *ctx;
	int r = 0;

	/* Never unloaded: its own libraries do not expect it, and a worker ends soon. */
	if (!libnftables_load(&lib))
		return -ENOSYS;
	ctx = lib.ctx_new(NFT_CTX_DEFAULT);
	if (!ctx)
		return -ENOMEM;
	if (lib.buffer_output(ctx) != 0 || lib.buffer_error(ctx) != 0) {
		r = -ENOMEM;
	} else if (lib.run(ctx, commands) != 0) {
		r = -EIO;
		if (ret_message)
			*ret_message = xstrdup(lib.get_error(ctx));
	}
	lib.ctx_free(ctx);
	return r;
}

static void request_nft(struct netlink_request *req, uint16_t type, uint16_t flags)
{
	const struct nfgenmsg header = { .nfgen_family = NFPROTO_INET, .version = NFNETLINK_V0 };

	netlink_begin(req, (NFNL_SUBSYS_NFTABLES << 8) | type, flags, &header, sizeof(header));
}

static void request_batch(struct netlink_request *req, uint16_t type)
{
	const struct nfgenmsg header = {
		.nfgen_family = AF_UNSPEC,
		.version = NFNETLINK_V0,
		.res_id = htons(NFNL_SUBSYS_NFTABLES),
	};

	netlink_begin(req, type, 0, &header, sizeof(header));
	req->batch = true;
}

static int table_handle_message(void *arg, const struct nlmsghdr *msg)
{
	const struct nlattr *attr = netlink_find(msg, sizeof(struct nfgenmsg), NFTA_TABLE_HANDLE);
	uint64_t *ret = arg;
	uint64_t be;

	if (!attr || netlink_data_len(attr) != sizeof(be))
		return -EBADMSG;
	memcpy(&be, netlink_data(attr), sizeof(be));
	*ret = be64toh(be);
	return 0;
}

int nft_table_handle(struct netlink *nl, const char *table, uint64_t *ret_handle)
{
	struct netlink_request req;

	netlink_request_init(&req);
	request_nft(&req, NFT_MSG_GETTABLE, 0);
	netlink_attr_str(&req, NFTA_TABLE_NAME, table);
	return netlink_query(nl, &req, table_handle_message, ret_handle);
}

static void request_data(struct netlink_request *req, uint16_t type, const void *data, size_t len)
{
	const size_t nest = netlink_nest(req, type);

	netlink_attr(req, NFTA_DATA_VALUE, data, len);
	netlink_nest_end(req, nest);
}

/* The elements elems[0 … n) of one map, as one message. */
static void request_elements(struct netlink_request *req, uint16_t type, const char *table,
			     const struct nft_element *elems, size_t n)
{
	const bool add = type == NFT_MSG_NEWSETELEM;
	size_t list;

	request_nft(req, type, add ? NLM_F_CREATE : 0);
	netlink_attr_str(req, NFTA_SET_ELEM_LIST_TABLE, table);
	netlink_attr_str(req, NFTA_SET_ELEM_LIST_SET, elems[0].map);
	list = netlink_nest(req, NFTA_SET_ELEM_LIST_ELEMENTS);
	for (size_t i = 0; i < n; i++) {
		const size_t elem = netlink_nest(req, NFTA_LIST_ELEM);

		request_data(req, NFTA_SET_ELEM_KEY, elems[i].key, elems[i].key_len);
		if (add && elems[i].value_len > 0)
			request_data(req, NFTA_SET_ELEM_DATA, elems[i].value, elems[i].value_len);
		netlink_nest_end(req, elem);
	}
	netlink_nest_end(req, list);
}

/* One transaction. Neighbours of the same map share a message. */
static int elements_batch(struct netlink *nl, uint16_t type, const char *table,
			  const struct nft_element *elems, size_t n)
{
	struct netlink_request req;

	netlink_request_init(&req);
	request_batch(&req, NFNL_MSG_BATCH_BEGIN);
	for (size_t i = 0, run; i < n; i += run) {
		for (run = 1; i + run < n && strcmp(elems[i + run].map, elems[i].map) == 0;)
			run++;
		request_elements(&req, type, table, &elems[i], run);
	}
	request_batch(&req, NFNL_MSG_BATCH_END);
	return netlink_send(nl, &req);
}

int nft_elements_add(struct netlink *nl, const char *table, const struct nft_element *elems,
		     size_t n)
{
	for (size_t done = 0, some; done < n; done += some) {
		int r;

		some = n - done < ELEMENTS_PER_BATCH ? n - done : ELEMENTS_PER_BATCH;
		r = elements_batch(nl, NFT_MSG_NEWSETELEM, table, &elems[done], some);
		if (r < 0) {
			ignore_result(nft_elements_delete(nl, table, elems, done));
			return r;
		}
	}
	return 0;
}

static int element_delete(struct netlink *nl, const char *table, const struct nft_element *elem)
{
	int r = elements_batch(nl, NFT_MSG_DELSETELEM, table, elem, 1);

	return r == -ENOENT ? 0 : r;
}

int nft_elements_delete(struct netlink *nl, const char *table, const struct nft_element *elems,
			size_t n)
{
	int result = 0;

	for (size_t done = 0, some; done < n; done += some) {
		int r;

		some = n - done < ELEMENTS_PER_BATCH ? n - done : ELEMENTS_PER_BATCH;
		r = elements_batch(nl, NFT_MSG_DELSETELEM, table, &elems[done], some);
		/* FALLBACK(NFT_MSG_DESTROYSETELEM, 6.3): without it one element that is missing
		 * stops the whole transaction, so the others go one by one. */
		for (size_t i = 0; r == -ENOENT && i < some; i++) {
			int one = element_delete(nl, table, &elems[done + i]);

			if (one < 0 && result == 0)
				result = one;
		}
		if (r < 0 && r != -ENOENT && result == 0)
			result = r;
	}
	return result;
}

struct element_walk {
	const char *map;
	nft_element_fn fn;
	void *arg;
};

/* The bytes of NFTA_SET_ELEM_KEY or _DATA; false when there are none or too many. */
static bool element_bytes(const struct nlattr *elem, uint16_t type, unsigned char *buf, size_t max,
			  size_t *ret_len)
{
	const struct nlattr *attr, *value;

	attr = netlink_attr_find(netlink_data(elem), netlink_data_len(elem), type);
	if (!attr)
		return false;
	value = netlink_attr_find(netlink_data(attr), netlink_data_len(attr), NFTA_DATA_VALUE);
	if (!value || netlink_data_len(value) > max)
		return false;
	memcpy(buf, netlink_data(value), netlink_data_len(value));
	*ret_len = netlink_data_len(value);
	return true;
}

static int element_walk_message(void *arg, const struct nlmsghdr *msg)
{
	const struct element_walk *walk = arg;
	const struct nlattr *list, *elem;
	size_t left;
	int r = 0;

	list = netlink_find(msg, sizeof(struct nfgenmsg), NFTA_SET_ELEM_LIST_ELEMENTS);
	if (!list)
		return 0;
	elem = netlink_data(list);
	left = netlink_data_len(list);
	while (r >= 0 && left >= NLA_HDRLEN && elem->nla_len >= NLA_HDRLEN &&
	       elem->nla_len <= left) {
		struct nft_element e = { .map = walk->map };
		const size_t step = NLA_ALIGN(elem->nla_len);

		(void)element_bytes(elem, NFTA_SET_ELEM_DATA, e.value, sizeof(e.value),
				    &e.value_len);
		if (element_bytes(elem, NFTA_SET_ELEM_KEY, e.key, sizeof(e.key), &e.key_len))
			r = walk->fn(walk->arg, &e);
		if (step >= left)
			break;
		elem = (const struct nlattr *)((const unsigned char *)elem + step);
		left -= step;
	}
	return r;
}

int nft_elements_list(struct netlink *nl, const char *table, const char *map, nft_element_fn fn,
		      void *arg)
{
	struct element_walk walk = { map, fn, arg };
	struct netlink_request req;

	netlink_request_init(&req);
	request_nft(&req, NFT_MSG_GETSETELEM, NLM_F_DUMP);
	netlink_attr_str(&req, NFTA_SET_ELEM_LIST_TABLE, table);
	netlink_attr_str(&req, NFTA_SET_ELEM_LIST_SET, map);
	return netlink_query(nl, &req, element_walk_message, &walk);
}
