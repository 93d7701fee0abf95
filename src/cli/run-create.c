/* SPDX-License-Identifier: Apache-2.0 */
/* The create request on its way: cid file, pull of a missing image, warnings. */
#include "cli/run-create.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/strv.h"
#include "cli/pull.h"
#include "client/containers.h"
#include "oci/reference.h"
#include "sys/fd.h"

int container_report_usage(const char *command, struct error *err)
{
	fprintf(stderr, "hoy: %s\n\nRun '%s --help' for more information\n", error_text(err),
		command);
	error_release(err);
	return EXIT_ENGINE;
}

int container_report(const char *command, struct error *err)
{
	const char *text = error_text(err);
	int code = EXIT_ENGINE;

	if (strstr(text, "executable file not found") ||
	    strcasestr(text, "no such file or directory"))
		code = EXIT_NOT_FOUND;
	else if (strcasestr(text, "permission denied") || strcasestr(text, "is a directory") ||
		 strcasestr(text, "exec format error"))
		code = EXIT_CANNOT_INVOKE;
	container_report_usage(command, err);
	return code;
}

/* The file must not be there: it would tell about another container. */
static int open_cidfile(const char *path, int *ret_fd, struct error *err)
{
	if (!path || !*path)
		return 0;
	*ret_fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (*ret_fd < 0 && errno == EEXIST)
		return error_set(err, ERR_CONFLICT, EEXIST,
				 "container ID file found, make sure the other container isn't "
				 "running or delete %s",
				 path);
	return *ret_fd < 0
		       ? error_set(err, ERR_SYSTEM, errno, "failed to create the container ID file")
		       : 0;
}

/* Or is there for another platform. */
static bool image_is_missing(const struct error *err)
{
	return err->kind == ERR_NOT_FOUND && (strstr(error_text(err), "No such image") ||
					      strstr(error_text(err), "image with reference"));
}

static int create_once(struct cli *cli, struct run_options *o,
		       struct container_create_response *ret, struct error *err)
{
	struct client_create_options opts = {
		.name = o->name,
		.platform = o->platform && *o->platform ? o->platform : NULL,
	};

	return client_create(&cli->client, &opts, &o->request, ret, err);
}

static int pull_for_create(struct cli *cli, struct run_options *o, struct error *err)
{
	struct pull_options pull = {
		.image = o->request.config.image,
		.platform = o->platform,
		.quiet = o->quiet,
		.out_fd = STDERR_FILENO,
	};

	return image_pull_run(cli, &pull, err);
}

static int say_missing(const struct run_options *o, struct error *err)
{
	cleanup(reference_release) struct reference ref = REFERENCE_INIT;
	cleanup(strbuf_release) struct strbuf name = STRBUF_INIT;
	int r = reference_parse(o->request.config.image, &ref, err);

	if (r < 0)
		return r;
	reference_set_default_tag(&ref);
	reference_familiar(&ref, &name);
	if (!o->quiet)
		fprintf(stderr, "Unable to find image '%s' locally\n", strbuf_str(&name));
	return 0;
}

static int create_with_image(struct cli *cli, struct run_options *o,
			     struct container_create_response *ret, struct error *err)
{
	const char *image = o->request.config.image;
	int r;

	if (image && strcmp(o->pull, "always") == 0) {
		r = pull_for_create(cli, o, err);
		if (r < 0)
			return r;
	}
	r = create_once(cli, o, ret, err);
	if (r >= 0 || !image || strcmp(o->pull, "missing") != 0 || !image_is_missing(err))
		return r;
	error_release(err);
	r = say_missing(o, err);
	if (r == 0)
		r = pull_for_create(cli, o, err);
	return r < 0 ? r : create_once(cli, o, ret, err);
}

int container_create(struct cli *cli, struct run_options *o, char **ret_id, struct error *err)
{
	cleanup(container_create_response_release) struct container_create_response created = {
		NULL
	};
	const char *cidfile = o->request.host_config.container_id_file;
	cleanup_fd int cid_fd = -1;
	int r = open_cidfile(cidfile, &cid_fd, err);

	if (r < 0)
		return r;
	r = create_with_image(cli, o, &created, err);
	if (r < 0) {
		if (cid_fd >= 0)
			(void)unlink(cidfile);
		return r;
	}
	for (char **w = created.warnings; w && *w; w++)
		fprintf(stderr, "WARNING: %s\n", *w);
	if (cid_fd >= 0) {
		r = fd_write_all(cid_fd, created.id, strlen(created.id));
		if (r < 0)
			return error_set(err, ERR_SYSTEM, -r, "write the container ID file '%s'",
					 cidfile);
	}
	*ret_id = take_ptr(created.id);
	return 0;
}
