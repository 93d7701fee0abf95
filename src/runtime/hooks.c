/* SPDX-License-Identifier: Apache-2.0 */
/* Running hooks: state on stdin, a time limit by the pidfd, exit status 0 or the start fails. */
#include "runtime/hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

#include "runtime/container.h"
#include "runtime/stages.h"
#include "sys/fd.h"
#include "sys/process.h"

static int state_file(const char *state)
{
	cleanup_fd int fd = memfd_create("state", MFD_CLOEXEC);
	int r = fd < 0 ? -errno : fd_write_all(fd, state, strlen(state));

	if (r < 0)
		return r;
	return lseek(fd, 0, SEEK_SET) < 0 ? -errno : take_fd(&fd);
}

static int hook_wait(const char *kind, const struct oci_hook *hook, int pidfd, struct error *err)
{
	struct pollfd pfd = { .fd = pidfd, .events = POLLIN };
	int64_t ms = hook->timeout.set ? hook->timeout.value * 1000 : -1;
	int status, n, r;

	do
		n = poll(&pfd, 1, ms > INT32_MAX ? -1 : (int)ms);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		ignore_result(process_signal(pidfd, SIGKILL)); /* it may have ended just now */
	r = process_wait(pidfd, &status);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "wait for %s hook '%s'", kind, hook->path);
	if (n == 0)
		return error_set(err, ERR_SYSTEM, ETIMEDOUT, "%s hook '%s' ran out of its %lld s",
				 kind, hook->path, (long long)hook->timeout.value);
	if (status)
		return error_set(err, ERR_SYSTEM, 0, "error running %s hook '%s': exit status %d",
				 kind, hook->path, status);
	return 0;
}

static int hook_run(const char *kind, const struct oci_hook *hook, const char *state,
		    struct error *err)
{
	char *only_name[] = { hook->path, NULL }, *no_env[] = { NULL };
	cleanup_fd int input = state_file(state);
	cleanup_fd int pidfd = -1;
	const struct fd_map fds[] = { { input, 0 }, { 1, 1 }, { 2, 2 } };
	const struct spawn spawn = {
		.file = hook->path,
		.argv = hook->args && *hook->args ? hook->args : only_name,
		.env = hook->env ? hook->env : no_env,
		.fds = fds,
		.n_fds = ARRAY_SIZE(fds),
		.dirfd = -1,
	};
	int r = input < 0 ? input : process_spawn(&spawn, &pidfd, NULL);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "error running %s hook '%s'", kind,
				 hook->path);
	return hook_wait(kind, hook, pidfd, err);
}

int hooks_run(const char *kind, const struct oci_hook *hooks, size_t n, const char *state,
	      struct error *err)
{
	int r = 0;

	for (size_t i = 0; !r && i < n; i++)
		r = hook_run(kind, &hooks[i], state, err);
	return r;
}

int stage_hooks_runtime(struct launch *l, struct error *err)
{
	const struct oci_hooks *hooks = l->spec->hooks;

	if (!hooks || !(hooks->n_prestart + hooks->n_create_runtime))
		return 0;
	return child_ask_hooks(l, err);
}

static int run_inside(struct launch *l, const char *kind, const struct oci_hook *hooks, size_t n,
		      const char *status, struct error *err)
{
	struct container c = {
		.oci_version = l->spec->oci_version,
		.id = (char *)(uintptr_t)l->id,
		.bundle = (char *)(uintptr_t)l->bundle,
		.pid = l->pid,
		.annotations = l->spec->annotations,
	};
	struct strbuf state = STRBUF_INIT;
	int r;

	container_state_json(&c, status, true, &state);
	r = hooks_run(kind, hooks, n, strbuf_str(&state), err);
	strbuf_release(&state);
	return r;
}

int stage_hooks_create(struct launch *l, struct error *err)
{
	const struct oci_hooks *hooks = l->spec->hooks;

	if (!hooks || !hooks->n_create_container)
		return 0;
	return run_inside(l, "createContainer", hooks->create_container, hooks->n_create_container,
			  "creating", err);
}

int stage_hooks_start(struct launch *l, struct error *err)
{
	const struct oci_hooks *hooks = l->spec->hooks;

	if (!hooks || !hooks->n_start_container)
		return 0;
	return run_inside(l, "startContainer", hooks->start_container, hooks->n_start_container,
			  "created", err);
}
