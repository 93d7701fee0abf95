/* SPDX-License-Identifier: Apache-2.0 */
/* Images as archives: /images/load, /images/get, /images/…/get. */
#include <errno.h>

#include "api/feeder.h"
#include "api/handlers.h"
#include "api/progress.h"
#include "api/reply.h"
#include "base/strv.h"

static int load(struct request *req, struct progress *progress, struct error *err)
{
	cleanup(feeder_release) struct feeder feeder = FEEDER_INIT;
	cleanup_free char *platform = NULL;
	struct image_load_options opts = { .quiet = request_bool(req, "quiet") };
	struct engine *engine;
	int r = request_platform(req, "platform", &platform, err);

	if (r >= 0)
		r = request_engine(req, &engine, err);
	if (r >= 0)
		r = feeder_start(req, &feeder, err);
	if (r < 0)
		return r;
	opts.platform = platform;
	opts.tar_fd = feeder.fd;
	return image_load(&engine->images, &opts, progress_send, progress, err);
}

int archives_load(struct request *req, struct error *err)
{
	struct progress progress = { .req = req };
	int r = load(req, &progress, err);

	r = progress_finish(&progress, r, err);
	progress_release(&progress);
	return r;
}

static int save_begin(void *arg)
{
	return reply_stream(arg, "application/x-tar");
}

static int save_write(void *arg, const void *data, size_t len)
{
	struct request *req = arg;

	return http_server_write(req->http, data, len);
}

static int save(struct request *req, char *const *names, struct error *err)
{
	const struct image_save_sink sink = { save_begin, save_write, req };
	cleanup_free char *platform = NULL;
	struct engine *engine;
	int r = request_platform(req, "platform", &platform, err);

	if (r >= 0)
		r = request_engine(req, &engine, err);
	return r < 0 ? r : image_save(&engine->images, names, platform, &sink, err);
}

int archives_save(struct request *req, struct error *err)
{
	cleanup(strv_release) char **names = NULL;

	request_list(req, "names", &names);
	if (!names)
		return error_set(err, ERR_INVALID, EINVAL, "no images to save: ?names= is missing");
	return save(req, names, err);
}

int archives_save_one(struct request *req, struct error *err)
{
	char *names[] = { req->arg, NULL };

	return save(req, names, err);
}
