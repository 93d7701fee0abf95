/* SPDX-License-Identifier: Apache-2.0 */
/* One check of a container's health: its command in an exec session, with a time limit. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/timerfd.h>

#include "base/clock.h"
#include "base/strv.h"
#include "engine/exec-session.h"
#include "engine/health.h"

enum { OUTPUT_MAX = 4096, TIMEOUT_DEFAULT_S = 30, NS_PER_S = 1000000000, EXIT_UNKNOWN = -1 };

struct probe {
	struct engine *e;
	struct instance in;
	struct container_config config;
	struct health *health;
	struct strbuf output; /* one byte more than is kept tells that it was cut */
};

static void probe_release(struct probe *p)
{
	instance_release(&p->in);
	container_config_release(&p->config);
	if (p->health)
		health_release(p->health);
	free(p->health);
	strbuf_release(&p->output);
}

/* {"CMD", …} as it is; {"CMD-SHELL", text} by the container's shell. */
static char **probe_command(const struct container_config *config)
{
	char *const *test = config->healthcheck->test;
	char **argv = NULL;

	if (strcmp(test[0], "CMD-SHELL") == 0 && strv_len(config->shell) > 0) {
		strv_extend(&argv, config->shell);
	} else if (strcmp(test[0], "CMD-SHELL") == 0) {
		strv_push(&argv, "/bin/sh");
		strv_push(&argv, "-c");
	}
	strv_extend(&argv, test + 1);
	return argv;
}

static int take_output(void *arg, int stream, const void *data, size_t len)
{
	struct strbuf *output = arg;
	size_t room = OUTPUT_MAX + 1 - output->len;

	strbuf_add(output, data, len < room ? len : room);
	return 0;
}

static int64_t probe_timeout(const struct probe *p)
{
	int64_t ns = p->config.healthcheck->timeout;

	return ns > 0 ? ns : (int64_t)TIMEOUT_DEFAULT_S * NS_PER_S;
}

/* The stream's input is the clock: when it strikes, the other side is "gone". */
static int open_clock(const struct probe *p, struct error *err)
{
	int64_t ns = probe_timeout(p);
	const struct itimerspec spec = { .it_value = { ns / NS_PER_S, ns % NS_PER_S } };
	cleanup_fd int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd < 0 || timerfd_settime(fd, 0, &spec, NULL) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a timer");
	return take_fd(&fd);
}

static int run(struct probe *p, const char *exec_id, bool *ret_late, struct error *err)
{
	struct attachment *at = NULL;
	struct engine_stream stream = { .write = take_output, .arg = &p->output };
	cleanup_fd int clock = open_clock(p, err);
	bool tty;
	int r;

	if (clock < 0)
		return clock;
	r = engine_exec_open(p->e, exec_id, NULL, &at, &tty, err);
	if (r < 0)
		return r;
	stream.in_fd = clock;
	r = engine_attach_run(at, &stream, err);
	*ret_late = r >= 0 && at->relay.end == RELAY_CLIENT_GONE;
	if (*ret_late)
		ignore_result(monitor_signal(at->exec->dirfd, SIGKILL, true));
	engine_attach_free(at);
	return r;
}

static int exec_exit_code(struct probe *p, const char *exec_id, int64_t *ret, struct error *err)
{
	struct exec_inspect inspect = { 0 };
	int r = engine_exec_inspect(p->e, exec_id, &inspect, err);

	if (r >= 0)
		*ret = inspect.exit_code.set ? inspect.exit_code.value : EXIT_UNKNOWN;
	exec_inspect_release(&inspect);
	return r;
}

static char *result_text(const struct probe *p, bool late, const struct error *failure)
{
	struct strbuf text = STRBUF_INIT;

	if (failure->kind != ERR_NONE)
		return xstrdup(error_text(failure));
	if (late) {
		strbuf_adds(&text, "Health check exceeded timeout (");
		clock_duration(probe_timeout(p), &text);
		strbuf_adds(&text, p->output.len > 0 ? "): " : ")");
	}
	strbuf_add(&text, p->output.data, p->output.len < OUTPUT_MAX ? p->output.len : OUTPUT_MAX);
	if (p->output.len > OUTPUT_MAX)
		strbuf_adds(&text, "...");
	return strbuf_take(&text);
}

/* Whatever happens to the command is a result. */
static void check(struct probe *p, struct healthcheck_result *result)
{
	cleanup(strv_release) char **command = probe_command(&p->config);
	cleanup(error_release) struct error failure = ERROR_INIT;
	const struct exec_create_request request = { .cmd = command,
						     .attach_stdout = true,
						     .attach_stderr = true };
	cleanup_free char *exec_id = NULL;
	bool late = false;
	int r;

	result->start = clock_now();
	result->exit_code = EXIT_UNKNOWN;
	r = engine_exec_create(p->e, p->in.rec.id, &request, &exec_id, &failure);
	if (r >= 0)
		r = run(p, exec_id, &late, &failure);
	if (r >= 0 && !late)
		ignore_result(exec_exit_code(p, exec_id, &result->exit_code, &failure));
	result->end = clock_now();
	result->output = result_text(p, late, &failure);
}

static int open_probe(struct probe *p, const char *id, struct error *err)
{
	int r = instance_open(p->e, id, &p->in, err);

	if (r >= 0)
		r = exec_check_container(&p->in, p->in.rec.id, err);
	if (r >= 0)
		r = instance_config(&p->in, &p->config, err);
	return r < 0 ? r : health_read(p->e, &p->in.rec, &p->config, &p->health, err);
}

/* What --health-on-failure asks for. */
static int act(struct probe *p, struct error *err)
{
	const struct engine_stop_options options = { 0 };
	const char *action = p->config.healthcheck->on_failure;

	if (!action || strcmp(p->health->status, "unhealthy") != 0)
		return 0;
	if (strcmp(action, "kill") == 0)
		return engine_kill(p->e, p->in.rec.id, NULL, err);
	if (strcmp(action, "stop") == 0)
		return engine_stop(p->e, p->in.rec.id, &options, err);
	if (strcmp(action, "restart") == 0)
		return engine_restart(p->e, p->in.rec.id, &options, err);
	return 0;
}

/* The container may have ended, or been started again, while the command ran: then the result is
 * nobody's. */
static int record(struct probe *p, struct healthcheck_result *result, struct error *err)
{
	cleanup(instance_release) struct instance now = INSTANCE_INIT;
	int64_t ran = result->start - p->in.rec.life.started;
	bool changed;
	int r = instance_open(p->e, p->in.rec.id, &now, err);

	if (r >= 0)
		r = exec_check_container(&now, now.rec.id, err);
	if (r < 0 || now.rec.life.started != p->in.rec.life.started)
		return r;
	changed = health_judge(p->health, p->config.healthcheck, result, ran);
	r = health_record(p->e, &p->in.rec, p->health, changed, err);
	return r < 0 || !changed ? r : act(p, err);
}

int engine_probe(struct engine *e, const char *id, bool *ret_settled, struct error *err)
{
	cleanup(probe_release) struct probe p = { .e = e, .in = INSTANCE_INIT };
	cleanup(healthcheck_result_release) struct healthcheck_result result = { 0 };
	int r = open_probe(&p, id, err);

	*ret_settled = false;
	if (r < 0 || !p.health)
		return r;
	check(&p, &result);
	r = record(&p, &result, err);
	*ret_settled = r >= 0 && strcmp(p.health->status, "starting") != 0;
	return r;
}
