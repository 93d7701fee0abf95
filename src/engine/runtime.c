/* SPDX-License-Identifier: Apache-2.0 */
/* Finding and calling the OCI runtime. */
#include "engine/runtime.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "sys/path.h"
#include "sys/process.h"

void runtime_ref_release(struct runtime_ref *ref)
{
	free(ref->path);
	free(ref->root);
	*ref = (struct runtime_ref){ NULL, NULL };
}

static char *program_beside_us(const char *name)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (n <= 0)
		return NULL;
	self[n] = '\0';
	slash = strrchr(self, '/');
	return slash ? xasprintf("%.*s/%s", (int)(slash - self), self, name) : NULL;
}

char *runtime_program(const struct engine *e, const char *name)
{
	char *beside = program_beside_us(name);

	if (beside && access(beside, X_OK) == 0)
		return beside;
	free(beside);
	return path_join(e->config->libexec_dir ? e->config->libexec_dir : HOY_LIBEXECDIR, name);
}

int runtime_find(const struct engine *e, const char *name, struct runtime_ref *ret,
		 struct error *err)
{
	const char *path;

	if (!name || !name[0])
		name = e->config->default_runtime;
	if (!name || !name[0])
		name = RUNTIME_NAME;
	path = strmap_get(&e->config->runtimes, name);
	if (!path && strcmp(name, RUNTIME_NAME) != 0)
		return error_set(err, ERR_INVALID, 0, "unknown or invalid runtime name: %s", name);
	ret->path = path && path[0] ? xstrdup(path) : runtime_program(e, "hoy-runtime");
	ret->root = xasprintf("%s/runtime-%s", e->config->run_root, name);
	return 0;
}

int runtime_remove(const struct runtime_ref *ref, const char *id, struct error *err)
{
	char *argv[] = { ref->path,	    (char *)"--root", ref->root, (char *)"delete",
			 (char *)"--force", (char *)id,	      NULL };
	struct spawn spawn = { .file = ref->path, .argv = argv, .dirfd = -1 };
	cleanup_fd int pidfd = -1;
	int status, r;

	r = process_spawn(&spawn, &pidfd, NULL);
	if (r >= 0)
		r = process_wait(pidfd, &status);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "run %s", ref->path);
	return 0;
}
