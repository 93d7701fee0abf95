/* SPDX-License-Identifier: Apache-2.0 */
/* Running hoy-fetch for the client. */
#include "cli/registry-query.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#include "base/strv.h"
#include "cli/credentials.h"
#include "client/program.h"
#include "sys/process.h"

enum { STALL_SECONDS = 30 };

struct query {
	int pidfd, control_fd;
	bool done;
	struct transfer_reader reader;
	struct registry_reply reply;
};

static void query_release(struct query *query)
{
	int status;

	if (query->pidfd >= 0) {
		(void)!process_signal(query->pidfd, SIGKILL);
		(void)!process_wait(query->pidfd, &status);
	}
	macros_close_fd(&query->pidfd);
	macros_close_fd(&query->control_fd);
	transfer_reader_release(&query->reader);
	registry_reply_release(&query->reply);
}

void registry_reply_release(struct registry_reply *reply)
{
	json_release(&fetch_resolved_shape, &reply->resolved);
	strbuf_release(&reply->index);
	strbuf_release(&reply->manifest);
	strbuf_release(&reply->config);
	free(reply->digest);
	reply->digest = NULL;
}

void registry_talk_release(struct registry_talk *talk)
{
	json_release(&fetch_request_shape, &talk->request);
}

static bool is_loopback(const char *host)
{
	return strncmp(host, "127.", 4) == 0 || strncmp(host, "[::1]", 5) == 0 ||
	       strcmp(host, "localhost") == 0 || strncmp(host, "localhost:", 10) == 0;
}

static int query_start(struct query *query, const struct strbuf *request, int source_fd,
		       struct error *err)
{
	cleanup_free char *file = client_program("hoy-fetch");
	char *argv[] = { (char *)"hoy-fetch", NULL };
	struct fd_map fds[1] = { { 0 } };
	struct spawn spawn = { .file = file, .argv = argv, .fds = fds, .n_fds = 1, .dirfd = -1 };
	const int sent[2] = { source_fd, -1 };
	cleanup_fd int ours = -1, theirs = -1;
	int pair[2];
	int r = socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0 ? -errno : 0;

	if (r >= 0) {
		ours = pair[0];
		theirs = pair[1];
		fds[0] = (struct fd_map){ theirs, TRANSFER_JOBS_FD };
		r = process_spawn(&spawn, &query->pidfd, NULL);
	}
	if (r >= 0)
		r = transfer_send_job(ours, request->data, request->len, sent, &query->control_fd);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "start hoy-fetch") : 0;
}

static int take_error(const char *data, size_t len, struct error *err)
{
	struct transfer_error e = { 0 };
	int r = json_decode(&transfer_error_shape, data, len, &e, err);

	if (r >= 0)
		r = error_set(err, e.kind == ERR_NOT_FOUND ? ERR_NOT_FOUND : ERR_SYSTEM, 0, "%s",
			      e.text ? e.text : "hoy-fetch failed");
	json_release(&transfer_error_shape, &e);
	return r;
}

static int take_done(struct query *query, const char *data, size_t len, struct error *err)
{
	struct transfer_done done = { 0 };
	int r = json_decode(&transfer_done_shape, data, len, &done, err);

	query->done = r >= 0;
	free(query->reply.digest);
	query->reply.digest = take_ptr(done.digest);
	json_release(&transfer_done_shape, &done);
	return r;
}

static int take_frame(struct query *query, enum transfer_type type, const char *data, size_t len,
		      struct error *err)
{
	struct registry_reply *reply = &query->reply;

	switch (type) {
	case TRANSFER_RESOLVED:
		json_release(&fetch_resolved_shape, &reply->resolved);
		return json_decode(&fetch_resolved_shape, data, len, &reply->resolved, err);
	case TRANSFER_INDEX:
		strbuf_add(&reply->index, data, len);
		return 0;
	case TRANSFER_MANIFEST:
		strbuf_add(&reply->manifest, data, len);
		return 0;
	case TRANSFER_CONFIG:
		strbuf_add(&reply->config, data, len);
		return 0;
	case TRANSFER_ERROR:
		return take_error(data, len, err);
	case TRANSFER_DONE:
		return take_done(query, data, len, err);
	default:
		return 0;
	}
}

static int take_frames(struct query *query, struct error *err)
{
	enum transfer_type type;
	const char *data;
	size_t len;
	int r;

	while ((r = transfer_next(&query->reader, &type, &data, &len)) > 0) {
		r = take_frame(query, type, data, len, err);
		if (r < 0)
			return r;
	}
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "the answer of hoy-fetch") : 0;
}

static int query_read(struct query *query, struct error *err)
{
	int r, n;

	while ((n = transfer_read(&query->reader, query->control_fd)) > 0) {
		r = take_frames(query, err);
		if (r < 0)
			return r;
	}
	return query->done ? 0 : error_set(err, ERR_SYSTEM, 0, "hoy-fetch ended without an answer");
}

int registry_query(const struct fetch_request *question, int source_fd, struct registry_reply *ret,
		   struct error *err)
{
	cleanup(query_release) struct query query = { .pidfd = -1,
						      .control_fd = -1,
						      .reader = TRANSFER_READER_INIT,
						      .reply = REGISTRY_REPLY_INIT };
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r;

	json_encode(&fetch_request_shape, question, &text);
	r = query_start(&query, &text, source_fd, err);
	if (r >= 0)
		r = query_read(&query, err);
	if (r < 0)
		return r;
	*ret = query.reply;
	query.reply = (struct registry_reply)REGISTRY_REPLY_INIT;
	return 0;
}

int registry_talk_ask(const struct registry_talk *talk, const char *action, const char *reference,
		      struct registry_reply *ret, struct error *err)
{
	struct fetch_request question = talk->request;

	question.action = (char *)action;
	question.reference = (char *)reference;
	return registry_query(&question, -1, ret, err);
}

int registry_talk_open(const struct reference *ref, bool insecure, struct registry_talk *ret,
		       struct error *err)
{
	cleanup(credentials_release) struct credentials credentials = { 0 };
	cleanup_free char *key = credentials_key(ref->domain);
	struct strbuf familiar = STRBUF_INIT;
	int r = credentials_get(key, &credentials, err);

	if (r < 0)
		return r;
	reference_familiar(ref, &familiar);
	ret->request = (struct fetch_request){
		.host = xstrdup(reference_registry_host(ref)),
		.repository = xstrdup(ref->path),
		.insecure = insecure || is_loopback(ref->domain),
		.stall_seconds = STALL_SECONDS,
		.familiar = strbuf_take(&familiar),
		.user = take_ptr(credentials.username),
		.password = take_ptr(credentials.password),
		.identity_token = take_ptr(credentials.identity_token),
	};
	return 0;
}

int registry_talk_push(struct registry_talk *talk, char *const *from, struct error *err)
{
	cleanup(registry_reply_release) struct registry_reply reply = REGISTRY_REPLY_INIT;
	struct fetch_request *request = &talk->request;
	int r;

	request->push = true;
	request->from = strv_copy(from);
	r = registry_talk_ask(talk, "begin", NULL, &reply, err);
	if (r < 0)
		return r;
	request->base_url = take_ptr(reply.resolved.base_url);
	request->authorization = take_ptr(reply.resolved.authorization);
	return 0;
}
