/* SPDX-License-Identifier: Apache-2.0 */
/* A worker is a fork of hoyd that serves one connection and exits: it holds the connection, and
 * opens the store itself. */
#include "daemon/worker.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "api/api.h"
#include "http/tls.h"
#include "oci/reference.h"
#include "sys/process.h"

/* From here on the worker talks to hoy-tls, which lets through who has a certificate. */
static int inside_tls(const struct daemon_config *config, int conn)
{
	const struct tls_files files = { config->tls_ca, config->tls_cert, config->tls_key };
	cleanup_free char *program = xasprintf("%s/hoy-tls", config->engine.libexec_dir);
	cleanup(error_release) struct error err = ERROR_INIT;
	int fd;

	if (tls_accept(program, &files, conn, &fd, &err) < 0) {
		log_warning("%s", error_text(&err));
		_exit(1);
	}
	return fd;
}

static _Noreturn void worker_main(struct workers *others, const struct worker_context *ctx,
				  int conn)
{
	struct api_context api = {
		.config = &ctx->config->engine,
		.private_engine = ctx->config->private_engine,
		.owner = geteuid(),
		.anyone = ctx->kind == LISTEN_TCP,
		.metrics = ctx->kind == LISTEN_METRICS,
	};
	sigset_t none;

	reference_set_default_registry(ctx->config->engine.default_registry);
	workers_release(others);
	listeners_release(ctx->listeners);
	close(ctx->signal_fd);
	if (ctx->config->life_fd >= 0)
		close(ctx->config->life_fd);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (ctx->kind == LISTEN_TLS)
		conn = inside_tls(ctx->config, conn);
	api_serve(&api, conn);
	_exit(0);
}

int worker_start(struct workers *workers, const struct worker_context *ctx, int conn)
{
	pid_t pid = fork();
	int pidfd;

	if (pid == 0)
		worker_main(workers, ctx, conn);
	close(conn);
	if (pid < 0)
		return -errno;
	pidfd = process_pidfd(pid); /* it is not reaped yet: the pid is its own */
	workers->items = xrealloc(workers->items, workers->n + 1, sizeof(*workers->items));
	workers->items[workers->n++] = (struct worker){ pid, pidfd };
	return 0;
}

static void forget(struct workers *workers, pid_t pid)
{
	for (size_t i = 0; i < workers->n; i++) {
		if (workers->items[i].pid != pid)
			continue;
		macros_close_fd(&workers->items[i].pidfd);
		workers->items[i] = workers->items[--workers->n];
		return;
	}
}

void workers_reap(struct workers *workers)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		forget(workers, pid);
}

void workers_signal(const struct workers *workers, int sig)
{
	for (size_t i = 0; i < workers->n; i++)
		if (workers->items[i].pidfd >= 0)
			(void)!process_signal(workers->items[i].pidfd, sig);
}

void workers_release(struct workers *workers)
{
	for (size_t i = 0; i < workers->n; i++)
		macros_close_fd(&workers->items[i].pidfd);
	free(workers->items);
	*workers = (struct workers)WORKERS_INIT;
}
