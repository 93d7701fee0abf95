/* SPDX-License-Identifier: Apache-2.0 */
/* The criu process: found, started, asked, listened to. */
#include "runtime/criu.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/strv.h"
#include "sys/file.h"
#include "sys/unixsock.h"

enum { RESPONSE_MAX = 64 * 1024, LOG_MAX = 64 * 1024 * 1024, FDS_MAX = 16 };

static char *find_program(const char *name)
{
	const char *path = getenv("PATH");
	cleanup(strv_release) char **dirs = NULL;

	if (strchr(name, '/'))
		return xstrdup(name);
	dirs = strv_split(path && *path ? path : "/usr/sbin:/usr/bin:/sbin:/bin", ':');
	for (char **dir = dirs; *dir; dir++) {
		char *file = xasprintf("%s/%s", *dir, name);

		if (**dir == '/' && access(file, X_OK) == 0)
			return file;
		free(file);
	}
	return NULL;
}

int criu_start(const char *program, const int *fds, size_t n_fds, struct criu *ret,
	       struct error *err)
{
	static char *const argv[] = { (char *)"criu", (char *)"swrk", (char *)"3", NULL };
	cleanup_free char *file = find_program(program && *program ? program : "criu");
	cleanup_fd int ours = -1, theirs = -1;
	struct fd_map map[4 + FDS_MAX] = { { 0, 0 }, { 1, 1 }, { 2, 2 } };
	struct spawn spawn = { .file = file, .argv = argv, .fds = map, .dirfd = -1 };
	int pair[2], r;

	if (!file)
		return error_set(err, ERR_NOT_FOUND, ENOENT,
				 "criu is not installed: checkpoint and restore need it");
	if (n_fds > FDS_MAX || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a socket pair");
	ours = pair[0];
	theirs = pair[1];
	map[3] = (struct fd_map){ theirs, 3 };
	for (size_t i = 0; i < n_fds; i++)
		map[4 + i] = (struct fd_map){ fds[i], 4 + (int)i };
	spawn.n_fds = 4 + n_fds;
	r = process_spawn(&spawn, &ret->pidfd, &ret->pid);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "run %s", file);
	ret->fd = take_fd(&ours);
	return 0;
}

void criu_release(struct criu *criu)
{
	int status;

	macros_close_fd(&criu->fd);
	if (criu->pidfd >= 0) {
		ignore_result(process_signal(criu->pidfd, SIGKILL)); /* as good when it has ended */
		ignore_result(process_wait(criu->pidfd, &status));
	}
	macros_close_fd(&criu->pidfd);
}

/* The last line of the log that tells an error: "(00.123) Error (criu/x.c:12): words". */
static char *last_words(const struct criu_request *req)
{
	char *log cleanup_free = NULL, *line, *save = NULL;
	const char *found = NULL;

	if (file_read_at(req->work_fd, req->log_file, LOG_MAX, &log, NULL) < 0)
		return NULL;
	for (line = strtok_r(log, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		const char *error = strstr(line, "Error (");
		const char *words = error ? strstr(error, "): ") : NULL;

		/* the first says what went wrong, later ones only what followed from it */
		if (words && !found)
			found = words + 3;
	}
	return xstrdup(found);
}

static int failed(const struct criu_request *req, const struct criu_response *resp,
		  struct error *err)
{
	const char *what = req->type == CRIU_RESTORE ? "restore" : "checkpoint";
	cleanup_free char *words = last_words(req);

	return error_set(err, ERR_SYSTEM, resp->errnum, "criu could not %s: %s (its log: %s)", what,
			 words		  ? words
			 : *resp->message ? resp->message
					  : "it does not say why",
			 req->log_file);
}

static int send_message(struct criu *criu, struct strbuf *message, struct error *err)
{
	ssize_t n = send(criu->fd, message->data, message->len, MSG_NOSIGNAL);
	bool whole = n == (ssize_t)message->len;

	strbuf_release(message);
	return whole ? 0 : error_set(err, ERR_SYSTEM, errno, "talk to criu");
}

static int answer_notification(struct criu *criu, const struct criu_response *resp, int fd,
			       const struct criu_callbacks *callbacks, struct error *err)
{
	struct strbuf answer = STRBUF_INIT;
	struct error ignored = ERROR_INIT;
	int r = callbacks->notify ? callbacks->notify(resp, fd, callbacks->arg, err) : 0;
	int sent;

	if (!callbacks->notify && fd >= 0)
		(void)close(fd);
	criu_notify_encode(r == 0, &answer);
	sent = send_message(criu, &answer, r < 0 ? &ignored : err);
	error_release(&ignored);
	return r < 0 ? r : sent;
}

static int converse(struct criu *criu, const struct criu_request *req,
		    const struct criu_callbacks *callbacks, struct error *err)
{
	cleanup_free char *buf = xmalloc(RESPONSE_MAX);

	for (;;) {
		struct criu_response resp = { 0 };
		int fd = -1, r;
		ssize_t n = unixsock_recv_fd(criu->fd, buf, RESPONSE_MAX, &fd);

		if (n <= 0)
			return failed(req, &resp, err);
		r = criu_response_decode(buf, (size_t)n, &resp);
		if (r < 0 || (resp.type != CRIU_NOTIFY && !resp.success)) {
			macros_close_fd(&fd);
			return failed(req, &resp, err);
		}
		if (resp.type != CRIU_NOTIFY) {
			macros_close_fd(&fd);
			return 0;
		}
		r = answer_notification(criu, &resp, fd, callbacks, err);
		if (r < 0)
			return r;
	}
}

int criu_run(struct criu *criu, const struct criu_request *req,
	     const struct criu_callbacks *callbacks, struct error *err)
{
	struct strbuf message = STRBUF_INIT;
	int status, r;

	criu_request_encode(req, &message);
	r = send_message(criu, &message, err);
	if (!r)
		r = converse(criu, req, callbacks, err);
	/* After a pre-dump it waits for the next request, and would complain of none. */
	if (!r && req->type == CRIU_PRE_DUMP)
		ignore_result(process_signal(criu->pidfd, SIGKILL)); /* as good when it has ended */
	macros_close_fd(&criu->fd);
	if (!r) {
		ignore_result(process_wait(criu->pidfd, &status)); /* its answer was what counts */
		macros_close_fd(&criu->pidfd);
	}
	return r;
}
