/* SPDX-License-Identifier: Apache-2.0 */
/* The OCI runtime that a container's record names: path, root, arguments. */
#pragma once

#include "engine/instance.h"

#define RUNTIME_NAME "hoy" /* our own, and the default */

struct runtime_ref {
	char *path; /* absolute; owned */
	char *root; /* --root; owned   */
};

void runtime_ref_release(struct runtime_ref *ref);

/* name: "" or NULL the engine's default. ERR_INVALID "unknown or invalid runtime name: X". */
must_check int runtime_find(const struct engine *e, const char *name, struct runtime_ref *ret,
			    struct error *err);

/* Run `runtime delete --force id` and wait. That there is nothing to delete is success. */
must_check int runtime_remove(const struct runtime_ref *ref, const char *id, struct error *err);

/* <libexec>/name, or beside ourselves where that is (build tree, hoyd). Owned. */
char *runtime_program(const struct engine *e, const char *name);
