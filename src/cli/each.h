/* SPDX-License-Identifier: Apache-2.0 */
/* Commands that do one thing to each of their arguments: what works is printed, what fails is said,
 * and the exit code is 1 when any failed. */
#pragma once

#include "cli/command.h"

/* One call with an empty answer for each of argv: METHOD prefix + argument + suffix (which may have
 * a query). Prints the argument when it worked. */
struct each_call {
	const char *method, *prefix, *suffix;
	bool missing_is_fine; /* "no such …" is said, and does not fail the command */
};

must_check int each_run(struct cli *cli, const struct each_call *each, char **argv,
			struct error *err);
