/* SPDX-License-Identifier: Apache-2.0 */
/* The inner door of logs: attach replays the log of a container that it has open already. */
#pragma once

#include "engine/instance.h"

/* Write what the log has so far (opts->follow is not looked at). */
must_check int logs_replay(struct engine *e, const struct instance *in,
			   const struct logs_options *opts, struct engine_stream *stream,
			   struct error *err);
