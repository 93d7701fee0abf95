/* SPDX-License-Identifier: Apache-2.0 */
/* hoy-runtime create, run, start. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "runtime/start-container.h"
#include "sys/process.h"
#include "sys/unixsock.h"

static const struct arg_option create_rows[] = {
	ARG_STR(struct create_options, bundle, "bundle", 'b', "dir", "the bundle (default: here)"),
	ARG_STR(struct create_options, console_socket, "console-socket", 0, "path",
		"socket that gets the terminal's master"),
	ARG_STR(struct create_options, pid_file, "pid-file", 0, "path",
		"write the process id here"),
	ARG_BOOL(struct create_options, no_pivot, "no-pivot", 0,
		 "move the root instead of pivot_root"),
	ARG_BOOL(struct create_options, no_new_keyring, "no-new-keyring", 0,
		 "keep the session keyring"),
	ARG_STR(struct create_options, pidfd_socket, "pidfd-socket", 0, "path",
		"socket that gets a pidfd of the process"),
	ARG_I64(struct create_options, preserve_fds, "preserve-fds", 0, "n",
		"pass n more file descriptors"),
};

static const struct arg_option run_rows[] = {
	ARG_BOOL(struct create_options, detach, "detach", 'd', "return when the program runs"),
	ARG_BOOL(struct create_options, keep, "keep", 0, "do not delete it when it has ended"),
	ARG_BOOL(struct create_options, no_subreaper, "no-subreaper", 0,
		 "do not adopt processes that the container leaves behind"),
};

static const struct arg_spec create_spec = {
	.command = "create",
	.usage = "[OPTIONS] CONTAINER",
	.summary = "Create a container; start runs its program",
	ARG_OPTIONS(create_rows),
	.min_args = 1,
	.max_args = 1,
};

static const struct arg_spec run_spec = {
	.command = "run",
	.usage = "[OPTIONS] CONTAINER",
	.summary = "Create a container and run its program",
	ARG_OPTIONS(run_rows),
	.parent = &create_spec,
	.min_args = 1,
	.max_args = 1,
};

static const struct arg_spec start_spec = {
	.command = "start",
	.usage = "CONTAINER",
	.summary = "Run the program of a created container",
	.min_args = 1,
	.max_args = 1,
};

static int run_create(const struct globals *g, int argc, char **argv, int *ret_status,
		      struct error *err)
{
	struct create_options o = { 0 };
	cleanup(container_unload) struct container c = CONTAINER_INIT;
	cleanup_free char **words = NULL;
	struct launched launched;
	int r = command_parse(&create_spec, argc, argv, &o, &words, err);

	if (!r)
		r = passed_fds_check(o.preserve_fds, &o.fds, err);
	if (!r) {
		r = container_launch(g, words[0], &o, &c, &launched, err);
		if (r < 0)
			error_prefix(err, "unable to start container process");
	}
	args_release(&create_spec, &o);
	*ret_status = 0;
	return r;
}

static void launched_release(struct launched *launched)
{
	macros_close_fd(&launched->pidfd);
	macros_close_fd(&launched->console);
}

static int run_bundle(const struct globals *g, const char *id, const struct create_options *o,
		      int *ret_status, struct error *err)
{
	cleanup(container_unload) struct container c = CONTAINER_INIT;
	cleanup(launched_release) struct launched launched = { -1, -1 };
	int r = container_launch(g, id, o, &c, &launched, err);

	if (r < 0)
		return error_prefix(err, "unable to start container process");
	r = container_poststart(&c, err);
	if (r < 0) {
		ignore_result(container_destroy(&c, NULL));
		return r;
	}
	*ret_status = 0;
	return o->detach ? 0
			 : container_foreground(&c, launched.pidfd, launched.console, o->keep,
						ret_status, err);
}

static int run_run(const struct globals *g, int argc, char **argv, int *ret_status,
		   struct error *err)
{
	struct create_options o = { .run = true };
	cleanup_free char **words = NULL;
	int r = command_parse(&run_spec, argc, argv, &o, &words, err);

	if (!r)
		r = passed_fds_check(o.preserve_fds, &o.fds, err);
	if (!r && !o.detach && !o.no_subreaper)
		r = relay_adopt(err);
	if (!r)
		r = run_bundle(g, words[0], &o, ret_status, err);
	args_release(&run_spec, &o);
	return r;
}

/* The waiting child accepts, and either says why not or closes the connection by its execve. */
static int start_created(struct container *c, struct error *err)
{
	struct launch_failure failure;
	bool executing = false;
	cleanup_fd int fd = unixsock_connect_at(c->dir_fd, "start.sock", SOCK_SEQPACKET);
	int r;

	if (fd < 0)
		return error_set(err, ERR_SYSTEM, -fd, "reach the created container");
	if (unlinkat(c->dir_fd, "start.sock", 0) < 0) /* another start was faster */
		return error_set(err, ERR_CONFLICT, EBUSY,
				 "cannot start a container that has been started");
	r = launch_wait_result(fd, &failure, &executing, err);
	return r > 0 ? error_set(err, ERR_SYSTEM, EPROTO, "unexpected answer of the container") : r;
}

/* The specification: when one of them fails, the container is stopped. */
static int poststart_or_stop(struct container *c, struct error *err)
{
	cleanup_fd int pidfd = -1;
	int r = container_poststart(c, err);

	if (r < 0) {
		pidfd = container_pidfd(c);
		if (pidfd >= 0)
			ignore_result(process_signal(pidfd, SIGKILL)); /* gone already is as good */
	}
	return r;
}

static int run_start(const struct globals *g, int argc, char **argv, int *ret_status,
		     struct error *err)
{
	cleanup(container_unload) struct container c = CONTAINER_INIT;
	cleanup_free char **words = NULL;
	int r = command_parse(&start_spec, argc, argv, NULL, &words, err);

	*ret_status = 0;
	if (!r)
		r = container_open(g->root, words[0], &c, err);
	if (r < 0)
		return r;
	switch (container_status(&c)) {
	case CONTAINER_CREATED:
		r = start_created(&c, err);
		return r < 0 ? r : poststart_or_stop(&c, err);
	case CONTAINER_STOPPED:
		return error_set(err, ERR_CONFLICT, 0, "cannot start a container that has stopped");
	case CONTAINER_RUNNING:
		return error_set(err, ERR_CONFLICT, 0, "cannot start an already running container");
	default:
		return error_set(err, ERR_CONFLICT, 0, "cannot start a container in the %s state",
				 container_status_word(container_status(&c)));
	}
}

const struct command cmd_create = { .spec = &create_spec, .run = run_create, .sealed = true };
const struct command cmd_run = { .spec = &run_spec, .run = run_run, .sealed = true };
const struct command cmd_start = { .spec = &start_spec, .run = run_start };
