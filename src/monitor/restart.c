/* SPDX-License-Identifier: Apache-2.0 */
/* Restart policies: asked by monitor/main at each end of the container. */
#include "monitor/restart.h"

#include <errno.h>
#include <string.h>

#define MS INT64_C(1000000)

static const int64_t delay_first = 100 * MS, delay_max = 60000 * MS, ran_well = 10000 * MS;

int restart_init(struct restart *restart, const char *name, unsigned int max)
{
	static const char *const names[] = { [RESTART_NO] = "no",
					     [RESTART_ALWAYS] = "always",
					     [RESTART_UNLESS_STOPPED] = "unless-stopped",
					     [RESTART_ON_FAILURE] = "on-failure" };

	*restart = (struct restart){ .max = max };
	if (!name || name[0] == '\0')
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(name, names[i]) == 0) {
			restart->policy = (enum restart_policy)i;
			return 0;
		}
	return -EINVAL;
}

static bool wants_another(const struct restart *restart, int exit_code)
{
	switch (restart->policy) {
	case RESTART_NO:
		return false;
	case RESTART_ALWAYS:
	case RESTART_UNLESS_STOPPED:
		return true;
	case RESTART_ON_FAILURE:
		return exit_code != 0 && (restart->max == 0 || restart->count < restart->max);
	}
	return false;
}

bool restart_next(struct restart *restart, int exit_code, int64_t ran_ns, int64_t *ret_delay_ns)
{
	if (restart->cancelled || !wants_another(restart, exit_code))
		return false;
	if (ran_ns >= ran_well)
		restart->delay_ns = 0;
	restart->delay_ns = restart->delay_ns == 0 ? delay_first : restart->delay_ns * 2;
	if (restart->delay_ns > delay_max)
		restart->delay_ns = delay_max;
	restart->count++;
	*ret_delay_ns = restart->delay_ns;
	return true;
}
