/* SPDX-License-Identifier: Apache-2.0 */
/* What run and create share: making the container, pulling its image when it is not there. */
#pragma once

#include "cli/command.h"
#include "cli/run-options.h"

/* Create the container of a finished request, pulling first as --pull says; writes the cid file.
 * *ret_id is owned. */
must_check int container_create(struct cli *cli, struct run_options *o, char **ret_id,
				struct error *err);

/* Say "hoy: TEXT\n\nRun 'hoy run --help' for more information", clear err, and give the exit code:
 * 125 for what is wrong with the options (_usage); for what the engine said 127 not found, 126
 * cannot be invoked, 125 all else. */
int container_report_usage(const char *command, struct error *err);
int container_report(const char *command, struct error *err);
