/* SPDX-License-Identifier: Apache-2.0 */
/* Running without the host's root: is it so, and how ids are mapped then (user_namespaces(7)). */
#include "runtime/rootless.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "base/strbuf.h"
#include "base/strv.h"
#include "sys/file.h"
#include "sys/idmap.h"
#include "sys/process.h"

enum { MAP_FILE_MAX = 64 * 1024 };

int rootless_parse(const char *text, enum rootless_mode *ret, struct error *err)
{
	if (!text || !*text || !strcmp(text, "auto"))
		*ret = ROOTLESS_AUTO;
	else if (!strcmp(text, "true") || !strcmp(text, "1"))
		*ret = ROOTLESS_YES;
	else if (!strcmp(text, "false") || !strcmp(text, "0"))
		*ret = ROOTLESS_NO;
	else
		return error_set(err, ERR_INVALID, 0,
				 "invalid --rootless '%s': true, false or auto wanted", text);
	return 0;
}

/* The first user namespace maps all ids on themselves. */
static bool in_user_namespace(void)
{
	static const char *const all[] = { "0", "0", "4294967295" };
	char *map cleanup_free = NULL, *save = NULL, *word;

	if (file_read_at(AT_FDCWD, "/proc/self/uid_map", MAP_FILE_MAX, &map, NULL) < 0)
		return false;
	word = strtok_r(map, " \n", &save);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++, word = strtok_r(NULL, " \n", &save)) {
		if (!word || strcmp(word, all[i]) != 0)
			return true;
	}
	return false;
}

bool rootless_is(enum rootless_mode mode)
{
	if (mode != ROOTLESS_AUTO)
		return mode == ROOTLESS_YES;
	return geteuid() != 0 || in_user_namespace();
}

int rootless_check(const struct oci_spec *spec, struct error *err)
{
	const struct oci_linux *lx = spec->linux_;

	if (geteuid() == 0)
		return 0;
	for (size_t i = 0; lx && i < lx->n_namespaces; i++) {
		if (!strcmp(lx->namespaces[i].type, "user"))
			return 0;
	}
	return error_set(err, ERR_INVALID, EPERM,
			 "a container of a user who is not root needs a user namespace "
			 "(hoy-runtime spec --rootless has one)");
}

int rootless_expose(bool on)
{
	if (geteuid() == 0)
		return 0;
	return prctl(PR_SET_DUMPABLE, on, 0, 0, 0) < 0 ? -errno : 0;
}

static bool is_own_id(const struct oci_id_mapping *map, size_t n, uint32_t own)
{
	return n == 1 && map->size == 1 && map->host_id == own;
}

/* newuidmap PID INSIDE OUTSIDE COUNT …: set-uid helpers that check /etc/subuid and /etc/subgid. */
static int run_helper(const char *helper, pid_t pid, const struct oci_id_mapping *map, size_t n,
		      struct error *err)
{
	static const char *const dirs[] = { "/usr/bin", "/bin", "/usr/local/bin", "/usr/sbin" };
	cleanup(strv_release) char **argv = NULL;
	cleanup_free char *file = NULL;
	const struct fd_map fds[] = { { STDERR_FILENO, STDERR_FILENO } };
	struct spawn spawn = { .fds = fds, .n_fds = ARRAY_SIZE(fds) };
	cleanup_fd int pidfd = -1;
	int status = 0, r;

	for (size_t i = 0; !file && i < ARRAY_SIZE(dirs); i++) {
		cleanup_free char *path = xasprintf("%s/%s", dirs[i], helper);

		if (access(path, X_OK) == 0)
			file = take_ptr(path);
	}
	if (!file)
		return error_set(err, ERR_INVALID, ENOENT,
				 "the id mappings need %s, which is not installed (package uidmap)",
				 helper);
	strv_push(&argv, helper);
	strv_pushf(&argv, "%d", (int)pid);
	for (size_t i = 0; i < n; i++) {
		strv_pushf(&argv, "%u", map[i].container_id);
		strv_pushf(&argv, "%u", map[i].host_id);
		strv_pushf(&argv, "%u", map[i].size);
	}
	spawn.file = file;
	spawn.argv = argv;
	r = process_spawn(&spawn, &pidfd, NULL);
	if (!r)
		r = process_wait(pidfd, &status);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "run %s", file);
	if (status != 0)
		return error_set(err, ERR_INVALID, EPERM,
				 "%s refused the id mappings: are they in /etc/sub%cid?", helper,
				 helper[3]);
	return 0;
}

int rootless_write_maps(pid_t pid, int proc, const struct oci_linux *lx, struct error *err)
{
	bool own = is_own_id(lx->uid_mappings, lx->n_uid_mappings, geteuid()) &&
		   is_own_id(lx->gid_mappings, lx->n_gid_mappings, getegid());
	int r;

	if (geteuid() == 0 || own) {
		r = idmap_write(proc, (const struct idmap *)lx->uid_mappings, lx->n_uid_mappings,
				(const struct idmap *)lx->gid_mappings, lx->n_gid_mappings);
		if (r < 0)
			return error_set(err, ERR_SYSTEM, -r, "write the id mappings");
		return 0;
	}
	r = run_helper("newuidmap", pid, lx->uid_mappings, lx->n_uid_mappings, err);
	return r < 0 ? r : run_helper("newgidmap", pid, lx->gid_mappings, lx->n_gid_mappings, err);
}
