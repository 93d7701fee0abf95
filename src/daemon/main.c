/* SPDX-License-Identifier: Apache-2.0 */
/* hoyd: the engine's process that lives. What it does for a request, a worker does (worker.c,
 * api/serve.c). */
#include <errno.h>
#include <sys/stat.h>

#include "daemon/boot.h"
#include "daemon/config.h"
#include "daemon/reset.h"
#include "daemon/service.h"
#include "engine/userns.h"

int main(int argc, char **argv)
{
	struct daemon_config config = { 0 };
	struct error err = ERROR_INIT;
	int r;

	log_init("hoyd", LOG_INFO);
	umask(022);
	r = daemon_config_load(argc, argv, &config, &err);
	if (r == DAEMON_SHOWN)
		return 0;
	if (r < 0)
		die(1, "%s", error_text(&err));
	log_init("hoyd", config.log_level);
	log_set_formatter(config.engine.log_json ? log_json : NULL);
	if (geteuid() != 0)
		die(1, "hoyd needs to be root");
	if (config.reap_id)
		r = boot_reap(&config.engine, config.reap_id, &err);
	else if (config.probe_id)
		r = boot_probe(&config.engine, config.probe_id, &err);
	else if (config.resolver_id)
		r = boot_resolver(&config.engine, config.resolver_id, &err);
	else if (config.thaw_id)
		r = boot_thaw(&config.engine, config.thaw_id, &err);
	else if (config.reset)
		r = reset_engine(&config.engine, &err);
	else if ((r = userns_remap_check(&config.engine, &err)) >= 0)
		r = service_run(&config, argc, argv, &err);
	if (r < 0)
		die(1, "%s", error_text(&err));
	daemon_config_release(&config);
	return r > 0;
}
