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
#include "runtime/criu.h"
#include "runtime/start-container.h"

struct checkpoint_options {
	char *image_path, *work_path, *parent_path, *page_server, *cgroups_mode;
	char **empty_ns;
	bool leave_running, tcp_established, ext_unix_sk, shell_job, file_locks, pre_dump,
		auto_dedup, lazy_pages;
	int64_t status_fd;
};

#define ROW_BOOL(member, name, text) ARG_BOOL(struct checkpoint_options, member, name, 0, text)

static const struct arg_option checkpoint_rows[] = {
	ARG_STR(struct checkpoint_options, image_path, "image-path", 0, "dir",
		"where the images go (default: checkpoint)"),
	ARG_STR(struct checkpoint_options, work_path, "work-path", 0, "dir",
		"where criu's logs go (default: the images' directory)"),
	ARG_STR(struct checkpoint_options, parent_path, "parent-path", 0, "dir",
		"images of an earlier pre-dump, relative to image-path"),
	ROW_BOOL(leave_running, "leave-running", "let the processes go on"),
	ROW_BOOL(pre_dump, "pre-dump", "only memory, ahead of the checkpoint; implies going on"),
	ROW_BOOL(tcp_established, "tcp-established", "with open TCP connections"),
	ROW_BOOL(ext_unix_sk, "ext-unix-sk", "with unix sockets that lead out of the container"),
	ROW_BOOL(shell_job, "shell-job", "with a terminal of ours"),
	ROW_BOOL(file_locks, "file-locks", "with file locks"),
	ROW_BOOL(auto_dedup, "auto-dedup", "drop from the parent's images what is written anew"),
	ARG_STR(struct checkpoint_options, page_server, "page-server", 0, "address:port",
		"send memory there"),
	ARG_STR(struct checkpoint_options, cgroups_mode, "manage-cgroups-mode", 0, "mode",
		"soft, full or strict"),
	ARG_LIST(struct checkpoint_options, empty_ns, "empty-ns", 0, "namespace",
		 "leave out what is in it (network)"),
	ARG_BOOL(struct checkpoint_options, lazy_pages, "lazy-pages", 0, "not supported",
		 .flags = ARG_HIDDEN),
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
	if (o->lazy_pages || o->status_fd >= 0)
		return error_set(err, ERR_NOT_IMPLEMENTED, EOPNOTSUPP,
				 "--lazy-pages is not supported: memory is always written whole");
	if (o->parent_path && *o->parent_path == '/')
		return error_set(err, ERR_INVALID, 0,
				 "--parent-path '%s' must be relative to --image-path",
				 o->parent_path);
	req->type = o->pre_dump ? CRIU_PRE_DUMP : CRIU_DUMP;
	req->log_file = "dump.log";
	req->parent_images = o->parent_path;
	req->leave_running = o->leave_running;
	req->ext_unix_sk = o->ext_unix_sk;
	req->tcp_established = o->tcp_established;
	req->shell_job = o->shell_job;
	req->file_locks = o->file_locks;
	req->auto_dedup = o->auto_dedup;
	if (criu_cgroups_mode(o->cgroups_mode, &req->cgroups_mode, err) < 0)
		return -EINVAL;
	return criu_empty_ns(o->empty_ns, &req->empty_ns, err);
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
	int r = criu_open_dirs(o->image_path ? o->image_path : "checkpoint", o->work_path, true,
			       req, err);

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
