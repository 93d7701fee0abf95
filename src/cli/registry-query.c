/* SPDX-License-Identifier: Apache-2.0 */
/* Running hoy-fetch for the client. */
#include "cli/registry-query.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "cli/credentials.h"
#include "client/program.h"
#include "sys/fd.h"
#include "sys/process.h"

enum { REQUEST_MAX = 60 * 1024, STALL_SECONDS = 30 }; /* the request fits a pipe */

struct query {
	int pidfd, control_fd;
	bool done;
	struct transfer_reader reader;
	struct registry_text text;
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
	registry_text_release(&query->text);
}

void registry_text_release(struct registry_text *text)
{
	strbuf_release(&text->index);
	strbuf_release(&text->manifest);
}

static bool is_loopback(const char *host)
{
	return strncmp(host, "127.", 4) == 0 || strncmp(host, "[::1]", 5) == 0 ||
	       strcmp(host, "localhost") == 0 || strncmp(host, "localhost:", 10) == 0;
}

static int query_start(struct query *query, const struct strbuf *request, struct error *err)
{
	cleanup_free char *file = client_program("hoy-fetch");
	char *argv[] = { (char *)"hoy-fetch", NULL };
	struct fd_map fds[2] = { { 0 } };
	struct spawn spawn = { .file = file, .argv = argv, .fds = fds, .n_fds = 2, .dirfd = -1 };
	cleanup_fd int in_read = -1, in_write = -1, out_write = -1;
	int r = request->len > REQUEST_MAX ? -E2BIG : fd_pipe(&in_read, &in_write);

	if (r >= 0)
		r = fd_pipe(&query->control_fd, &out_write);
	if (r >= 0)
		r = fd_write_all(in_write, request->data, request->len);
	if (r >= 0) {
		fds[0] = (struct fd_map){ in_read, TRANSFER_REQUEST_FD };
		fds[1] = (struct fd_map){ out_write, TRANSFER_CONTROL_FD };
		r = process_spawn(&spawn, &query->pidfd, NULL);
	}
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "start hoy-fetch") : 0;
}

static int take_error(const char *data, size_t len, struct error *err)
{
	struct transfer_error e = { 0 };
	int r = json_decode(&transfer_error_shape, data, len, &e, err);

	if (r >= 0)
		r = error_set(err, ERR_SYSTEM, 0, "%s", e.text ? e.text : "hoy-fetch failed");
	json_release(&transfer_error_shape, &e);
	return r;
}

static int take_frames(struct query *query, struct error *err)
{
	enum transfer_type type;
	const char *data;
	size_t len;
	int r;

	while ((r = transfer_next(&query->reader, &type, &data, &len)) > 0) {
		if (type == TRANSFER_INDEX)
			strbuf_add(&query->text.index, data, len);
		else if (type == TRANSFER_MANIFEST)
			strbuf_add(&query->text.manifest, data, len);
		else if (type == TRANSFER_ERROR)
			return take_error(data, len, err);
		query->done |= type == TRANSFER_DONE;
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

int registry_query(const char *action, const struct reference *ref, const char *reference,
		   bool insecure, struct registry_text *ret, struct error *err)
{
	cleanup(query_release) struct query query = { .pidfd = -1,
						      .control_fd = -1,
						      .reader = TRANSFER_READER_INIT };
	cleanup(credentials_release) struct credentials credentials = { 0 };
	cleanup(strbuf_release) struct strbuf familiar = STRBUF_INIT, text = STRBUF_INIT;
	cleanup_free char *key = credentials_key(ref->domain);
	struct fetch_request request = { .action = (char *)action,
					 .host = (char *)reference_registry_host(ref),
					 .repository = ref->path,
					 .reference = (char *)reference,
					 .insecure = insecure || is_loopback(ref->domain),
					 .stall_seconds = STALL_SECONDS };
	int r = credentials_get(key, &credentials, err);

	if (r < 0)
		return r;
	reference_familiar(ref, &familiar);
	request.familiar = familiar.data;
	request.user = credentials.username;
	request.password = credentials.password;
	request.identity_token = credentials.identity_token;
	json_encode(&fetch_request_shape, &request, &text);
	r = query_start(&query, &text, err);
	if (r >= 0)
		r = query_read(&query, err);
	if (r < 0)
		return r;
	*ret = query.text;
	query.text = (struct registry_text)REGISTRY_TEXT_INIT;
	return 0;
}
