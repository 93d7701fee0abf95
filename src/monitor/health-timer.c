/* SPDX-License-Identifier: Apache-2.0 */
/* The next check of health: asked by monitor/serve, told by monitor/session. */
#include "monitor/health-timer.h"

static int64_t next(const struct health_timer *timer, int64_t now)
{
	bool starting = !timer->settled && now - timer->started < timer->start_period;

	return now + (starting ? timer->start_interval : timer->interval);
}

void health_timer_begin(struct health_timer *timer, int64_t now)
{
	if (timer->interval == 0)
		return;
	timer->started = now;
	timer->settled = false;
	timer->outdated = timer->probe > 0;
	timer->next_at = next(timer, now);
}

void health_timer_end(struct health_timer *timer)
{
	timer->next_at = 0;
}

int64_t health_timer_due(const struct health_timer *timer)
{
	return timer->probe > 0 ? 0 : timer->next_at;
}

void health_timer_probed(struct health_timer *timer, bool settled, int64_t now)
{
	timer->probe = 0;
	if (!timer->outdated && settled)
		timer->settled = true;
	timer->outdated = false;
	if (timer->next_at > 0)
		timer->next_at = next(timer, now);
}
