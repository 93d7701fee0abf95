/* SPDX-License-Identifier: Apache-2.0 */
/* /system/migrate: hoy's own. */
#include <errno.h>

#include "api/handlers.h"
#include "api/progress.h"

static int migrate(struct request *req, struct progress *progress, struct error *err)
{
	const char *driver = request_str(req, "driver");
	struct engine *engine;
	int r = request_engine(req, &engine, err);

	if (r < 0)
		return r;
	if (!driver || !*driver)
		driver = engine->config->storage_driver;
	if (!driver || !*driver)
		return error_set(err, ERR_INVALID, EINVAL,
				 "which driver? storage-driver is not configured");
	return engine_migrate(engine, driver, progress_send, progress, err);
}

int system_migrate(struct request *req, struct error *err)
{
	struct progress progress = { .req = req };
	int r = migrate(req, &progress, err);

	r = progress_finish(&progress, r, err);
	progress_release(&progress);
	return r;
}
