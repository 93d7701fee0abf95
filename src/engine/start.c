/* SPDX-License-Identifier: Apache-2.0 */
/*
 * start: namespaces and endpoints, files, config.json, then hoy-monitor, which says on a pipe when
 * the container's process runs. The order is that of the records: leases first, the record last, so
 * that whatever is killed in between, reap finds it.
 */
#include "engine/start.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "base/clock.h"
#include "base/parse.h"
#include "base/strv.h"
#include "engine/files.h"
#include "engine/reap.h"
#include "engine/runtime.h"
#include "engine/spec.h"
#include "engine/start-net.h"
#include "layer/layer.h"
#include "sys/fd.h"
#include "sys/lock.h"
#include "sys/process.h"

enum { EXIT_START_FAILED = 128, EXIT_NOT_EXECUTABLE = 126, EXIT_NOT_FOUND = 127 };

/* What a start has in hands. */
struct launch {
	struct container_config config;
	struct host_config host;
	struct networking_config networking;
	struct start_spaces spaces;
	struct layer_stack layers;
	struct runtime_ref runtime;
	int lock_fd, ready_read, ready_write;
	char *dir, *upper, *work, *log_path;
	char **exit_command;
};

#define LAUNCH_INIT \
	{ .spaces = START_SPACES_INIT, .lock_fd = -1, .ready_read = -1, .ready_write = -1 }

static void launch_release(struct launch *l)
{
	container_config_release(&l->config);
	host_config_release(&l->host);
	networking_config_release(&l->networking);
	start_spaces_release(&l->spaces);
	layer_stack_release(&l->layers);
	runtime_ref_release(&l->runtime);
	macros_close_fd(&l->lock_fd);
	macros_close_fd(&l->ready_read);
	macros_close_fd(&l->ready_write);
	free(l->dir);
	free(l->upper);
	free(l->work);
	free(l->log_path);
	strv_free(l->exit_command);
}

static int launch_read(struct engine *e, const struct instance *in, struct launch *l,
		       struct error *err)
{
	int r;

	r = instance_config(in, &l->config, err);
	if (r >= 0)
		r = instance_host_config(in, &l->host, err);
	if (r >= 0)
		r = instance_networking(in, &l->networking, err);
	return r < 0 ? r : runtime_find(e, l->host.runtime, &l->runtime, err);
}

/* The lock goes to the monitor. One that is just ending still has it. */
static int launch_lock(const struct instance *in, struct launch *l, struct error *err)
{
	int r = lock_open_at(in->dirfd, "lock");

	if (r >= 0) {
		l->lock_fd = r;
		r = lock_take(l->lock_fd);
	}
	if (r >= 0 && unlinkat(in->dirfd, "state", 0) < 0 && errno != ENOENT)
		r = -errno;
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "take the lock of container %s",
				 in->rec.id) : 0;
}

static int launch_layers(struct engine *e, const struct container *rec, struct launch *l,
			 struct error *err)
{
	cleanup(strv_release) char **diff_ids = NULL;

	if (l->host.rootfs && l->host.rootfs[0])
		return 0;
	l->upper = instance_data_path(e, rec->id, "upper");
	l->work = instance_data_path(e, rec->id, "work");
	diff_ids = rec->layers[0] ? strv_split(rec->layers, ' ') : NULL;
	return layer_stack_open(&e->store, diff_ids, &l->layers, err);
}

static int launch_bundle(struct engine *e, const struct instance *in, struct launch *l,
			 struct error *err)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	cleanup_free char *netns = NULL;
	cleanup_fd int fd = -1;
	int r;

	/* Ours inherits it from the monitor, for every restart; others close what they do not know
	 * and find it with us, who wait until it runs. */
	if (l->spaces.netns_fd >= 0 && l->host.runtime && strcmp(l->host.runtime, RUNTIME_NAME) == 0)
		netns = xasprintf("/proc/self/fd/%d", l->spaces.netns_fd);
	else if (l->spaces.netns_fd >= 0)
		netns = instance_run_path(e, in->rec.id, "netns");	/* see netns_bind */
	r = spec_write(e, &(struct spec_inputs){
			  .rec = &in->rec,
			  .config = &l->config,
			  .host = &l->host,
			  .lower = l->layers.lower,
			  .upper = l->upper,
			  .rootfs = l->host.rootfs && l->host.rootfs[0] ? l->host.rootfs : NULL,
			  .netns_path = netns,
			  .pid_path = l->spaces.pid_path,
			  .ipc_path = l->spaces.ipc_path,
			  .shm_path = l->spaces.shm_path,
		       }, &text, err);
	if (r < 0)
		return r;
	fd = openat(in->dirfd, "config.json", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	r = fd < 0 ? -errno : fd_write_all(fd, text.data, text.len);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "write config.json of container %s",
				 in->rec.id) : 0;
}

char **exit_command(const struct engine *e, const char *id)
{
	const struct engine_config *c = e->config;
	cleanup_free char *hoyd = runtime_program(e, "hoyd");
	char **argv = NULL;

	strv_push(&argv, hoyd);
	strv_push(&argv, "--reap");
	strv_push(&argv, id);
	strv_pushf(&argv, "--data-root=%s", c->data_root);
	strv_pushf(&argv, "--exec-root=%s", c->run_root);
	if (c->bridge)
		strv_pushf(&argv, "--bridge=%s", c->bridge);
	if (c->bip)
		strv_pushf(&argv, "--bip=%s", c->bip);
	if (c->default_runtime)
		strv_pushf(&argv, "--default-runtime=%s", c->default_runtime);
	for (size_t i = 0; i < c->runtimes.n; i++)
		strv_pushf(&argv, "--add-runtime=%s=%s", c->runtimes.entries[i].key,
			   c->runtimes.entries[i].value);
	return argv;
}

static int log_options(const struct host_config *host, struct monitor_args *args,
		       struct error *err)
{
	const char *size = strmap_get(&host->log_config.config, "max-size");
	const char *files = strmap_get(&host->log_config.config, "max-file");
	int64_t bytes = 20 << 20;
	uint32_t n = size && !files ? 1 : 5;

	/* 20 MB x 5 unless asked otherwise: an endless log is nobody's wish. */
	if (size && strcmp(size, "-1") != 0 && (parse_size(size, &bytes) < 0 || bytes <= 0))
		return error_set(err, ERR_INVALID, EINVAL, "invalid max-size: %s", size);
	if (size && strcmp(size, "-1") == 0)
		bytes = -1;
	if (files && (parse_u32(files, &n) < 0 || n < 1))
		return error_set(err, ERR_INVALID, EINVAL, "invalid max-file: %s", files);
	args->log_driver = host->log_config.type && host->log_config.type[0] ?
				   host->log_config.type : "json-file";
	args->log_max_size = bytes;
	args->log_max_file = n;
	return 0;
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
	args.rootfs_bind = host->rootfs && host->rootfs[0] ? host->rootfs : NULL;
	args.volatile_upper = host->auto_remove;
	args.log_path = l->log_path;
	args.terminal = l->config.tty;
	args.stdin_open = l->config.open_stdin;
	args.stdin_once = l->config.stdin_once;
	args.restart = host->restart_policy.name && host->restart_policy.name[0] ?
			       host->restart_policy.name : "no";
	args.restart_max = (unsigned int)host->restart_policy.maximum_retry_count;
	args.exit_command = l->exit_command;
	args.ready_fd = l->ready_write;
	args.lock_fd = l->lock_fd;
	args.netns_fd = l->spaces.netns_fd;
	args.netns_bind = !host->runtime || strcmp(host->runtime, RUNTIME_NAME) != 0;
	return args;
}

static int launch_spawn(struct engine *e, const struct instance *in, struct launch *l,
			struct error *err)
{
	cleanup_free char *program = runtime_program(e, "hoy-monitor");
	cleanup(strv_release) char **argv = NULL;
	cleanup_fd int pidfd = -1;
	struct monitor_args args;
	int r;

	l->dir = instance_run_path(e, in->rec.id, NULL);
	l->log_path = xasprintf("%s/containers/%s/%s-json.log", e->config->data_root, in->rec.id,
				in->rec.id);
	l->exit_command = exit_command(e, in->rec.id);
	r = fd_pipe(&l->ready_read, &l->ready_write);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "create a pipe");
	args = monitor_arguments(in, l);
	r = log_options(&l->host, &args, err);
	if (r < 0)
		return r;
	argv = monitor_args_to_argv(&args, program);
	r = process_spawn(&(struct spawn){
			     .file = program,
			     .argv = argv,
			     .fds = (struct fd_map[]){ { l->ready_write, l->ready_write },
						       { l->lock_fd, l->lock_fd },
						       { args.netns_fd, args.netns_fd } },
			     .n_fds = args.netns_fd >= 0 ? 3 : 2,
			     .dirfd = -1,
			  }, &pidfd, NULL);
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
						      "is a directory", "Is a directory",
						      "exec format error", "Exec format error" };
	enum error_kind kind = ERR_SYSTEM;

	*ret_code = EXIT_START_FAILED;
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
	return error_set(err, kind, 0, "failed to create task for container: %s", text);
}

static int launch_ready(const struct launch *l, int64_t *ret_pid, int64_t *ret_code,
			struct error *err)
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
	return error_set(err, ERR_SYSTEM, 0, "the container's monitor ended before the container "
			 "was started");
}

static int launch_all(struct engine *e, struct instance *in, struct launch *l, int64_t *ret_pid,
		      int64_t *ret_code, struct error *err)
{
	int r;

	*ret_code = EXIT_START_FAILED;
	r = launch_lock(in, l, err);
	if (r >= 0)
		r = start_spaces_open(e, &in->rec, &l->config, &l->host, &l->networking, &l->spaces,
				      err);
	if (r >= 0)
		r = files_write(e, &(struct files_inputs){
				   .rec = &in->rec,
				   .config = &l->config,
				   .host = &l->host,
				   .endpoints = l->spaces.endpoints,
				   .n_endpoints = l->spaces.n_endpoints,
				   .shared_id = l->spaces.net_peer,
				}, err);
	if (r >= 0)
		r = launch_layers(e, &in->rec, l, err);
	if (r >= 0)
		r = launch_bundle(e, in, l, err);
	if (r >= 0)
		r = launch_spawn(e, in, l, err);
	return r < 0 ? r : launch_ready(l, ret_pid, ret_code, err);
}

static int start_write(struct engine *e, const struct instance *in,
		       const struct container_life *life, const char *action, struct error *err)
{
	int r = store_begin(&e->store, err);

	if (r < 0)
		return r;
	r = container_set_life(&e->store, in->rec.id, life, err);
	if (r >= 0)
		r = container_set_stopped(&e->store, in->rec.id, false, err);
	if (r >= 0)
		r = instance_event(e, &in->rec, action, NULL, err);
	if (r >= 0)
		return store_commit(&e->store, err);
	store_rollback(&e->store);
	return r;
}

/* The record says why it does not run; best effort, the start's own error is what counts. */
static void start_failed(struct engine *e, struct instance *in, int64_t code,
			 const struct error *why)
{
	struct container_life life = {
		.status = in->rec.life.status == CONTAINER_CREATED ? CONTAINER_CREATED :
								     CONTAINER_EXITED,
		.exit_code = code,
		.started = in->rec.life.started,
		.finished = in->rec.life.finished,
		.error = (char *)error_text(why),
	};

	ignore_result(reap_kernel(e, &in->rec, false, NULL));
	ignore_result(start_write(e, in, &life, "die", NULL));
}

int start_instance(struct engine *e, struct instance *in, struct error *err)
{
	cleanup(launch_release) struct launch l = LAUNCH_INIT;
	struct container_life life = { .status = CONTAINER_RUNNING };
	struct error own = ERROR_INIT;
	struct error *why = err ? err : &own;
	int64_t code;
	int r;

	r = launch_read(e, in, &l, why);
	if (r >= 0) {
		r = launch_all(e, in, &l, &life.pid, &code, why);
		if (r < 0)
			start_failed(e, in, code, why);
	}
	if (r >= 0) {
		life.started = clock_now();
		free(in->rec.life.error);
		in->rec.life = life;
		r = start_write(e, in, &life, "start", why);
	}
	error_release(&own);
	return r;
}

static int start_check(const struct instance *in, struct error *err)
{
	switch (in->rec.life.status) {
	case CONTAINER_RUNNING:
	case CONTAINER_RESTARTING:
		return -EALREADY;
	case CONTAINER_PAUSED:
		return error_set(err, ERR_CONFLICT, 0,
				 "cannot start a paused container, try unpause instead");
	case CONTAINER_REMOVING:
	case CONTAINER_DEAD:
		return error_set(err, ERR_CONFLICT, 0,
				 "container is marked for removal and cannot be started");
	default:
		return 0;
	}
}

int engine_start(struct engine *e, const char *ref, struct error *err)
{
	cleanup(instance_release) struct instance in = INSTANCE_INIT;
	int r = instance_open_locked(e, ref, &in, err);

	if (r >= 0)
		r = start_check(&in, err);
	if (r < 0)
		return r;
	r = start_instance(e, &in, err);
	if (r < 0 && in.rec.auto_remove)
		ignore_result(remove_instance(e, &in, NULL));
	return r;
}
