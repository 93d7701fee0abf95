/* SPDX-License-Identifier: Apache-2.0 */
/* A container's place in a network: leased, made, listed, forgotten. Drivers do the parts that
 * differ. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/strbuf.h"
#include "base/strv.h"
#include "network/driver.h"
#include "network/names.h"
#include "network/netns.h"
#include "network/relay.h"
#include "network/resolver.h"
#include "store/events.h"
#include "sys/rtnetlink.h"

enum { ID_BYTES = 32 };

void endpoint_draft_release(struct endpoint_draft *draft)
{
	network_record_release(&draft->network);
	endpoint_record_release(&draft->record);
	bridge_release(&draft->bridge);
	port_holds_release(&draft->holds);
}

char *network_id_new(void)
{
	unsigned char bytes[ID_BYTES];
	char *text = xmalloc(2 * ID_BYTES + 1);

	/* Cannot fail: the pool is ready long before, and so few bytes are never cut short. */
	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		abort();
	for (size_t i = 0; i < ID_BYTES; i++)
		(void)snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	return text;
}

/* In a transaction. */
static int endpoint_event(struct store *store, const struct endpoint_record *rec,
			  const char *action, struct error *err)
{
	cleanup(strmap_release) struct strmap attributes = STRMAP_INIT;

	strmap_set(&attributes, "container", rec->container_id);
	strmap_set(&attributes, "name", rec->network_name);
	strmap_set(&attributes, "type", rec->host_if ? "bridge" : rec->network_name);
	return event_record(store, "network", action, rec->network_id, &attributes, err);
}

/* The record of one of a container's endpoints goes. */
static int record_delete(struct store *store, const struct endpoint_record *rec, struct error *err)
{
	int r = store_begin(store, err);

	if (r < 0)
		return r;
	r = endpoint_event(store, rec, "disconnect", err);
	if (r >= 0)
		r = endpoint_record_delete_one(store, rec->id, err);
	if (r >= 0)
		r = store_commit(store, err);
	if (r < 0)
		store_rollback(store);
	return r;
}

/* The leases, in one transaction. */
static int endpoint_lease(struct store *store, const struct network_driver *driver,
			  struct endpoint_draft *draft, struct error *err)
{
	int r = store_begin(store, err);

	if (r < 0)
		return r;
	if (driver->lease)
		r = driver->lease(store, draft, err);
	if (r >= 0)
		r = endpoint_record_insert(store, &draft->record, err);
	if (r >= 0)
		r = endpoint_event(store, &draft->record, "connect", err);
	if (r >= 0)
		r = store_commit(store, err);
	if (r < 0)
		store_rollback(store);
	return r;
}

static int draft_begin(struct store *store, const struct network_config *config,
		       const struct endpoint_options *opts, struct endpoint_draft *ret,
		       struct error *err)
{
	struct endpoint_record *known = NULL;
	size_t n = 0;
	int r;

	*ret = (struct endpoint_draft){ .config = config, .opts = opts };
	r = network_record_find(store, opts->network, &ret->network, err);
	if (r < 0)
		return r;
	ret->record = (struct endpoint_record){
		.id = network_id_new(),
		.container_id = xstrdup(opts->container_id),
		.network_id = xstrdup(ret->network.id),
		.network_name = xstrdup(ret->network.name),
		.user_defined = !ret->network.builtin,
		.names = opts->names ? strv_join(opts->names, " ") : NULL,
		.gw_priority = opts->gw_priority,
	};
	if (opts->more)
		return 0;
	/* A container that starts has no endpoint: one on record is a crash's. */
	r = endpoint_record_list(store, opts->container_id, NULL, &known, &n, err);
	endpoint_record_list_free(known, n);
	return r < 0 || n == 0 ? r : endpoint_forget(store, config, opts->container_id, err);
}

/* What an endpoint has in the kernel beside its link, by the records. */
static int endpoint_detach(const struct network_config *config, const struct endpoint_record *rec,
			   const struct port_record *ports, size_t n_ports, struct error *err)
{
	int r = relay_stop(rec, err);

	if (r >= 0)
		r = resolver_stop(rec, err);
	/* Published by the bridge driver alone. */
	return r < 0 ? r : network_driver_bridge.detach(config, ports, n_ports, err);
}

/* One endpoint of several goes. The link is deleted by hand: its namespace stays. */
static int endpoint_drop(struct store *store, const struct network_config *config,
			 const struct endpoint_record *rec, struct error *err)
{
	cleanup(netlink_release) struct netlink route = NETLINK_INIT;
	struct port_record *ports = NULL;
	size_t n = 0, mine = 0;
	int r;

	r = port_record_list(store, rec->container_id, &ports, &n, err);
	for (size_t i = 0; i < n; i++) {
		const struct port_record one = ports[i];

		if (strcmp(one.endpoint_id, rec->id) != 0)
			continue;
		ports[i] = ports[mine];
		ports[mine++] = one;
	}
	if (r >= 0)
		r = endpoint_detach(config, rec, ports, mine, err);
	port_record_list_free(ports, n);
	if (r < 0)
		return r;
	if (rec->host_if) {
		r = netlink_open(NETLINK_ROUTE, &route);
		if (r >= 0)
			r = link_delete(&route, rec->host_if);
		if (r < 0 && r != -ENODEV)
			return error_set(err, ERR_SYSTEM, -r, "delete link %s", rec->host_if);
	}
	r = record_delete(store, rec, err);
	return r < 0 || !rec->user_defined ? r : names_write(store, config, rec->network_id, err);
}

/* After a failure behind the lease. */
static void draft_undo(struct store *store, const struct endpoint_draft *draft)
{
	if (draft->opts->more)
		ignore_result(endpoint_drop(store, draft->config, &draft->record, NULL));
	else
		ignore_result(
			endpoint_forget(store, draft->config, draft->opts->container_id, NULL));
}

int endpoint_create(struct store *store, const struct network_config *config,
		    const struct endpoint_options *opts, struct endpoint *ret, struct error *err)
{
	cleanup(endpoint_draft_release) struct endpoint_draft draft;
	const struct network_driver *driver = NULL;
	int r;

	r = draft_begin(store, config, opts, &draft, err);
	if (r >= 0)
		r = network_driver_find(draft.network.driver, &driver, err);
	if (r >= 0 && driver->prepare)
		r = driver->prepare(store, &draft, err);
	if (r >= 0)
		r = endpoint_lease(store, driver, &draft, err);
	if (r < 0)
		return r;
	if (driver->attach)
		r = driver->attach(store, &draft, err);
	if (r >= 0 && draft.record.user_defined)
		r = names_write(store, config, draft.network.id, err);
	if (r < 0) {
		draft_undo(store, &draft);
		return r;
	}
	*ret = endpoint_from_record(&draft.record);
	for (size_t i = 0; i < draft.holds.n; i++)
		endpoint_add_port(ret, &draft.holds.items[i].lease);
	return 0;
}

int endpoint_withdraw(struct store *store, const struct network_config *config,
		      const char *container_id, struct error *err)
{
	struct endpoint_record *records = NULL;
	struct port_record *ports = NULL;
	size_t n = 0, n_ports = 0;
	int r;

	r = endpoint_record_list(store, container_id, NULL, &records, &n, err);
	if (r >= 0 && n > 0)
		r = port_record_list(store, container_id, &ports, &n_ports, err);
	for (size_t i = 0; r >= 0 && i < n; i++)
		r = endpoint_detach(config, &records[i], i == 0 ? ports : NULL,
				    i == 0 ? n_ports : 0, err);
	endpoint_record_list_free(records, n);
	port_record_list_free(ports, n_ports);
	return r;
}

int endpoint_delete(struct store *store, const char *container_id, char ***ret_networks,
		    struct error *err)
{
	cleanup(strv_release) char **networks = NULL;
	struct endpoint_record *records = NULL;
	size_t n = 0;
	int r = endpoint_record_list(store, container_id, NULL, &records, &n, err);

	for (size_t i = 0; r >= 0 && i < n; i++) {
		if (records[i].user_defined)
			strv_push(&networks, records[i].network_id);
		r = endpoint_event(store, &records[i], "disconnect", err);
	}
	if (r >= 0 && n > 0)
		r = endpoint_record_delete(store, container_id, err);
	endpoint_record_list_free(records, n);
	if (r >= 0)
		*ret_networks = take_ptr(networks);
	return r;
}

static int endpoint_delete_now(struct store *store, const char *container_id, char ***ret_networks,
			       struct error *err)
{
	int r = store_begin(store, err);

	if (r < 0)
		return r;
	r = endpoint_delete(store, container_id, ret_networks, err);
	if (r >= 0)
		r = store_commit(store, err);
	if (r < 0)
		store_rollback(store);
	return r;
}

int endpoint_forget(struct store *store, const struct network_config *config,
		    const char *container_id, struct error *err)
{
	cleanup(strv_release) char **networks = NULL;
	int r = endpoint_withdraw(store, config, container_id, err);

	if (r >= 0)
		r = endpoint_delete_now(store, container_id, &networks, err);
	return r < 0 ? r : names_write_all(store, config, networks, err);
}

/* The record of an endpoint, taken out of a list; an empty one when it is not there. */
static struct endpoint_record record_take(struct endpoint_record *records, size_t n, const char *id)
{
	struct endpoint_record found = { 0 };

	for (size_t i = 0; i < n; i++) {
		if (strcmp(records[i].id, id) != 0)
			continue;
		found = records[i];
		records[i] = (struct endpoint_record){ 0 };
		break;
	}
	return found;
}

static int record_of(struct store *store, const struct endpoint *ep, struct endpoint_record *ret,
		     struct error *err)
{
	struct endpoint_record *records = NULL;
	size_t n = 0;
	int r = endpoint_record_list(store, ep->container_id, ep->network_id, &records, &n, err);

	if (r < 0)
		return r;
	*ret = record_take(records, n, ep->endpoint_id);
	endpoint_record_list_free(records, n);
	return 0;
}

int endpoint_leave(struct store *store, const struct network_config *config,
		   const struct endpoint *ep, struct error *err)
{
	cleanup(endpoint_record_release) struct endpoint_record rec = { 0 };
	int r = record_of(store, ep, &rec, err);

	return r < 0 || !rec.id ? r : endpoint_drop(store, config, &rec, err);
}

int endpoint_publish(struct store *store, const struct network_config *config,
		     const struct endpoint_options *opts, const struct endpoint *ep,
		     struct error *err)
{
	cleanup(endpoint_draft_release) struct endpoint_draft draft = { .config = config,
									.opts = opts };
	const struct network_driver *driver = NULL;
	int r;

	r = network_record_find(store, ep->network_id, &draft.network, err);
	if (r >= 0)
		r = record_of(store, ep, &draft.record, err);
	if (r >= 0)
		r = network_driver_find(draft.network.driver, &driver, err);
	return r < 0 || !draft.record.id || !driver->publish ? r
							     : driver->publish(store, &draft, err);
}

const struct endpoint *endpoint_gateway(const struct endpoint *eps, size_t n)
{
	const struct endpoint *best = NULL;

	for (size_t i = 0; i < n; i++) {
		if (!eps[i].gateway && !eps[i].gateway6)
			continue;
		if (!best || eps[i].gw_priority > best->gw_priority ||
		    (eps[i].gw_priority == best->gw_priority &&
		     strcmp(eps[i].network_name, best->network_name) < 0))
			best = &eps[i];
	}
	return best;
}

static int route_family(struct netlink *inside, const char *if_name, const char *gateway,
			int family)
{
	struct link_address addr;
	int index, r;

	r = link_unroute_default(inside, family);
	if (r == -ESRCH || r == -ENOENT || r == -EOPNOTSUPP || r == -EAFNOSUPPORT)
		r = 0; /* none is there; or no IPv6 in this kernel */
	if (r < 0 || !gateway)
		return r;
	r = address_parse(gateway, &addr);
	if (r >= 0)
		r = link_index(inside, if_name, &index);
	return r < 0 ? r : link_route_default(inside, index, &addr);
}

int endpoint_route(const struct endpoint *ep, int netns_fd, struct error *err)
{
	cleanup(netlink_release) struct netlink inside = NETLINK_INIT;
	int r = netns_prepare(netns_fd, false, &inside);

	if (r >= 0)
		r = route_family(&inside, ep ? ep->if_name : NULL, ep ? ep->gateway : NULL,
				 AF_INET);
	if (r >= 0)
		r = route_family(&inside, ep ? ep->if_name : NULL, ep ? ep->gateway6 : NULL,
				 AF_INET6);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "change the container's default route") : 0;
}
