/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that several commands make, with typed bodies. ref: a name or an id, as it was typed. */
#pragma once

#include "client/client.h"
#include "wire/container.h"
#include "wire/exec.h"

struct client_create_options {
	const char *name, *platform; /* NULL none */
};

must_check int client_create(struct client *client, const struct client_create_options *opts,
			     const struct container_create_request *req,
			     struct container_create_response *ret, struct error *err);
must_check int client_start(struct client *client, const char *ref, struct error *err);
must_check int client_inspect(struct client *client, const char *ref, struct container_inspect *ret,
			      struct error *err);

/* Returns when the engine watches the container: no later exit is missed. condition: "next-exit",
 * "removed" … */
must_check int client_wait_open(struct client *client, const char *ref, const char *condition,
				struct client_stream *ret, struct error *err);
/* The first half: client_stream_finish is the second. */
must_check int client_wait_begin(struct client *client, const char *ref, const char *condition,
				 struct http_client *http, struct error *err);
/* Blocks until the exit and gives its code. */
must_check int client_wait_finish(struct client_stream *stream, int *ret_code, struct error *err);

struct client_attach_options {
	bool want_stdin, want_stdout, want_stderr, logs;
	bool start; /* start it first, and tell its exit (http/hijack.h): for client->exit_frames */
	const char *detach_keys;
};
must_check int client_attach(struct client *client, const char *ref,
			     const struct client_attach_options *opts, struct client_hijack *ret,
			     struct error *err);
/* The first half: client_hijack_finish is the second. */
must_check int client_attach_begin(struct client *client, const char *ref,
				   const struct client_attach_options *opts,
				   struct http_client *http, struct error *err);

must_check int client_exec_create(struct client *client, const char *ref,
				  const struct exec_create_request *req, char **ret_id,
				  struct error *err);
/* Detached: ret stays empty. Else, framed, the exit is told by the stream of engines that can. */
must_check int client_exec_start(struct client *client, const char *exec_id,
				 const struct exec_start_request *req, struct client_hijack *ret,
				 struct error *err);
must_check int client_exec_inspect(struct client *client, const char *exec_id,
				   struct exec_inspect *ret, struct error *err);

/* "/containers/<ref, encoded>SUFFIX" into target. */
void client_container_target(struct strbuf *target, const char *ref, const char *suffix);
/* GET target and decode the answer into ret; an array of structs, each decoded as soon as it has
 * come, into *ret_items, as json_decode_array does. */
must_check int client_get(struct client *client, const char *target, const struct json_shape *shape,
			  void *ret, struct error *err);
must_check int client_list(struct client *client, const char *target,
			   const struct json_shape *shape, void *ret_items, size_t *ret_n,
			   struct error *err);
