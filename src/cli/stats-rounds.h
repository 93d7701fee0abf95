/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stats --no-stream of many containers. The engine's own answer takes a second on a connection of
 * its own for each; instead all are sampled one after another on a few connections, and again when
 * a second has passed since the first: what they used meanwhile is reckoned here.
 */
#pragma once

#include "cli/command.h"

/* Below that each container is asked as other clients ask it. */
enum { STATS_ROUNDS_FROM = 16 };

/* Whether the engine can give a sample at once (API 1.41). */
bool stats_rounds_possible(const struct client *client);

/* rows[i] becomes the row of refs[i], owned, or NULL: it has gone. may_go: that is no failure. */
must_check int stats_rounds(struct cli *cli, char *const *refs, size_t n, bool no_trunc,
			    bool may_go, char **rows, struct error *err);
