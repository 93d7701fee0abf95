/* SPDX-License-Identifier: Apache-2.0 */
/* Tags and attributes of logs. */
#include "engine/log-attributes.h"

#include <errno.h>
#include <regex.h>
#include <string.h>

#include "base/strv.h"
#include "base/template.h"
#include "engine/view.h"

enum { SHORT_ID = 12, TAG_MAX = 4096 };

static const char *option(const struct strmap *opts, const char *name)
{
	const char *value = strmap_get(opts, name);

	return value && value[0] ? value : NULL;
}

/* "a,b" as they stand in values. */
static void add_named(const struct strmap *values, const char *names, struct strmap *extra)
{
	cleanup(strv_release) char **list = names ? strv_split(names, ',') : NULL;

	for (size_t i = 0; list && list[i]; i++) {
		const char *value = strmap_get(values, list[i]);

		if (value)
			strmap_set(extra, list[i], value);
	}
}

static int add_matching(const struct strmap *values, const char *pattern, struct strmap *extra,
			struct error *err)
{
	regex_t regex;

	if (!pattern)
		return 0;
	if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0)
		return error_set(err, ERR_INVALID, EINVAL, "error parsing regexp: `%s`", pattern);
	for (size_t i = 0; i < values->n; i++)
		if (regexec(&regex, values->entries[i].key, 0, NULL, 0) == 0)
			strmap_set(extra, values->entries[i].key, values->entries[i].value);
	regfree(&regex);
	return 0;
}

static int add_extra(const struct container_config *config, const struct strmap *opts,
		     struct strmap *extra, struct error *err)
{
	struct strmap env cleanup(strmap_release) = STRMAP_INIT;
	int r;

	for (size_t i = 0; config->env && config->env[i]; i++) {
		const char *value = strchr(config->env[i], '=');
		cleanup_free char *key =
			value ? xstrndup(config->env[i], (size_t)(value - config->env[i])) : NULL;

		if (key)
			strmap_set(&env, key, value + 1);
	}
	add_named(&config->labels, option(opts, "labels"), extra);
	r = add_matching(&config->labels, option(opts, "labels-regex"), extra, err);
	if (r < 0)
		return r;
	add_named(&env, option(opts, "env"), extra);
	return add_matching(&env, option(opts, "env-regex"), extra, err);
}

/* What a tag's template sees. */
struct tag_view {
	char *id, *full_id, *name, *image_id, *image_full_id, *image_name, *command, *daemon_name,
		*container_id, *container_name;
};

static const struct json_field tag_view_fields[] = {
	FIELD_STR(struct tag_view, id, "ID"),
	FIELD_STR(struct tag_view, full_id, "FullID"),
	FIELD_STR(struct tag_view, name, "Name"),
	FIELD_STR(struct tag_view, image_id, "ImageID"),
	FIELD_STR(struct tag_view, image_full_id, "ImageFullID"),
	FIELD_STR(struct tag_view, image_name, "ImageName"),
	FIELD_STR(struct tag_view, command, "Command"),
	FIELD_STR(struct tag_view, daemon_name, "DaemonName"),
	FIELD_STR(struct tag_view, container_id, "ContainerID"),
	FIELD_STR(struct tag_view, container_name, "ContainerName"),
};
static const struct json_shape tag_view_shape = JSON_SHAPE(struct tag_view, tag_view_fields, 0);

static void tag_view_release(struct tag_view *view)
{
	json_release(&tag_view_shape, view);
}

static int set_tag(const char *text, struct log_forward *about, struct error *err)
{
	cleanup(template_release) struct template *template = NULL;
	cleanup(strbuf_release) struct strbuf json = STRBUF_INIT, tag = STRBUF_INIT;
	struct tag_view view cleanup(tag_view_release) = {
		.id = xstrndup(about->container_id, SHORT_ID),
		.full_id = xstrdup(about->container_id),
		.name = xstrdup(about->container_name + 1),
		.image_id = xstrndup(about->image_id, SHORT_ID),
		.image_full_id = xstrdup(about->image_id),
		.image_name = xstrdup(about->image_name),
		.command = xstrdup(about->command),
		.daemon_name = xstrdup("docker"),
		.container_id = xstrdup(about->container_id),
		.container_name = xstrdup(about->container_name),
	};
	int r = template_compile(text, &template, err);

	if (r < 0)
		return r;
	json_encode(&tag_view_shape, &view, &json);
	r = template_execute(template, TEMPLATE_STRICT, json.data, json.len, &tag, err);
	if (r < 0)
		return r;
	if (tag.len > TAG_MAX)
		return error_set(err, ERR_INVALID, E2BIG, "the tag is longer than %d bytes",
				 TAG_MAX);
	about->tag = xstrdup(strbuf_str(&tag));
	return 0;
}

/* path and args, blanks between. */
static char *command_of(const struct container *rec)
{
	cleanup(strv_release) char **args = view_args(rec);
	cleanup_free char *rest = strv_join(args, " ");

	return rest[0] ? xasprintf("%s %s", rec->path, rest) : xstrdup(rec->path);
}

int log_attributes(const struct container *rec, const struct container_config *config,
		   const struct strmap *opts, const char *default_tag, struct log_forward *ret,
		   struct error *err)
{
	const char *tag = option(opts, "tag");
	int r;

	ret->container_id = xstrdup(rec->id);
	ret->container_name = xasprintf("/%s", rec->name);
	ret->image_id = xstrdup(rec->image_id);
	ret->image_name = xstrdup(rec->image);
	ret->command = command_of(rec);
	r = add_extra(config, opts, &ret->extra, err);
	return r < 0 ? r : set_tag(tag ? tag : default_tag, ret, err);
}
