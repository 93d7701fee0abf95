/* SPDX-License-Identifier: Apache-2.0 */
/* --mount: comma-separated key=value fields -> struct mount. Each key is a row of a table. */
#include "cli/mount-spec.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <strings.h>

#include "base/parse.h"
#include "base/strv.h"
#include "cli/csv.h"
#include "sys/path.h"

static char *absolute_source(const char *source)
{
	cleanup_free char *cwd = NULL;

	if (strncmp(source, "./", 2) != 0 && strcmp(source, ".") != 0)
		return xstrdup(source);
	cwd = getcwd(NULL, 0);
	return cwd ? path_join(cwd, source) : xstrdup(source);
}

static void set_str(char **member, const char *value)
{
	free(*member);
	*member = xstrdup(value);
}

static void set_lower(char **member, const char *value)
{
	set_str(member, value);
	for (char *p = *member; *p; p++)
		*p = (char)tolower((unsigned char)*p);
}

static struct bind_options *bind_options(struct mount *m)
{
	if (!m->bind_options)
		m->bind_options = xcalloc(1, sizeof(*m->bind_options));
	return m->bind_options;
}

static struct volume_options *volume_options(struct mount *m)
{
	if (!m->volume_options)
		m->volume_options = xcalloc(1, sizeof(*m->volume_options));
	return m->volume_options;
}

static struct driver_config *driver_config(struct mount *m)
{
	struct volume_options *v = volume_options(m);

	if (!v->driver_config)
		v->driver_config = xcalloc(1, sizeof(*v->driver_config));
	return v->driver_config;
}

static struct tmpfs_options *tmpfs_options(struct mount *m)
{
	if (!m->tmpfs_options)
		m->tmpfs_options = xcalloc(1, sizeof(*m->tmpfs_options));
	return m->tmpfs_options;
}

static int set_map(struct strmap *map, const char *pair)
{
	const char *eq = strchr(pair, '=');
	cleanup_free char *key = eq ? xstrndup(pair, eq - pair) : xstrdup(pair);

	map->present = true;
	strmap_set(map, key, eq ? eq + 1 : "");
	return 0;
}

/* Setters: -EINVAL is "invalid value for KEY: VALUE". */
static int set_type(struct mount *m, const char *v)
{
	set_lower(&m->type, v);
	return 0;
}

static int set_source(struct mount *m, const char *v)
{
	free(m->source);
	m->source = absolute_source(v);
	return 0;
}

static int set_target(struct mount *m, const char *v)
{
	set_str(&m->target, v);
	return 0;
}

static int set_readonly(struct mount *m, const char *v)
{
	return parse_bool(v, &m->read_only);
}

static int set_consistency(struct mount *m, const char *v)
{
	set_lower(&m->consistency, v);
	return 0;
}

static int set_propagation(struct mount *m, const char *v)
{
	set_lower(&bind_options(m)->propagation, v);
	return 0;
}

static int set_nonrecursive(struct mount *m, const char *v)
{
	return parse_bool(v, &bind_options(m)->non_recursive);
}

static int set_create_src(struct mount *m, const char *v)
{
	return parse_bool(v, &bind_options(m)->create_mountpoint);
}

static int set_recursive(struct mount *m, const char *v)
{
	if (strcmp(v, "enabled") == 0)
		return 0;
	if (strcmp(v, "disabled") == 0)
		bind_options(m)->non_recursive = true;
	else if (strcmp(v, "writable") == 0)
		bind_options(m)->read_only_non_recursive = true;
	else if (strcmp(v, "readonly") == 0)
		bind_options(m)->read_only_force_recursive = true;
	else
		return -EINVAL;
	return 0;
}

static int set_volume_subpath(struct mount *m, const char *v)
{
	set_str(&volume_options(m)->subpath, v);
	return 0;
}

static int set_volume_nocopy(struct mount *m, const char *v)
{
	return parse_bool(v, &volume_options(m)->no_copy);
}

static int set_volume_label(struct mount *m, const char *v)
{
	return set_map(&volume_options(m)->labels, v);
}

static int set_volume_driver(struct mount *m, const char *v)
{
	set_str(&driver_config(m)->name, v);
	return 0;
}

static int set_volume_opt(struct mount *m, const char *v)
{
	return set_map(&driver_config(m)->options, v);
}

static int set_image_subpath(struct mount *m, const char *v)
{
	if (!m->image_options)
		m->image_options = xcalloc(1, sizeof(*m->image_options));
	set_str(&m->image_options->subpath, v);
	return 0;
}

static int set_tmpfs_size(struct mount *m, const char *v)
{
	return parse_size(v, &tmpfs_options(m)->size_bytes);
}

static int set_tmpfs_mode(struct mount *m, const char *v)
{
	char *end;
	unsigned long mode;

	if (*v < '0' || *v > '7' || strlen(v) > 11)
		return -EINVAL;
	mode = strtoul(v, &end, 8);
	if (*end || mode > UINT32_MAX)
		return -EINVAL;
	tmpfs_options(m)->mode = (int64_t)mode;
	return 0;
}

struct mount_key {
	const char *name;
	int (*set)(struct mount *m, const char *value);
	bool bare; /* may stand without "=value": true */
};

static const struct mount_key mount_keys[] = {
	{ "type", set_type },
	{ "source", set_source },
	{ "src", set_source },
	{ "target", set_target },
	{ "dst", set_target },
	{ "destination", set_target },
	{ "readonly", set_readonly, true },
	{ "ro", set_readonly, true },
	{ "consistency", set_consistency },
	{ "bind-propagation", set_propagation },
	{ "bind-nonrecursive", set_nonrecursive, true },
	{ "bind-recursive", set_recursive },
	{ "bind-create-src", set_create_src, true },
	{ "volume-subpath", set_volume_subpath },
	{ "volume-nocopy", set_volume_nocopy, true },
	{ "volume-label", set_volume_label },
	{ "volume-driver", set_volume_driver },
	{ "volume-opt", set_volume_opt },
	{ "image-subpath", set_image_subpath },
	{ "tmpfs-size", set_tmpfs_size },
	{ "tmpfs-mode", set_tmpfs_mode },
};

static int set_field(struct mount *m, const char *field, struct error *err)
{
	const char *eq = strchr(field, '=');
	size_t len = eq ? (size_t)(eq - field) : strlen(field);
	const struct mount_key *key = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(mount_keys) && !key; i++)
		if (strlen(mount_keys[i].name) == len &&
		    strncasecmp(mount_keys[i].name, field, len) == 0)
			key = &mount_keys[i];
	if (!eq && (!key || !key->bare))
		return error_set(err, ERR_INVALID, 0, "invalid field '%s' must be a key=value pair",
				 field);
	if (!key)
		return error_set(err, ERR_INVALID, 0, "unexpected key '%.*s' in '%s'", (int)len,
				 field, field);
	if (key->set(m, eq ? eq + 1 : "true") < 0)
		return error_set(err, ERR_INVALID, 0, "invalid value for %s: %s", key->name,
				 eq ? eq + 1 : "");
	return 0;
}

static int check_bind(const struct mount *m, struct error *err)
{
	const struct bind_options *b = m->bind_options;

	if (b->read_only_non_recursive && !m->read_only)
		return error_set(err, ERR_INVALID, 0,
				 "option 'bind-recursive=writable' requires 'readonly' to be "
				 "specified in conjunction");
	if (!b->read_only_force_recursive)
		return 0;
	if (!m->read_only)
		return error_set(err, ERR_INVALID, 0,
				 "option 'bind-recursive=readonly' requires 'readonly' to be "
				 "specified in conjunction");
	if (!b->propagation || strcmp(b->propagation, "rprivate") != 0)
		return error_set(err, ERR_INVALID, 0,
				 "option 'bind-recursive=readonly' requires "
				 "'bind-propagation=rprivate' to be specified in conjunction");
	return 0;
}

static int check_mount(const struct mount *m, struct error *err)
{
	const struct {
		const char *type;
		const void *options;
	} kinds[] = {
		{ "volume", m->volume_options },
		{ "bind", m->bind_options },
		{ "image", m->image_options },
		{ "tmpfs", m->tmpfs_options },
	};

	if (!*m->type)
		return error_set(err, ERR_INVALID, 0, "type is required");
	if (!m->target || !*m->target)
		return error_set(err, ERR_INVALID, 0, "target is required");
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].options && strcmp(m->type, kinds[i].type) != 0)
			return error_set(err, ERR_INVALID, 0,
					 "cannot mix '%s-*' options with mount type '%s'",
					 kinds[i].type, m->type);
	return m->bind_options ? check_bind(m, err) : 0;
}

int mount_spec_parse(const char *spec, struct mount *ret, struct error *err)
{
	cleanup(strv_release) char **fields = NULL;
	cleanup(mount_release) struct mount m = { .type = xstrdup("volume") };
	int r;

	if (!*spec)
		return error_set(err, ERR_INVALID, 0, "value is empty");
	r = csv_split(spec, &fields, err);
	if (r < 0)
		return r;
	for (char **f = fields; *f; f++) {
		r = set_field(&m, *f, err);
		if (r < 0)
			return r;
	}
	r = check_mount(&m, err);
	if (r < 0)
		return r;
	*ret = m;
	m = (struct mount){ .type = NULL };
	return 0;
}

int volume_spec_parse(const char *spec, char **ret_bind, struct error *err)
{
	cleanup(strv_release) char **parts = NULL;
	cleanup_free char *source = NULL;
	const char *colon = strchr(spec, ':');

	if (!*spec)
		return error_set(err, ERR_INVALID, 0, "invalid empty volume spec");
	if (!colon || strlen(spec) <= 2) {
		*ret_bind = NULL;
		return 0;
	}
	parts = strv_split(spec, ':');
	for (char **p = parts; *p; p++)
		if (!**p)
			return error_set(err, ERR_INVALID, 0,
					 "invalid spec: %s: empty section between colons", spec);
	if (strv_len(parts) > 3)
		return error_set(err, ERR_INVALID, 0, "invalid spec: %s: too many colons", spec);
	if (*spec != '.') {
		*ret_bind = xstrdup(spec);
		return 0;
	}
	cleanup_free char *cwd = getcwd(NULL, 0);

	source = cwd ? path_join(cwd, parts[0]) : xstrdup(parts[0]);
	*ret_bind = xasprintf("%s%s", source, colon);
	return 0;
}
