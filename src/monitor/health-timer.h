/* SPDX-License-Identifier: Apache-2.0 */
/* When a container's health is checked: Docker's intervals. Pure; times are clock_monotonic. What a
 * check does and finds is engine/health's. */
#pragma once

#include <sys/types.h>

#include "base/macros.h"

struct health_timer {
	int64_t interval, start_interval, start_period; /* ns; interval 0: never */
	int64_t started;				/* of this run           */
	int64_t next_at;				/* 0: none is to come    */
	pid_t probe;					/* that runs; 0 none     */
	bool settled;  /* a check of this run has found more than "starting" */
	bool outdated; /* the probe is one of the run before */
};

/* A run began, a run ended. */
void health_timer_begin(struct health_timer *timer, int64_t now);
void health_timer_end(struct health_timer *timer);
/* When to check; 0: not to be waited for. */
int64_t health_timer_due(const struct health_timer *timer);
/* The probe has ended, and found that (settled) or nothing yet. */
void health_timer_probed(struct health_timer *timer, bool settled, int64_t now);
