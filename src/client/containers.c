/* SPDX-License-Identifier: Apache-2.0 */
/* Typed requests -> targets and JSON bodies -> typed answers. */
#include "client/containers.h"

#include <errno.h>
#include <string.h>

#include "base/json-array.h"
#include "http/url.h"

#define ANSWER_UNCLEAR "the engine's answer is not understood"
enum { PIECE_SIZE = 32 * 1024 };

void client_container_target(struct strbuf *target, const char *ref, const char *suffix)
{
	strbuf_adds(target, "/containers/");
	url_encode(target, ref);
	strbuf_adds(target, suffix);
}

static int decode(const struct json_shape *shape, const struct strbuf *body, void *ret,
		  struct error *err)
{
	int r = json_decode(shape, strbuf_str(body), body->len, ret, err);

	return r < 0 ? error_prefix(err, ANSWER_UNCLEAR) : 0;
}

int client_get(struct client *client, const char *target, const struct json_shape *shape, void *ret,
	       struct error *err)
{
	cleanup(strbuf_release) struct strbuf body = STRBUF_INIT;
	struct client_call call = { .target = target };
	int r = client_call(client, &call, &body, err);

	return r < 0 ? r : decode(shape, &body, ret, err);
}

/* All of the body of an answer, in pieces. */
static int read_array(struct http_client *http, struct json_array_reader *array, struct error *err)
{
	char buf[PIECE_SIZE];
	size_t total = 0;
	ssize_t n;

	while ((n = http_client_read(http, buf, sizeof(buf), err)) > 0) {
		total += (size_t)n;
		if (total > CLIENT_BODY_MAX)
			return error_set(err, ERR_SYSTEM, EFBIG, "the engine's answer");
		if (json_array_add(array, buf, (size_t)n, err) < 0)
			return error_prefix(err, ANSWER_UNCLEAR);
	}
	return (int)n;
}

int client_list(struct client *client, const char *target, const struct json_shape *shape,
		void *ret_items, size_t *ret_n, struct error *err)
{
	cleanup(json_array_release) struct json_array_reader array = JSON_ARRAY_READER_INIT(shape);
	cleanup(client_stream_release) struct client_stream stream = CLIENT_STREAM_INIT;
	struct client_call call = { .target = target };
	int r = client_stream_open(client, &call, &stream, err);

	if (r >= 0)
		r = read_array(&stream.http, &array, err);
	if (r < 0)
		return r;
	client_stream_done(client, &stream);
	r = json_array_end(&array, ret_items, ret_n, err);
	return r < 0 ? error_prefix(err, ANSWER_UNCLEAR) : 0;
}

int client_create(struct client *client, const struct client_create_options *opts,
		  const struct container_create_request *req, struct container_create_response *ret,
		  struct error *err)
{
	cleanup(strbuf_release) struct strbuf target = STRBUF_INIT, body = STRBUF_INIT,
					      answer = STRBUF_INIT;
	struct client_call call = { .method = "POST" };
	int r;

	strbuf_adds(&target, "/containers/create");
	url_add(&target, "name", opts->name);
	url_add(&target, "platform", opts->platform);
	json_encode(&container_create_request_shape, req, &body);
	call.target = strbuf_str(&target);
	call.body = strbuf_str(&body);
	r = client_call(client, &call, &answer, err);
	return r < 0 ? r : decode(&container_create_response_shape, &answer, ret, err);
}

int client_start(struct client *client, const char *ref, struct error *err)
{
	cleanup(strbuf_release) struct strbuf target = STRBUF_INIT;
	struct client_call call = { .method = "POST" };
	int r;

	client_container_target(&target, ref, "/start");
	call.target = strbuf_str(&target);
	r = client_call(client, &call, NULL, err);
	return r < 0 ? r : 0;
}

int client_inspect(struct client *client, const char *ref, struct container_inspect *ret,
		   struct error *err)
{
	cleanup(strbuf_release) struct strbuf target = STRBUF_INIT;

	client_container_target(&target, ref, "/json");
	return client_get(client, strbuf_str(&target), &container_inspect_shape, ret, err);
}

int client_wait_begin(struct client *client, const char *ref, const char *condition,
		      struct http_client *http, struct error *err)
{
	cleanup(strbuf_release) struct strbuf target = STRBUF_INIT;
	struct client_call call = { .method = "POST" };

	client_container_target(&target, ref, "/wait");
	url_add(&target, "condition", condition);
	call.target = strbuf_str(&target);
	return client_begin(client, &call, http, err);
}

int client_wait_open(struct client *client, const char *ref, const char *condition,
		     struct client_stream *ret, struct error *err)
{
	cleanup(http_client_release) struct http_client http = HTTP_CLIENT_INIT;
	int r = client_wait_begin(client, ref, condition, &http, err);

	return r < 0 ? r : client_stream_finish(&http, ret, err);
}

int client_wait_finish(struct client_stream *stream, int *ret_code, struct error *err)
{
	cleanup(strbuf_release) struct strbuf body = STRBUF_INIT;
	cleanup(container_wait_response_release) struct container_wait_response answer = { 0 };
	int r = http_client_read_all(&stream->http, HTTP_JSON_MAX, &body, err);

	if (r < 0)
		return r;
	r = decode(&container_wait_response_shape, &body, &answer, err);
	if (r < 0)
		return r;
	if (answer.error && answer.error->message && *answer.error->message)
		return error_set(err, ERR_SYSTEM, 0, "Error response from daemon: %s",
				 answer.error->message);
	*ret_code = (int)answer.status_code;
	return 0;
}

int client_attach_begin(struct client *client, const char *ref,
			const struct client_attach_options *opts, struct http_client *http,
			struct error *err)
{
	cleanup(strbuf_release) struct strbuf target = STRBUF_INIT;
	struct client_call call = { .method = "POST", .upgrade = true };

	client_container_target(&target, ref, "/attach?stream=1");
	url_add(&target, "detachKeys", opts->detach_keys);
	url_add(&target, "logs", opts->logs ? "1" : NULL);
	url_add(&target, "stdin", opts->want_stdin ? "1" : NULL);
	url_add(&target, "stdout", opts->want_stdout ? "1" : NULL);
	url_add(&target, "stderr", opts->want_stderr ? "1" : NULL);
	url_add(&target, "hoy-start", opts->start ? "1" : NULL);
	url_add(&target, "hoy-exit", opts->start ? "1" : NULL);
	call.target = strbuf_str(&target);
	return client_begin(client, &call, http, err);
}

int client_attach(struct client *client, const char *ref, const struct client_attach_options *opts,
		  struct client_hijack *ret, struct error *err)
{
	cleanup(http_client_release) struct http_client http = HTTP_CLIENT_INIT;
	int r = client_attach_begin(client, ref, opts, &http, err);

	return r < 0 ? r : client_hijack_finish(&http, ret, err);
}

int client_exec_create(struct client *client, const char *ref,
		       const struct exec_create_request *req, char **ret_id, struct error *err)
{
	cleanup(strbuf_release) struct strbuf target = STRBUF_INIT, body = STRBUF_INIT,
					      answer = STRBUF_INIT;
	cleanup(exec_create_response_release) struct exec_create_response created = { NULL };
	struct client_call call = { .method = "POST" };
	int r;

	client_container_target(&target, ref, "/exec");
	json_encode(&exec_create_request_shape, req, &body);
	call.target = strbuf_str(&target);
	call.body = strbuf_str(&body);
	r = client_call(client, &call, &answer, err);
	if (r < 0)
		return r;
	r = decode(&exec_create_response_shape, &answer, &created, err);
	if (r < 0)
		return r;
	if (!created.id || !*created.id)
		return error_set(err, ERR_SYSTEM, 0, "exec ID empty");
	*ret_id = take_ptr(created.id);
	return 0;
}

int client_exec_start(struct client *client, const char *exec_id,
		      const struct exec_start_request *req, struct client_hijack *ret,
		      struct error *err)
{
	cleanup(strbuf_release) struct strbuf target = STRBUF_INIT, body = STRBUF_INIT;
	struct client_call call = { .method = "POST" };
	int r;

	strbuf_adds(&target, "/exec/");
	url_encode(&target, exec_id);
	strbuf_adds(&target, "/start");
	url_add(&target, "hoy-exit", client->exit_frames && !req->detach && !req->tty ? "1" : NULL);
	json_encode(&exec_start_request_shape, req, &body);
	call.target = strbuf_str(&target);
	call.body = strbuf_str(&body);
	if (!req->detach)
		return client_hijack_open(client, &call, ret, err);
	r = client_call(client, &call, NULL, err);
	return r < 0 ? r : 0;
}

int client_exec_inspect(struct client *client, const char *exec_id, struct exec_inspect *ret,
			struct error *err)
{
	cleanup(strbuf_release) struct strbuf target = STRBUF_INIT;

	strbuf_adds(&target, "/exec/");
	url_encode(&target, exec_id);
	strbuf_adds(&target, "/json");
	return client_get(client, strbuf_str(&target), &exec_inspect_shape, ret, err);
}
