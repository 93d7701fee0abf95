/* SPDX-License-Identifier: Apache-2.0 */
/* From a prepared start to a running monitor: its arguments, its fds, its answer. */
#include "engine/launch.h"

#include <errno.h>
#include <string.h>

#include "base/parse.h"
#include "base/strv.h"
#include "engine/health.h"
#include "engine/start.h"
#include "store/keep.h"
#include "sys/fd.h"
#include "sys/process.h"

/* How the monitor begins when hoy-log could not start. */
#define LOG_FAILED "failed to initialize logging driver: "

char **hoyd_command(const struct engine *e, const char *option, const char *id)
{
	const struct engine_config *c = e->config;
	cleanup_free char *hoyd = runtime_program(e, "hoyd");
	char **argv = NULL;

	strv_push(&argv, hoyd);
	strv_push(&argv, option);
	strv_push(&argv, id);
	strv_pushf(&argv, "--data-root=%s", c->data_root);
	strv_pushf(&argv, "--exec-root=%s", c->run_root);
	if (c->bridge)
		strv_pushf(&argv, "--bridge=%s", c->bridge);
	if (c->bip)
		strv_pushf(&argv, "--bip=%s", c->bip);
	if (c->cgroup_parent && c->cgroup_parent[0])
		strv_pushf(&argv, "--cgroup-parent=%s", c->cgroup_parent);
	if (c->userns_remap && c->userns_remap[0])
		strv_pushf(&argv, "--userns-remap=%s", c->userns_remap);
	for (char *const *dns = c->dns; dns && *dns; dns++)
		strv_pushf(&argv, "--dns=%s", *dns);
	if (c->default_runtime)
		strv_pushf(&argv, "--default-runtime=%s", c->default_runtime);
	for (size_t i = 0; i < c->runtimes.n; i++)
		strv_pushf(&argv, "--add-runtime=%s=%s", c->runtimes.entries[i].key,
			   c->runtimes.entries[i].value);
	return argv;
}

static struct monitor_args monitor_arguments(const struct instance *in, const struct launch *l)
{
	const struct host_config *host = &l->host;
	struct monitor_args args = MONITOR_ARGS_INIT;

	args.id = in->rec.id;
	args.dir = l->dir;
	args.bundle = l->dir;
	args.runtime = l->runtime.path;
	args.runtime_root = l->runtime.root;
	args.lower = l->layers.lower;
	args.upper = l->upper;
	args.work = l->work;
	args.users_dir = l->users_dir;
	args.rootfs_bind = host->rootfs && host->rootfs[0] ? host->rootfs : NULL;
	args.volatile_upper = host->auto_remove;
	log_setup_arguments(&l->log, &args);
	args.terminal = l->config.tty;
	args.stdin_open = l->config.open_stdin;
	args.stdin_once = l->config.stdin_once;
	args.restart = host->restart_policy.name && host->restart_policy.name[0]
			       ? host->restart_policy.name
			       : "no";
	args.restart_max = (unsigned int)host->restart_policy.maximum_retry_count;
	args.exit_command = l->exit_command;
	if (l->health_command)
		health_arguments(&l->config, l->health_command, &args);
	args.resolver = l->spaces.resolver_name;
	args.resolver_command = l->resolver_command;
	args.ready_fd = l->ready_write;
	args.lock_fd = l->lock_fd;
	args.netns_fd = l->spaces.netns_fd;
	args.userns_fd = l->spaces.userns_fd;
	args.pidns_fd = l->spaces.pid_fd;
	args.ipcns_fd = l->spaces.ipc_fd;
	args.netns_bind = !host->runtime || strcmp(host->runtime, RUNTIME_NAME) != 0;
	return args;
}

/* It gets its fds under their own numbers; of a service also its stderr, where hoy-log says what
 * becomes of a log. That of a command is not kept open beyond it. And one that it holds without
 * knowing it: while a container runs, the next command need not read the database's log. */
static int spawn_monitor(struct engine *e, const struct monitor_args *args, char *const *argv,
			 int *ret_pidfd)
{
	const int all[] = { args->ready_fd,	      args->lock_fd,
			    args->netns_fd,	      args->userns_fd,
			    args->pidns_fd,	      args->ipcns_fd,
			    store_keep_fd(&e->store), e->config->socket ? STDERR_FILENO : -1 };
	struct fd_map fds[ARRAY_SIZE(all)];
	struct spawn spawn = { .file = argv[0], .argv = argv, .fds = fds, .dirfd = -1 };

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		if (all[i] >= 0)
			fds[spawn.n_fds++] = (struct fd_map){ all[i], all[i] };
	}
	return process_spawn(&spawn, ret_pidfd, NULL);
}

int launch_monitor(struct engine *e, const struct instance *in, struct launch *l, struct error *err)
{
	cleanup_free char *program = runtime_program(e, "hoy-monitor");
	cleanup(strv_release) char **argv = NULL;
	struct monitor_args args;
	int r;

	l->dir = instance_run_path(e, in->rec.id, NULL);
	r = log_setup(e, in, &l->config, &l->host.log_config, &l->log, err);
	if (r < 0)
		return r;
	l->exit_command = hoyd_command(e, "--reap", in->rec.id);
	if (health_is_checked(&l->config))
		l->health_command = hoyd_command(e, "--probe", in->rec.id);
	if (l->spaces.n_endpoints > 0) /* it may come to networks with names later, too */
		l->resolver_command = hoyd_command(e, "--resolver", in->rec.id);
	r = fd_pipe(&l->ready_read, &l->ready_write);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "create a pipe");
	args = monitor_arguments(in, l);
	argv = monitor_args_to_argv(&args, program);
	r = spawn_monitor(e, &args, argv, &l->monitor_pidfd);
	macros_close_fd(&l->ready_write);
	macros_close_fd(&l->lock_fd);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "run %s", program) : 0;
}

/* Error texts that mean "this command", as the client tells apart by the same words. */
static int start_error(const char *text, int64_t *ret_code, struct error *err)
{
	static const char *const not_found[] = { "executable file not found",
						 "no such file or directory",
						 "No such file or directory" };
	static const char *const not_executable[] = { "permission denied", "Permission denied",
						      "is a directory",	   "Is a directory",
						      "exec format error", "Exec format error" };
	enum error_kind kind = ERR_SYSTEM;
	const char *words = runtime_error_words(text);

	*ret_code = EXIT_START_FAILED;
	if (strncmp(text, LOG_FAILED, strlen(LOG_FAILED)) == 0)
		return error_set(err, kind, 0, "failed to create task for container: %s", text);
	for (size_t i = 0; i < ARRAY_SIZE(not_executable); i++) {
		if (strstr(text, not_executable[i]))
			*ret_code = EXIT_NOT_EXECUTABLE;
	}
	for (size_t i = 0; i < ARRAY_SIZE(not_found); i++) {
		if (strstr(text, not_found[i]))
			*ret_code = EXIT_NOT_FOUND;
	}
	if (*ret_code != EXIT_START_FAILED)
		kind = ERR_INVALID;
	return error_set(err, kind, 0, "failed to create task for container: %s%s",
			 words != text ? "OCI runtime create failed: " : "", words);
}

int launch_ready(const struct launch *l, int64_t *ret_pid, int64_t *ret_code, struct error *err)
{
	cleanup_free char *text = NULL;
	size_t len = 0;
	int r = fd_read_all(l->ready_read, MONITOR_READY_MAX, &text, &len);

	*ret_code = EXIT_START_FAILED;
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "hear from the container's monitor");
	while (len > 0 && text[len - 1] == '\n')
		text[--len] = '\0';
	if (len > 3 && strncmp(text, "ok ", 3) == 0 && parse_i64(text + 3, ret_pid) >= 0)
		return 0;
	if (len > 6 && strncmp(text, "error ", 6) == 0)
		return start_error(text + 6, ret_code, err);
	/* Its pipe closes a little before its death reaches the runtime that it has called. */
	ignore_result(process_wait(l->monitor_pidfd, &r));
	return error_set(err, ERR_SYSTEM, 0,
			 "the container's monitor ended before the container "
			 "was started");
}
