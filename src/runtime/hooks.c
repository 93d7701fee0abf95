/* SPDX-License-Identifier: Apache-2.0 */
/* Running hooks: state on stdin, a time limit by the pidfd, exit status 0 or the start fails. */
#include "runtime/hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

#include "base/clock.h"
#include "runtime/container.h"
#include "runtime/journal.h"
#include "runtime/stages.h"
#include "sys/fd.h"
#include "sys/process.h"

enum { OUTPUT_MAX = 1024, NS_PER_SECOND = 1000000000 };

static int state_file(const char *state)
{
	cleanup_fd int fd = memfd_create("state", MFD_CLOEXEC);
	int r = fd < 0 ? -errno : fd_write_all(fd, state, strlen(state));

	if (r < 0)
		return r;
	return lseek(fd, 0, SEEK_SET) < 0 ? -errno : take_fd(&fd);
}

/* The end of what a hook writes, while it runs. */
struct hook_output {
	int fd; /* ours, of a pipe */
	char text[OUTPUT_MAX];
	size_t len;
};

/* Until there is no more for now. What is too much is dropped from the front. False at its end. */
static bool output_read(struct hook_output *out)
{
	char block[OUTPUT_MAX];
	ssize_t n;

	while ((n = read(out->fd, block, sizeof(block))) > 0) {
		size_t keep = sizeof(out->text) - (size_t)n;

		if (out->len > keep) {
			memmove(out->text, out->text + out->len - keep, keep);
			out->len = keep;
		}
		memcpy(out->text + out->len, block, (size_t)n);
		out->len += (size_t)n;
	}
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

/* 0: it ended; -ETIMEDOUT. */
static int output_wait(struct hook_output *out, int pidfd, const struct oci_hook *hook)
{
	struct pollfd fds[] = { { .fd = pidfd, .events = POLLIN },
				{ .fd = out->fd, .events = POLLIN } };
	int64_t end = hook->timeout.set ? clock_monotonic() + hook->timeout.value * NS_PER_SECOND
					: INT64_MAX;
	int n;

	for (;;) {
		int64_t left = (end - clock_monotonic()) / (NS_PER_SECOND / 1000);

		if (left <= 0)
			return -ETIMEDOUT;
		n = poll(fds, ARRAY_SIZE(fds), left > INT32_MAX ? -1 : (int)left);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0 && fds[1].revents && !output_read(out))
			fds[1].fd = -1;
		if (n > 0 && fds[0].revents) {
			(void)output_read(out);
			return 0;
		}
	}
}

static int hook_failed(const struct hook_run *run, const struct oci_hook *hook, int status,
		       struct hook_output *out, struct error *err)
{
	while (out->len && (out->text[out->len - 1] == '\n' || !out->text[out->len - 1]))
		out->len--;
	for (size_t i = 0; i < out->len; i++) {
		if ((unsigned char)out->text[i] < ' ')
			out->text[i] = ' ';
	}
	return error_set(err, ERR_SYSTEM, 0, "error running %s hook '%s': exit status %d%s%.*s",
			 run->kind, hook->path, status, out->len ? ": " : "", (int)out->len,
			 out->text);
}

static int hook_wait(const struct hook_run *run, const struct oci_hook *hook, int pidfd,
		     struct hook_output *out, struct error *err)
{
	int late = output_wait(out, pidfd, hook);
	int status, r;

	if (late < 0)
		ignore_result(process_signal(pidfd, SIGKILL)); /* it may have ended just now */
	r = process_wait(pidfd, &status);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "wait for %s hook '%s'", run->kind,
				 hook->path);
	if (late == -ETIMEDOUT)
		return error_set(err, ERR_SYSTEM, ETIMEDOUT, "%s hook '%s' ran out of its %lld s",
				 run->kind, hook->path, (long long)hook->timeout.value);
	return status ? hook_failed(run, hook, status, out, err) : 0;
}

static int hook_start(const struct hook_run *run, const struct oci_hook *hook, int output,
		      int *ret_pidfd)
{
	char *only_name[] = { hook->path, NULL };
	cleanup_fd int input = state_file(run->state);
	const struct fd_map fds[] = { { input, 0 }, { output, 1 }, { output, 2 } };
	const struct spawn spawn = {
		.file = hook->path,
		.argv = hook->args && *hook->args ? hook->args : only_name,
		.env = hook->env ? hook->env : run->env,
		.fds = fds,
		.n_fds = ARRAY_SIZE(fds),
		.dirfd = run->dirfd,
	};

	return input < 0 ? input : process_spawn(&spawn, ret_pidfd, NULL);
}

static int hook_run(const struct hook_run *run, const struct oci_hook *hook, struct error *err)
{
	struct hook_output out = { .fd = -1 };
	cleanup_fd int pidfd = -1, ours = -1, theirs = -1;
	int r = fd_pipe(&ours, &theirs);

	if (!r)
		r = fd_set_nonblock(ours, true);
	if (!r)
		r = hook_start(run, hook, theirs, &pidfd);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "error running %s hook '%s'", run->kind,
				 hook->path);
	macros_close_fd(&theirs);
	out.fd = ours;
	return hook_wait(run, hook, pidfd, &out, err);
}

int hooks_run(const struct hook_run *run, const struct oci_hook *hooks, size_t n, struct error *err)
{
	int r = 0;

	for (size_t i = 0; !r && i < n; i++) {
		struct error failed = ERROR_INIT;

		r = hook_run(run, &hooks[i], run->tolerant ? &failed : err);
		if (r < 0 && run->tolerant) {
			journal_warning("%s", error_text(&failed));
			error_release(&failed);
			r = 0;
		}
	}
	return r;
}

int stage_hooks_runtime(struct launch *l, struct error *err)
{
	const struct oci_hooks *hooks = l->spec->hooks;

	if (!hooks || !(hooks->n_prestart + hooks->n_create_runtime))
		return 0;
	return child_ask_hooks(l, err);
}

/* In the container's namespaces; a hook that names no environment has the process's. */
static int run_inside(struct launch *l, const struct hook_run *how, const struct oci_hook *hooks,
		      size_t n, const char *status, struct error *err)
{
	struct container c = {
		.oci_version = l->spec->oci_version,
		.id = (char *)(uintptr_t)l->id,
		.bundle = (char *)(uintptr_t)l->bundle,
		.pid = l->pid,
		.annotations = l->spec->annotations,
	};
	cleanup(strbuf_release) struct strbuf state = STRBUF_INIT;
	char *none[] = { NULL };
	struct hook_run run = *how;

	container_state_json(&c, status, true, &state);
	run.state = strbuf_str(&state);
	run.env = l->env ? l->env : none;
	return hooks_run(&run, hooks, n, err);
}

int stage_hooks_create(struct launch *l, struct error *err)
{
	const struct oci_hooks *hooks = l->spec->hooks;

	if (!hooks || !hooks->n_create_container)
		return 0;
	return run_inside(l, &(struct hook_run){ .kind = "createContainer", .dirfd = l->root_fd },
			  hooks->create_container, hooks->n_create_container, "creating", err);
}

int stage_hooks_start(struct launch *l, struct error *err)
{
	const struct oci_hooks *hooks = l->spec->hooks;

	if (!hooks || !hooks->n_start_container)
		return 0;
	return run_inside(l, &(struct hook_run){ .kind = "startContainer" }, hooks->start_container,
			  hooks->n_start_container, "created", err);
}
