/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Networks made and removed. Both under the network lock: the record first, then the kernel; and
 * the record first again on the way back, so that a crash leaves a record whose bridge the next use
 * makes, or a bridge that the sweep finds because the firewall's table knows it.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/clock.h"
#include "base/strv.h"
#include "network/driver.h"
#include "network/names.h"
#include "network/network-new.h"
#include "sys/lock.h"
#include "sys/rtnetlink.h"

enum { NAME_MAX_LEN = 255, SHORT_ID = 12 };

/* "bridge", "host", "none" and what NetworkMode reads as something else. */
static bool name_is_predefined(const char *name)
{
	static const char *const names[] = { "bridge", "host", "none", "default" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(names[i], name) == 0)
			return true;
	}
	return strncmp(name, "container:", strlen("container:")) == 0;
}

static int check_name(const char *name, struct error *err)
{
	size_t len = name ? strlen(name) : 0;
	bool blank = true;

	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)name[i] < ' ' || name[i] == 0x7f)
			return error_set(err, ERR_INVALID, EINVAL, "invalid network name");
		blank = blank && name[i] == ' ';
	}
	if (blank)
		return error_set(err, ERR_INVALID, EINVAL, "invalid name: name is empty");
	if (len > NAME_MAX_LEN)
		return error_set(err, ERR_INVALID, ENAMETOOLONG,
				 "invalid name: it is longer than %d bytes", (int)NAME_MAX_LEN);
	if (name_is_predefined(name))
		return error_set(err, ERR_FORBIDDEN, EPERM,
				 "operation is not permitted on predefined %s network", name);
	return 0;
}

static int check_driver(const char *driver, struct error *err)
{
	static const char *const unbuilt[] = { "macvlan", "ipvlan", "overlay" };

	if (strcmp(driver, "bridge") == 0)
		return 0;
	if (strcmp(driver, "host") == 0 || strcmp(driver, "null") == 0)
		return error_set(err, ERR_FORBIDDEN, EPERM,
				 "only one instance of \"%s\" network is allowed", driver);
	for (size_t i = 0; i < ARRAY_SIZE(unbuilt); i++) {
		if (strcmp(unbuilt[i], driver) == 0)
			return error_set(err, ERR_NOT_IMPLEMENTED, ENOSYS,
					 "network driver \"%s\" is not supported", driver);
	}
	return error_set(err, ERR_NOT_FOUND, ENOENT, "plugin \"%s\" not found", driver);
}

static int check_rest(const struct network_create_request *said, struct error *err)
{
	const char *scope = said->scope ? said->scope : "";
	const char *ipam = said->ipam.driver ? said->ipam.driver : "";

	if (said->ingress)
		return error_set(err, ERR_INVALID, EINVAL,
				 "Ingress network can only be global scope network");
	if (scope[0] && strcmp(scope, "local") != 0)
		return error_set(err, ERR_UNAVAILABLE, 0,
				 "This node is not a swarm manager. Use \"docker swarm init\" or "
				 "\"docker swarm join\" to connect this node to swarm and try "
				 "again.");
	if (said->config_only || (said->config_from.network && said->config_from.network[0]))
		return error_set(err, ERR_NOT_IMPLEMENTED, ENOSYS,
				 "networks that are only a configuration are not supported");
	if (said->enable_ipv4.set && !said->enable_ipv4.value)
		return error_set(err, ERR_NOT_IMPLEMENTED, ENOSYS,
				 "networks without IPv4 are not supported");
	if (ipam[0] && strcmp(ipam, "default") != 0)
		return error_set(err, ERR_NOT_FOUND, ENOENT, "IPAM driver \"%s\" not found", ipam);
	return 0;
}

static void default_str(char **field, const char *value)
{
	if (*field && **field)
		return;
	free(*field);
	*field = xstrdup(value);
}

/* No other network of ours has the device, and nobody else has one of that name. */
static int check_bridge(struct store *store, const struct network_config *config,
			const struct network_record *rec, struct error *err)
{
	cleanup(netlink_release) struct netlink route = NETLINK_INIT;
	struct network_record *list = NULL;
	size_t n = 0;
	int index, r;

	r = network_record_list(store, &list, &n, err);
	for (size_t i = 0; r >= 0 && i < n; i++) {
		const char *device = list[i].bridge			     ? list[i].bridge
				     : strcmp(list[i].driver, "bridge") == 0 ? config->bridge
									     : "";

		if (strcmp(device, rec->bridge) == 0)
			r = error_set(err, ERR_FORBIDDEN, EEXIST,
				      "cannot create network %s (%s): conflicts with network %s "
				      "(%s): networks have same bridge name",
				      rec->id, rec->bridge, list[i].id, device);
	}
	network_record_list_free(list, n);
	if (r < 0)
		return r;
	r = netlink_open(NETLINK_ROUTE, &route);
	if (r >= 0 && link_index(&route, rec->bridge, &index) >= 0)
		return error_set(err, ERR_CONFLICT, EEXIST,
				 "the host has an interface named %s already", rec->bridge);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "open a route netlink socket") : 0;
}

/* The transaction of a creation: all that is left open is chosen, then it is on record. */
static int create_write(struct store *store, const struct network_config *config,
			struct network_create_request *said, struct network_record *rec,
			struct error *err)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r = store_begin(store, err);

	if (r < 0)
		return r;
	r = network_ipam_complete(store, config, rec->id, said, err);
	if (r >= 0)
		r = check_bridge(store, config, rec, err);
	if (r >= 0) {
		json_encode(&network_create_request_shape, said, &text);
		rec->config = strbuf_take(&text);
		r = network_record_insert(store, rec, err);
	}
	if (r >= 0)
		r = store_commit(store, err);
	if (r < 0)
		store_rollback(store);
	return r;
}

static int record_remove(struct store *store, const char *id, struct error *err)
{
	int r = store_begin(store, err);

	if (r >= 0)
		r = network_record_delete(store, id, err);
	if (r >= 0)
		r = store_commit(store, err);
	if (r < 0)
		store_rollback(store);
	return r;
}

/* The default bridge's set-up comes first: it makes the table that the network goes into. */
static int table_ensure(struct store *store, const struct network_config *config,
			struct netlink *route, struct error *err)
{
	cleanup(bridge_release) struct bridge first = { 0 };
	int index, r;

	r = netlink_open(NETLINK_ROUTE, route);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "open a route netlink socket");
	r = bridge_parse(config, &first, err);
	return r < 0 ? r : bridge_ensure(store, config, &first, route, &index, err);
}

int network_lock(const struct network_config *config, int *ret_fd, struct error *err)
{
	cleanup_fd int run_fd = open(config->run_root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup_fd int fd = -1;
	int r;

	if (run_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open %s", config->run_root);
	r = fd = lock_open_at(run_fd, "network.lock");
	if (r >= 0)
		r = lock_take(fd);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "take the network lock");
	*ret_fd = take_fd(&fd);
	return 0;
}

static int create_locked(struct store *store, const struct network_config *config,
			 struct network_create_request *said, struct network_record *rec,
			 struct error *err)
{
	cleanup(netlink_release) struct netlink route = NETLINK_INIT;
	cleanup(bridge_release) struct bridge bridge = { 0 };
	cleanup_fd int lock_fd = -1;
	int r;

	r = table_ensure(store, config, &route, err);
	if (r >= 0)
		r = network_lock(config, &lock_fd, err);
	if (r >= 0)
		r = create_write(store, config, said, rec, err);
	if (r < 0)
		return r;
	r = bridge_of_network(config, rec, &bridge, err);
	if (r >= 0)
		r = bridge_set_up_network(config, &bridge, &route, err);
	if (r < 0) {
		ignore_result(record_remove(store, rec->id, NULL));
		ignore_result(bridge_remove_network(config, &bridge, NULL));
	}
	return r;
}

int network_create(struct store *store, const struct network_config *config,
		   const struct network_create_request *req, char **ret_id, struct error *err)
{
	cleanup(network_create_request_release) struct network_create_request said = { 0 };
	cleanup(network_record_release) struct network_record rec = { 0 };
	cleanup(bridge_release) struct bridge options = { 0 };
	int r;

	json_copy(&network_create_request_shape, req, &said);
	default_str(&said.driver, "bridge");
	default_str(&said.ipam.driver, "default");
	r = check_name(said.name, err);
	if (r >= 0)
		r = check_driver(said.driver, err);
	if (r >= 0)
		r = check_rest(&said, err);
	if (r >= 0)
		r = bridge_options(&said.options, &options, err);
	if (r < 0)
		return r;
	rec = (struct network_record){
		.id = network_id_new(),
		.name = xstrdup(said.name),
		.driver = xstrdup(said.driver),
		.created = clock_now(),
	};
	rec.bridge = options.name[0] ? xstrdup(options.name)
				     : xasprintf("br-%.*s", (int)SHORT_ID, rec.id);
	r = create_locked(store, config, &said, &rec, err);
	if (r >= 0)
		*ret_id = take_ptr(rec.id);
	return r;
}

/* Who is on it, in the words of the refusal. */
static int remove_check(struct store *store, const struct network_record *rec, struct error *err)
{
	cleanup(strbuf_release) struct strbuf who = STRBUF_INIT;
	struct endpoint_record *eps = NULL;
	struct endpoint_name *names = NULL;
	size_t n = 0, n_names = 0;
	int r;

	r = endpoint_record_list(store, NULL, rec->id, &eps, &n, err);
	if (r >= 0)
		r = endpoint_name_list(store, rec->id, &names, &n_names, err);
	for (size_t i = 0; r >= 0 && i < n && i < n_names; i++)
		strbuf_addf(&who, "%sname:\"%s\" id:\"%.*s\"", i ? ", " : "",
			    names[i].container_name ? names[i].container_name : "", (int)SHORT_ID,
			    eps[i].id);
	if (r >= 0 && n > 0)
		r = error_set(err, ERR_FORBIDDEN, EBUSY,
			      "error while removing network: network %s has active endpoints (%s)",
			      rec->name, strbuf_str(&who));
	endpoint_record_list_free(eps, n);
	endpoint_name_list_free(names, n_names);
	return r;
}

static int remove_write(struct store *store, const struct network_record *rec, struct error *err)
{
	int r = store_begin(store, err);

	if (r >= 0)
		r = remove_check(store, rec, err);
	if (r >= 0)
		r = network_record_delete(store, rec->id, err);
	if (r >= 0)
		r = store_commit(store, err);
	if (r < 0)
		store_rollback(store);
	return r;
}

int network_remove(struct store *store, const struct network_config *config,
		   const struct network_record *rec, struct error *err)
{
	cleanup(netlink_release) struct netlink route = NETLINK_INIT;
	cleanup(bridge_release) struct bridge bridge = { 0 };
	cleanup_fd int lock_fd = -1;
	int r;

	if (rec->builtin)
		return error_set(err, ERR_FORBIDDEN, EPERM,
				 "%s is a pre-defined network and cannot be removed", rec->name);
	r = bridge_of_network(config, rec, &bridge, err);
	if (r >= 0)
		r = table_ensure(store, config, &route, err);
	if (r >= 0)
		r = network_lock(config, &lock_fd, err);
	if (r >= 0)
		r = remove_write(store, rec, err);
	if (r < 0)
		return r;
	names_remove(config, rec->id);
	return bridge_remove_network(config, &bridge, err);
}
