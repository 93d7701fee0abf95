/* SPDX-License-Identifier: Apache-2.0 */
/* Starting and stopping of instances that are already locked: what restart is made of. */
#pragma once

#include "engine/instance.h"

/* What a monitor runs at the end when nobody waits for it: hoyd --reap, with this engine's
 * directories. strv, owned. */
char **hoyd_command(const struct engine *e, const char *option, const char *id);

/* in is locked and does not run. On failure the record says why, and nothing is left in the
 * kernel. */
must_check int start_instance(struct engine *e, struct instance *in, struct error *err);

/* Send the stop signal, wait for the end (monitor gone), SIGKILL after the grace time. Needs no
 * mutex
 * and folds nothing: the caller reaps. That it does not run (any more) is success. */
must_check int stop_instance(struct engine *e, const struct instance *in,
			     const struct engine_stop_options *opts, struct error *err);

/* One signal; waits for the end when it is SIGKILL. */
must_check int kill_instance(struct engine *e, const struct instance *in, int sig, bool no_restart,
			     struct error *err);
