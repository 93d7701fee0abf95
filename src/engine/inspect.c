/* SPDX-License-Identifier: Apache-2.0 */
/* inspect: everything about one container. */
#include <errno.h>
#include <string.h>

#include "base/strv.h"
#include "engine/apparmor.h"
#include "engine/disk.h"
#include "engine/exec-session.h"
#include "engine/health.h"
#include "engine/links.h"
#include "engine/ports.h"
#include "engine/spec-parts.h"
#include "engine/view.h"
#include "engine/volume-mounts.h"
#include "store/execs.h"
#include "layer/layer.h"

static char *in_data(const struct engine *e, const struct container *rec, const char *name)
{
	return instance_data_path(e, rec->id, name);
}

static void inspect_state(const struct container_life *life, struct container_state *s)
{
	*s = (struct container_state){
		.status = xstrdup(container_status_name(life->status)),
		.running = container_status_is_up(life->status),
		.paused = life->status == CONTAINER_PAUSED,
		.restarting = life->status == CONTAINER_RESTARTING,
		.oom_killed = life->oom_killed,
		.dead = life->status == CONTAINER_DEAD,
		.pid = life->pid,
		.exit_code = life->exit_code,
		.error = xstrdup(life->error),
		.started_at = life->started,
		.finished_at = life->finished,
	};
}

static void inspect_paths(const struct engine *e, const struct container *rec,
			  struct container_inspect *out)
{
	cleanup_free char *log = xasprintf("%s-json.log", rec->id);

	if (!rec->life.started) /* they come with the first start */
		return;
	out->resolv_conf_path = in_data(e, rec, "resolv.conf");
	out->hostname_path = in_data(e, rec, "hostname");
	out->hosts_path = in_data(e, rec, "hosts");
	if (strcmp(out->host_config.log_config.type, "json-file") == 0)
		out->log_path = in_data(e, rec, log);
}

static int inspect_graph(struct engine *e, const struct container *rec,
			 struct container_inspect *out, struct error *err)
{
	cleanup(layer_stack_release) struct layer_stack layers = { NULL };
	cleanup(strv_release) char **diff_ids = rec->layers[0] ? strv_split(rec->layers, ' ')
							       : NULL;
	cleanup_free char *upper = in_data(e, rec, "upper");
	cleanup_free char *work = in_data(e, rec, "work");
	cleanup_free char *merged = instance_run_path(e, rec->id, "rootfs");
	cleanup_free char *lower = NULL;
	int r;

	if (!rec->image_id[0])
		return 0;
	r = layer_stack_open(&e->store, diff_ids, &layers, err);
	if (r < 0)
		return r;
	lower = strv_join(layers.lower, ":");
	out->graph_driver = xcalloc(1, sizeof(*out->graph_driver));
	out->graph_driver->name = xstrdup(layer_driver_of(&e->store)->graph_name);
	strmap_set(&out->graph_driver->data, "ID", rec->id);
	strmap_set(&out->graph_driver->data, "LowerDir", lower);
	strmap_set(&out->graph_driver->data, "MergedDir", merged);
	strmap_set(&out->graph_driver->data, "UpperDir", upper);
	strmap_set(&out->graph_driver->data, "WorkDir", work);
	return 0;
}

/* The members of old clients: those of the default bridge. */
static void inspect_bridge(const struct endpoint *eps, size_t n, struct network_settings *s)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(eps[i].network_name, "bridge") != 0)
			continue;
		s->endpoint_id = xstrdup(eps[i].endpoint_id);
		s->gateway = xstrdup(eps[i].gateway);
		s->ip_address = xstrdup(eps[i].ip);
		s->ip_prefix_len = eps[i].ip ? eps[i].prefix_len : 0;
		s->mac_address = xstrdup(eps[i].mac);
		s->ipv6_gateway = xstrdup(eps[i].gateway6);
		s->global_ipv6_address = xstrdup(eps[i].ip6);
		s->global_ipv6_prefix_len = eps[i].ip6 ? eps[i].prefix6_len : 0;
		return;
	}
}

static int inspect_network(struct engine *e, const struct instance *in,
			   struct container_inspect *out, struct error *err)
{
	cleanup(networking_config_release) struct networking_config asked = { 0 };
	bool up = out->state.running;
	struct network_settings *s = &out->network_settings;
	struct endpoint *eps = NULL;
	size_t n = 0;
	int r = instance_networking(in, &asked, err);

	if (r >= 0 && up)
		r = endpoint_list(&e->store, in->rec.id, &eps, &n, err);
	if (r < 0)
		return r;
	s->bridge = xstrdup("");
	if (up && in->rec.life.pid > 0) {
		s->sandbox_id = xstrdup(in->rec.id);
		s->sandbox_key = xasprintf("/proc/%lld/ns/net", (long long)in->rec.life.pid);
	}
	ports_map(&out->config, eps, n, up, &s->ports, &s->n_ports);
	inspect_bridge(eps, n, s);
	view_networks(&in->rec, &out->host_config, &asked, eps, n, &s->networks, &s->n_networks);
	endpoint_list_free(eps, n);
	return 0;
}

static void inspect_rights(struct container_inspect *out)
{
	cleanup(security_options_release) struct security_options asked = { 0 };
	const struct host_config *h = &out->host_config;
	cleanup(error_release) struct error ignored = ERROR_INIT;

	out->mount_label = xstrdup("");
	out->process_label = xstrdup("");
	ignore_result(security_options_read(h->security_opt, &asked, &ignored));
	out->app_armor_profile = xstrdup(apparmor_name(asked.apparmor, h->privileged));
}

static int inspect_mounts(struct engine *e, struct container_inspect *out, struct error *err)
{
	cleanup(mount_list_release) struct mount_list mounts = { NULL, 0 };
	int r = volume_mounts_read(e, out->id, &out->config, &out->host_config, &mounts, err);

	if (r >= 0)
		view_mounts(&mounts, &out->mounts, &out->n_mounts);
	return r;
}

static int inspect_fill(struct engine *e, const struct instance *in, bool size,
			struct container_inspect *out, struct error *err)
{
	const struct container *rec = &in->rec;
	int r;

	out->id = xstrdup(rec->id);
	out->name = xasprintf("/%s", rec->name);
	out->created = rec->created;
	out->path = xstrdup(rec->path);
	out->args = view_args(rec);
	out->image = xstrdup(rec->image_id);
	out->restart_count = rec->life.restart_count;
	out->driver = xstrdup(layer_driver_of(&e->store)->graph_name);
	out->platform = xstrdup("linux");
	inspect_state(&rec->life, &out->state);
	r = instance_config(in, &out->config, err);
	if (r >= 0)
		r = instance_host_config(in, &out->host_config, err);
	if (r >= 0)
		r = links_show(e, rec, &out->host_config, err);
	if (r >= 0 && rec->life.started) /* nothing is checked before the first start */
		r = health_read(e, rec, &out->config, &out->state.health, err);
	if (r < 0)
		return r;
	inspect_paths(e, rec, out);
	inspect_rights(out);
	r = inspect_graph(e, rec, out, err);
	if (r >= 0)
		r = inspect_mounts(e, out, err);
	if (r >= 0)
		r = inspect_network(e, in, out, err);
	if (r >= 0)
		r = execs_fold(e, in, err); /* those that ended are not told */
	if (r >= 0)
		r = exec_list(&e->store, rec->id, true, &out->exec_ids, err);
	if (r < 0 || !size)
		return r;
	out->size_rw.set = out->size_root_fs.set = true;
	return disk_container_size(e, rec, &out->size_rw.value, &out->size_root_fs.value, err);
}

int engine_inspect(struct engine *e, const char *ref, bool size, struct container_inspect *ret,
		   struct error *err)
{
	cleanup(instance_release) struct instance in = INSTANCE_INIT;
	struct container_inspect out = { 0 };
	int r = instance_open(e, ref, &in, err);

	if (r < 0)
		return r;
	r = inspect_fill(e, &in, size, &out, err);
	if (r < 0) {
		container_inspect_release(&out);
		return r;
	}
	*ret = out;
	return 0;
}
