/* SPDX-License-Identifier: Apache-2.0 */
/* The image's run config under the request's config, then the defaults of everything. */
#include <errno.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/strv.h"
#include "engine/create-parts.h"
#include "engine/instance.h"
#include "engine/spec-parts.h"
#include "engine/start-net.h"
#include "sys/cgroup.h"

enum { SHM_SIZE = 64 << 20, SHORT_ID = 12 };

static void default_str(char **field, const char *value)
{
	if (*field && **field)
		return;
	free(*field);
	*field = xstrdup(value);
}

static void merge_env(char ***env, char *const *image)
{
	for (size_t i = 0; image && image[i]; i++) {
		cleanup_free char *name = xstrndup(image[i], strcspn(image[i], "="));

		if (!strv_env_get(*env, name))
			strv_push(env, image[i]);
	}
}

static void merge_set(char ***set, char *const *image)
{
	for (size_t i = 0; image && image[i]; i++) {
		if (!strv_contains(*set, image[i]))
			strv_push(set, image[i]);
	}
}

static void merge_command(struct container_config *c, const struct image_run_config *image)
{
	bool reset = c->entrypoint && c->entrypoint[0] && !c->entrypoint[0][0] && !c->entrypoint[1];

	if (!c->entrypoint || !c->entrypoint[0]) {
		if (strv_len(c->cmd) == 0) {
			strv_free(c->cmd);
			c->cmd = strv_copy(image->cmd);
		}
		if (!c->entrypoint)
			c->entrypoint = strv_copy(image->entrypoint);
	}
	if (reset)
		strv_release(&c->entrypoint);
}

static void merge_health(struct container_config *c, const struct image_run_config *image)
{
	const struct image_health *from = image->healthcheck;
	struct health_config *to = c->healthcheck;

	if (!from)
		return;
	if (!to)
		to = c->healthcheck = xcalloc(1, sizeof(*to));
	if (strv_len(to->test) == 0) {
		strv_free(to->test);
		to->test = strv_copy(from->test);
	}
	to->interval = to->interval ? to->interval : from->interval;
	to->timeout = to->timeout ? to->timeout : from->timeout;
	to->start_period = to->start_period ? to->start_period : from->start_period;
	to->start_interval = to->start_interval ? to->start_interval : from->start_interval;
	to->retries = to->retries ? to->retries : from->retries;
}

void create_merge(struct container_config *c, const struct image_run_config *image)
{
	default_str(&c->user, image->user);
	merge_set(&c->exposed_ports, image->exposed_ports);
	merge_env(&c->env, image->env);
	for (size_t i = 0; i < image->labels.n; i++) {
		if (!strmap_get(&c->labels, image->labels.entries[i].key))
			strmap_set(&c->labels, image->labels.entries[i].key,
				   image->labels.entries[i].value);
	}
	merge_command(c, image);
	merge_health(c, image);
	default_str(&c->working_dir, image->working_dir);
	merge_set(&c->volumes, image->volumes);
	default_str(&c->stop_signal, image->stop_signal);
	if (!c->stop_timeout.set)
		c->stop_timeout = image->stop_timeout;
	if (!c->shell)
		c->shell = strv_copy(image->shell);
	if (!c->on_build)
		c->on_build = strv_copy(image->on_build);
}

/* container:NAME is kept as container:ID: the name may go to another one. */
static int mode_by_id(struct engine *e, char **mode, char **ret_hostname, struct error *err)
{
	cleanup(container_release) struct container peer = CONTAINER_INIT;
	const char *ref = mode_container(*mode);
	int r;

	if (!ref)
		return 0;
	r = container_find(&e->store, ref, &peer, err);
	if (r < 0) {
		if (err && err->kind == ERR_NOT_FOUND)
			err->kind = ERR_INVALID; /* not found would be said of the image */
		return r;
	}
	free(*mode);
	*mode = xasprintf("container:%s", peer.id);
	if (ret_hostname) {
		struct instance in = { peer, -1, -1 };
		struct container_config config = { 0 };

		r = instance_config(&in, &config, err);
		*ret_hostname = r < 0 ? NULL : xstrdup(config.hostname);
		container_config_release(&config);
	}
	return r < 0 ? r : 0;
}

static int defaults_names(struct engine *e, const char *id, struct container_config *config,
			  struct host_config *host, struct error *err)
{
	cleanup_free char *peer_hostname = NULL;
	bool own_uts = !host->uts_mode || strcmp(host->uts_mode, "host") != 0;
	struct utsname uts;
	int r;

	r = mode_by_id(e, &host->network_mode, &peer_hostname, err);
	if (r >= 0)
		r = mode_by_id(e, &host->pid_mode, NULL, err);
	if (r >= 0)
		r = mode_by_id(e, &host->ipc_mode, NULL, err);
	if (r < 0)
		return r;
	if (peer_hostname)
		default_str(&config->hostname, peer_hostname);
	if ((!own_uts || strcmp(host->network_mode, "host") == 0) && uname(&uts) == 0)
		default_str(&config->hostname, uts.nodename);
	if (!config->hostname || !config->hostname[0]) {
		free(config->hostname);
		config->hostname = xstrndup(id, SHORT_ID);
	}
	return 0;
}

static void default_paths(char ***paths, const char *const *defaults)
{
	for (size_t i = 0; !*paths || (i > 0 && defaults[i]); i++)
		strv_push(paths, defaults[i]);
}

static void defaults_log(const struct engine *e, struct host_config *host)
{
	const struct engine_config *c = e->config;
	const char *driver = c->log_driver && c->log_driver[0] ? c->log_driver : "json-file";
	bool same;

	default_str(&host->log_config.type, driver);
	same = strcmp(host->log_config.type, driver) == 0;
	for (size_t i = 0; i < c->log_opts.n; i++) {
		const char *key = c->log_opts.entries[i].key;

		if ((same || strncmp(key, "cache-", 6) == 0) &&
		    !strmap_get(&host->log_config.config, key))
			strmap_set(&host->log_config.config, key, c->log_opts.entries[i].value);
	}
}

int create_defaults(struct engine *e, const char *id, struct container_config *config,
		    struct host_config *host, struct error *err)
{
	if (host->network_mode && strcmp(host->network_mode, "default") == 0)
		host->network_mode[0] = '\0';
	default_str(&host->network_mode, config->network_disabled ? "none" : "bridge");
	default_str(&host->ipc_mode, "private");
	default_str(&host->cgroupns_mode, "private");
	default_str(&host->restart_policy.name, "no");
	default_str(&host->runtime, e->config->default_runtime);
	defaults_log(e, host);
	if (host->shm_size == 0)
		host->shm_size = SHM_SIZE;
	if (host->memory > 0 && host->memory_swap == 0)
		host->memory_swap = host->memory * 2;
	if (!host->oom_kill_disable.set && cgroup_mode() == CGROUP_V1)
		host->oom_kill_disable = (struct opt_bool){ true, false };
	if (host->pids_limit.set && host->pids_limit.value <= 0)
		host->pids_limit = (struct opt_i64){ false, 0 };
	if (host->memory_swappiness.set && host->memory_swappiness.value == -1)
		host->memory_swappiness.set = false;
	if (!host->privileged) {
		default_paths(&host->masked_paths, spec_masked_paths);
		default_paths(&host->readonly_paths, spec_readonly_paths);
	}
	if (host->n_console_size != 2) {
		free(host->console_size);
		host->console_size = xcalloc(2, sizeof(*host->console_size));
		host->n_console_size = 2;
	}
	return defaults_names(e, id, config, host, err);
}
