/* SPDX-License-Identifier: Apache-2.0 */
/* A container's ties to the machine, for a checkpoint and for a restore. */
#include "runtime/checkpoint-tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/strv.h"
#include "sys/file.h"
#include "sys/namespace.h"
#include "sys/path.h"

enum { MOUNTINFO_MAX = 16 * 1024 * 1024, DESCRIPTORS_MAX = 64 * 1024, FIRST_FD = 4 };

static bool is_bind(const struct oci_mount *m)
{
	return (m->type && !strcmp(m->type, "bind")) || strv_contains(m->options, "bind") ||
	       strv_contains(m->options, "rbind");
}

static void add_pair(char ***pairs, const char *key, const char *value)
{
	strv_push(pairs, key);
	strv_push(pairs, value);
}

static void add_binds(const struct oci_spec *spec, bool with_sources, struct criu_request *req)
{
	for (size_t i = 0; i < spec->n_mounts; i++) {
		const struct oci_mount *m = &spec->mounts[i];
		cleanup_free char *target = is_bind(m) ? path_clean(m->destination) : NULL;

		if (target)
			add_pair(&req->mounts, target, with_sources ? m->source : target);
	}
}

/* A line of mountinfo: "id parent major:minor root target options … - type source options". A mask
 * is the host's null device; a device that could not be made is the host's. Our console is a part
 * of the container's own devpts. */
static void add_file_mount(const struct oci_linux *lx, char *line, struct criu_request *req)
{
	char root[4096], target[4096];
	const char *end = strstr(line, " - "), *name;

	if (!end || sscanf(line, "%*s %*s %*s %4095s %4095s", root, target) != 2)
		return;
	name = strrchr(root, '/');
	if (strv_contains(lx->masked_paths, target) && name && !strcmp(name, "/null"))
		add_pair(&req->mounts, target, "/dev/null");
	else if (!strncmp(target, "/dev/", 5) && strcmp(root, "/") != 0 &&
		 strncmp(end, " - devpts ", 10) != 0 && !strv_contains(req->mounts, target))
		add_pair(&req->mounts, target, target);
}

static int add_file_mounts(const struct oci_spec *spec, pid_t pid, struct criu_request *req,
			   struct error *err)
{
	char path[40], *text cleanup_free = NULL, *line, *save = NULL;
	int r;

	(void)snprintf(path, sizeof(path), "/proc/%d/mountinfo", (int)pid);
	r = file_read_at(AT_FDCWD, path, MOUNTINFO_MAX, &text, NULL);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "read the container's mounts");
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		add_file_mount(spec->linux_, line, req);
	return 0;
}

/* How criu knows a namespace that is not the container's own: network and pid alone. */
static const char *external_name(const struct oci_namespace *ns, struct error *err)
{
	if (!strcmp(ns->type, "network"))
		return "extRootNetNS";
	if (!strcmp(ns->type, "pid"))
		return "extRootPidNS";
	ignore_result(error_set(err, ERR_INVALID, EOPNOTSUPP,
				"a container that joins the %s namespace '%s' cannot be "
				"checkpointed: only network and pid namespaces can be joined",
				ns->type, ns->path));
	return NULL;
}

int tree_describe(const struct oci_spec *spec, pid_t pid, struct criu_request *req,
		  struct error *err)
{
	const struct oci_linux *lx = spec->linux_;

	for (size_t i = 0; i < lx->n_namespaces; i++) {
		const struct oci_namespace *ns = &lx->namespaces[i];
		const char *name = ns->path ? external_name(ns, err) : NULL;
		enum namespace_type type;
		char path[40];
		struct stat st;

		if (!ns->path)
			continue;
		if (!name || namespace_by_name(ns->type, &type) < 0)
			return -EOPNOTSUPP;
		(void)snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid,
			       namespace_table[type].file);
		if (stat(path, &st) < 0)
			return error_set(err, ERR_SYSTEM, errno, "read %s", path);
		strv_pushf(&req->external, "%s[%llu]:%s", namespace_table[type].file,
			   (unsigned long long)st.st_ino, name);
	}
	add_binds(spec, false, req);
	return add_file_mounts(spec, pid, req, err);
}

static void inherit(struct criu_request *req, const char *key, int fd)
{
	req->inherited = xrealloc(req->inherited, req->n_inherited + 1, sizeof(*req->inherited));
	req->inherited[req->n_inherited++] =
		(struct criu_inherited){ .key = xstrdup(key), .fd = fd };
}

static int provide_namespaces(const struct oci_spec *spec, struct criu_request *req, int **fds,
			      size_t *n, struct error *err)
{
	const struct oci_linux *lx = spec->linux_;

	for (size_t i = 0; i < lx->n_namespaces; i++) {
		const struct oci_namespace *ns = &lx->namespaces[i];
		const char *name = ns->path ? external_name(ns, err) : NULL;
		enum namespace_type type;
		int fd;

		if (!ns->path)
			continue;
		if (!name || namespace_by_name(ns->type, &type) < 0)
			return -EOPNOTSUPP;
		fd = namespace_open(ns->path, type);
		if (fd < 0)
			return error_set(err, ERR_SYSTEM, -fd, "open %s namespace '%s'", ns->type,
					 ns->path);
		inherit(req, name, FIRST_FD + (int)*n);
		*fds = xrealloc(*fds, *n + 1, sizeof(**fds));
		(*fds)[(*n)++] = fd;
	}
	return 0;
}

int tree_provide(const struct oci_spec *spec, struct criu_request *req, int **ret_fds,
		 size_t *ret_n, struct error *err)
{
	static const char *const devices[] = { "/dev/null",   "/dev/zero",    "/dev/full",
					       "/dev/random", "/dev/urandom", "/dev/tty" };

	add_binds(spec, true, req);
	/* Names that the images do not have are not looked at. "/dev/null" is also the masks'. */
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
		add_pair(&req->mounts, devices[i], devices[i]);
	for (size_t i = 0; i < spec->linux_->n_devices; i++)
		add_pair(&req->mounts, spec->linux_->devices[i].path,
			 spec->linux_->devices[i].path);
	return provide_namespaces(spec, req, ret_fds, ret_n, err);
}

/* What lies on another mount of the container comes back with that one's contents. */
static bool is_on_a_mount(const struct oci_spec *spec, const char *target)
{
	for (size_t i = 0; i < spec->n_mounts; i++) {
		cleanup_free char *other = path_clean(spec->mounts[i].destination);
		size_t len = strlen(other);

		if (!strncmp(target, other, len) && target[len] == '/')
			return true;
	}
	return false;
}

static int make_target(int rootfd, const struct oci_mount *m, const char *target)
{
	cleanup_free char *parent = xstrdup(target);
	cleanup_fd int dir = -1, fd = -1;
	struct stat st;
	char *name;

	fd = path_open(rootfd, target, O_PATH, 0, LOOKUP_IN_ROOT);
	if (fd >= 0)
		return 0;
	if (!is_bind(m) || stat(m->source, &st) < 0 || S_ISDIR(st.st_mode)) {
		fd = path_mkdir_all(rootfd, target, 0755);
		return fd < 0 ? fd : 0;
	}
	name = strrchr(parent, '/');
	*name++ = '\0';
	dir = path_mkdir_all(rootfd, *parent ? parent : "/", 0755);
	if (dir < 0)
		return dir;
	fd = openat(dir, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0644);
	return fd < 0 ? -errno : 0;
}

int tree_make_targets(const struct oci_spec *spec, const char *rootfs, struct error *err)
{
	cleanup_fd int rootfd = open(rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (rootfd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open the root '%s'", rootfs);
	for (size_t i = 0; i < spec->n_mounts; i++) {
		cleanup_free char *target = path_clean(spec->mounts[i].destination);
		int r = is_on_a_mount(spec, target) ? 0
						    : make_target(rootfd, &spec->mounts[i], target);

		if (r < 0)
			return error_set(err, ERR_SYSTEM, -r, "make the mount point '%s'", target);
	}
	return 0;
}

static const char descriptors[] = "descriptors.json";

int stdio_record(pid_t pid, int images_fd, struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	int r;

	for (int fd = 0; fd < 3; fd++) {
		char link[40], name[4096];
		ssize_t n;

		(void)snprintf(link, sizeof(link), "/proc/%d/fd/%d", (int)pid, fd);
		n = readlink(link, name, sizeof(name) - 1);
		strbuf_addc(&text, fd ? ',' : '[');
		json_quote(&text, name, n < 0 ? 0 : (size_t)n);
	}
	strbuf_adds(&text, "]\n");
	r = file_replace_at(images_fd, descriptors, text.data, text.len, 0600);
	strbuf_release(&text);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "write %s", descriptors) : 0;
}

struct names {
	char **list;
};
static const struct json_field names_fields[] = { FIELD_STRV(struct names, list, "list") };
static const struct json_shape names_shape = JSON_SHAPE(struct names, names_fields, 0);

int stdio_provide(struct criu_request *req, struct error *err)
{
	cleanup_free char *text = NULL, *object = NULL;
	struct names names = { NULL };
	int r = file_read_at(req->images_fd, descriptors, DESCRIPTORS_MAX, &text, NULL);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "read %s", descriptors);
	object = xasprintf("{\"list\":%s}", text);
	r = json_decode(&names_shape, object, strlen(object), &names, err);
	for (int fd = 0; !r && fd < 3 && names.list && names.list[fd]; fd++) {
		if (!strncmp(names.list[fd], "pipe:", 5))
			inherit(req, names.list[fd], fd);
	}
	json_release(&names_shape, &names);
	return r;
}
