/* SPDX-License-Identifier: Apache-2.0 */
/* The service's start, --reap and --reset. */
#include "daemon/boot.h"

#include <fcntl.h>
#include <string.h>

#include "store/containers.h"
#include "sys/cgroup.h"
#include "sys/cgroup.h"
#include "sys/file.h"

/* always: whatever happened before; unless-stopped: unless a person stopped it; on-failure: when it failed. One that was
 * created and never started stays as it is. */
static bool wants_start(const struct container *c)
{
	cleanup(host_config_release) struct host_config host = { 0 };
	const char *policy;

	if (c->life.status != CONTAINER_EXITED || json_decode(&host_config_shape, c->host, strlen(c->host), &host, NULL))
		return false;
	policy = host.restart_policy.name ? host.restart_policy.name : "";
	if (strcmp(policy, "always") == 0)
		return true;
	if (c->life.manually_stopped)
		return false;
	return strcmp(policy, "unless-stopped") == 0 ||
	       (strcmp(policy, "on-failure") == 0 && c->life.exit_code != 0);
}

static void report(const char *what, struct error *err)
{
	log_warning("%s: %s", what, error_text(err));
	error_release(err);
}

static void restart_containers(struct engine *engine)
{
	struct container *list = NULL;
	struct error err = ERROR_INIT;
	size_t n = 0;

	if (container_list(&engine->store, &list, &n, &err) < 0)
		return report("list containers", &err);
	for (size_t i = 0; i < n; i++) {
		if (!wants_start(&list[i]))
			continue;
		if (engine_start(engine, list[i].id, &err) < 0 && err.kind != ERR_NONE)
			report(list[i].name, &err);
		else
			log_info("started %s", list[i].name);
	}
	container_list_free(list, n);
}

void boot_run(struct engine_config *config)
{
	struct engine engine;
	struct error err = ERROR_INIT;

	if (engine_open(config, &engine, &err) < 0)
		return report("open the engine", &err);
	if (engine_reap_all(&engine, &err) < 0)
		report("fold the records of ended containers", &err);
	if (network_sweep(&engine.store, &engine.network, &err) < 0)
		report("sweep networks", &err);
	restart_containers(&engine);
	engine_release(&engine);
}

int boot_reap(struct engine_config *config, const char *id, struct error *err)
{
	struct engine engine;
	int r = engine_open(config, &engine, err);

	if (r < 0)
		return r;
	r = engine_reap(&engine, id, err);
	engine_release(&engine);
	return r;
}

static int remove_containers(struct engine *engine, struct error *err)
{
	struct engine_remove_options opts = { .force = true, .volumes = true };
	struct container *list = NULL;
	size_t n = 0;
	int r = container_list(&engine->store, &list, &n, err);

	for (size_t i = 0; r >= 0 && i < n; i++)
		r = engine_remove(engine, list[i].id, &opts, err);
	container_list_free(list, n);
	return r;
}

static int remove_parent_cgroup(const struct engine_config *config, struct error *err)
{
	const char *path = config->cgroup_parent && *config->cgroup_parent ? config->cgroup_parent : "/hoy";
	struct cgroup cg = { 0 };
	int r = cgroup_find(path, &cg);

	if (r >= 0)
		r = cgroup_remove(&cg);
	cgroup_release(&cg);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "remove cgroup '%s'", path) : 0;
}

int boot_reset(struct engine_config *config, struct error *err)
{
	struct engine engine;
	int r = engine_open(config, &engine, err);

	if (r < 0)
		return r;
	r = engine_reap_all(&engine, err);
	if (r >= 0)
		r = remove_containers(&engine, err);
	if (r >= 0)
		r = network_reset(&engine.store, &engine.network, err);
	engine_release(&engine);
	if (r >= 0)
		r = remove_parent_cgroup(config, err);
	if (r < 0)
		return r;
	r = dir_remove_all_at(AT_FDCWD, config->run_root);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "remove '%s'", config->run_root) : 0;
}

static int remove_containers(struct engine *engine, struct error *err)
{
	const struct engine_remove_options opts = { .force = true, .volumes = true };
	struct container *list = NULL;
	size_t n = 0;
	int r = container_list(&engine->store, &list, &n, err);

	for (size_t i = 0; i < n && r >= 0; i++) {
		struct error one = ERROR_INIT;

		/* one that goes away meanwhile is as good as removed */
		if (engine_remove(engine, list[i].id, &opts, &one) < 0 && one.kind != ERR_NOT_FOUND &&
		    one.kind != ERR_NONE)
			r = error_set(err, one.kind, one.errnum, "remove %s: %s", list[i].name, error_text(&one));
		error_release(&one);
	}
	container_list_free(list, n);
	return r < 0 ? r : 0;
}

/* The containers' common parent; one that is still in use, or was never made, stays. */
static void remove_cgroup(const struct engine_config *config)
{
	struct cgroup cg;

	if (cgroup_find(*config->cgroup_parent ? config->cgroup_parent : "/hoy", &cg) < 0)
		return;
	(void)!cgroup_remove(&cg);
	cgroup_release(&cg);
}

int boot_reset(struct engine_config *config, struct error *err)
{
	struct engine engine;
	int r = engine_open(config, &engine, err);

	if (r < 0)
		return r;
	r = remove_containers(&engine, err);
	if (r >= 0)
		r = network_reset(&engine.store, &engine.network, err);
	if (r >= 0)
		remove_cgroup(config);
	engine_release(&engine);
	return r;
}
