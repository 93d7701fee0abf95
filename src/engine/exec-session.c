/* SPDX-License-Identifier: Apache-2.0 */
/* Exec sessions in motion: prepared, started by a monitor of their own, ended. */
#include "engine/exec-session.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/strv.h"
#include "engine/runtime.h"
#include "engine/spec.h"
#include "engine/start.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "sys/lock.h"
#include "sys/process.h"

enum { EXIT_NOT_EXECUTABLE = 126, EXIT_NOT_FOUND = 127, EXIT_KILLED = 137 };

void exec_session_release(struct exec_session *session)
{
	if (!session)
		return;
	exec_record_release(&session->rec);
	exec_create_request_release(&session->request);
	macros_close_fd(&session->dirfd);
}

void exec_session_free(struct exec_session *session)
{
	exec_session_release(session);
	free(session);
}

static char *dir_name(const char *exec_id)
{
	return xasprintf("exec/%s", exec_id);
}

static int open_dir(const struct instance *in, const char *exec_id)
{
	cleanup_free char *name = dir_name(exec_id);
	int fd = openat(in->dirfd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int exec_session_open_dir(const struct instance *in, struct exec_session *session,
			  struct error *err)
{
	int r = in->dirfd < 0 ? -ENOENT : open_dir(in, session->rec.id);

	if (r < 0)
		return error_set(err, ERR_INVALID, 0, "exec process is not started");
	session->dirfd = r;
	return 0;
}

static int make_dir(const struct instance *in, struct exec_session *session, struct error *err)
{
	cleanup_free char *name = dir_name(session->rec.id);
	int r = dir_make_all_at(in->dirfd, name, 0700);

	if (r == 0)
		r = open_dir(in, session->rec.id);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "make the directory of exec session %s",
				 session->rec.id);
	session->dirfd = r;
	return 0;
}

static int write_process(struct engine *e, const struct instance *in,
			 const struct exec_session *session, struct error *err)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r = spec_write_exec(e, in, &session->request, &text, err);

	if (r < 0)
		return r;
	r = file_replace_at(session->dirfd, "process.json", text.data, text.len, 0600);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "write process.json of exec session %s",
				 session->rec.id)
		     : 0;
}

static int check_record(const struct exec_record *rec, struct error *err)
{
	if (rec->status == EXEC_RUNNING)
		return error_set(err, ERR_CONFLICT, 0, "exec command %s is already running",
				 rec->id);
	if (rec->status == EXEC_ENDED)
		return error_set(err, ERR_CONFLICT, 0, "exec command %s has already run", rec->id);
	return 0;
}

int exec_check_container(const struct instance *in, const char *ref, struct error *err)
{
	if (in->rec.life.status == CONTAINER_PAUSED)
		return error_set(err, ERR_CONFLICT, 0,
				 "container %s is paused, unpause the container before exec", ref);
	return instance_must_run(in, err);
}

/* The terminal's size at the start counts more than the one at the creation. */
static void set_size(struct exec_session *session, const struct exec_start_request *start)
{
	struct exec_create_request *request = &session->request;

	if (!start || start->n_console_size != 2 || start->console_size[0] < 0 ||
	    start->console_size[1] < 0)
		return;
	request->console_size = xrealloc(request->console_size, 2, sizeof(int64_t));
	memcpy(request->console_size, start->console_size, 2 * sizeof(int64_t));
	request->n_console_size = 2;
}

int exec_session_prepare(struct engine *e, const char *exec_id,
			 const struct exec_start_request *start, struct instance *ret_in,
			 struct exec_session *ret, struct error *err)
{
	int r;

	*ret = (struct exec_session){ .dirfd = -1 };
	r = exec_find(&e->store, exec_id, &ret->rec, err);
	if (r == 0)
		r = check_record(&ret->rec, err);
	if (r == 0)
		r = instance_open(e, ret->rec.container_id, ret_in, err);
	if (r == 0)
		r = exec_check_container(ret_in, ret_in->rec.id, err);
	if (r == 0)
		r = json_decode(&exec_create_request_shape, ret->rec.request,
				strlen(ret->rec.request), &ret->request, err);
	if (r == 0)
		r = make_dir(ret_in, ret, err);
	if (r < 0)
		return r;
	set_size(ret, start);
	return write_process(e, ret_in, ret, err);
}

struct launch {
	struct runtime_ref runtime;
	char *dir;
	char **exit_command;
	int lock_fd, ready_read, ready_write;
};

#define LAUNCH_INIT                                                                                \
	{                                                                                          \
		.lock_fd = -1, .ready_read = -1, .ready_write = -1                                 \
	}

static void launch_release(struct launch *l)
{
	runtime_ref_release(&l->runtime);
	free(l->dir);
	strv_free(l->exit_command);
	macros_close_fd(&l->lock_fd);
	macros_close_fd(&l->ready_read);
	macros_close_fd(&l->ready_write);
}

static int launch_prepare(struct engine *e, const struct instance *in,
			  const struct exec_session *session, struct launch *l, struct error *err)
{
	cleanup(host_config_release) struct host_config host = { 0 };
	cleanup_free char *name = dir_name(session->rec.id);
	int r = instance_host_config(in, &host, err);

	if (r == 0)
		r = runtime_find(e, host.runtime, &l->runtime, err);
	if (r < 0)
		return r;
	l->dir = instance_run_path(e, in->rec.id, name);
	l->exit_command = hoyd_command(e, "--reap", in->rec.id);
	l->lock_fd = lock_open_at(session->dirfd, "lock");
	r = l->lock_fd < 0 ? l->lock_fd : lock_try(l->lock_fd);
	if (r == -EAGAIN)
		return error_set(err, ERR_CONFLICT, 0, "exec command %s is already running",
				 session->rec.id);
	if (r == 0)
		r = fd_pipe(&l->ready_read, &l->ready_write);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "prepare exec session %s", session->rec.id)
		     : 0;
}

static int launch_spawn(struct engine *e, const struct instance *in,
			const struct exec_session *session, struct launch *l, struct error *err)
{
	const struct exec_create_request *request = &session->request;
	cleanup_free char *program = runtime_program(e, "hoy-monitor");
	cleanup(strv_release) char **argv = NULL;
	struct monitor_args args = MONITOR_ARGS_INIT;
	struct fd_map fds[] = { { l->ready_write, l->ready_write }, { l->lock_fd, l->lock_fd } };
	struct spawn spawn = { .file = program, .fds = fds, .n_fds = 2, .dirfd = -1 };
	cleanup_fd int pidfd = -1;
	int r;

	args.id = in->rec.id;
	args.exec_id = session->rec.id;
	args.dir = l->dir;
	args.bundle = l->dir;
	args.runtime = l->runtime.path;
	args.runtime_root = l->runtime.root;
	args.terminal = request->tty;
	args.stdin_open = request->attach_stdin && !session->detach;
	args.stdin_once = true;
	args.exit_command = l->exit_command;
	args.ready_fd = l->ready_write;
	args.lock_fd = l->lock_fd;
	argv = monitor_args_to_argv(&args, program);
	spawn.argv = argv;
	r = process_spawn(&spawn, &pidfd, NULL);
	macros_close_fd(&l->ready_write);
	macros_close_fd(&l->lock_fd);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "run %s", program) : 0;
}

/* The exit code that tells why a command could not be executed, by the runtime's words. */
static int64_t failure_code(const char *text)
{
	static const char *const not_found[] = { "executable file not found",
						 "no such file or directory",
						 "No such file or directory" };

	for (size_t i = 0; i < ARRAY_SIZE(not_found); i++)
		if (strstr(text, not_found[i]))
			return EXIT_NOT_FOUND;
	return EXIT_NOT_EXECUTABLE;
}

/* Docker's sentence, whichever runtime it is that complains. */
static int start_refused(const char *words, struct error *err)
{
	static const char complete[] = "exec failed: ";
	bool whole = strncmp(words, complete, sizeof(complete) - 1) == 0;

	return error_set(err, ERR_INVALID, 0, "OCI runtime exec failed: %s%s",
			 whole ? "" : "exec failed: unable to start container process: ", words);
}

static int hear_ready(const struct launch *l, int64_t *ret_pid, int64_t *ret_code,
		      struct error *err)
{
	cleanup_free char *text = NULL;
	size_t len = 0;
	int r = fd_read_all(l->ready_read, MONITOR_READY_MAX, &text, &len);

	*ret_code = EXIT_NOT_EXECUTABLE;
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "hear from the exec session's monitor");
	while (len > 0 && text[len - 1] == '\n')
		text[--len] = '\0';
	if (strncmp(text, "ok ", 3) == 0) {
		*ret_pid = strtoll(text + 3, NULL, 10);
		return 0;
	}
	if (strncmp(text, "error ", 6) != 0)
		return error_set(err, ERR_SYSTEM, 0, "the exec session's monitor ended too early");
	*ret_code = failure_code(text + 6);
	return start_refused(runtime_error_words(text + 6), err);
}

static int event(struct engine *e, const struct instance *in, const char *exec_id,
		 const char *action, const char *exit_code, struct error *err)
{
	cleanup(strmap_release) struct strmap extra = STRMAP_INIT;

	strmap_set(&extra, "execID", exec_id);
	if (exit_code)
		strmap_set(&extra, "exitCode", exit_code);
	return instance_event(e, &in->rec, action, &extra, err);
}

static int record_start(struct engine *e, const struct instance *in,
			const struct exec_session *session, int64_t pid, struct error *err)
{
	cleanup_free char *words = strv_join(session->request.cmd, " ");
	cleanup_free char *action = xasprintf("exec_start: %s", words);
	bool moved;
	int r = store_begin(&e->store, err);

	if (r < 0)
		return r;
	r = exec_set_running(&e->store, session->rec.id, pid, &moved, err);
	if (r == 0)
		r = event(e, in, session->rec.id, action, NULL, err);
	if (r == 0)
		return store_commit(&e->store, err);
	store_rollback(&e->store);
	return r;
}

int exec_session_start(struct engine *e, const struct instance *in, struct exec_session *session,
		       struct error *err)
{
	cleanup(launch_release) struct launch l = LAUNCH_INIT;
	int64_t pid = 0, code = EXIT_NOT_EXECUTABLE;
	int r = launch_prepare(e, in, session, &l, err);

	if (r == 0)
		r = launch_spawn(e, in, session, &l, err);
	if (r < 0)
		return r;
	r = hear_ready(&l, &pid, &code, err);
	if (r < 0) {
		ignore_result(exec_session_end(e, in, session->rec.id, code, NULL));
		return r;
	}
	return record_start(e, in, session, pid, err);
}

static int record_end(struct engine *e, const struct instance *in, const char *exec_id,
		      int64_t exit_code, struct error *err)
{
	cleanup_free char *code = xasprintf("%d", (int)exit_code);
	bool moved = false;
	int r = store_begin(&e->store, err);

	if (r < 0)
		return r;
	r = exec_set_ended(&e->store, exec_id, exit_code, &moved, err);
	if (r == 0 && moved)
		r = event(e, in, exec_id, "exec_die", code, err);
	if (r == 0)
		return store_commit(&e->store, err);
	store_rollback(&e->store);
	return r;
}

/* What cannot be removed now goes with the container's directory. */
void exec_session_clear(const struct instance *in, const char *exec_id)
{
	cleanup_free char *name = dir_name(exec_id);

	if (in->dirfd >= 0)
		ignore_result(dir_remove_all_at(in->dirfd, name));
}

int exec_session_end(struct engine *e, const struct instance *in, const char *exec_id,
		     int64_t exit_code, struct error *err)
{
	int r = record_end(e, in, exec_id, exit_code, err);

	exec_session_clear(in, exec_id);
	return r;
}

/* Whether the session's monitor lives; if not, how it ended. */
static int look(const struct instance *in, const char *exec_id, bool *ret_alive, int64_t *ret_code)
{
	struct monitor_state state = { 0 };
	cleanup_fd int dirfd = in->dirfd < 0 ? -ENOENT : open_dir(in, exec_id);
	cleanup_fd int lock = dirfd < 0 ? -1 : lock_open_at(dirfd, "lock");
	int r = 0;

	*ret_alive = false;
	*ret_code = EXIT_KILLED;
	if (dirfd < 0)
		return dirfd == -ENOENT ? 0 : dirfd;
	if (monitor_state_read_at(dirfd, "state", &state) == 0 && state.status == MONITOR_STOPPED)
		*ret_code = state.exit_code;
	else
		r = lock < 0 ? lock : lock_is_held(lock, ret_alive);
	monitor_state_release(&state);
	return r;
}

int execs_fold(struct engine *e, const struct instance *in, struct error *err)
{
	cleanup(strv_release) char **ids = NULL;
	int r = exec_list(&e->store, in->rec.id, false, &ids, err);

	for (char **id = ids; r == 0 && id && *id; id++) {
		bool alive;
		int64_t code;

		r = look(in, *id, &alive, &code);
		if (r < 0)
			return error_set(err, ERR_SYSTEM, -r, "look at exec session %s", *id);
		if (!alive)
			r = exec_session_end(e, in, *id, code, err);
	}
	return r;
}

int exec_session_run(struct attachment *at, struct engine_stream *stream, struct error *err)
{
	const char *id = at->exec->rec.id;
	int r = exec_session_start(at->e, &at->in, at->exec, err);

	if (r == 0)
		r = relay_run(&at->relay, stream, err);
	if (r < 0)
		return r;
	switch (at->relay.end) {
	case RELAY_EXIT:
		at->exit_code = at->relay.exit_code;
		r = record_end(at->e, &at->in, id, at->exit_code, err);
		at->ended = r == 0;
		return r;
	case RELAY_DETACHED:
		return event(at->e, &at->in, id, "exec_detach", NULL, err);
	case RELAY_LOST:
		return execs_fold(at->e, &at->in, err);
	case RELAY_CLIENT_GONE:
		return 0; /* it runs on; its monitor's exit command records its end */
	}
	return 0;
}
