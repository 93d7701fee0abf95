/* SPDX-License-Identifier: Apache-2.0 */
/* An archive that the engine sends, into a file or to standard output. */
#pragma once

#include "cli/command.h"

/* GET target. path: NULL or "" standard output, which must not be a terminal. A file appears under
 * its name when it is whole. what: "failed to export container", before errors of the path. */
must_check int archive_receive(struct cli *cli, const char *target, const char *path,
			       const char *what, struct error *err);
/* GET target to standard output, whatever that is. */
must_check int archive_stream(struct cli *cli, const char *target, struct error *err);
