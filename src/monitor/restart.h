/* SPDX-License-Identifier: Apache-2.0 */
/* When a container that ended is started again: Docker's policies and back-off. Pure. */
#pragma once

#include "base/macros.h"

enum restart_policy { RESTART_NO, RESTART_ALWAYS, RESTART_UNLESS_STOPPED, RESTART_ON_FAILURE };

struct restart {
	enum restart_policy policy;
	unsigned int max; /* on-failure only; 0: no limit */
	unsigned int count;
	int64_t delay_ns;
	bool cancelled; /* stopped by a person: never again, whatever the policy */
};

/* name: NULL, "" and "no" are the same. -EINVAL */
must_check int restart_init(struct restart *restart, const char *name, unsigned int max);
/* After a run of ran_ns that ended with exit_code: whether to start again, after *ret_delay_ns
 * (100 ms, doubled each time up to a minute; from the beginning after a run of ten seconds). */
bool restart_next(struct restart *restart, int exit_code, int64_t ran_ns, int64_t *ret_delay_ns);
