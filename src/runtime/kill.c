/* SPDX-License-Identifier: Apache-2.0 */
/* hoy-runtime kill, delete, pause, resume. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#include "base/parse.h"
#include "runtime/cgroup-container.h"
#include "runtime/start-container.h"
#include "sys/process.h"

struct kill_options {
	bool all;
};

static const struct arg_option kill_rows[] = {
	ARG_BOOL(struct kill_options, all, "all", 'a', "every process of the container"),
};

static const struct arg_spec kill_spec = {
	.command = "kill",
	.usage = "[OPTIONS] CONTAINER [SIGNAL]",
	.summary = "Send a signal (SIGTERM) to the container's init process",
	ARG_OPTIONS(kill_rows),
	.min_args = 1,
	.max_args = 2,
};

struct delete_options {
	bool force;
};

static const struct arg_option delete_rows[] = {
	ARG_BOOL(struct delete_options, force, "force", 'f',
		 "kill it first; fine when it does not exist"),
};

static const struct arg_spec delete_spec = {
	.command = "delete",
	.usage = "[OPTIONS] CONTAINER",
	.summary = "Remove what a container that has ended left",
	ARG_OPTIONS(delete_rows),
	.min_args = 1,
	.max_args = 1,
};

static const struct arg_spec pause_spec = {
	.command = "pause",
	.usage = "CONTAINER",
	.summary = "Stop all processes of a container from running",
	.min_args = 1,
	.max_args = 1,
};

static const struct arg_spec resume_spec = {
	.command = "resume",
	.usage = "CONTAINER",
	.summary = "Let the processes of a paused container run",
	.min_args = 1,
	.max_args = 1,
};

static int kill_init(const struct container *c, int sig, struct error *err)
{
	cleanup_fd int pidfd = container_pidfd(c);
	int r = pidfd < 0 ? pidfd : process_signal(pidfd, sig);

	if (r == -ESRCH)
		return error_set(err, ERR_CONFLICT, ESRCH, "container not running");
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "signal the container's init process");
	return 0;
}

/* Whether the end of the init process is the end of all others: it is their namespace's first. */
static bool has_own_pids(const struct container *c)
{
	cleanup(oci_spec_release) struct oci_spec spec = { 0 };
	struct error ignored = ERROR_INIT;

	if (container_load_config(c, &spec, &ignored) < 0) {
		error_release(&ignored);
		return true;
	}
	for (size_t i = 0; spec.linux_ && i < spec.linux_->n_namespaces; i++) {
		const struct oci_namespace *ns = &spec.linux_->namespaces[i];

		if (!strcmp(ns->type, "pid") && !ns->path)
			return true;
	}
	return false;
}

/* Without a cgroup (rootless), the init process has a pid namespace whose others end with it. */
static int kill_all(const struct container *c, int sig, struct error *err)
{
	cleanup(cgroup_release) struct cgroup cg = { 0 };
	int r;

	if (!c->cgroup_path)
		return kill_init(c, sig, err);
	r = container_cgroup_find(c, &cg, err);
	if (r < 0)
		return r;
	r = cgroup_signal(&cg, sig);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "signal all processes");
	return 0;
}

static int run_kill(const struct globals *g, int argc, char **argv, int *ret_status,
		    struct error *err)
{
	struct kill_options o = { 0 };
	cleanup(container_unload) struct container c = CONTAINER_INIT;
	cleanup_free char **words = NULL;
	int sig = SIGTERM;
	int r = command_parse(&kill_spec, argc, argv, &o, &words, err);

	*ret_status = 0;
	if (r < 0)
		return r;
	/* 0: is it there? */
	if (words[1] && !strcmp(words[1], "0"))
		sig = 0;
	else if (words[1] && parse_signal(words[1], &sig) < 0)
		return error_set(err, ERR_INVALID, 0, "unknown signal \"%s\"", words[1]);
	r = container_open(g->root, words[0], &c, err);
	if (r < 0)
		return r;
	if (o.all)
		return kill_all(&c, sig, err);
	r = kill_init(&c, sig, err);
	if (r < 0 || sig != SIGKILL || !c.cgroup_path || has_own_pids(&c))
		return r;
	return kill_all(&c, sig, err);
}

/* The end of the init process ends its pid namespace; others are the cgroup's to kill. */
static int end_init(const struct container *c, struct error *err)
{
	cleanup_fd int pidfd = container_pidfd(c);
	struct pollfd pfd = { .fd = pidfd, .events = POLLIN };
	int r = pidfd < 0 ? pidfd : process_signal(pidfd, SIGKILL);

	if (r == -ESRCH)
		return 0;
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "kill the container's init process");
	if (container_status(c) == CONTAINER_PAUSED) {
		r = kill_all(c, SIGKILL, err); /* thaws it */
		if (r < 0)
			return r;
	}
	while (poll(&pfd, 1, -1) < 0) {
		if (errno != EINTR)
			return error_set(err, ERR_SYSTEM, errno, "wait for the container's end");
	}
	return 0;
}

static int delete_open(struct container *c, bool force, struct error *err)
{
	enum container_status status = container_status(c);
	int r;

	if (status != CONTAINER_STOPPED && status != CONTAINER_CREATED && !force)
		return error_set(err, ERR_CONFLICT, EBUSY,
				 "cannot delete container %s that is not stopped: %s", c->id,
				 container_status_word(status));
	r = status == CONTAINER_STOPPED ? 0 : end_init(c, err);
	return r < 0 ? r : container_destroy(c, err);
}

static int run_delete(const struct globals *g, int argc, char **argv, int *ret_status,
		      struct error *err)
{
	struct delete_options o = { 0 };
	cleanup(container_unload) struct container c = CONTAINER_INIT;
	cleanup_free char **words = NULL;
	int r = command_parse(&delete_spec, argc, argv, &o, &words, err);

	*ret_status = 0;
	if (r < 0)
		return r;
	r = container_open(g->root, words[0], &c, err);
	if (r == -ENOENT && o.force) {
		error_release(err);
		return 0;
	}
	return r < 0 ? r : delete_open(&c, o.force, err);
}

static int set_frozen(const struct globals *g, const struct arg_spec *spec, int argc, char **argv,
		      bool frozen, struct error *err)
{
	cleanup(container_unload) struct container c = CONTAINER_INIT;
	cleanup(cgroup_release) struct cgroup cg = { 0 };
	cleanup_free char **words = NULL;
	enum container_status status;
	int r = command_parse(spec, argc, argv, NULL, &words, err);

	if (!r)
		r = container_open(g->root, words[0], &c, err);
	if (r < 0)
		return r;
	status = container_status(&c);
	if (frozen && status != CONTAINER_RUNNING && status != CONTAINER_CREATED)
		return error_set(err, ERR_CONFLICT, 0, "container not running or created: %s",
				 container_status_word(status));
	if (!frozen && status != CONTAINER_PAUSED)
		return error_set(err, ERR_CONFLICT, 0, "container not paused");
	r = container_cgroup_find(&c, &cg, err);
	if (r < 0)
		return r;
	r = cgroup_freeze(&cg, frozen);
	if (r == -ENOENT || r == -ENODEV)
		return error_set(err, ERR_CONFLICT, EOPNOTSUPP,
				 "the container has no cgroup that can be frozen");
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "%s the container",
				 frozen ? "freeze" : "thaw");
	return 0;
}

static int run_pause(const struct globals *g, int argc, char **argv, int *ret_status,
		     struct error *err)
{
	*ret_status = 0;
	return set_frozen(g, &pause_spec, argc, argv, true, err);
}

static int run_resume(const struct globals *g, int argc, char **argv, int *ret_status,
		      struct error *err)
{
	*ret_status = 0;
	return set_frozen(g, &resume_spec, argc, argv, false, err);
}

const struct command cmd_kill = { .spec = &kill_spec, .run = run_kill };
const struct command cmd_delete = { .spec = &delete_spec, .run = run_delete };
const struct command cmd_pause = { .spec = &pause_spec, .run = run_pause };
const struct command cmd_resume = { .spec = &resume_spec, .run = run_resume };
