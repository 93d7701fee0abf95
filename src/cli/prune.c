/* SPDX-License-Identifier: Apache-2.0 */
/* hoy container prune, hoy image prune; and the calls behind all prunes. */
#include "cli/prune.h"

#include <string.h>

#include "base/clock.h"
#include "base/strv.h"
#include "cli/confirm.h"
#include "cli/filters.h"
#include "wire/container.h"
#include "wire/image.h"
#include "wire/network.h"
#include "wire/volume.h"

static int prune_call(struct cli *cli, const char *path, char *const *filters,
		      const struct json_shape *shape, void *ret, struct error *err)
{
	cleanup(strbuf_release) struct strbuf target = STRBUF_INIT, text = STRBUF_INIT;
	struct client_call call = { .method = "POST" };
	int r;

	strbuf_adds(&target, path);
	filters_add(&target, filters);
	call.target = strbuf_str(&target);
	r = client_call(&cli->client, &call, &text, err);
	return r < 0 ? r : json_decode(shape, strbuf_str(&text), text.len, ret, err);
}

static void add_list(struct strbuf *out, const char *title, char *const *names)
{
	if (!names || !names[0])
		return;
	strbuf_addf(out, "%s:\n", title);
	for (; *names; names++)
		strbuf_addf(out, "%s\n", *names);
	strbuf_addc(out, '\n');
}

int prune_containers(struct cli *cli, char *const *filters, struct strbuf *out, int64_t *space,
		     struct error *err)
{
	cleanup(container_prune_response_release) struct container_prune_response answer = { 0 };
	int r = prune_call(cli, "/containers/prune", filters, &container_prune_response_shape,
			   &answer, err);

	if (r < 0)
		return r;
	add_list(out, "Deleted Containers", answer.containers_deleted);
	*space += answer.space_reclaimed;
	return 0;
}

int prune_networks(struct cli *cli, char *const *filters, struct strbuf *out, int64_t *space,
		   struct error *err)
{
	cleanup(network_prune_response_release) struct network_prune_response answer = { 0 };
	int r = prune_call(cli, "/networks/prune", filters, &network_prune_response_shape, &answer,
			   err);

	if (r >= 0)
		add_list(out, "Deleted Networks", answer.networks_deleted);
	return r;
}

int prune_volumes(struct cli *cli, char *const *filters, struct strbuf *out, int64_t *space,
		  struct error *err)
{
	cleanup(volume_prune_response_release) struct volume_prune_response answer = { NULL };
	int r = prune_call(cli, "/volumes/prune", filters, &volume_prune_response_shape, &answer,
			   err);

	if (r < 0)
		return r;
	add_list(out, "Deleted Volumes", answer.volumes_deleted);
	*space += answer.space_reclaimed;
	return 0;
}

int prune_images(struct cli *cli, char *const *filters, struct strbuf *out, int64_t *space,
		 struct error *err)
{
	cleanup(image_prune_response_release) struct image_prune_response answer = { 0 };
	int r = prune_call(cli, "/images/prune", filters, &image_prune_response_shape, &answer,
			   err);

	if (r < 0)
		return r;
	if (answer.n_images_deleted > 0)
		strbuf_adds(out, "Deleted Images:\n");
	for (size_t i = 0; i < answer.n_images_deleted; i++) {
		const struct image_delete_item *item = &answer.images_deleted[i];

		if (item->untagged && *item->untagged)
			strbuf_addf(out, "untagged: %s\n", item->untagged);
		else
			strbuf_addf(out, "deleted: %s\n", item->deleted ? item->deleted : "");
	}
	if (answer.n_images_deleted > 0)
		strbuf_addc(out, '\n');
	*space += answer.space_reclaimed;
	return 0;
}

struct prune_flags {
	bool all, force, volumes;
	char **filters;
};

int prune_run(struct cli *cli, const prune_fn *kinds, size_t n, char *const *filters,
	      struct error *err)
{
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;
	int64_t space = 0;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < n; i++) {
		strbuf_reset(&out);
		r = kinds[i](cli, filters, &out, &space, err);
		if (r >= 0 && out.len > 0)
			r = command_print(&out, err);
	}
	if (r < 0)
		return r;
	strbuf_reset(&out);
	strbuf_adds(&out, "Total reclaimed space: ");
	size_human((double)space, &out);
	strbuf_addc(&out, '\n');
	return command_print(&out, err);
}

static const struct arg_option container_rows[] = {
	ARG_FUNC(struct prune_flags, filters, "filter", 0, "filter", set_filter,
		 "Provide filter values (e.g. \"until=<timestamp>\")"),
	ARG_BOOL(struct prune_flags, force, "force", 'f', "Do not prompt for confirmation"),
};

static int run_container_prune(struct cli *cli, void *options, int argc, char **argv,
			       struct error *err)
{
	static const prune_fn kinds[] = { prune_containers };
	struct prune_flags *flags = options;
	cleanup(strv_release) char **filters = take_ptr(flags->filters);

	if (!flags->force && !confirm("WARNING! This will remove all stopped containers."))
		return 0;
	return prune_run(cli, kinds, ARRAY_SIZE(kinds), filters, err);
}

const struct command cmd_container_prune = {
	.spec =
		{
			.usage = "[OPTIONS]",
			.summary = "Remove all stopped containers",
			ARG_OPTIONS(container_rows),
		},
	.options_size = sizeof(struct prune_flags),
	.run = run_container_prune,
};

static const struct arg_option image_rows[] = {
	ARG_BOOL(struct prune_flags, all, "all", 'a',
		 "Remove all unused images, not just dangling ones"),
	ARG_FUNC(struct prune_flags, filters, "filter", 0, "filter", set_filter,
		 "Provide filter values (e.g. \"until=<timestamp>\")"),
	ARG_BOOL(struct prune_flags, force, "force", 'f', "Do not prompt for confirmation"),
};

static int run_image_prune(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	static const prune_fn kinds[] = { prune_images };
	struct prune_flags *flags = options;
	cleanup(strv_release) char **filters = take_ptr(flags->filters);

	if (!flags->force &&
	    !confirm(flags->all ? "WARNING! This will remove all images without at least one "
				  "container associated to them."
				: "WARNING! This will remove all dangling images."))
		return 0;
	strv_push(&filters, flags->all ? "dangling=false" : "dangling=true");
	return prune_run(cli, kinds, ARRAY_SIZE(kinds), filters, err);
}

const struct command cmd_image_prune = {
	.spec =
		{
			.usage = "[OPTIONS]",
			.summary = "Remove unused images",
			ARG_OPTIONS(image_rows),
		},
	.options_size = sizeof(struct prune_flags),
	.run = run_image_prune,
};

/* What `system prune` says before it asks. */
static char *system_warning(const struct prune_flags *flags)
{
	struct strbuf out = STRBUF_INIT;

	strbuf_adds(&out, "WARNING! This will remove:\n  - all stopped containers\n"
			  "  - all networks not used by at least one container\n");
	if (flags->volumes)
		strbuf_adds(&out, "  - all anonymous volumes not used by at least one container\n");
	strbuf_adds(&out, flags->all ? "  - all images without at least one container associated "
				       "to them\n"
				     : "  - all dangling images\n");
	if (flags->filters) {
		strbuf_adds(&out, "\n  Items to be pruned will be filtered with:\n");
		for (char **f = flags->filters; *f; f++)
			strbuf_addf(&out, "  - %s\n", *f);
	}
	return strbuf_take(&out);
}

/* The filters that the images understand, and whether only those without a name go. */
static int prune_images_some(struct cli *cli, char *const *filters, bool all, struct strbuf *out,
			     int64_t *space, struct error *err)
{
	cleanup(strv_release) char **own = strv_copy(filters);

	strv_push(&own, all ? "dangling=false" : "dangling=true");
	return prune_images(cli, own, out, space, err);
}

static int prune_images_dangling(struct cli *cli, char *const *filters, struct strbuf *out,
				 int64_t *space, struct error *err)
{
	return prune_images_some(cli, filters, false, out, space, err);
}

static int prune_images_all(struct cli *cli, char *const *filters, struct strbuf *out,
			    int64_t *space, struct error *err)
{
	return prune_images_some(cli, filters, true, out, space, err);
}

static const struct arg_option system_rows[] = {
	ARG_BOOL(struct prune_flags, all, "all", 'a',
		 "Remove all unused images not just dangling ones"),
	ARG_FUNC(struct prune_flags, filters, "filter", 0, "filter", set_filter,
		 "Provide filter values (e.g. \"label=<key>=<value>\")"),
	ARG_BOOL(struct prune_flags, force, "force", 'f', "Do not prompt for confirmation"),
	ARG_BOOL(struct prune_flags, volumes, "volumes", 0, "Prune anonymous volumes"),
};

static bool has_filter(char *const *filters, const char *key)
{
	size_t len = strlen(key);

	for (; filters && *filters; filters++)
		if (strncmp(*filters, key, len) == 0 && (*filters)[len] == '=')
			return true;
	return false;
}

static int run_system_prune(struct cli *cli, void *options, int argc, char **argv,
			    struct error *err)
{
	struct prune_flags *flags = options;
	cleanup_free char *warning = system_warning(flags);
	cleanup(strv_release) char **filters = take_ptr(flags->filters);
	prune_fn kinds[4];
	size_t n = 0;

	if (flags->volumes && has_filter(filters, "until"))
		return error_set(err, ERR_INVALID, 0,
				 "ERROR: The \"until\" filter is not supported with \"--volumes\"");
	if (!flags->force && !confirm(warning))
		return 0;
	kinds[n++] = prune_containers;
	kinds[n++] = prune_networks;
	if (flags->volumes)
		kinds[n++] = prune_volumes;
	kinds[n++] = flags->all ? prune_images_all : prune_images_dangling;
	return prune_run(cli, kinds, n, filters, err);
}

const struct command cmd_system_prune = {
	.spec =
		{
			.usage = "[OPTIONS]",
			.summary = "Remove unused data",
			ARG_OPTIONS(system_rows),
		},
	.options_size = sizeof(struct prune_flags),
	.run = run_system_prune,
};
