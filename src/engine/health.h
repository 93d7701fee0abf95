/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Health checks. The container's monitor knows when (monitor/health-timer.h) and then runs
 * `hoyd --probe ID`; that is engine_probe: an exec session in the container, judged as Docker does
 * and put into the record. Nothing of it lives between two checks.
 */
#pragma once

#include "engine/instance.h"

/* The health check is not "NONE" and not missing. */
bool health_is_checked(const struct container_config *config);
/* ERR_INVALID in Docker's words. */
must_check int health_check_config(const struct health_config *config, struct error *err);
/* What the monitor is told. @command: owned by the caller of the monitor. */
void health_arguments(const struct container_config *config, char *const *command,
		      struct monitor_args *args);
/* In a transaction: its first run begins; nothing is known of it yet. */
must_check int health_begin(struct engine *e, const struct container *rec,
			    const struct container_config *config, struct error *err);
/* What is known now: *ret is NULL without checks. Owned: health_release and free. */
must_check int health_read(struct engine *e, const struct container *rec,
			   const struct container_config *config, struct health **ret,
			   struct error *err);
/* What a list tells of it; only of one that is checked. Owned. */
must_check int health_read_summary(struct engine *e, const struct container *rec,
				   struct container_summary_health *ret, struct error *err);
/* The judgement, for itself: put a result of a check that began ran_ns after the start into *health
 * (result's texts are taken over). True: the status is another one now. */
bool health_judge(struct health *health, const struct health_config *config,
		  struct healthcheck_result *result, int64_t ran_ns);
/* Write it down; changed: and tell it as an event. */
must_check int health_record(struct engine *e, const struct container *rec,
			     const struct health *health, bool changed, struct error *err);
