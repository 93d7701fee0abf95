/* SPDX-License-Identifier: Apache-2.0 */
/* Finding, making, entering a container's cgroup and its files. Its end is in cgroup-kill.c,
 * figures in cgroup-stats.c. */
#include "sys/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/parse.h"
#include "base/strbuf.h"
#include "base/strv.h"
#include "sys/file.h"

#define CGROUP_ROOT "/sys/fs/cgroup"

enum { CGROUP_FILE_MAX = 1024 * 1024 };

enum cgroup_mode cgroup_mode(void)
{
	struct statfs st;

	if (statfs(CGROUP_ROOT, &st) == 0 && st.f_type == CGROUP2_SUPER_MAGIC)
		return CGROUP_V2;
	return CGROUP_V1;
}

void cgroup_release(struct cgroup *cg)
{
	for (size_t i = 0; i < cg->n_dirs; i++) {
		free(cg->dirs[i].controllers);
		free(cg->dirs[i].path);
	}
	*cg = (struct cgroup){ 0 };
}

/* A hierarchy of /proc/self/cgroup need not be mounted here; then its place, if any, is an ordinary
 * directory, in which mkdir would succeed and mean nothing. 1, 0; what cannot be looked at is an
 * error: a hierarchy that is overlooked would limit nothing, and stay behind. */
static int is_cgroup_mount(const char *path)
{
	struct statfs st;

	if (statfs(path, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == EACCES ? 0 : -errno;
	return st.f_type == CGROUP_SUPER_MAGIC || st.f_type == CGROUP2_SUPER_MAGIC;
}

static int cgroup_add_dir(struct cgroup *cg, const char *controllers, const char *path)
{
	const char *name = controllers;
	cleanup_free char *mount = NULL;
	int r;

	if (!strncmp(name, "name=", 5))
		name += 5;
	if (cg->n_dirs == CGROUP_DIRS_MAX)
		return 0;
	if (cg->mode == CGROUP_V2)
		mount = xstrdup(CGROUP_ROOT);
	else
		mount = xasprintf(CGROUP_ROOT "/%s", *controllers ? name : "unified");
	r = is_cgroup_mount(mount);
	if (r <= 0)
		return r;
	path += strspn(path, "/");
	cg->dirs[cg->n_dirs++] = (struct cgroup_dir){
		.controllers = xstrdup(controllers),
		.path = *path ? xasprintf("%s/%s", mount, path) : xstrdup(mount),
		.mount_len = (int)strlen(mount),
	};
	return 0;
}

/* "12:cpu,cpuacct:/path" a line. @path NULL: the process's own. */
static int cgroup_from_proc(const char *file, const char *path, struct cgroup *ret)
{
	struct cgroup cg = { .mode = cgroup_mode() };
	char *data cleanup_free = NULL, *line, *save = NULL;
	int r = file_read_at(AT_FDCWD, file, CGROUP_FILE_MAX, &data, NULL);

	if (r < 0)
		return r == -ENOENT ? -ESRCH : r;
	for (line = strtok_r(data, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *controllers = strchr(line, ':');
		char *own = controllers ? strchr(controllers + 1, ':') : NULL;

		if (!own)
			continue;
		*own++ = '\0';
		controllers++;
		if (cg.mode == CGROUP_V2 && *controllers)
			continue;
		r = cgroup_add_dir(&cg, controllers, path ? path : own);
		if (r < 0) {
			cgroup_release(&cg);
			return r;
		}
	}
	*ret = cg;
	return cg.n_dirs ? 0 : -ENOENT;
}

int cgroup_find(const char *path, struct cgroup *ret)
{
	cleanup(strv_release) char **parts = strv_split(path, '/');
	struct strbuf clean = STRBUF_INIT;
	int r;

	if (strv_contains(parts, ".."))
		return -EINVAL;
	for (char **part = parts; *part; part++) {
		if (**part && strcmp(*part, ".") != 0)
			strbuf_addf(&clean, "/%s", *part);
	}
	r = clean.len ? cgroup_from_proc("/proc/self/cgroup", clean.data, ret) : -EINVAL;
	strbuf_release(&clean);
	return r;
}

int cgroup_of_pid(pid_t pid, struct cgroup *ret)
{
	char file[40];

	(void)snprintf(file, sizeof(file), "/proc/%d/cgroup", (int)pid);
	return cgroup_from_proc(file, NULL, ret);
}

static bool has_controller(const char *list, const char *controller)
{
	size_t len = strlen(controller);

	for (const char *p = list; *p; p += strspn(p, ",")) {
		size_t n = strcspn(p, ",");

		if (n == len && !strncmp(p, controller, len))
			return true;
		p += n;
	}
	return false;
}

const struct cgroup_dir *cgroup_dir_of(const struct cgroup *cg, const char *controller)
{
	for (size_t i = 0; i < cg->n_dirs; i++) {
		const char *list = cg->dirs[i].controllers;

		if (cg->mode == CGROUP_V2 || has_controller(list, controller))
			return &cg->dirs[i];
		if (!strncmp(list, "name=", 5) && !strcmp(list + 5, controller))
			return &cg->dirs[i];
	}
	return NULL;
}

/* A new v1 cpuset has no cpus and no memory nodes, and takes no process before it has. */
static int cpuset_inherit(const char *parent, const char *child)
{
	static const char *const files[] = { "cpuset.cpus", "cpuset.mems" };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		cleanup_free char *from = xasprintf("%s/%s", parent, files[i]);
		cleanup_free char *to = xasprintf("%s/%s", child, files[i]);
		cleanup_free char *value = NULL;
		int r = file_read_at(AT_FDCWD, from, CGROUP_FILE_MAX, &value, NULL);

		if (!r && *value)
			r = file_put_at(AT_FDCWD, to, value);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool is_refusal(int r)
{
	return r == -EACCES || r == -EPERM || r == -EROFS;
}

/* Let children of the v2 cgroup @dir use every controller that it has itself. A controller that
 * cannot be enabled (its processes are in the way, it is threaded, it is not ours) is left out: a
 * limit that needs it fails later, by name. */
static int enable_controllers(const char *dir)
{
	cleanup_free char *have_file = xasprintf("%s/cgroup.controllers", dir);
	cleanup_free char *on_file = xasprintf("%s/cgroup.subtree_control", dir);
	char *have cleanup_free = NULL, *on cleanup_free = NULL, *name, *save = NULL;
	int r = file_read_at(AT_FDCWD, have_file, CGROUP_FILE_MAX, &have, NULL);

	if (r >= 0)
		r = file_read_at(AT_FDCWD, on_file, CGROUP_FILE_MAX, &on, NULL);
	if (r < 0 || !strcmp(have, on))
		return r;
	for (name = strtok_r(have, " \n", &save); name; name = strtok_r(NULL, " \n", &save)) {
		char change[64];

		(void)snprintf(change, sizeof(change), "+%s", name);
		r = file_put_at(AT_FDCWD, on_file, change);
		if (r < 0 && r != -EBUSY && r != -EOPNOTSUPP && r != -EINVAL && r != -ENOENT &&
		    !is_refusal(r))
			return r;
	}
	return 0;
}

static int dir_make(const struct cgroup *cg, const struct cgroup_dir *dir, const char *path)
{
	const char *slash = strrchr(path, '/');
	cleanup_free char *parent = xstrndup(path, (size_t)(slash - path));
	int r;

	if (mkdir(path, 0755) < 0) {
		if (errno == EEXIST)
			return 0;
		if (errno != ENOENT || slash - path <= dir->mount_len)
			return -errno;
		r = dir_make(cg, dir, parent);
		if (r < 0)
			return r;
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return -errno;
	}
	if (cg->mode == CGROUP_V2)
		return 0;
	return has_controller(dir->controllers, "cpuset") ? cpuset_inherit(parent, path) : 0;
}

static void cgroup_drop_dir(struct cgroup *cg, size_t i)
{
	free(cg->dirs[i].controllers);
	free(cg->dirs[i].path);
	memmove(&cg->dirs[i], &cg->dirs[i + 1], (--cg->n_dirs - i) * sizeof(cg->dirs[0]));
}

/* In a group of processes the kernel would not refuse every controller: a threaded one (cpu, pids)
 * makes it a group of threads, whose children take no processes at all. The root alone is free of
 * that, and has no type. */
static bool holds_processes(const char *dir)
{
	cleanup_free char *type = xasprintf("%s/cgroup.type", dir);
	cleanup_free char *file = xasprintf("%s/cgroup.procs", dir);
	cleanup_free char *pids = NULL;

	return access(type, F_OK) == 0 &&
	       file_read_at(AT_FDCWD, file, CGROUP_FILE_MAX, &pids, NULL) == 0 && *pids;
}

/* Hand all controllers down to @path, from the hierarchy's root on. Mostly its parent has them and
 * gives them to its children already. */
static int hand_down(const struct cgroup_dir *dir)
{
	cleanup_free char *root = xstrndup(dir->path, (size_t)dir->mount_len);
	cleanup_free char *all = NULL, *own = NULL, *all_file = NULL, *own_file = NULL;

	all_file = xasprintf("%s/cgroup.controllers", root);
	own_file = xasprintf("%s/cgroup.controllers", dir->path);
	if (file_read_at(AT_FDCWD, all_file, CGROUP_FILE_MAX, &all, NULL) == 0 &&
	    file_read_at(AT_FDCWD, own_file, CGROUP_FILE_MAX, &own, NULL) == 0 && !strcmp(all, own))
		return 0;
	for (const char *p = dir->path + dir->mount_len; p; p = strchr(p + 1, '/')) {
		cleanup_free char *above = xstrndup(dir->path, (size_t)(p - dir->path));
		int r = holds_processes(above) ? 0 : enable_controllers(above);

		if (r < 0)
			return r;
	}
	return 0;
}

static int create(struct cgroup *cg, bool what_may_be)
{
	int refused = 0;

	for (size_t i = 0; i < cg->n_dirs;) {
		int r = dir_make(cg, &cg->dirs[i], cg->dirs[i].path);

		if (!r && cg->mode == CGROUP_V2)
			r = hand_down(&cg->dirs[i]);
		if (!r) {
			i++;
			continue;
		}
		if (what_may_be && is_refusal(r))
			refused = r;
		/* A hierarchy that the kernel has but nobody mounted cannot be used by anyone. */
		else if (cg->mode == CGROUP_V2 || r != -ENOENT)
			return r;
		cgroup_drop_dir(cg, i);
	}
	return cg->n_dirs ? 0 : refused;
}

int cgroup_create(struct cgroup *cg)
{
	return create(cg, false);
}

int cgroup_create_allowed(struct cgroup *cg)
{
	return create(cg, true);
}

bool cgroup_exists(const struct cgroup *cg)
{
	for (size_t i = 0; i < cg->n_dirs; i++) {
		if (access(cg->dirs[i].path, F_OK) == 0)
			return true;
	}
	return false;
}

static int unified_index(const struct cgroup *cg)
{
	for (size_t i = 0; i < cg->n_dirs; i++) {
		if (!*cg->dirs[i].controllers)
			return (int)i;
	}
	return -1;
}

int cgroup_create_unified(const struct cgroup *cg)
{
	int i = unified_index(cg);

	return i < 0 ? -ENOENT : dir_make(cg, &cg->dirs[i], cg->dirs[i].path);
}

int cgroup_attach(const struct cgroup *cg, pid_t pid, bool in_unified)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%d", (int)pid);
	for (size_t i = 0; i < cg->n_dirs; i++) {
		cleanup_free char *file = NULL;
		int r;

		if (in_unified && !*cg->dirs[i].controllers)
			continue;
		file = xasprintf("%s/cgroup.procs", cg->dirs[i].path);
		r = file_put_at(AT_FDCWD, file, text);
		if (r < 0)
			return r;
	}
	return 0;
}

int cgroup_attach_self(const struct cgroup *cg, bool in_unified)
{
	for (size_t i = 0; i < cg->n_dirs; i++) {
		bool unified = !*cg->dirs[i].controllers;
		cleanup_free char *file = NULL;
		int r;

		if (in_unified && unified)
			continue;
		file = xasprintf("%s/%s", cg->dirs[i].path, unified ? "cgroup.procs" : "tasks");
		r = file_put_at(AT_FDCWD, file, "0");
		if (r < 0 && !(r == -ENOENT && cg->mode == CGROUP_V1))
			return r;
	}
	return 0;
}

int cgroup_open_unified(const struct cgroup *cg)
{
	int fd, i = unified_index(cg);

	if (i < 0)
		return -ENOENT;
	fd = open(cg->dirs[i].path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int cgroup_write(const struct cgroup *cg, const char *controller, const char *file,
		 const char *value)
{
	const struct cgroup_dir *dir = cgroup_dir_of(cg, controller);
	cleanup_free char *path = NULL;

	if (!dir)
		return -ENODEV;
	path = xasprintf("%s/%s", dir->path, file);
	return file_put_at(AT_FDCWD, path, value);
}

int cgroup_read(const struct cgroup *cg, const char *controller, const char *file, char **ret)
{
	const struct cgroup_dir *dir = cgroup_dir_of(cg, controller);
	cleanup_free char *path = NULL;

	if (!dir)
		return -ENODEV;
	path = xasprintf("%s/%s", dir->path, file);
	return file_read_at(AT_FDCWD, path, CGROUP_FILE_MAX, ret, NULL);
}

int cgroup_read_u64(const struct cgroup *cg, const char *controller, const char *file,
		    uint64_t *ret)
{
	cleanup_free char *text = NULL;
	int r = cgroup_read(cg, controller, file, &text);

	if (r < 0)
		return r;
	text[strcspn(text, "\n")] = '\0';
	if (!strcmp(text, "max")) {
		*ret = UINT64_MAX;
		return 0;
	}
	return parse_u64(text, ret);
}
