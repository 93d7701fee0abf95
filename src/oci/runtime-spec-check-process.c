/* SPDX-License-Identifier: Apache-2.0 */
/* The checks of config.json's process, and of process.json. */
#include <errno.h>
#include <string.h>

#include "base/strbuf.h"
#include "oci/runtime-spec-check.h"

enum { WINDOW_MAX = 65535, UMASK_MAX = 0777, OOM_SCORE_MAX = 1000, REALTIME_MAX = 99 };

static int check_user(const struct oci_user *user, struct error *err)
{
	for (size_t i = 0; i < user->n_additional_gids; i++) {
		int64_t gid = user->additional_gids[i];

		if (gid < 0 || gid >= UINT32_MAX)
			return error_set(err, ERR_INVALID, 0,
					 "process.user.additionalGids[%zu]: invalid additional "
					 "group %lld",
					 i, (long long)gid);
	}
	if (user->uid == UINT32_MAX || user->gid == UINT32_MAX)
		return error_set(err, ERR_INVALID, 0, "process.user: invalid user id %u:%u",
				 user->uid, user->gid);
	if (!user->umask.set)
		return 0;
	return check_range("process.user.umask", user->umask.value, 0, UMASK_MAX, err);
}

static int check_rlimits(const struct oci_process *p, struct error *err)
{
	for (size_t i = 0; i < p->n_rlimits; i++) {
		const struct oci_rlimit *limit = &p->rlimits[i];

		if (strncmp(limit->type, "RLIMIT_", 7) || !limit->type[7])
			return error_set(err, ERR_INVALID, 0,
					 "process.rlimits[%zu]: invalid rlimit type '%s'", i,
					 limit->type);
		if (limit->soft > limit->hard)
			return error_set(err, ERR_INVALID, 0,
					 "process.rlimits[%zu]: soft limit %llu of %s is above the "
					 "hard limit %llu",
					 i, (unsigned long long)limit->soft, limit->type,
					 (unsigned long long)limit->hard);
		for (size_t j = 0; j < i; j++) {
			if (!strcmp(limit->type, p->rlimits[j].type))
				return error_set(err, ERR_INVALID, 0,
						 "process.rlimits names %s twice", limit->type);
		}
	}
	return 0;
}

static int check_scheduler(const struct oci_scheduler *s, struct error *err)
{
	static const char *const policies[] = { "SCHED_OTHER",	  "SCHED_FIFO", "SCHED_RR",
						"SCHED_BATCH",	  "SCHED_ISO",	"SCHED_IDLE",
						"SCHED_DEADLINE", NULL };
	static const char *const flags[] = {
		"SCHED_FLAG_RESET_ON_FORK",  "SCHED_FLAG_RECLAIM",
		"SCHED_FLAG_DL_OVERRUN",     "SCHED_FLAG_KEEP_POLICY",
		"SCHED_FLAG_KEEP_PARAMS",    "SCHED_FLAG_UTIL_CLAMP_MIN",
		"SCHED_FLAG_UTIL_CLAMP_MAX", NULL
	};
	int r = check_word("process.scheduler.policy", s->policy, policies, err);

	for (char **flag = s->flags; !r && flag && *flag; flag++) {
		r = check_word("process.scheduler.flags", *flag, flags, err);
		/* There is no member for the value that would be clamped to. */
		if (!r && !strncmp(*flag, "SCHED_FLAG_UTIL_", 16))
			r = error_set(err, ERR_INVALID, EOPNOTSUPP,
				      "process.scheduler.flags: %s is not supported: config.json "
				      "has no member for its value",
				      *flag);
	}
	if (!r)
		r = check_range("process.scheduler.nice", s->nice, -20, 19, err);
	if (!r)
		r = check_range("process.scheduler.priority", s->priority, 0, REALTIME_MAX, err);
	if (!r && strcmp(s->policy, "SCHED_DEADLINE") && (s->runtime || s->deadline || s->period))
		r = error_set(err, ERR_INVALID, 0,
			      "process.scheduler: runtime, deadline and period are for "
			      "SCHED_DEADLINE, not for %s",
			      s->policy);
	return r;
}

static int check_io_priority(const struct oci_io_priority *p, struct error *err)
{
	static const char *const classes[] = { "IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE",
					       "IOPRIO_CLASS_IDLE", NULL };
	int r = check_word("process.ioPriority.class", p->class, classes, err);

	return r < 0 ? r : check_range("process.ioPriority.priority", p->priority, 0, 7, err);
}

static int check_affinity(const struct oci_cpu_affinity *a, struct error *err)
{
	int r = check_list("process.execCPUAffinity.initial", a->initial, err);

	return r < 0 ? r : check_list("process.execCPUAffinity.final", a->final, err);
}

static int check_console(const struct oci_console_size *size, struct error *err)
{
	if (size->height > WINDOW_MAX || size->width > WINDOW_MAX)
		return error_set(err, ERR_INVALID, 0,
				 "process.consoleSize %llux%llu is above %dx%d",
				 (unsigned long long)size->height, (unsigned long long)size->width,
				 WINDOW_MAX, WINDOW_MAX);
	return 0;
}

int check_process(const struct oci_process *p, struct error *err)
{
	int r = check_user(&p->user, err);

	if (!r)
		r = check_rlimits(p, err);
	if (!r)
		r = check_env("process.env", p->env, err);
	if (!r && p->console_size)
		r = check_console(p->console_size, err);
	if (!r && p->oom_score_adj.set)
		r = check_range("process.oomScoreAdj", p->oom_score_adj.value, -OOM_SCORE_MAX,
				OOM_SCORE_MAX, err);
	if (!r && p->scheduler)
		r = check_scheduler(p->scheduler, err);
	if (!r && p->io_priority)
		r = check_io_priority(p->io_priority, err);
	if (!r && p->exec_cpu_affinity)
		r = check_affinity(p->exec_cpu_affinity, err);
	return r;
}
