/* SPDX-License-Identifier: Apache-2.0 */
/* hoy cp */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/base64.h"
#include "base/clock.h"
#include "cli/archive-out.h"
#include "cli/command.h"
#include "cli/cp-local.h"
#include "cli/cp-path.h"
#include "client/containers.h"
#include "http/url.h"
#include "sys/path.h"
#include "wire/copy.h"

struct cp_flags {
	bool archive, follow_link, quiet;
};

static const struct arg_option cp_rows[] = {
	ARG_BOOL(struct cp_flags, archive, "archive", 'a',
		 "Archive mode (copy all uid/gid information)"),
	ARG_BOOL(struct cp_flags, follow_link, "follow-link", 'L',
		 "Always follow symlinks in SRC_PATH"),
	ARG_BOOL(struct cp_flags, quiet, "quiet", 'q',
		 "Suppress progress output during copy. Progress output is automatically "
		 "suppressed if no terminal is attached"),
};

struct cp {
	struct cli *cli;
	const struct cp_flags *flags;
	const char *container, *from, *to;
	bool quiet;
};

static void archive_target(const struct cp *cp, const char *path, struct strbuf *target)
{
	client_container_target(target, cp->container, "/archive");
	url_add(target, "path", path);
}

static int stat_of(const struct client_stream *stream, struct container_path_stat *ret,
		   struct error *err)
{
	const char *header = http_headers_get(&stream->response.headers, PATH_STAT_HEADER);
	size_t len = 0;
	cleanup_free char *text = header ? base64_decode(header, &len) : NULL;

	if (!text)
		return error_set(err, ERR_UNAVAILABLE, EBADMSG,
				 "unable to decode container path stat header");
	return json_decode(&container_path_stat_shape, text, len, ret, err);
}

static int stat_path(const struct cp *cp, const char *path, struct container_path_stat *ret,
		     struct error *err)
{
	cleanup(client_stream_release) struct client_stream stream = CLIENT_STREAM_INIT;
	cleanup(strbuf_release) struct strbuf target = STRBUF_INIT;
	struct client_call call = { .method = "HEAD" };
	int r;

	archive_target(cp, path, &target);
	call.target = strbuf_str(&target);
	r = client_stream_open(&cp->cli->client, &call, &stream, err);
	return r < 0 ? r : stat_of(&stream, ret, err);
}

/* The same where what is wrong is told by the copy itself. */
static bool try_stat(const struct cp *cp, const char *path, struct container_path_stat *ret)
{
	cleanup(error_release) struct error ignored = ERROR_INIT;

	return stat_path(cp, path, ret, &ignored) >= 0;
}

/* A symbolic link's target, seen from the container's root. Owned. */
static char *target_of(const char *path, const struct container_path_stat *stat)
{
	cleanup_free char *dir = NULL, *base = NULL;

	if (stat->link_target[0] == '/')
		return xstrdup(stat->link_target);
	cp_dir_entry(path, &dir, &base);
	return path_join(dir, stat->link_target);
}

static bool is_link(const struct container_path_stat *stat)
{
	return stat->mode & PATH_MODE_SYMLINK && stat->link_target && *stat->link_target;
}

static const char *bad_kind(uint32_t mode)
{
	return mode & PATH_MODE_DEVICE ? "got a device" : NULL;
}

static int check_output(const char *path, struct error *err)
{
	cleanup_free char *clean = path_clean(path), *dir = NULL, *base = NULL;
	struct stat st;

	cp_dir_entry(clean, &dir, &base);
	if (stat(dir, &st) < 0 && errno == ENOENT)
		return error_set(err, ERR_INVALID, ENOENT,
				 "invalid output path: directory \"%s\" does not exist", dir);
	if (stat(path, &st) < 0)
		return errno == ENOENT
			       ? 0
			       : error_set(err, ERR_INVALID, errno, "stat %s: %s", path,
					   errno == ENOTDIR ? "not a directory" : strerror(errno));
	if (bad_kind(path_mode_of(st.st_mode)))
		return error_set(
			err, ERR_INVALID, EINVAL,
			"invalid output path: \"%s\" must be a directory or a regular file: %s",
			path, bad_kind(path_mode_of(st.st_mode)));
	return 0;
}

/* size: of the files themselves. */
static void tell_done(const struct cp *cp, struct cp_meter *meter, int64_t size, const char *prefix,
		      const char *to)
{
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;

	cp_meter_end(meter);
	if (cp->quiet)
		return;
	strbuf_adds(&out, "Successfully copied ");
	size_human_short((double)size, &out);
	if (size != meter->total) {
		strbuf_adds(&out, " (transferred ");
		size_human_short((double)meter->total, &out);
		strbuf_addc(&out, ')');
	}
	fprintf(stderr, "%s to %s%s\n", strbuf_str(&out), prefix, to);
}

/* -L: what the last component's link leads to, under the link's name. */
static void follow_source(const struct cp *cp, struct cp_info *source)
{
	cleanup(container_path_stat_release) struct container_path_stat stat = { 0 };
	cleanup_free char *target = NULL, *resolved = NULL;

	if (!try_stat(cp, source->path, &stat) || !is_link(&stat))
		return;
	target = target_of(source->path, &stat);
	resolved = cp_resolved(source->path, target, &source->name);
	free(source->path);
	source->path = take_ptr(resolved);
}

static int unpack_stream(const struct cp *cp, struct client_stream *stream, struct cp_info *source,
			 const char *to, struct error *err)
{
	cleanup(container_path_stat_release) struct container_path_stat stat = { 0 };
	cleanup(cp_info_release) struct cp_info dest = { NULL, false, false, NULL };
	cleanup_free char *dir = NULL, *name = NULL;
	struct cp_meter meter = CP_METER_INIT;
	struct cp_unpack opts = { .meter = &meter };
	int r = stat_of(stream, &stat, err);

	if (r < 0)
		return r;
	source->is_dir = stat.mode & PATH_MODE_DIR;
	r = cp_local_destination(to, &dest, err);
	if (r >= 0)
		r = cp_place(source, &dest, &dir, &name, err);
	if (r < 0)
		return r;
	opts.dir = dir;
	if (strcmp(name, ".") != 0 && strcmp(name, "/") != 0) {
		opts.name = name;
		opts.from = strcmp(stat.name, ".") != 0 && strcmp(stat.name, "/") != 0 ? stat.name
										       : NULL;
	}
	if (!cp->quiet)
		cp_meter_begin(&meter, "Copying from container - ");
	r = cp_unpack(&opts, stream, err);
	if (r >= 0)
		tell_done(cp, &meter, source->is_dir ? meter.total : stat.size, "", to);
	return r;
}

static int copy_from(const struct cp *cp, struct error *err)
{
	cleanup(client_stream_release) struct client_stream stream = CLIENT_STREAM_INIT;
	cleanup(cp_info_release) struct cp_info source = { xstrdup(cp->from), true, false, NULL };
	cleanup(strbuf_release) struct strbuf target = STRBUF_INIT;
	cleanup_free char *to = NULL;
	struct client_call call = { .method = "GET" };
	bool to_stdout = strcmp(cp->to, "-") == 0;
	int r = to_stdout ? 0 : cp_absolute(cp->to, &to, err);

	if (r >= 0 && to)
		r = check_output(to, err);
	if (r < 0)
		return r;
	if (cp->flags->follow_link)
		follow_source(cp, &source);
	archive_target(cp, source.path, &target);
	if (to_stdout)
		return archive_stream(cp->cli, strbuf_str(&target), err);
	call.target = strbuf_str(&target);
	r = client_stream_open(&cp->cli->client, &call, &stream, err);
	return r < 0 ? r : unpack_stream(cp, &stream, &source, to, err);
}

static int look_at_destination(const struct cp *cp, struct cp_info *ret, struct error *err)
{
	cleanup(container_path_stat_release) struct container_path_stat first = { 0 },
									second = { 0 };
	const struct container_path_stat *stat = &first;

	ret->path = xstrdup(cp->to);
	/* What is missing may still be made; what is wrong is told by the copy. */
	if (!try_stat(cp, cp->to, &first))
		return 0;
	if (is_link(&first)) {
		char *target = target_of(cp->to, &first);

		free(ret->path);
		ret->path = target;
		if (!try_stat(cp, target, &second))
			return 0;
		stat = &second;
	}
	if (bad_kind(stat->mode))
		return error_set(err, ERR_INVALID, EINVAL,
				 "destination \"%s:%s\" must be a directory or a regular file: %s",
				 cp->container, cp->to, bad_kind(stat->mode));
	ret->exists = true;
	ret->is_dir = stat->mode & PATH_MODE_DIR;
	return 0;
}

static int put(const struct cp *cp, const char *dir, int fd, struct error *err)
{
	cleanup(strbuf_release) struct strbuf target = STRBUF_INIT;
	struct client_call call = { .method = "PUT", .stream_body = true, .body_fd = fd };
	int r;

	archive_target(cp, dir, &target);
	url_add(&target, "noOverwriteDirNonDir", "true");
	if (cp->flags->archive)
		url_add(&target, "copyUIDGID", "true");
	call.target = strbuf_str(&target);
	r = client_call(&cp->cli->client, &call, NULL, err);
	return r < 0 ? r : 0;
}

static int put_stdin(const struct cp *cp, const struct cp_info *dest, struct error *err)
{
	if (!dest->is_dir)
		return error_set(err, ERR_INVALID, ENOTDIR,
				 "destination \"%s:%s\" must be a directory", cp->container,
				 cp->to);
	return put(cp, dest->path, STDIN_FILENO, err);
}

/* Files that could not be read are the reason also of what the engine says. */
static int put_files(const struct cp *cp, const char *path, const char *dir, const char *name,
		     struct cp_meter *meter, struct error *err)
{
	cleanup(cp_packer_release) struct cp_packer packer = CP_PACKER_INIT;
	cleanup(error_release) struct error own = ERROR_INIT;
	int r = cp_packer_start(path, name, meter, &packer, err), ended;

	if (r < 0)
		return r;
	r = put(cp, dir, packer.fd, &own);
	ended = cp_packer_end(&packer, meter, err);
	if (ended < 0)
		return ended;
	if (r < 0) {
		*err = own;
		own = (struct error)ERROR_INIT;
	}
	return r;
}

static int copy_to(const struct cp *cp, struct error *err)
{
	cleanup(cp_info_release) struct cp_info source = { NULL, false, false, NULL };
	cleanup(cp_info_release) struct cp_info dest = { NULL, false, false, NULL };
	cleanup_free char *from = NULL, *dir = NULL, *name = NULL, *prefix = NULL;
	struct cp_meter meter = CP_METER_INIT;
	bool from_stdin = strcmp(cp->from, "-") == 0;
	int r = from_stdin ? 0 : cp_absolute(cp->from, &from, err);

	if (r >= 0)
		r = look_at_destination(cp, &dest, err);
	if (r >= 0 && from_stdin)
		return put_stdin(cp, &dest, err);
	if (r >= 0)
		r = cp_local_source(from, cp->flags->follow_link, &source, err);
	if (r >= 0)
		r = cp_place(&source, &dest, &dir, &name, err);
	if (r < 0)
		return r;
	if (!cp->quiet)
		cp_meter_begin(&meter, "Copying to container - ");
	r = put_files(cp, source.path, dir, name, &meter, err);
	prefix = xasprintf("%s:", cp->container);
	if (r >= 0)
		tell_done(cp, &meter, cp_content_size(source.path), prefix, dest.path);
	return r;
}

static int run_cp(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	cleanup_free char *source_container = NULL, *dest_container = NULL, *from = NULL,
			  *to = NULL;
	struct cp cp = { .cli = cli, .flags = options };

	if (!*argv[0] || !*argv[1])
		return error_set(err, ERR_INVALID, 0, "%s can not be empty",
				 !*argv[0] ? "source" : "destination");
	cp_split(argv[0], &source_container, &from);
	cp_split(argv[1], &dest_container, &to);
	if (source_container && dest_container)
		return error_set(err, ERR_INVALID, 0,
				 "copying between containers is not supported");
	if (!source_container && !dest_container)
		return error_set(err, ERR_INVALID, 0, "must specify at least one container source");
	cp.container = source_container ? source_container : dest_container;
	cp.from = from;
	cp.to = to;
	cp.quiet = cp.flags->quiet || !isatty(STDOUT_FILENO);
	return source_container ? copy_from(&cp, err) : copy_to(&cp, err);
}

const struct command cmd_cp = {
	.spec =
		{
			.usage = "[OPTIONS] CONTAINER:SRC_PATH DEST_PATH|-\n"
				 "       hoy cp [OPTIONS] SRC_PATH|- CONTAINER:DEST_PATH",
			.summary = "Copy files/folders between a container and the local "
				   "filesystem",
			ARG_OPTIONS(cp_rows),
			.min_args = 2,
			.max_args = 2,
		},
	.options_size = sizeof(struct cp_flags),
	.run = run_cp,
};
