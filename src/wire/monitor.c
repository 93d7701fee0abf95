/* SPDX-License-Identifier: Apache-2.0 */
/* Frames and state file of the monitor: between engine/ (attach, exec, wait, reap) and monitor/. */
#include "wire/monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/parse.h"
#include "base/strbuf.h"
#include "sys/fd.h"
#include "sys/file.h"

/* STATE_MAX: three lines, whatever is behind them. */
enum { STATE_MAX = 4096, STATE_ERROR_MAX = 3 * 1024, STATE_TRIES = 100 };
enum { PENDING_UNIQUE_MAX = 40 };

int monitor_frame_send(int fd, const struct monitor_frame *frame, const void *data, size_t len,
		       int msg_flags)
{
	struct iovec iov[2] = { { (void *)frame, sizeof(*frame) }, { (void *)data, len } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = len > 0 ? 2 : 1 };
	ssize_t n;

	if (len > MONITOR_DATA_MAX)
		return -EMSGSIZE;
	do
		n = sendmsg(fd, &msg, msg_flags | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

/* What each type may carry: data at all, and which flags. */
static const struct {
	uint16_t flags;
	bool data, from_client;
} frame_rules[] = {
	[MONITOR_HELLO] = { MONITOR_HELLO_FLAGS, false, true },
	[MONITOR_STDIN] = { 0, true, true },
	[MONITOR_STDIN_EOF] = { 0, false, true },
	[MONITOR_RESIZE] = { 0, false, true },
	[MONITOR_SIGNAL] = { MONITOR_NO_RESTART, false, true },
	[MONITOR_POLICY] = { 0, true, true },
	[MONITOR_RESOLVER] = { 0, true, true },
	[MONITOR_LAYERS] = { 0, true, true },
	[MONITOR_OUTPUT] = { 0, true, false },
	[MONITOR_STARTED] = { 0, false, false },
	[MONITOR_EXIT] = { MONITOR_OOM_KILLED | MONITOR_WILL_RESTART, false, false },
	[MONITOR_DONE] = { 0, false, false },
	[MONITOR_LOG] = { 0, false, false },
	[MONITOR_TREES] = { 0, false, false },
};

int monitor_frame_check(const struct monitor_frame *frame, size_t len, bool from_client)
{
	bool client_type = frame->type >= MONITOR_HELLO && frame->type <= MONITOR_LAYERS;
	bool monitor_type = frame->type >= MONITOR_OUTPUT && frame->type <= MONITOR_TREES;

	if (from_client ? !client_type : !monitor_type)
		return -EBADMSG;
	if ((frame->flags & ~frame_rules[frame->type].flags) != 0)
		return -EBADMSG;
	if (len > MONITOR_DATA_MAX || (len > 0) != frame_rules[frame->type].data)
		return -EBADMSG;
	if (frame->type == MONITOR_OUTPUT ? frame->stream != 1 && frame->stream != 2
					  : frame->stream != 0)
		return -EBADMSG;
	if (frame->type == MONITOR_SIGNAL && frame->arg > 64)
		return -EBADMSG;
	return 0;
}

int monitor_frame_recv(int fd, bool from_client, struct monitor_frame *ret, void *data,
		       size_t *ret_len, int msg_flags)
{
	struct monitor_frame frame;
	struct iovec iov[2] = { { &frame, sizeof(frame) }, { data, MONITOR_DATA_MAX } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };
	ssize_t n;
	int r;

	do
		n = recvmsg(fd, &msg, msg_flags | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return n < 0 ? -errno : 0;
	if ((msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) || (size_t)n < sizeof(frame))
		return -EBADMSG;
	r = monitor_frame_check(&frame, (size_t)n - sizeof(frame), from_client);
	if (r < 0)
		return r;
	*ret = frame;
	*ret_len = (size_t)n - sizeof(frame);
	return 1;
}

void monitor_pending_name(unsigned int flags, const char *unique, char *ret_name)
{
	(void)snprintf(ret_name, MONITOR_PENDING_NAME_MAX, "%x-%.*s.sock", flags,
		       PENDING_UNIQUE_MAX, unique);
}

int monitor_pending_flags(const char *name, unsigned int *ret_flags)
{
	size_t digits = strspn(name, "0123456789abcdef"), len = strlen(name);
	unsigned long flags;

	if (digits == 0 || digits > 4 || name[digits] != '-' || len < 5 ||
	    strcmp(name + len - 5, ".sock") != 0)
		return -EINVAL;
	flags = strtoul(name, NULL, 16);
	if (flags & ~(unsigned long)MONITOR_HELLO_FLAGS)
		return -EINVAL;
	*ret_flags = (unsigned int)flags;
	return 0;
}

static const char *const status_names[] = {
	[MONITOR_STARTING] = "starting",
	[MONITOR_RUNNING] = "running",
	[MONITOR_RESTARTING] = "restarting",
	[MONITOR_STOPPED] = "stopped",
};

static int parse_status(const char *name, enum monitor_status *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(status_names); i++)
		if (strcmp(name, status_names[i]) == 0) {
			*ret = (enum monitor_status)i;
			return 0;
		}
	return -EBADMSG;
}

/* The first line, without its newline; taken apart. A list reads a thousand of them: no scanf. */
static int parse_state(char *line, struct monitor_state *ret, uint64_t *ret_stamp)
{
	enum { PID, STARTED, FINISHED, EXIT_CODE, OOM, RESTARTS, CLEANED, NUMBERS };
	int64_t numbers[NUMBERS];
	char *words[12];
	size_t n = 0;

	while (n < ARRAY_SIZE(words) && (words[n] = strsep(&line, " ")))
		n++;
	if (n != 11 || strcmp(words[0], "v1") != 0 || parse_u64(words[3], &ret->pid_start) < 0 ||
	    parse_u64(words[10], ret_stamp) < 0 || parse_i64(words[2], &numbers[PID]) < 0)
		return -EBADMSG;
	for (size_t i = STARTED; i < NUMBERS; i++)
		if (parse_i64(words[i + 3], &numbers[i]) < 0)
			return -EBADMSG;
	if (numbers[PID] < 0 || numbers[PID] > INT32_MAX || numbers[RESTARTS] < 0)
		return -EBADMSG;
	ret->pid = (pid_t)numbers[PID];
	ret->started = numbers[STARTED];
	ret->finished = numbers[FINISHED];
	ret->exit_code = (int)numbers[EXIT_CODE];
	ret->oom_killed = numbers[OOM] != 0;
	ret->restarts = (unsigned int)numbers[RESTARTS];
	ret->cleaned = numbers[CLEANED] != 0;
	return parse_status(words[1], &ret->status);
}

/* The next line of *text, NULL when it has no end. */
static char *take_line(char **text)
{
	char *line = *text, *end = strchr(line, '\n');

	if (!end)
		return NULL;
	*end = '\0';
	*text = end + 1;
	return line;
}

/* -EAGAIN: it was read while it was written. */
static int read_once(int dirfd, const char *name, struct monitor_state *ret)
{
	struct monitor_state state = { 0 };
	cleanup_fd int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char text[STATE_MAX], *rest = text, *first, *error, *last;
	uint64_t stamp, last_stamp;
	ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (len < 0)
		return -errno;
	text[len] = '\0';
	first = take_line(&rest);
	error = first ? take_line(&rest) : NULL;
	last = error ? take_line(&rest) : NULL;
	if (!last || parse_state(first, &state, &stamp) < 0 || parse_u64(last, &last_stamp) < 0)
		return -EBADMSG;
	if (stamp != last_stamp)
		return -EAGAIN;
	if (error[0] != '\0')
		state.error = xstrdup(error);
	*ret = state;
	return 0;
}

int monitor_state_read_at(int dirfd, const char *name, struct monitor_state *ret)
{
	int r = read_once(dirfd, name, ret);

	/* The writer is within one write(2): it gets on while we yield. */
	for (int i = 0; (r == -EAGAIN || r == -EBADMSG) && i < STATE_TRIES; i++) {
		(void)sched_yield();
		r = read_once(dirfd, name, ret);
	}
	return r == -EAGAIN ? -EBADMSG : r;
}

int monitor_state_write_at(int dirfd, const struct monitor_state *state)
{
	cleanup_fd int fd =
		openat(dirfd, "state", O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	uint64_t stamp = (uint64_t)clock_monotonic();
	size_t start;

	strbuf_addf(&text, "v1 %s %d %" PRIu64 " %" PRId64 " %" PRId64 " %d %d %u %d %" PRIu64 "\n",
		    status_names[state->status], (int)state->pid, state->pid_start, state->started,
		    state->finished, state->exit_code, state->oom_killed, state->restarts,
		    state->cleaned, stamp);
	start = text.len;
	strbuf_addf(&text, "%.*s", STATE_ERROR_MAX, state->error ? state->error : "");
	for (size_t i = start; i < text.len; i++)
		if (text.data[i] == '\n')
			text.data[i] = ' ';
	strbuf_addf(&text, "\n%" PRIu64 "\n", stamp);
	return fd < 0 ? -errno : fd_write_all(fd, text.data, text.len);
}

void monitor_state_release(struct monitor_state *state)
{
	if (!state)
		return;
	free(state->error);
	*state = (struct monitor_state){ 0 };
}
