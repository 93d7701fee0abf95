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

/* One call of the runtime: `RUNTIME --root ROOT words…`, waited for. */
struct runtime_call {
	char *const *words;	    /* command, options, id        */
	const struct strbuf *input; /* its stdin, at most 60 KiB; NULL: none */
	struct strbuf *output;	    /* what it wrote, appended; NULL: dropped */
};
/* ERR_SYSTEM with the runtime's own words when it fails. */
must_check int runtime_call(const struct runtime_ref *ref, const struct runtime_call *call,
			    struct error *err);
/* What `runtime state` says: "created", "running", "paused", "stopped". Owned. */
must_check int runtime_status(const struct runtime_ref *ref, const char *id, char **ret,
			      struct error *err);
/* An error text of the runtime without the name and the command that it begins with. */
const char *runtime_error_words(const char *text);

/* <libexec>/name, or beside ourselves where that is (build tree, hoyd). Owned. */
char *runtime_program(const struct engine *e, const char *name);
