/* SPDX-License-Identifier: Apache-2.0 */
/* hoy image mount, umount */
#include <stdio.h>

#include "base/json.h"
#include "base/strv.h"
#include "cli/command.h"
#include "cli/listing.h"
#include "client/containers.h"
#include "http/url.h"
#include "wire/image.h"

static const struct listing_column mount_columns[] = {
	{ "ID", "IMAGE ID" },
	{ "Image", "IMAGE" },
	{ "Mountpoint", "MOUNTPOINT" },
};
static const struct listing mount_listing = {
	LISTING_COLUMNS(mount_columns),
	.table = "{{.ID}}\t{{.Image}}\t{{.Mountpoint}}",
};

struct mount_flags {
	bool no_trunc;
	char *format;
};

static const struct arg_option mount_rows[] = {
	ARG_STR(struct mount_flags, format, "format", 0, "string", FORMAT_HELP_TABLE),
	ARG_BOOL(struct mount_flags, no_trunc, "no-trunc", 0, "Don't truncate output"),
};

static int fetch(struct cli *cli, struct image_mount **ret, size_t *ret_n, struct error *err)
{
	return client_list(&cli->client, "/images/mounts", &image_mount_shape, ret, ret_n, err);
}

static int fetch_rows(struct cli *cli, const void *options, char ***ret, struct error *err)
{
	const struct mount_flags *flags = options;
	struct image_mount *items = NULL;
	size_t n = 0;
	int r = fetch(cli, &items, &n, err);

	for (size_t i = 0; r >= 0 && i < n; i++) {
		cleanup_free char *id = id_short(items[i].id, flags->no_trunc);
		cleanup_free char *names = strv_join(items[i].repo_tags, ", ");
		struct strbuf row = STRBUF_INIT;

		row_add(&row, "ID", id);
		row_add(&row, "Image", *names ? names : "<none>");
		row_add(&row, "Mountpoint", items[i].mountpoint);
		strv_push_take(ret, row_take(&row));
	}
	json_release_array(&image_mount_shape, items, n);
	return r < 0 ? r : 0;
}

static int post(struct cli *cli, const char *ref, const char *suffix, struct image_mount *ret,
		struct error *err)
{
	cleanup(strbuf_release) struct strbuf target = STRBUF_INIT, body = STRBUF_INIT;
	struct client_call call = { .method = "POST" };
	int r;

	strbuf_adds(&target, "/images/");
	url_encode_path(&target, ref);
	strbuf_adds(&target, suffix);
	call.target = strbuf_str(&target);
	r = client_call(&cli->client, &call, &body, err);
	return r < 0 ? r : json_decode(&image_mount_shape, strbuf_str(&body), body.len, ret, err);
}

static int run_mount(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	const struct mount_flags *flags = options;

	if (argc == 0)
		return listing_run(cli, &mount_listing, flags->format, false, fetch_rows, flags,
				   err);
	for (; *argv; argv++) {
		cleanup(image_mount_release) struct image_mount mount = { NULL };
		int r = post(cli, *argv, "/mount", &mount, err);

		if (r < 0)
			return r;
		if (argc > 1)
			printf("%s ", *argv);
		puts(mount.mountpoint);
	}
	return 0;
}

const struct command cmd_image_mount = {
	.spec =
		{
			.usage = "[OPTIONS] [IMAGE...]",
			.summary = "Mount images to look inside, or list those that are mounted",
			ARG_OPTIONS(mount_rows),
			.max_args = -1,
		},
	.options_size = sizeof(struct mount_flags),
	.run = run_mount,
};

struct umount_flags {
	bool all, force;
};

static const struct arg_option umount_rows[] = {
	ARG_BOOL(struct umount_flags, all, "all", 'a', "Unmount all images that are mounted"),
	ARG_BOOL(struct umount_flags, force, "force", 'f',
		 "Unmount also what is in use, as soon as it is not"),
};

static int umount_one(struct cli *cli, const char *ref, bool force, struct error *err)
{
	cleanup(image_mount_release) struct image_mount mount = { NULL };
	int r = post(cli, ref, force ? "/umount?force=1" : "/umount", &mount, err);

	if (r >= 0)
		puts(mount.id);
	return r < 0 ? r : 0;
}

static int umount_all(struct cli *cli, bool force, struct error *err)
{
	struct image_mount *items = NULL;
	size_t n = 0;
	int r = fetch(cli, &items, &n, err);

	for (size_t i = 0; r >= 0 && i < n; i++)
		r = umount_one(cli, items[i].id, force, err);
	json_release_array(&image_mount_shape, items, n);
	return r;
}

static int run_umount(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	const struct umount_flags *flags = options;
	int r = 0;

	if (flags->all == (argc > 0))
		return error_set(err, ERR_INVALID, 0,
				 "name the images to unmount, or give --all, and not both");
	if (flags->all)
		return umount_all(cli, flags->force, err);
	for (; r >= 0 && *argv; argv++)
		r = umount_one(cli, *argv, flags->force, err);
	return r;
}

const struct command cmd_image_umount = {
	.spec =
		{
			.usage = "[OPTIONS] [IMAGE...]",
			.summary = "Unmount images",
			ARG_OPTIONS(umount_rows),
			.max_args = -1,
		},
	.options_size = sizeof(struct umount_flags),
	.run = run_umount,
};
