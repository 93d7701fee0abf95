/* SPDX-License-Identifier: Apache-2.0 */
/*
 * create: the request and the image become a record, and the container's directories are made.
 * Those come first, under the new container's mutex; a crash before the record leaves directories
 * that engine_reap_all sweeps.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/strv.h"
#include "engine/create-parts.h"
#include "engine/instance.h"
#include "engine/links.h"
#include "engine/names.h"
#include "engine/reap.h"
#include "engine/summary.h"
#include "engine/userns.h"
#include "engine/volume-mounts.h"
#include "layer/layer.h"
#include "oci/platform.h"
#include "oci/reference.h"
#include "sys/file.h"
#include "sys/lock.h"

/* A container in the making. */
struct draft {
	struct instance in; /* run directory and mutex */
	struct container_config config;
	struct host_config host;
	const struct engine_create_options *opts;
	const struct networking_config *networking; /* the request's */
	struct image image;
	struct mount_list volumes;
	bool has_image;
};

static void draft_release(struct draft *d)
{
	instance_release(&d->in);
	container_config_release(&d->config);
	host_config_release(&d->host);
	image_release(&d->image);
	mount_list_release(&d->volumes);
}

static int draft_image(struct engine *e, struct draft *d, struct error *err)
{
	int r;

	if (d->host.rootfs && d->host.rootfs[0])
		return 0;
	if (!d->config.image || !d->config.image[0])
		return error_set(err, ERR_INVALID, EINVAL, "no image was specified");
	r = image_resolve(&e->images, d->config.image, &d->image, err);
	if (r < 0)
		return r;
	d->has_image = true;
	r = image_suits(&d->image, d->config.image, d->opts->platform, err);
	if (r < 0)
		return r;
	create_merge(&d->config, &d->image.config.config);
	return 0;
}

/* An image for another machine runs where the kernel knows an interpreter for its programs. */
static void warn_foreign(const struct draft *d, char ***warnings)
{
	const struct image_config *config = &d->image.config;
	struct platform image = { config->os, config->architecture, config->variant };
	cleanup(platform_release) struct platform host = PLATFORM_INIT;
	cleanup(strbuf_release) struct strbuf has = STRBUF_INIT, wants = STRBUF_INIT;

	platform_host(&host);
	if ((d->opts->platform && d->opts->platform[0]) || !image.os || !image.architecture ||
	    platform_score(&host, image.os, image.architecture, image.variant) > 0)
		return;
	platform_format(&image, &has);
	platform_format(&host, &wants);
	strv_pushf(warnings,
		   "The requested image's platform (%s) does not match the detected host platform "
		   "(%s) and no specific platform was requested",
		   strbuf_str(&has), strbuf_str(&wants));
}

/* Beside that: a name without a registry that meant docker.io's, where it means another registry's
 * first. */
static char **image_warnings(const struct draft *d)
{
	cleanup(reference_release) struct reference typed = REFERENCE_INIT;
	char **warnings = NULL;

	if (d->has_image)
		warn_foreign(d, &warnings);
	if (d->has_image && reference_default_registry() &&
	    reference_parse(d->config.image, &typed, NULL) >= 0 && typed.implied &&
	    strncmp(d->image.reference, "docker.io/", 10) == 0)
		strv_pushf(&warnings, "%s is %s: %s has no image of this name here",
			   d->config.image, d->image.reference, reference_default_registry());
	return warnings;
}

/* Path and args as inspect shows them. */
static void draft_argv(struct draft *d)
{
	cleanup(strbuf_release) struct strbuf args = STRBUF_INIT;
	cleanup(strv_release) char **argv = strv_copy(d->config.entrypoint);

	strv_extend(&argv, d->config.cmd);
	d->in.rec.path = xstrdup(argv ? argv[0] : "");
	strbuf_addc(&args, '[');
	for (size_t i = 1; argv && argv[0] && argv[i]; i++) {
		if (i > 1)
			strbuf_addc(&args, ',');
		json_quote(&args, argv[i], strlen(argv[i]));
	}
	strbuf_addc(&args, ']');
	d->in.rec.args = strbuf_take(&args);
}

static char *encoded(const struct json_shape *shape, const void *obj)
{
	struct strbuf text = STRBUF_INIT;

	json_encode(shape, obj, &text);
	return strbuf_take(&text);
}

static void draft_record(struct draft *d)
{
	struct container *rec = &d->in.rec;

	rec->image = xstrdup(d->config.image ? d->config.image : "");
	rec->image_id = xstrdup(d->has_image ? d->image.id : "");
	rec->layers = strv_join(d->image.config.rootfs.diff_ids, " ");
	rec->created = clock_now();
	rec->auto_remove = d->host.auto_remove;
	rec->config = encoded(&container_config_shape, &d->config);
	rec->host = encoded(&host_config_shape, &d->host);
	rec->networking = encoded(&networking_config_shape, d->networking);
	draft_argv(d);
}

static int draft_directories(struct engine *e, struct draft *d, struct error *err)
{
	const char *id = d->in.rec.id;
	cleanup_free char *data = instance_data_path(e, id, NULL);
	int r;

	if (mkdirat(e->run_fd, id, 0700) < 0)
		return error_set(err, ERR_SYSTEM, errno, "create run directory of %s", id);
	d->in.dirfd = openat(e->run_fd, id, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (d->in.dirfd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open run directory of %s", id);
	r = lock_open_at(d->in.dirfd, "mutex");
	if (r >= 0) {
		d->in.mutex_fd = r;
		r = lock_take(d->in.mutex_fd);
	}
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "lock container %s", id);
	if (mkdir(data, 0700) < 0) {
		r = errno == ENOENT ? dir_make_all_at(AT_FDCWD, data, 0700) : -errno;
		if (r < 0)
			return error_set(err, ERR_SYSTEM, -r, "create %s", data);
	}
	return d->has_image ? layer_upper_create(&e->store, id, 0, 0, err) : 0;
}

static int draft_insert(struct engine *e, struct draft *d, struct error *err)
{
	const struct summary_source from = { &d->config, &d->host, d->networking };
	int r = store_begin(&e->store, err);

	if (r < 0)
		return r;
	r = container_insert(&e->store, &d->in.rec, err);
	if (r >= 0)
		r = userns_assign(e, d->in.rec.id, &d->host, err);
	if (r >= 0)
		r = volume_mounts_insert(e, d->in.rec.id, &d->volumes, err);
	if (r >= 0)
		r = summary_put(e, &d->in.rec, &from, err);
	if (r >= 0)
		r = instance_event(e, &d->in.rec, "create", NULL, err);
	if (r >= 0)
		r = store_commit(&e->store, err);
	if (r < 0)
		store_rollback(&e->store);
	return r;
}

/* A random name may be taken: try others. One that was asked for may not. */
static int draft_name(struct engine *e, struct draft *d, struct error *err)
{
	const char *name = d->opts->name;
	int r;

	if (name && name[0]) {
		d->in.rec.name = xstrdup(name[0] == '/' ? name + 1 : name);
		return draft_insert(e, d, err);
	}
	for (unsigned int attempt = 0; attempt < NAME_RETRIES; attempt++) {
		struct error taken = ERROR_INIT;

		free(d->in.rec.name);
		d->in.rec.name = name_random(attempt);
		r = draft_insert(e, d, &taken);
		if (r >= 0)
			return r;
		if (taken.kind != ERR_CONFLICT) {
			if (err)
				*err = taken;
			return r;
		}
		error_release(&taken);
	}
	free(d->in.rec.name);
	d->in.rec.name = xstrndup(d->in.rec.id, 12);
	return draft_insert(e, d, err);
}

/* The mutex is ours: nobody starts it before its volumes are filled. */
static int draft_populate(struct engine *e, struct draft *d, struct error *err)
{
	cleanup(layer_stack_release) struct layer_stack layers = { NULL };
	int r;

	if (!d->has_image || d->volumes.n == 0)
		return 0;
	r = layer_stack_open(&e->store, d->image.config.rootfs.diff_ids, &layers, err);
	if (r >= 0)
		r = volume_mounts_populate(e, &d->in, &d->volumes, layers.lower, err);
	if (r < 0) {
		d->in.rec.auto_remove = true; /* with the volumes that were made for it */
		ignore_result(remove_instance(e, &d->in, true, NULL));
	}
	return r;
}

static int draft_make(struct engine *e, struct draft *d, struct error *err)
{
	int r;

	d->in.rec.id = id_random();
	r = draft_image(e, d, err);
	if (r >= 0)
		r = create_defaults(e, d->in.rec.id, &d->config, &d->host, err);
	if (r >= 0)
		r = create_check(e, &d->config, &d->host, err);
	if (r >= 0)
		r = links_resolve(e, &d->host, err);
	if (r >= 0)
		r = volume_mounts_plan(e, &d->config, &d->host, &d->volumes, err);
	if (r < 0)
		return r;
	draft_record(d);
	r = draft_directories(e, d, err);
	if (r >= 0)
		r = draft_name(e, d, err);
	if (r >= 0)
		r = draft_populate(e, d, err);
	if (r < 0)
		strv_push(&e->trash, d->in.rec.id);
	return r;
}

static int options_check(const struct engine_create_options *opts, struct error *err)
{
	cleanup(platform_release) struct platform platform = PLATFORM_INIT;
	const char *name = opts->name;
	int r = 0;

	if (name && name[0])
		r = name_check(name[0] == '/' ? name + 1 : name, err);
	if (r >= 0 && opts->platform && opts->platform[0])
		r = platform_parse(opts->platform, &platform, err);
	return r;
}

int engine_create(struct engine *e, const struct engine_create_options *opts,
		  const struct container_create_request *req, struct container_create_response *ret,
		  struct error *err)
{
	cleanup(draft_release) struct draft d = {
		.in = INSTANCE_INIT,
		.opts = opts,
		.networking = &req->networking_config,
	};
	int r = options_check(opts, err);

	if (r < 0)
		return r;
	json_copy(&container_config_shape, &req->config, &d.config);
	json_copy(&host_config_shape, &req->host_config, &d.host);
	r = draft_make(e, &d, err);
	if (r < 0)
		return r;
	*ret = (struct container_create_response){
		.id = xstrdup(d.in.rec.id),
		.warnings = image_warnings(&d),
	};
	return 0;
}
