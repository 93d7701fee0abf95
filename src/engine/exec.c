/* SPDX-License-Identifier: Apache-2.0 */
/* exec: the API's functions over the records (store/execs) and sessions (engine/exec-session). */
#include <errno.h>
#include <string.h>

#include "base/strv.h"
#include "engine/exec-session.h"
#include "engine/names.h"
#include "engine/spec.h"

static int check_request(const struct exec_create_request *req, struct error *err)
{
	struct detach_keys keys;

	if (!req->cmd || !req->cmd[0])
		return error_set(err, ERR_INVALID, 0, "No exec command specified");
	return detach_keys_parse(req->detach_keys, &keys, err);
}

static int record_create(struct engine *e, const struct instance *in,
			 const struct exec_create_request *req, const struct exec_record *rec,
			 struct error *err)
{
	cleanup(strmap_release) struct strmap extra = STRMAP_INIT;
	cleanup_free char *words = strv_join(req->cmd, " ");
	cleanup_free char *action = xasprintf("exec_create: %s", words);
	int r = store_begin(&e->store, err);

	if (r < 0)
		return r;
	strmap_set(&extra, "execID", rec->id);
	r = exec_insert(&e->store, rec, err);
	if (r == 0)
		r = instance_event(e, &in->rec, action, &extra, err);
	if (r == 0)
		return store_commit(&e->store, err);
	store_rollback(&e->store);
	return r;
}

int engine_exec_create(struct engine *e, const char *ref, const struct exec_create_request *req,
		       char **ret_exec_id, struct error *err)
{
	cleanup(instance_release) struct instance in = INSTANCE_INIT;
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT, process = STRBUF_INIT;
	cleanup_free char *id = NULL;
	struct exec_record rec;
	int r = instance_open(e, ref, &in, err);

	if (r == 0)
		r = exec_check_container(&in, ref, err);
	if (r == 0)
		r = check_request(req, err);
	if (r == 0 && req->user &&
	    req->user[0]) /* is there such a user: said now, not at the start */
		r = spec_write_exec(e, &in, req, &process, err);
	if (r < 0)
		return r;
	id = id_random();
	json_encode(&exec_create_request_shape, req, &text);
	rec = (struct exec_record){ .id = id, .container_id = in.rec.id, .request = text.data };
	r = record_create(e, &in, req, &rec, err);
	if (r < 0)
		return r;
	*ret_exec_id = take_ptr(id);
	return 0;
}

/* The record, after an end that nobody saw was folded into it. */
static int find_folded(struct engine *e, const char *exec_id, struct exec_record *ret,
		       struct error *err)
{
	cleanup(instance_release) struct instance in = INSTANCE_INIT;
	int r = exec_find(&e->store, exec_id, ret, err);

	if (r < 0 || ret->status != EXEC_RUNNING)
		return r;
	r = instance_open(e, ret->container_id, &in, err);
	if (r == 0)
		r = execs_fold(e, &in, err);
	exec_record_release(ret);
	return r < 0 ? r : exec_find(&e->store, exec_id, ret, err);
}

int engine_exec_inspect(struct engine *e, const char *exec_id, struct exec_inspect *ret,
			struct error *err)
{
	cleanup(exec_record_release) struct exec_record rec = EXEC_RECORD_INIT;
	cleanup(exec_create_request_release) struct exec_create_request req = { 0 };
	int r = find_folded(e, exec_id, &rec, err);

	if (r == 0)
		r = json_decode(&exec_create_request_shape, rec.request, strlen(rec.request), &req,
				err);
	if (r < 0)
		return r;
	*ret = (struct exec_inspect){
		.id = take_ptr(rec.id),
		.running = rec.status == EXEC_RUNNING,
		.exit_code = { rec.status == EXEC_ENDED, rec.exit_code },
		.process_config = { .tty = req.tty,
				    .entrypoint = xstrdup(req.cmd ? req.cmd[0] : NULL),
				    .arguments = strv_copy(req.cmd ? req.cmd + 1 : NULL),
				    .privileged = { true, req.privileged },
				    .user = take_ptr(req.user) },
		.open_stdin = req.attach_stdin,
		.open_stderr = req.attach_stderr,
		.open_stdout = req.attach_stdout,
		.container_id = take_ptr(rec.container_id),
		.detach_keys = take_ptr(req.detach_keys),
		.pid = rec.pid,
	};
	return 0;
}

int engine_exec_start_detached(struct engine *e, const char *exec_id, struct error *err)
{
	cleanup(instance_release) struct instance in = INSTANCE_INIT;
	cleanup(exec_session_release) struct exec_session session = { .dirfd = -1 };
	int r = exec_session_prepare(e, exec_id, NULL, &in, &session, err);

	session.detach = true;
	return r < 0 ? r : exec_session_start(e, &in, &session, err);
}

static int prepare_streams(struct attachment *at, struct error *err)
{
	const struct exec_create_request *request = &at->exec->request;
	unsigned int flags = MONITOR_WANT_EXIT | MONITOR_WILL_REAP;
	int r;

	if (request->attach_stdin)
		flags |= MONITOR_WANT_STDIN;
	if (request->attach_stdout)
		flags |= MONITOR_WANT_STDOUT;
	if (request->attach_stderr)
		flags |= MONITOR_WANT_STDERR;
	at->relay.want_stdin = request->attach_stdin;
	if (request->tty) {
		r = detach_keys_parse(request->detach_keys, &at->relay.keys, err);
		if (r < 0)
			return r;
	}
	r = monitor_link_open(at->exec->dirfd, flags, &at->relay.link);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "prepare the streams of exec session %s",
				 at->exec->rec.id)
		     : 0;
}

static void attachment_release(struct attachment **at)
{
	engine_attach_free(*at);
}

int engine_exec_open(struct engine *e, const char *exec_id, const struct exec_start_request *req,
		     struct attachment **ret, bool *ret_tty, struct error *err)
{
	cleanup(attachment_release) struct attachment *at = xcalloc(1, sizeof(*at));
	int r;

	*at = (struct attachment)ATTACHMENT_INIT;
	at->e = e;
	at->exec = xcalloc(1, sizeof(*at->exec));
	r = exec_session_prepare(e, exec_id, req, &at->in, at->exec, err);
	if (r == 0)
		r = prepare_streams(at, err);
	if (r < 0)
		return r;
	*ret_tty = at->exec->request.tty;
	*ret = take_ptr(at);
	return 0;
}

int engine_exec_resize(struct engine *e, const char *exec_id, unsigned int height,
		       unsigned int width, struct error *err)
{
	cleanup(instance_release) struct instance in = INSTANCE_INIT;
	cleanup(exec_session_release) struct exec_session session = { .dirfd = -1 };
	int r = exec_find(&e->store, exec_id, &session.rec, err);

	if (r == 0)
		r = instance_open(e, session.rec.container_id, &in, err);
	if (r == 0)
		r = exec_session_open_dir(&in, &session, err);
	if (r < 0)
		return r;
	r = monitor_resize(session.dirfd, height, width);
	if (r == -ESRCH)
		return error_set(err, ERR_INVALID, 0, "exec process is not started");
	if (r == -ERANGE || r == -ENOTTY)
		return error_set(err, ERR_INVALID, 0, "exec session %s cannot be resized", exec_id);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "resize exec session %s", exec_id) : 0;
}
