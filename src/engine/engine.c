/* SPDX-License-Identifier: Apache-2.0 */
/* Opening the engine inside a worker: store, directories, contexts of images and networks. */
#include "engine/engine.h"

#include <errno.h>
#include <fcntl.h>

#include "base/log.h"
#include "base/strv.h"
#include "engine/instance.h"
#include "engine/summary.h"
#include "engine/sweep.h"
#include "sys/file.h"
#include "sys/path.h"

static int engine_open_run(struct engine_config *config, int *ret_fd, struct error *err)
{
	cleanup_free char *containers = path_join(config->run_root, "containers");
	int r;

	*ret_fd = open(containers, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*ret_fd < 0 && errno == ENOENT) {
		r = dir_make_all_at(AT_FDCWD, containers, 0700);
		if (r < 0)
			return error_set(err, ERR_SYSTEM, -r, "create run root %s", containers);
		*ret_fd = open(containers, O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
	if (*ret_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open run root %s", containers);
	return 0;
}

int engine_open(struct engine_config *config, struct engine *ret, struct error *err)
{
	int r;

	*ret = (struct engine){
		.config = config, .store = STORE_INIT, .run_fd = -1, .temps = LAYER_TEMP_INIT
	};
	r = store_open(config->data_root, &ret->store, err);
	if (r < 0)
		return r;
	r = layer_driver_choose(&ret->store, config->storage_driver, err);
	if (r >= 0)
		r = engine_open_run(config, &ret->run_fd, err);
	if (r < 0) {
		engine_release(ret);
		return r;
	}
	ret->images = (struct image_context){
		.store = &ret->store,
		.libexec_dir = config->libexec_dir,
		.insecure_registries = config->insecure_registries,
		.mirrors = config->mirrors,
		.search = config->search,
		.http_proxy = config->http_proxy,
		.https_proxy = config->https_proxy,
		.no_proxy = config->no_proxy,
		.run_root = config->run_root,
		.max_downloads = config->max_downloads,
		.max_uploads = config->max_uploads,
		.cleanup = config->cleanup,
		.keep_compressed = config->keep_compressed,
	};
	ret->network = (struct network_config){
		.bridge = config->bridge,
		.subnet = config->bip,
		.run_root = config->run_root,
		.libexec_dir = config->libexec_dir,
		.dns = config->dns,
		.ip_forward = true,
		.masquerade = true,
		.host_ip = "0.0.0.0",
	};
	return 0;
}

void engine_tidy(struct engine *engine)
{
	cleanup(error_release) struct error err = ERROR_INIT;

	if (engine->sweep_due)
		sweep_orphans(engine);
	engine->sweep_due = false;
	if (engine->summaries_due)
		summaries_fill(engine);
	engine->summaries_due = false;
	if (engine->temps.name)
		layer_temp_release(&engine->store, &engine->temps);
	for (size_t i = 0; engine->trash && engine->trash[i]; i++)
		sweep_clear(engine, engine->trash[i]);
	strv_release(&engine->trash);
	for (size_t i = 0; i < engine->n_late_fds; i++)
		(void)close(engine->late_fds[i]);
	free(engine->late_fds);
	engine->late_fds = NULL;
	engine->n_late_fds = 0;
	if (engine->images_loose && image_gc(&engine->images, NULL) >= 0)
		engine->images_loose = false;
	if (engine->images.grew && image_clean(&engine->images, &err) < 0)
		log_warning("clean up images: %s", error_text(&err));
}

bool engine_is_untidy(const struct engine *engine)
{
	return engine->sweep_due || engine->summaries_due || engine->trash || engine->temps.name ||
	       engine->n_late_fds || engine->images_loose || engine->images.grew;
}

void engine_close_late(struct engine *engine, int fd)
{
	if (fd < 0)
		return;
	engine->late_fds = xrealloc(engine->late_fds, engine->n_late_fds + 1, sizeof(fd));
	engine->late_fds[engine->n_late_fds++] = fd;
}

void engine_release(struct engine *engine)
{
	if (engine->store.db)
		engine_tidy(engine);
	store_release(&engine->store);
	macros_close_fd(&engine->run_fd);
}
