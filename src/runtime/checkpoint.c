/* SPDX-License-Identifier: Apache-2.0 */
/* hoy-runtime checkpoint: the container's processes into files, by criu. Then they are gone, unless
 * they are to go on. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/parse.h"
#include "base/strbuf.h"
#include "runtime/cgroup-container.h"
#include "runtime/checkpoint-tree.h"
#include "runtime/criu-options.h"
#include "runtime/criu.h"
#include "runtime/start-container.h"

struct checkpoint_options {
	struct criu_options criu;
	char *parent_path, *page_server;
	bool leave_running, pre_dump;
	int64_t status_fd;
};

static const struct arg_option checkpoint_rows[] = {
	CRIU_OPTION_ROWS(struct checkpoint_options, criu,
			 "where the images go (default: checkpoint)",
			 "drop from the parent's images what is written anew"),
	ARG_STR(struct checkpoint_options, parent_path, "parent-path", 0, "dir",
		"images of an earlier pre-dump, relative to image-path"),
	ARG_BOOL(struct checkpoint_options, leave_running, "leave-running", 0,
		 "let the processes go on"),
	ARG_BOOL(struct checkpoint_options, pre_dump, "pre-dump", 0,
		 "only memory, ahead of the checkpoint; implies going on"),
	ARG_STR(struct checkpoint_options, page_server, "page-server", 0, "address:port",
		"send memory there"),
	ARG_I64(struct checkpoint_options, status_fd, "status-fd", 0, "fd", "not supported",
		.def = "-1", .flags = ARG_HIDDEN),
};

static const struct arg_spec checkpoint_spec = {
	.command = "checkpoint",
	.usage = "[OPTIONS] CONTAINER",
	.summary = "Write a container's processes to files (needs criu)",
	ARG_OPTIONS(checkpoint_rows),
	.min_args = 1,
	.max_args = 1,
};

static int check_options(const struct checkpoint_options *o, struct criu_request *req,
			 struct error *err)
{
	if (o->status_fd >= 0)
		return error_set(err, ERR_NOT_IMPLEMENTED, EOPNOTSUPP,
				 "--status-fd is not supported: it belongs to --lazy-pages");
	if (o->parent_path && *o->parent_path == '/')
		return error_set(err, ERR_INVALID, 0,
				 "--parent-path '%s' must be relative to --image-path",
				 o->parent_path);
	req->type = o->pre_dump ? CRIU_PRE_DUMP : CRIU_DUMP;
	req->log_file = "dump.log";
	req->parent_images = o->parent_path;
	req->leave_running = o->leave_running;
	return criu_options_apply(&o->criu, req, err);
}

/* "address:port"; *ret_host is what req points to. */
static int set_page_server(const char *text, char **ret_host, struct criu_request *req,
			   struct error *err)
{
	char *colon, *host;
	uint16_t port;

	if (!text)
		return 0;
	*ret_host = host = xstrdup(text);
	colon = strrchr(host, ':');
	if (!colon || parse_port(colon + 1, &port) < 0)
		return error_set(err, ERR_INVALID, 0, "--page-server '%s': address:port wanted",
				 text);
	*colon = '\0';
	req->page_server = host;
	req->page_server_port = port;
	return 0;
}

/* The files of an earlier pre-dump are looked for by criu alone; here for a sentence. */
static int open_images(const struct checkpoint_options *o, struct criu_request *req,
		       struct error *err)
{
	int r = criu_options_open(&o->criu, true, req, err);

	if (!r && o->parent_path && faccessat(req->images_fd, o->parent_path, F_OK, 0) < 0)
		return error_set(err, ERR_NOT_FOUND, errno, "find the images '%s'", o->parent_path);
	return r;
}

static int dump(const struct globals *g, const struct container *c, struct criu_request *req,
		struct error *err)
{
	cleanup(oci_spec_release) struct oci_spec spec = { 0 };
	cleanup(cgroup_release) struct cgroup cg = { 0 };
	cleanup(criu_release) struct criu criu = CRIU_INIT;
	const struct criu_callbacks callbacks = { NULL };
	const struct cgroup_dir *freezer = NULL;
	int r = container_load_config(c, &spec, err);

	if (!r)
		r = tree_describe(&spec, (pid_t)c->pid, req, err);
	if (!r && req->type == CRIU_DUMP)
		r = stdio_record((pid_t)c->pid, req->images_fd, err);
	if (!r && c->cgroup_path)
		r = container_cgroup_find(c, &cg, err);
	if (r < 0)
		return r;
	freezer = cgroup_dir_of(&cg, "freezer");
	req->freeze_cgroup = freezer ? freezer->path : NULL;
	req->pid = (pid_t)c->pid;
	req->root = c->rootfs;
	r = criu_start(g->criu, NULL, 0, &criu, err);
	return r < 0 ? r : criu_run(&criu, req, &callbacks, err);
}

static int checkpoint_open(const struct globals *g, struct container *c,
			   const struct checkpoint_options *o, struct error *err)
{
	cleanup(criu_request_release) struct criu_request req = { .images_fd = -1, .work_fd = -1 };
	enum container_status status = container_status(c);
	cleanup_free char *host = NULL;
	int r;

	if (status != CONTAINER_RUNNING && status != CONTAINER_PAUSED)
		return error_set(err, ERR_CONFLICT, 0,
				 "Container cannot be checkpointed in %s state",
				 container_status_word(status));
	r = check_options(o, &req, err);
	if (!r)
		r = set_page_server(o->page_server, &host, &req, err);
	if (!r)
		r = open_images(o, &req, err);
	if (!r)
		r = dump(g, c, &req, err);
	macros_close_fd(&req.images_fd);
	macros_close_fd(&req.work_fd);
	if (r < 0 || o->leave_running || o->pre_dump)
		return r;
	return container_destroy(c, err);
}

static int run_checkpoint(const struct globals *g, int argc, char **argv, int *ret_status,
			  struct error *err)
{
	struct checkpoint_options o = { 0 };
	cleanup(container_unload) struct container c = CONTAINER_INIT;
	cleanup_free char **words = NULL;
	int r = command_parse(&checkpoint_spec, argc, argv, &o, &words, err);

	*ret_status = 0;
	if (!r)
		r = container_open(g->root, words[0], &c, err);
	if (!r)
		r = checkpoint_open(g, &c, &o, err);
	args_release(&checkpoint_spec, &o);
	return r;
}

const struct command cmd_checkpoint = { .spec = &checkpoint_spec, .run = run_checkpoint };
