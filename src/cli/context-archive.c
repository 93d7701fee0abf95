/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hoy context export, hoy context import: a tar with meta.json and tls/docker/…, as docker writes
 * it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/context-store.h"
#include "layer/tar-write.h"
#include "sys/fd.h"

enum { ARCHIVE_MAX = 10 * 1024 * 1024 };

static int write_to(void *arg, const void *data, size_t len)
{
	return fd_write_all(*(const int *)arg, data, len);
}

static int add_entry(struct tar_writer *writer, const char *path, const void *data, size_t len,
		     struct error *err)
{
	const struct tar_entry entry = {
		.type = data ? TAR_FILE : TAR_DIR,
		.path = (char *)path,
		.mode = data ? strcmp(path, "meta.json") == 0 ? 0644 : 0600 : 0700,
		.size = len,
	};
	int r = tar_write_entry(writer, &entry, err);

	return r < 0 || len == 0 ? r : tar_write_data(writer, data, len, err);
}

static int write_archive(const struct context *context, int fd, struct error *err)
{
	cleanup(strbuf_release) struct strbuf meta = STRBUF_INIT;
	struct tar_writer writer;
	int r;

	context_meta(context, &meta);
	tar_writer_init(&writer, write_to, &fd);
	r = add_entry(&writer, "meta.json", meta.data, meta.len, err);
	if (r >= 0)
		r = add_entry(&writer, "tls/", NULL, 0, err);
	if (r >= 0 && context->n_tls > 0)
		r = add_entry(&writer, "tls/docker/", NULL, 0, err);
	for (size_t i = 0; r >= 0 && i < context->n_tls; i++) {
		cleanup_free char *path = xasprintf("tls/docker/%s", context->tls[i].name);

		r = add_entry(&writer, path, context->tls[i].data, context->tls[i].len, err);
	}
	if (r >= 0)
		r = tar_write_end(&writer, err);
	tar_writer_release(&writer);
	return r;
}

static int run_export(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	cleanup(context_release) struct context context = { 0 };
	cleanup_free char *path = argc > 1 ? xstrdup(argv[1])
					   : xasprintf("%s.dockercontext", argv[0]);
	bool to_stdout = strcmp(path, "-") == 0;
	cleanup_fd int fd = -1;
	int r = 0;

	if (strcmp(argv[0], CONTEXT_DEFAULT) != 0)
		r = context_name_check(argv[0], err);
	if (r >= 0)
		r = context_read(argv[0], true, &context, err);
	if (r < 0)
		return r;
	if (to_stdout && isatty(STDOUT_FILENO))
		return error_set(err, ERR_INVALID, 0,
				 "cowardly refusing to export to a terminal, specify a file path");
	if (!to_stdout)
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (!to_stdout && fd < 0)
		return error_set(err, ERR_INVALID, errno, "open %s: %s", path,
				 errno == EEXIST ? "file exists" : strerror(errno));
	r = write_archive(&context, to_stdout ? STDOUT_FILENO : fd, err);
	if (r >= 0 && !to_stdout)
		fprintf(stderr, "Written file \"%s\"\n", path);
	if (r < 0 && !to_stdout)
		(void)unlink(path);
	return r;
}

struct import_source {
	const char *text;
	size_t len, padding;
};

/* docker's archives lack their end, from the last file's padding on. */
static int next_chunk(void *arg, const uint8_t **ret_data, size_t *ret_len, struct error *err)
{
	static const uint8_t zeros[3 * TAR_BLOCK_SIZE];
	struct import_source *source = arg;
	bool is_text = source->len > 0;

	*ret_data = is_text ? (const uint8_t *)source->text : zeros;
	*ret_len = is_text ? source->len : source->padding;
	if (is_text)
		source->len = 0;
	else
		source->padding = 0;
	return 0;
}

static int read_file(struct tar_reader *reader, struct strbuf *out, struct error *err)
{
	const uint8_t *data;
	uint64_t offset;
	size_t len;
	int r;

	while ((r = tar_data(reader, &data, &len, &offset, err)) > 0)
		strbuf_add(out, data, len);
	return r;
}

static int take_file(const char *path, const struct strbuf *data, struct context *context,
		     bool *has_meta, struct error *err)
{
	static const char docker[] = "tls/docker/";
	const char *name = path + sizeof(docker) - 1;

	if (strcmp(path, "meta.json") == 0) {
		*has_meta = true;
		return context_meta_read(strbuf_str(data), data->len, context, err);
	}
	if (strncmp(path, docker, sizeof(docker) - 1) != 0 || !*name || strchr(name, '/') ||
	    strcmp(name, "..") == 0 || strcmp(name, ".") == 0)
		return error_set(err, ERR_INVALID, 0, "%s: unexpected context file", path);
	context_add_tls(context, name, strbuf_str(data), data->len);
	return 0;
}

static int read_archive(struct tar_reader *reader, struct context *context, struct error *err)
{
	bool has_meta = false;
	int r;

	for (;;) {
		cleanup(tar_entry_release) struct tar_entry entry = TAR_ENTRY_INIT;
		cleanup(strbuf_release) struct strbuf data = STRBUF_INIT;

		r = tar_next(reader, &entry, err);
		if (r <= 0)
			break;
		if (entry.type == TAR_DIR)
			continue;
		if (entry.type != TAR_FILE || entry.map || entry.size > ARCHIVE_MAX)
			return error_set(err, ERR_INVALID, 0, "%s: unexpected context file",
					 entry.path);
		r = read_file(reader, &data, err);
		if (r >= 0)
			r = take_file(entry.path, &data, context, &has_meta, err);
		if (r < 0)
			break;
	}
	if (r < 0)
		return r;
	return has_meta ? 0 : error_set(err, ERR_INVALID, 0, "invalid context: no metadata found");
}

static int open_input(const char *path, struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd >= 0 ? fd
		       : error_set(err, ERR_INVALID, errno, "open %s: %s", path,
				   errno == ENOENT ? "no such file or directory" : strerror(errno));
}

static int run_import(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	cleanup(context_release) struct context context = { 0 };
	cleanup_free char *text = NULL;
	struct import_source source = { NULL, 0, 0 };
	struct tar_reader reader;
	cleanup_fd int fd = -1;
	int r = context_name_check(argv[0], err);

	if (r < 0)
		return r;
	if (context_exists(argv[0]))
		return error_set(err, ERR_CONFLICT, 0, "context \"%s\" already exists", argv[0]);
	if (strcmp(argv[1], "-") != 0)
		r = fd = open_input(argv[1], err);
	if (r < 0)
		return r;
	r = fd_read_all(fd >= 0 ? fd : STDIN_FILENO, ARCHIVE_MAX, &text, &source.len);
	if (r < 0)
		return error_set(err, ERR_INVALID, -r, "read %s: %s", argv[1], strerror(-r));
	if (source.len > 4 && memcmp(text, "PK\003\004", 4) == 0)
		return error_set(err, ERR_NOT_IMPLEMENTED, 0,
				 "%s is a zip archive: only tar archives can be imported", argv[1]);
	source.text = text;
	source.padding = 3 * TAR_BLOCK_SIZE - source.len % TAR_BLOCK_SIZE;
	tar_reader_init(&reader, next_chunk, &source);
	r = read_archive(&reader, &context, err);
	if (r < 0)
		return r;
	free(context.name);
	context.name = xstrdup(argv[0]);
	r = context_write(&context, err);
	return r < 0 ? r : context_say(argv[0], "Successfully imported context", err);
}

const struct command cmd_context_export = {
	.spec = { .usage = "CONTEXT [FILE|-]",
		  .summary = "Export a context to a tar archive FILE or a tar stream on STDOUT.",
		  .min_args = 1,
		  .max_args = 2 },
	.run = run_export,
};

const struct command cmd_context_import = {
	.spec = { .usage = "CONTEXT FILE|-",
		  .summary = "Import a context from a tar file",
		  .min_args = 2,
		  .max_args = 2 },
	.run = run_import,
};
