/* SPDX-License-Identifier: Apache-2.0 */
/* Reading Binds, Mounts and Tmpfs of a HostConfig. */
#include "engine/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/strv.h"
#include "engine/volumes.h"
#include "sys/file.h"
#include "sys/path.h"

static void container_mount_release(struct container_mount *m)
{
	free(m->source);
	free(m->target);
	free(m->mode);
	free(m->propagation);
	free(m->volume);
	strmap_release(&m->labels);
	strv_free(m->options);
	*m = (struct container_mount){ 0 };
}

void mount_list_release(struct mount_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		container_mount_release(&list->items[i]);
	free(list->items);
	*list = (struct mount_list){ NULL, 0 };
}

void mount_list_add(struct mount_list *list, struct container_mount *m)
{
	list->items = xrealloc(list->items, list->n + 1, sizeof(*list->items));
	list->items[list->n++] = *m;
	*m = (struct container_mount){ 0 };
}

void mount_list_drop(struct mount_list *list, size_t i)
{
	container_mount_release(&list->items[i]);
	list->n--;
	memmove(&list->items[i], &list->items[i + 1], (list->n - i) * sizeof(*list->items));
}

struct container_mount *mount_list_find(const struct mount_list *list, const char *target)
{
	for (size_t i = 0; i < list->n; i++) {
		if (strcmp(list->items[i].target, target) == 0)
			return &list->items[i];
	}
	return NULL;
}

/* The words of a bind's mode; of each kind there may be one. */
enum mode_kind {
	MODE_ACCESS,
	MODE_LABEL,
	MODE_COPY,
	MODE_CONSISTENCY,
	MODE_PROPAGATION,
	N_MODE_KINDS,
};

static const struct {
	const char *word;
	enum mode_kind kind;
} mode_words[] = {
	{ "ro", MODE_ACCESS },
	{ "rw", MODE_ACCESS },
	{ "z", MODE_LABEL },
	{ "Z", MODE_LABEL },
	{ "nocopy", MODE_COPY },
	{ "consistent", MODE_CONSISTENCY },
	{ "cached", MODE_CONSISTENCY },
	{ "delegated", MODE_CONSISTENCY },
	{ "private", MODE_PROPAGATION },
	{ "rprivate", MODE_PROPAGATION },
	{ "shared", MODE_PROPAGATION },
	{ "rshared", MODE_PROPAGATION },
	{ "slave", MODE_PROPAGATION },
	{ "rslave", MODE_PROPAGATION },
};

static bool mode_kind(const char *word, enum mode_kind *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(mode_words); i++) {
		if (strcmp(word, mode_words[i].word) != 0)
			continue;
		*ret = mode_words[i].kind;
		return true;
	}
	return false;
}

static bool is_propagation(const char *word)
{
	enum mode_kind kind;

	return mode_kind(word, &kind) && kind == MODE_PROPAGATION;
}

static int bind_mode(const char *mode, struct container_mount *m, struct error *err)
{
	cleanup(strv_release) char **words = *mode ? strv_split(mode, ',') : NULL;
	bool seen[N_MODE_KINDS] = { false };

	for (size_t i = 0; words && words[i]; i++) {
		enum mode_kind kind;

		if (!mode_kind(words[i], &kind) || seen[kind])
			return error_set(err, ERR_INVALID, EINVAL, "invalid mode: %s", mode);
		seen[kind] = true;
		if (kind == MODE_ACCESS) {
			m->rw = strcmp(words[i], "rw") == 0;
		} else if (kind == MODE_COPY) {
			m->copy = false;
		} else if (kind == MODE_PROPAGATION) {
			free(m->propagation);
			m->propagation = xstrdup(words[i]);
		}
	}
	return 0;
}

int mount_target(const char *type, const char *target, char **ret, struct error *err)
{
	cleanup_free char *clean = NULL;

	if (!path_is_absolute(target))
		return error_set(err, ERR_INVALID, EINVAL,
				 "invalid mount config for type \"%s\": invalid mount path: '%s' "
				 "mount path must be absolute",
				 type, target);
	clean = path_clean(target);
	if (strcmp(clean, "/") == 0)
		return error_set(err, ERR_INVALID, EINVAL,
				 "invalid mount config for type \"%s\": invalid specification: "
				 "destination can't be '/'",
				 type);
	*ret = take_ptr(clean);
	return 0;
}

/* "source:target[:mode]" */
static int bind_read(const char *text, struct container_mount *m, struct error *err)
{
	cleanup(strv_release) char **parts = strv_split(text, ':');
	size_t n = strv_len(parts);
	int r;

	*m = (struct container_mount){ .kind = MOUNT_BIND,
				       .rw = true,
				       .recursive = true,
				       .create_source = true,
				       .propagation = xstrdup("rprivate") };
	if (n < 2 || n > 3 || !parts[0][0] || !parts[1][0])
		return error_set(err, ERR_INVALID, EINVAL, "invalid volume specification: '%s'",
				 text);
	r = mount_target("bind", parts[1], &m->target, err);
	if (r < 0)
		return error_prefix(err, "invalid volume specification: '%s'", text);
	if (path_is_absolute(parts[0])) {
		m->source = path_clean(parts[0]);
		m->mode = xstrdup(n == 3 ? parts[2] : "");
		return bind_mode(m->mode, m, err);
	}
	m->kind = MOUNT_VOLUME;
	m->volume = xstrdup(parts[0]);
	m->named = m->copy = true;
	m->mode = xstrdup(n == 3 ? parts[2] : "z");
	return bind_mode(m->mode, m, err);
}

static int mount_read_bind(const struct mount *in, struct container_mount *m, struct error *err)
{
	const struct bind_options *o = in->bind_options;

	m->kind = MOUNT_BIND;
	m->recursive = !(o && o->non_recursive);
	m->create_source = o && o->create_mountpoint;
	m->propagation =
		xstrdup(o && o->propagation && o->propagation[0] ? o->propagation : "rprivate");
	if (!is_propagation(m->propagation))
		return error_set(
			err, ERR_INVALID, EINVAL,
			"invalid mount config for type \"bind\": invalid propagation mode: "
			"%s",
			m->propagation);
	if (!in->source || !in->source[0])
		return error_set(err, ERR_INVALID, EINVAL,
				 "invalid mount config for type \"bind\": field Source must not be "
				 "empty");
	if (!path_is_absolute(in->source))
		return error_set(err, ERR_INVALID, EINVAL,
				 "invalid mount config for type \"bind\": invalid mount path: '%s' "
				 "mount path must be absolute",
				 in->source);
	m->source = path_clean(in->source);
	return 0;
}

static int mount_read_tmpfs(const struct mount *in, struct container_mount *m, struct error *err)
{
	const struct tmpfs_options *o = in->tmpfs_options;

	m->kind = MOUNT_TMPFS;
	if (in->source && in->source[0])
		return error_set(
			err, ERR_INVALID, EINVAL,
			"invalid mount config for type \"tmpfs\": field Source must not be "
			"specified");
	if (!m->rw)
		strv_push(&m->options, "ro");
	if (o && o->size_bytes > 0)
		strv_pushf(&m->options, "size=%lld", (long long)o->size_bytes);
	if (o && o->mode > 0)
		strv_pushf(&m->options, "mode=%llo", (unsigned long long)o->mode);
	for (size_t i = 0; o && i < o->n_options; i++) {
		cleanup_free char *option = strv_join(o->options[i].items, "=");

		strv_push(&m->options, option);
	}
	return 0;
}

static int mount_read_volume(const struct mount *in, struct container_mount *m, struct error *err)
{
	const struct volume_options *o = in->volume_options;
	const struct driver_config *driver = o ? o->driver_config : NULL;

	m->kind = MOUNT_VOLUME;
	m->recursive = true;
	free(m->mode);
	m->mode = xstrdup("z");
	m->propagation = xstrdup("rprivate");
	m->copy = !(o && o->no_copy);
	m->named = in->source && in->source[0];
	if (m->named)
		m->volume = xstrdup(in->source);
	if (o)
		strmap_copy(&m->labels, &o->labels);
	if (o && o->subpath && o->subpath[0])
		return error_set(err, ERR_NOT_IMPLEMENTED, ENOSYS,
				 "invalid mount config for type \"volume\": a part of a volume "
				 "(VolumeOptions.Subpath) cannot be mounted yet");
	return driver ? volume_driver_check(driver->name, &driver->options, err) : 0;
}

static int mount_read(const struct mount *in, struct container_mount *m, struct error *err)
{
	const char *type = in->type ? in->type : "";
	int r;

	*m = (struct container_mount){ .rw = !in->read_only,
				       .mode = xstrdup(""),
				       .from_mounts = true };
	if (!in->target || !in->target[0])
		return error_set(err, ERR_INVALID, EINVAL,
				 "invalid mount config for type \"%s\": field Target must not be "
				 "empty",
				 type);
	r = mount_target(type, in->target, &m->target, err);
	if (r < 0)
		return r;
	if (strcmp(type, "bind") == 0)
		return mount_read_bind(in, m, err);
	if (strcmp(type, "tmpfs") == 0)
		return mount_read_tmpfs(in, m, err);
	if (strcmp(type, "volume") == 0)
		return mount_read_volume(in, m, err);
	if (strcmp(type, "image") == 0)
		return error_set(err, ERR_NOT_IMPLEMENTED, ENOSYS,
				 "mounts of type \"%s\" are not supported yet", type);
	return error_set(err, ERR_INVALID, EINVAL, "mount type unknown: \"%s\"", type);
}

static int tmpfs_read(const struct strmap_entry *in, struct container_mount *m, struct error *err)
{
	*m = (struct container_mount){ .kind = MOUNT_TMPFS, .rw = true, .mode = xstrdup("") };
	if (in->value && in->value[0])
		m->options = strv_split(in->value, ',');
	return mount_target("tmpfs", in->key, &m->target, err);
}

static int by_target(const void *a, const void *b)
{
	return strcmp(((const struct container_mount *)a)->target,
		      ((const struct container_mount *)b)->target);
}

int mount_list_order(struct mount_list *list, struct error *err)
{
	if (list->n > 1)
		qsort(list->items, list->n, sizeof(*list->items), by_target);
	for (size_t i = 1; i < list->n; i++) {
		if (strcmp(list->items[i - 1].target, list->items[i].target) == 0)
			return error_set(err, ERR_INVALID, EINVAL, "Duplicate mount point: %s",
					 list->items[i].target);
	}
	return 0;
}

int mount_list_read(const struct host_config *host, struct mount_list *ret, struct error *err)
{
	cleanup(mount_list_release) struct mount_list list = { NULL, 0 };
	struct container_mount m;
	int r = 0;

	for (size_t i = 0; r >= 0 && host->binds && host->binds[i]; i++) {
		r = bind_read(host->binds[i], &m, err);
		mount_list_add(&list, &m);
	}
	for (size_t i = 0; r >= 0 && i < host->n_mounts; i++) {
		r = mount_read(&host->mounts[i], &m, err);
		mount_list_add(&list, &m);
	}
	for (size_t i = 0; r >= 0 && i < host->tmpfs.n; i++) {
		r = tmpfs_read(&host->tmpfs.entries[i], &m, err);
		mount_list_add(&list, &m);
	}
	if (r >= 0)
		r = mount_list_order(&list, err);
	if (r < 0)
		return r;
	*ret = list;
	list = (struct mount_list){ NULL, 0 };
	return 0;
}

int mount_list_sources(const struct mount_list *list, bool make, struct error *err)
{
	struct stat st;
	int r;

	for (size_t i = 0; i < list->n; i++) {
		const struct container_mount *m = &list->items[i];

		if (m->kind == MOUNT_TMPFS || !m->source || stat(m->source, &st) == 0)
			continue;
		if (errno != ENOENT)
			return error_set(err, ERR_INVALID, errno,
					 "invalid mount config for type \"bind\": stat %s: %s",
					 m->source, strerror(errno));
		if (!m->create_source && m->kind == MOUNT_BIND)
			return error_set(err, ERR_INVALID, ENOENT,
					 "invalid mount config for type \"bind\": bind source path "
					 "does not exist: %s",
					 m->source);
		if (!make)
			continue;
		r = dir_make_all_at(AT_FDCWD, m->source, 0755);
		if (r < 0)
			return error_set(err, ERR_SYSTEM, -r,
					 "error while creating mount source path '%s'", m->source);
	}
	return 0;
}
