/* SPDX-License-Identifier: Apache-2.0 */
/* Records and run directories brought together. */
#include "engine/instance.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/reap.h"
#include "store/events.h"
#include "sys/lock.h"

char *instance_data_path(const struct engine *e, const char *id, const char *name)
{
	if (name)
		return xasprintf("%s/containers/%s/%s", e->config->data_root, id, name);
	return xasprintf("%s/containers/%s", e->config->data_root, id);
}

char *instance_run_path(const struct engine *e, const char *id, const char *name)
{
	if (name)
		return xasprintf("%s/containers/%s/%s", e->config->run_root, id, name);
	return xasprintf("%s/containers/%s", e->config->run_root, id);
}

static int instance_open_dir(struct engine *e, struct instance *in, bool make, struct error *err)
{
	const char *id = in->rec.id;

	in->dirfd = openat(e->run_fd, id, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (in->dirfd < 0 && errno == ENOENT && make) {
		if (mkdirat(e->run_fd, id, 0700) < 0 && errno != EEXIST)
			return error_set(err, ERR_SYSTEM, errno, "create run directory of %s", id);
		in->dirfd = openat(e->run_fd, id, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	}
	if (in->dirfd < 0 && (errno != ENOENT || make))
		return error_set(err, ERR_SYSTEM, errno, "open run directory of %s", id);
	return 0;
}

static int instance_take(struct engine *e, struct container *rec, struct instance *ret,
			 struct instance_news *news, struct error *err)
{
	int r;

	*ret = (struct instance){ *rec, -1, -1 };
	*rec = (struct container)CONTAINER_INIT;
	r = instance_open_dir(e, ret, false, err);
	return r < 0 ? r : instance_look(ret, &ret->rec.life, news, err);
}

int instance_from_record(struct engine *e, struct container *rec, struct instance *ret,
			 struct error *err)
{
	cleanup(instance_release) struct instance in = INSTANCE_INIT;
	cleanup(container_release) struct container again = CONTAINER_INIT;
	struct instance_news news;
	int r;

	r = instance_take(e, rec, &in, &news, err);
	if (r >= 0 && !news.alive && (news.changed || reap_is_left_over(&in.rec))) {
		r = reap_if_free(e, in.rec.id, err);
		if (r > 0)
			r = container_get(&e->store, in.rec.id, &again, err);
		if (r < 0)
			return r;
		if (again.id) {
			instance_release(&in);
			r = instance_take(e, &again, &in, &news, err);
		}
	}
	if (r < 0)
		return r;
	*ret = in;
	in = (struct instance)INSTANCE_INIT;
	return 0;
}

int instance_open(struct engine *e, const char *ref, struct instance *ret, struct error *err)
{
	cleanup(container_release) struct container rec = CONTAINER_INIT;
	int r = container_find(&e->store, ref, &rec, err);

	if (r < 0)
		return r;
	r = instance_from_record(e, &rec, ret, err);
	if (r == -ENOENT && !(err && err->kind))
		return error_set(err, ERR_NOT_FOUND, ENOENT, "No such container: %s", ref);
	return r;
}

/* wait: else -EAGAIN with err unset when another has it. */
static int instance_lock(struct instance *in, bool wait, struct error *err)
{
	int r = lock_open_at(in->dirfd, "mutex");

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "open the mutex of container %s", in->rec.id);
	in->mutex_fd = r;
	r = wait ? lock_take(in->mutex_fd) : lock_try(in->mutex_fd);
	if (r == -EAGAIN && !wait)
		return r;
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "lock container %s", in->rec.id) : 0;
}

/* The record may have changed, or gone, while the mutex was waited for. */
static int instance_reread(struct engine *e, const char *ref, struct instance *in,
			   struct error *err)
{
	cleanup(container_release) struct container rec = CONTAINER_INIT;
	int r = container_get(&e->store, in->rec.id, &rec, err);

	if (r == -ENOENT)
		return error_set(err, ERR_NOT_FOUND, ENOENT, "No such container: %s", ref);
	if (r < 0)
		return r;
	container_release(&in->rec);
	in->rec = rec;
	rec = (struct container)CONTAINER_INIT;
	return 0;
}

int instance_open_unfolded(struct engine *e, const char *ref, bool wait, struct instance *ret,
			   struct error *err)
{
	cleanup(instance_release) struct instance in = INSTANCE_INIT;
	int r;

	r = container_find(&e->store, ref, &in.rec, err);
	if (r >= 0)
		r = instance_open_dir(e, &in, true, err);
	if (r >= 0)
		r = instance_lock(&in, wait, err);
	if (r >= 0)
		r = instance_reread(e, ref, &in, err);
	if (r < 0)
		return r;
	*ret = in;
	in = (struct instance)INSTANCE_INIT;
	return 0;
}

int instance_open_locked(struct engine *e, const char *ref, struct instance *ret, struct error *err)
{
	cleanup(instance_release) struct instance in = INSTANCE_INIT;
	int r = instance_open_unfolded(e, ref, true, &in, err);

	if (r >= 0)
		r = reap_instance(e, &in, err);
	if (r < 0)
		return r;
	if (!in.rec.id)
		return error_set(err, ERR_NOT_FOUND, ENOENT, "No such container: %s", ref);
	*ret = in;
	in = (struct instance)INSTANCE_INIT;
	return 0;
}

void instance_release(struct instance *in)
{
	if (!in)
		return;
	container_release(&in->rec);
	macros_close_fd(&in->dirfd);
	macros_close_fd(&in->mutex_fd);
	*in = (struct instance)INSTANCE_INIT;
}

int instance_config(const struct instance *in, struct container_config *ret, struct error *err)
{
	return json_decode(&container_config_shape, in->rec.config, strlen(in->rec.config), ret,
			   err);
}

int instance_host_config(const struct instance *in, struct host_config *ret, struct error *err)
{
	return json_decode(&host_config_shape, in->rec.host, strlen(in->rec.host), ret, err);
}

int instance_networking(const struct instance *in, struct networking_config *ret, struct error *err)
{
	return json_decode(&networking_config_shape, in->rec.networking, strlen(in->rec.networking),
			   ret, err);
}

/* Only the labels of a config: what every event needs of it. */
struct label_view {
	struct strmap labels;
};

static const struct json_field label_fields[] = {
	FIELD_MAP(struct label_view, labels, "Labels"),
};
static const struct json_shape label_shape = JSON_SHAPE(struct label_view, label_fields, 0);

int instance_event(struct engine *e, const struct container *rec, const char *action,
		   const struct strmap *extra, struct error *err)
{
	cleanup(strmap_release) struct strmap attributes = STRMAP_INIT;
	struct label_view view = { STRMAP_INIT };
	int r;

	r = json_decode(&label_shape, rec->config, strlen(rec->config), &view, err);
	if (r < 0)
		return r;
	attributes = view.labels;
	for (size_t i = 0; extra && i < extra->n; i++)
		strmap_set(&attributes, extra->entries[i].key, extra->entries[i].value);
	strmap_set(&attributes, "image", rec->image);
	strmap_set(&attributes, "name", rec->name);
	return event_record(&e->store, "container", action, rec->id, &attributes, err);
}

int instance_must_run(const struct instance *in, struct error *err)
{
	switch (in->rec.life.status) {
	case CONTAINER_RUNNING:
	case CONTAINER_PAUSED:
		return 0;
	case CONTAINER_RESTARTING:
		return error_set(err, ERR_CONFLICT, 0,
				 "Container %s is restarting, wait until the container is running",
				 in->rec.id);
	default:
		return error_set(err, ERR_CONFLICT, 0, "container %s is not running", in->rec.id);
	}
}

int instances_each(struct engine *e,
		   int (*visit)(const struct instance *in, void *arg, struct error *err), void *arg,
		   struct error *err)
{
	struct container *recs = NULL;
	size_t n = 0;
	int r = container_list(&e->store, &recs, &n, err);

	for (size_t i = 0; r >= 0 && i < n; i++) {
		cleanup(instance_release) struct instance in = INSTANCE_INIT;

		r = instance_from_record(e, &recs[i], &in, err);
		if (r >= 0)
			r = visit(&in, arg, err);
		else if (r == -ENOENT && !(err && err->kind))
			r = 0;
	}
	container_list_free(recs, n);
	return r < 0 ? r : 0;
}

int instance_set_host_config(struct engine *e, const struct instance *in,
			     const struct host_config *host, const char *action, struct error *err)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r = store_begin(&e->store, err);

	if (r < 0)
		return r;
	json_encode(&host_config_shape, host, &text);
	r = container_set_texts(&e->store, in->rec.id, strbuf_str(&text), NULL, err);
	if (r >= 0 && action)
		r = instance_event(e, &in->rec, action, NULL, err);
	if (r >= 0)
		return store_commit(&e->store, err);
	store_rollback(&e->store);
	return r;
}
