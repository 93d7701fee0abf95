/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connecting containers to networks and disconnecting them. Under the container's mutex: for one
 * that runs first the kernel (a lease, a link), then the record, then what follows from it: the
 * default route, published ports, names, the files in /etc.
 */
#include <errno.h>
#include <string.h>

#include "base/strv.h"
#include "engine/files.h"
#include "engine/joins.h"
#include "engine/links.h"
#include "engine/monitor-client.h"
#include "engine/networks.h"
#include "engine/start-net.h"
#include "network/resolver.h"

/* A container in hands, with what its record says. */
struct member {
	struct instance in;
	struct container_config config;
	struct host_config host;
	struct networking_config networking;
	struct endpoint *eps; /* while it runs */
	size_t n_eps;
	int netns_fd;	   /* -1: it does not run */
	bool had_resolver; /* before the change */
	char *resolver;	   /* that lived then, see network/resolver.h; NULL none */
};

#define MEMBER_INIT                                                                                \
	{                                                                                          \
		.in = INSTANCE_INIT, .netns_fd = -1                                                \
	}

static void member_release(struct member *m)
{
	instance_release(&m->in);
	container_config_release(&m->config);
	host_config_release(&m->host);
	networking_config_release(&m->networking);
	endpoint_list_free(m->eps, m->n_eps);
	free(m->resolver);
	macros_close_fd(&m->netns_fd);
}

static int member_endpoints(struct engine *e, struct member *m, struct error *err)
{
	endpoint_list_free(m->eps, m->n_eps);
	m->eps = NULL;
	m->n_eps = 0;
	return endpoint_list(&e->store, m->in.rec.id, &m->eps, &m->n_eps, err);
}

static int member_resolver(struct engine *e, struct member *m, struct error *err)
{
	struct endpoint_record *records = NULL;
	size_t n = 0;
	int r = endpoint_record_list(&e->store, m->in.rec.id, NULL, &records, &n, err);

	for (size_t i = 0; r >= 0 && i < n; i++)
		m->had_resolver = m->had_resolver || records[i].resolver_pid > 0;
	for (size_t i = 0; r >= 0 && i < n && !m->resolver; i++)
		m->resolver = resolver_name(&records[i]);
	endpoint_record_list_free(records, n);
	return r;
}

static int member_open(struct engine *e, const char *ref, struct member *m, struct error *err)
{
	int r = instance_open_locked(e, ref, &m->in, err);

	if (r >= 0)
		r = instance_config(&m->in, &m->config, err);
	if (r >= 0)
		r = instance_host_config(&m->in, &m->host, err);
	if (r >= 0)
		r = instance_networking(&m->in, &m->networking, err);
	if (r < 0)
		return r;
	if (m->in.rec.life.status == CONTAINER_RESTARTING)
		return error_set(err, ERR_CONFLICT, 0,
				 "Container %s is restarting, wait until the container is running",
				 m->in.rec.id);
	if (m->in.rec.life.status != CONTAINER_RUNNING && m->in.rec.life.status != CONTAINER_PAUSED)
		return 0;
	if (joins_mode_network(m->host.network_mode)) {
		r = container_netns_open(e, m->in.rec.id, &m->netns_fd, err);
		if (r >= 0)
			r = member_endpoints(e, m, err);
		if (r >= 0)
			r = member_resolver(e, m, err);
	}
	return r;
}

static int invalid(struct error *err, const char *text)
{
	return error_set(err, ERR_INVALID, EINVAL, "%s", text);
}

static int connect_check(const struct member *m, const struct network_record *network,
			 struct error *err)
{
	const char *mode = m->host.network_mode;

	if (strcmp(network->driver, "host") == 0)
		return invalid(err, "container cannot be disconnected from host network or "
				    "connected to host network");
	if (mode_container(mode) || strcmp(mode, "host") == 0)
		return invalid(err, "container sharing network namespace with another container or "
				    "host cannot be connected to any other network");
	if (strcmp(mode, "none") == 0 || strcmp(network->driver, "null") == 0)
		return invalid(err, "container cannot be connected to multiple networks with one "
				    "of the networks in private (none) mode");
	return 0;
}

static const struct endpoint *endpoint_on(const struct member *m, const char *network_id)
{
	for (size_t i = 0; i < m->n_eps; i++) {
		if (strcmp(m->eps[i].network_id, network_id) == 0)
			return &m->eps[i];
	}
	return NULL;
}

/* The list of its networks as a complete one, with or without one of them: m has it then. */
static int networking_change(struct engine *e, struct member *m,
			     const struct network_record *network,
			     const struct endpoint_settings *added, bool *ret_was_there,
			     struct strbuf *out, struct error *err)
{
	cleanup(networking_config_release) struct networking_config next = { .complete = true };
	cleanup(joins_release) struct joins joins = { NULL, 0 };
	int r = joins_plan(e, m->host.network_mode, &m->networking, &joins, err);

	if (r < 0)
		return r;
	*ret_was_there = false;
	next.endpoints_config = xcalloc(joins.n + 1, sizeof(*next.endpoints_config));
	for (size_t i = 0; i < joins.n; i++) {
		struct endpoint_settings *s = &next.endpoints_config[next.n_endpoints_config];

		if (strcmp(joins.items[i].network.id, network->id) == 0) {
			*ret_was_there = true;
			continue;
		}
		if (joins.items[i].settings)
			json_copy(&endpoint_settings_shape, joins.items[i].settings, s);
		free(s->key);
		s->key = xstrdup(joins.items[i].network.name);
		next.n_endpoints_config++;
	}
	if (added) {
		struct endpoint_settings *s = &next.endpoints_config[next.n_endpoints_config++];

		json_copy(&endpoint_settings_shape, added, s);
		free(s->key);
		s->key = xstrdup(network->name);
	}
	json_encode(&networking_config_shape, &next, out);
	networking_config_release(&m->networking);
	m->networking = next;
	next = (struct networking_config){ 0 };
	return 0;
}

static int networking_write(struct engine *e, const struct member *m, const struct strbuf *text,
			    struct error *err)
{
	int r = store_begin(&e->store, err);

	if (r < 0)
		return r;
	r = container_set_texts(&e->store, m->in.rec.id, NULL, strbuf_str(text), err);
	if (r >= 0)
		r = store_commit(&e->store, err);
	if (r < 0)
		store_rollback(&e->store);
	return r;
}

static struct endpoint_options member_options(const struct member *m)
{
	return (struct endpoint_options){
		.container_id = m->in.rec.id,
		.port_bindings = m->host.port_bindings,
		.n_port_bindings = m->host.n_port_bindings,
		.exposed_ports = m->config.exposed_ports,
		.publish_all = m->host.publish_all_ports,
		.netns_fd = m->netns_fd,
		.more = true,
	};
}

static bool has_ports(const struct member *m)
{
	for (size_t i = 0; i < m->n_eps; i++) {
		if (m->eps[i].n_ports > 0)
			return true;
	}
	return false;
}

/* Another one in its place, of which its monitor hears. */
static int member_start_resolver(struct engine *e, struct member *m, struct error *err)
{
	cleanup_free char *name = NULL;
	int r = joins_resolver(e,
			       &(struct joins_resolver_options){
				       .host = &m->host,
				       .networking = &m->networking,
				       .endpoints = m->eps,
				       .n_endpoints = m->n_eps,
				       .netns_fd = m->netns_fd,
			       },
			       &name, err);

	if (r >= 0 && name) /* a monitor of before this was so does not know */
		ignore_result(monitor_resolver(m->in.dirfd, name));
	return r;
}

/* What a change of networks brings along for one that runs. Idempotent. */
static int member_settle(struct engine *e, struct member *m, struct error *err)
{
	struct endpoint_options opts = member_options(m);
	const struct endpoint *out;
	bool resolver = m->had_resolver;
	int r = member_endpoints(e, m, err);

	if (r < 0)
		return r;
	out = endpoint_gateway(m->eps, m->n_eps);
	opts.gateway = true;
	r = endpoint_route(out, m->netns_fd, err);
	if (r >= 0 && out && !has_ports(m))
		r = endpoint_publish(&e->store, &e->network, &opts, out, err);
	for (size_t i = 0; i < m->n_eps; i++)
		resolver = resolver || m->eps[i].user_defined;
	if (r < 0 || !resolver)
		return r;
	r = member_start_resolver(e, m, err);
	if (r < 0 || m->had_resolver)
		return r;
	return files_write_resolv_conf(e,
				       &(struct files_inputs){
					       .rec = &m->in.rec,
					       .config = &m->config,
					       .host = &m->host,
					       .endpoints = m->eps,
					       .n_endpoints = m->n_eps,
					       .resolver = true,
				       },
				       err);
}

static int hosts_change(struct engine *e, const struct member *m, const struct endpoint *came,
			const struct endpoint *went, struct error *err)
{
	const struct files_inputs inputs = { .rec = &m->in.rec,
					     .config = &m->config,
					     .host = &m->host };

	return files_hosts_change(e, &inputs, came, went, err);
}

static int connect_live(struct engine *e, struct member *m, const struct network_record *network,
			const struct endpoint_settings *settings, struct error *err)
{
	cleanup(strv_release) char **names =
		network->builtin ? NULL : joins_names(&m->in.rec, &m->config, settings);
	cleanup(endpoint_release) struct endpoint ep = ENDPOINT_INIT;
	struct endpoint_options opts = member_options(m);
	int r;

	if (endpoint_on(m, network->id))
		return error_set(err, ERR_FORBIDDEN, EEXIST,
				 "endpoint with name %s already exists in network %s",
				 m->in.rec.name, network->name);
	opts.network = network->id;
	opts.settings = settings;
	opts.names = names;
	opts.gw_priority = settings ? settings->gw_priority : 0;
	r = endpoint_create(&e->store, &e->network, &opts, &ep, err);
	if (r < 0)
		return r;
	r = member_settle(e, m, err);
	if (r >= 0)
		r = hosts_change(e, m, &ep, NULL, err);
	if (r >= 0)
		links_follow(e, &m->in.rec, m->in.dirfd, &ep, 1);
	if (r < 0)
		ignore_result(endpoint_leave(&e->store, &e->network, &ep, NULL));
	return r;
}

int engine_network_connect(struct engine *e, const char *ref,
			   const struct network_connect_request *req, struct error *err)
{
	const struct endpoint_settings none = { 0 };
	const struct endpoint_settings *settings = req->endpoint_config ? req->endpoint_config
									: &none;
	cleanup(network_record_release) struct network_record network = { 0 };
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	cleanup(member_release) struct member m = MEMBER_INIT;
	bool was_there;
	int r;

	r = network_record_find(&e->store, ref, &network, err);
	if (r >= 0)
		r = member_open(e, req->container ? req->container : "", &m, err);
	if (r >= 0)
		r = connect_check(&m, &network, err);
	if (r >= 0)
		r = network_check_settings(&e->network, &network, settings, err);
	if (r >= 0)
		r = networking_change(e, &m, &network, settings, &was_there, &text, err);
	if (r >= 0 && m.netns_fd >= 0)
		r = connect_live(e, &m, &network, settings, err);
	return r < 0 ? r : networking_write(e, &m, &text, err);
}

static int not_connected(const struct member *m, const struct network_record *network,
			 struct error *err)
{
	return error_set(err, ERR_SYSTEM, 0, "container %s is not connected to network %s",
			 m->in.rec.id, network->name);
}

static int disconnect_live(struct engine *e, struct member *m, const struct network_record *network,
			   struct error *err)
{
	const struct endpoint *ep = endpoint_on(m, network->id);
	int r;

	if (!ep)
		return not_connected(m, network, err);
	r = endpoint_leave(&e->store, &e->network, ep, err);
	if (r >= 0)
		r = hosts_change(e, m, NULL, ep, err);
	return r < 0 ? r : member_settle(e, m, err);
}

int engine_network_disconnect(struct engine *e, const char *ref,
			      const struct network_disconnect_request *req, struct error *err)
{
	cleanup(network_record_release) struct network_record network = { 0 };
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	cleanup(member_release) struct member m = MEMBER_INIT;
	bool was_there;
	int r;

	r = network_record_find(&e->store, ref, &network, err);
	if (r >= 0)
		r = member_open(e, req->container ? req->container : "", &m, err);
	if (r >= 0 && strcmp(network.driver, "host") == 0 &&
	    strcmp(m.host.network_mode, "host") == 0)
		r = invalid(err, "container cannot be disconnected from host network or connected "
				 "to host network");
	if (r >= 0)
		r = networking_change(e, &m, &network, NULL, &was_there, &text, err);
	if (r < 0)
		return r;
	if (!was_there && !(m.netns_fd >= 0 && endpoint_on(&m, network.id)))
		return not_connected(&m, &network, err);
	/* The record first: an engine that dies here has not promised what it has taken away. */
	r = networking_write(e, &m, &text, err);
	return r < 0 || m.netns_fd < 0 ? r : disconnect_live(e, &m, &network, err);
}

int engine_resolver_renew(struct engine *e, const char *ref, struct error *err)
{
	cleanup(member_release) struct member m = MEMBER_INIT;
	int r = member_open(e, ref, &m, err);

	if (r < 0 || m.netns_fd < 0 || !m.had_resolver)
		return r;
	if (m.resolver) { /* a change of its networks was faster */
		ignore_result(monitor_resolver(m.in.dirfd, m.resolver));
		return 0;
	}
	return member_start_resolver(e, &m, err);
}
