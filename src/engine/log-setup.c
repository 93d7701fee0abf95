/* SPDX-License-Identifier: Apache-2.0 */
/* From a container's LogConfig to the monitor's arguments. */
#include "engine/log-setup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "engine/log-attributes.h"
#include "engine/runtime.h"
#include "sys/file.h"

enum { ATTRS_MAX = 64 * 1024, HOST_NAME = 256 };

void log_place_release(struct log_place *place)
{
	free(place->dir);
	free(place->name);
	*place = (struct log_place){ NULL, NULL, false };
}

int log_place_find(const struct engine *e, const char *id, const struct log_config *log,
		   struct log_place *ret, struct error *err)
{
	enum log_driver driver = LOG_DRIVER_JSON_FILE;
	struct log_mode mode = { .cache = true };
	int r = 0;

	if (log_driver_parse(log->type, &driver) < 0)
		return error_set(err, ERR_INVALID, EINVAL,
				 "logger: no log driver named '%s' is registered", log->type);
	if (log_driver_is_remote(driver))
		r = log_mode_parse(&log->config, &mode, err);
	if (r < 0)
		return r;
	*ret = (struct log_place){ NULL, NULL, driver != LOG_DRIVER_JSON_FILE };
	if (driver == LOG_DRIVER_NONE || !mode.cache)
		return 0;
	ret->dir = instance_data_path(e, id, driver == LOG_DRIVER_LOCAL ? "local-logs" : NULL);
	if (driver == LOG_DRIVER_JSON_FILE)
		ret->name = xasprintf("%s-json.log", id);
	else
		ret->name = xstrdup(driver == LOG_DRIVER_LOCAL ? "container.log"
							       : "container-cached.log");
	return 0;
}

/* The file that is kept here, of whichever driver. */
static int set_file(struct engine *e, const struct instance *in, const struct log_config *log,
		    enum log_driver driver, struct log_setup *out, struct error *err)
{
	struct log_place place cleanup(log_place_release) = { NULL, NULL, false };
	const char *prefix = log_driver_is_remote(driver) ? "cache-" : "";
	int r = log_place_find(e, in->rec.id, log, &place, err);

	if (r < 0 || !place.dir)
		return r;
	r = log_rotation_parse(&log->config, driver, prefix, &out->rotation, err);
	if (r < 0)
		return r;
	if (mkdir(place.dir, 0700) < 0 && errno != EEXIST)
		return error_set(err, ERR_SYSTEM, errno, "create %s", place.dir);
	out->local = place.local;
	out->path = xasprintf("%s/%s", place.dir, place.name);
	return 0;
}

/* Stands in every record of the file, as `logs --details` shows it. */
static int set_attrs(const struct log_forward *about, bool with_tag, struct log_setup *out,
		     struct error *err)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct strmap all cleanup(strmap_release) = STRMAP_INIT;

	strmap_copy(&all, &about->extra);
	if (with_tag && about->tag[0])
		strmap_set(&all, "tag", about->tag);
	if (all.n == 0)
		return 0;
	for (size_t i = 0; i < all.n; i++) {
		strbuf_addc(&text, i == 0 ? '{' : ',');
		json_quote(&text, all.entries[i].key, strlen(all.entries[i].key));
		strbuf_addc(&text, ':');
		json_quote(&text, all.entries[i].value, strlen(all.entries[i].value));
	}
	strbuf_addc(&text, '}');
	if (text.len > ATTRS_MAX)
		return error_set(err, ERR_INVALID, E2BIG,
				 "labels and environment for the log are longer than %d KiB",
				 ATTRS_MAX / 1024);
	out->attrs = strbuf_take(&text);
	return 0;
}

static int set_forward(struct engine *e, const struct instance *in, struct log_forward *about,
		       const struct log_config *log, struct log_setup *out, struct error *err)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT, created = STRBUF_INIT;
	char host[HOST_NAME + 1] = "";
	int r;

	(void)gethostname(host, HOST_NAME);
	clock_format(in->rec.created, &created);
	about->driver = xstrdup(log->type);
	about->created = strbuf_take(&created);
	about->host_name = xstrdup(host);
	about->tls_program = runtime_program(e, "hoy-tls");
	about->json = e->config->log_json;
	strmap_copy(&about->opts, &log->config);
	json_encode(&log_forward_shape, about, &text);
	r = file_replace_at(in->dirfd, "log.json", text.data, text.len, 0600);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "write log.json of container %s", in->rec.id);
	out->forward = instance_run_path(e, in->rec.id, "log.json");
	return 0;
}

static int read_setup(struct engine *e, const struct instance *in,
		      const struct container_config *config, const struct log_config *log,
		      struct log_setup *out, struct error *err)
{
	struct log_forward about cleanup(log_forward_release) = { 0 };
	enum log_driver driver = LOG_DRIVER_JSON_FILE;
	struct log_mode mode;
	bool remote;
	int r;

	if (log_driver_parse(log->type, &driver) < 0)
		return error_set(err, ERR_INVALID, EINVAL,
				 "logger: no log driver named '%s' is registered", log->type);
	if (driver == LOG_DRIVER_NONE)
		return 0;
	remote = log_driver_is_remote(driver);
	out->program = runtime_program(e, "hoy-log");
	r = log_mode_parse(&log->config, &mode, err);
	if (r >= 0)
		r = set_file(e, in, log, driver, out, err);
	if (r >= 0)
		r = log_attributes(&in->rec, config, &log->config, remote ? "{{.ID}}" : "", &about,
				   err);
	if (r >= 0)
		r = set_attrs(&about, !remote, out, err);
	if (r < 0)
		return r;
	out->drop = mode.non_blocking;
	return remote ? set_forward(e, in, &about, log, out, err) : 0;
}

int log_setup(struct engine *e, const struct instance *in, const struct container_config *config,
	      const struct log_config *log, struct log_setup *ret, struct error *err)
{
	struct log_setup out cleanup(log_setup_release) = { NULL };
	int r = read_setup(e, in, config, log, &out, err);

	if (r < 0)
		return error_prefix(err, "failed to create task for container: failed to "
					 "initialize logging driver");
	*ret = out;
	out = (struct log_setup){ NULL };
	return 0;
}

void log_setup_arguments(const struct log_setup *setup, struct monitor_args *args)
{
	args->log_driver = !setup->path ? "none" : setup->local ? "local" : "json-file";
	args->log_path = setup->path;
	args->log_max_size = setup->rotation.max_size;
	args->log_max_file = setup->rotation.max_file;
	args->log_attrs = setup->path ? setup->attrs : NULL;
	args->log_compress = setup->rotation.compress ? setup->program : NULL;
	args->log_program = setup->forward ? setup->program : NULL;
	args->log_forward = setup->forward;
	args->log_drop = setup->drop;
}

void log_setup_release(struct log_setup *setup)
{
	free(setup->path);
	free(setup->attrs);
	free(setup->forward);
	free(setup->program);
	*setup = (struct log_setup){ NULL };
}
