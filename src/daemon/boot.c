/* SPDX-License-Identifier: Apache-2.0 */
/* The service's start, --reap, --probe, --resolver and --thaw. */
#include "daemon/boot.h"

#include <string.h>

#include "engine/networks.h"
#include "engine/thaw.h"
#include "store/containers.h"

/* always: whatever happened before; unless-stopped: unless a person stopped it; on-failure:
 * when it failed. One that was created and never started stays as it is. */
static bool wants_start(const struct container *c)
{
	cleanup(host_config_release) struct host_config host = { 0 };
	const char *policy;

	if (c->life.status != CONTAINER_EXITED ||
	    json_decode(&host_config_shape, c->host, strlen(c->host), &host, NULL))
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
	engine.images.grew =
		true; /* or the disk is fuller for other reasons: cleaned up by engine_tidy */
	engine_release(&engine);
}

static int boot_act(struct engine_config *config, const char *id,
		    int (*act)(struct engine *e, const char *id, struct error *err),
		    struct error *err)
{
	struct engine engine;
	int r = engine_open(config, &engine, err);

	if (r < 0)
		return r;
	r = act(&engine, id, err);
	engine_release(&engine);
	return r;
}

int boot_reap(struct engine_config *config, const char *id, struct error *err)
{
	return boot_act(config, id, engine_reap, err);
}

int boot_thaw(struct engine_config *config, const char *id, struct error *err)
{
	return boot_act(config, id, engine_thaw, err);
}

int boot_resolver(struct engine_config *config, const char *id, struct error *err)
{
	return boot_act(config, id, engine_resolver_renew, err);
}

int boot_probe(struct engine_config *config, const char *id, struct error *err)
{
	struct engine engine;
	bool settled = false;
	int r = engine_open(config, &engine, err);

	if (r < 0)
		return r;
	r = engine_probe(&engine, id, &settled, err);
	engine_release(&engine);
	return r < 0 ? r : !settled;
}
