/* SPDX-License-Identifier: Apache-2.0 */
/* Inside client/: the programs that belong to hoy. */
#pragma once

/* Its path: beside us, as built, or where it is installed. Owned. */
char *client_program(const char *name);
