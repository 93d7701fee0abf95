/* SPDX-License-Identifier: Apache-2.0 */
/* The record of a container's health, and how a result changes it. */
#include "engine/health.h"

#include <errno.h>
#include <string.h>

#include "base/strv.h"
#include "store/health.h"

enum { RESULTS_KEPT = 5, RETRIES_DEFAULT = 3, NS_PER_MS = 1000000 };

static const char starting[] = "starting", healthy[] = "healthy", unhealthy[] = "unhealthy";

bool health_is_checked(const struct container_config *config)
{
	const struct health_config *h = config->healthcheck;

	return h && strv_len(h->test) > 0 && strcmp(h->test[0], "NONE") != 0;
}

int health_check_config(const struct health_config *config, struct error *err)
{
	const struct {
		int64_t ns;
		const char *name;
	} times[] = {
		{ config->interval, "Interval" },
		{ config->timeout, "Timeout" },
		{ config->start_period, "StartPeriod" },
		{ config->start_interval, "StartInterval" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(times); i++)
		if (times[i].ns != 0 && times[i].ns < NS_PER_MS)
			return error_set(err, ERR_INVALID, EINVAL,
					 "%s in Healthcheck cannot be less than 1ms",
					 times[i].name);
	if (config->retries < 0)
		return error_set(err, ERR_INVALID, EINVAL,
				 "Retries in Healthcheck cannot be negative");
	return 0;
}

static int64_t or_default(int64_t ns, int64_t seconds)
{
	return ns > 0 ? ns : seconds * 1000 * NS_PER_MS;
}

void health_arguments(const struct container_config *config, char *const *command,
		      struct monitor_args *args)
{
	const struct health_config *h = config->healthcheck;

	args->health_command = command;
	args->health_interval = or_default(h->interval, 30);
	args->health_start_interval = or_default(h->start_interval, 5);
	args->health_start_period = h->start_period;
}

static int put(struct engine *e, const struct container *rec, const struct health *health,
	       struct error *err)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;

	json_encode(&health_shape, health, &text);
	return health_put(&e->store, rec->id, rec->life.restart_count, text.data, err);
}

static void begin_again(struct health *health)
{
	free(health->status);
	health->status = xstrdup(starting);
	health->failing_streak = 0;
}

int health_read(struct engine *e, const struct container *rec,
		const struct container_config *config, struct health **ret, struct error *err)
{
	struct health *health;
	cleanup_free char *text = NULL;
	int64_t run = 0;
	int r;

	*ret = NULL;
	if (!health_is_checked(config))
		return 0;
	r = health_get(&e->store, rec->id, &run, &text, err);
	if (r < 0)
		return r;
	health = xcalloc(1, sizeof(*health));
	if (r > 0)
		r = json_decode(&health_shape, text, strlen(text), health, err);
	if (r < 0) {
		free(health);
		return r;
	}
	if (!health->status || run != rec->life.restart_count)
		begin_again(health);
	*ret = health;
	return 0;
}

int health_read_summary(struct engine *e, const struct container *rec,
			struct container_summary_health *ret, struct error *err)
{
	struct container_summary_health health = { NULL };
	cleanup_free char *text = NULL;
	int64_t run = 0;
	int r = health_get(&e->store, rec->id, &run, &text, err);

	if (r > 0)
		r = json_decode(&container_summary_health_shape, text, strlen(text), &health, err);
	if (r < 0)
		return r;
	if (!health.status || run != rec->life.restart_count) {
		free(health.status);
		health = (struct container_summary_health){ .status = xstrdup(starting) };
	}
	*ret = health;
	return 0;
}

int health_begin(struct engine *e, const struct container *rec,
		 const struct container_config *config, struct error *err)
{
	struct health *health = NULL;
	int r = health_read(e, rec, config, &health, err);

	if (r < 0 || !health)
		return r;
	begin_again(health);
	r = put(e, rec, health, err);
	health_release(health);
	free(health);
	return r;
}

static void keep_result(struct health *health, struct healthcheck_result *result)
{
	struct healthcheck_result *log = health->log;

	if (health->n_log >= RESULTS_KEPT) {
		size_t old = health->n_log - RESULTS_KEPT + 1;

		for (size_t i = 0; i < old; i++)
			healthcheck_result_release(&log[i]);
		memmove(log, log + old, (health->n_log - old) * sizeof(*log));
		health->n_log -= old;
	}
	log = health->log = xrealloc(log, health->n_log + 1, sizeof(*log));
	log[health->n_log++] = *result;
	*result = (struct healthcheck_result){ 0 };
}

/* Within the start period a failure does not count, unless it was healthy before. */
static const char *judge(struct health *health, const struct health_config *config,
			 int64_t exit_code, int64_t ran_ns)
{
	int64_t retries = config->retries > 0 ? config->retries : RETRIES_DEFAULT;

	if (exit_code == 0) {
		health->failing_streak = 0;
		return healthy;
	}
	if (strcmp(health->status, starting) == 0 && ran_ns < config->start_period)
		return starting;
	health->failing_streak++;
	return health->failing_streak >= retries ? unhealthy : health->status;
}

bool health_judge(struct health *health, const struct health_config *config,
		  struct healthcheck_result *result, int64_t ran_ns)
{
	const char *status = judge(health, config, result->exit_code, ran_ns);
	bool changed = strcmp(status, health->status) != 0;

	keep_result(health, result);
	if (!changed)
		return false;
	free(health->status);
	health->status = xstrdup(status);
	return true;
}

int health_record(struct engine *e, const struct container *rec, const struct health *health,
		  bool changed, struct error *err)
{
	cleanup_free char *action = xasprintf("health_status: %s", health->status);
	int r = store_begin(&e->store, err);

	if (r < 0)
		return r;
	r = put(e, rec, health, err);
	if (r >= 0 && changed)
		r = instance_event(e, rec, action, NULL, err);
	if (r >= 0)
		return store_commit(&e->store, err);
	store_rollback(&e->store);
	return r;
}
