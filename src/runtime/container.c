/* SPDX-License-Identifier: Apache-2.0 */
/* <root>/<id>/: the record of a container, and what the kernel says about it. */
#include "runtime/container.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "sys/cgroup.h"
#include "sys/file.h"
#include "sys/process.h"

enum { STATE_MAX = 1024 * 1024, CONFIG_MAX = 16 * 1024 * 1024, ID_MAX = 1024 };

static const struct json_field container_fields[] = {
	FIELD_STR(struct container, oci_version, "ociVersion"),
	FIELD_STR(struct container, id, "id"),
	FIELD_I64(struct container, pid, "pid"),
	FIELD_U64(struct container, pid_start, "pidStart"),
	FIELD_STR(struct container, bundle, "bundle"),
	FIELD_STR(struct container, rootfs, "rootfs"),
	FIELD_STR(struct container, created, "created"),
	FIELD_STR(struct container, owner, "owner"),
	FIELD_STR_OMIT(struct container, cgroup_path, "cgroupPath"),
	FIELD_STR_OMIT(struct container, cgroup_unit, "cgroupUnit"),
	FIELD_BOOL(struct container, cgroup_systemd, "cgroupSystemd"),
	FIELD_BOOL(struct container, late_hooks, "lateHooks"),
	FIELD_BOOL(struct container, rootless, "rootless"),
	FIELD_MAP(struct container, annotations, "annotations"),
};
static const struct json_shape container_shape = JSON_SHAPE(struct container, container_fields, 0);

void container_unload(struct container *c)
{
	macros_close_fd(&c->dir_fd);
	macros_close_fd(&c->root_fd);
	json_release(&container_shape, c);
	if (c->config)
		oci_spec_release(c->config);
	free(c->config);
	*c = (struct container)CONTAINER_INIT;
}

int container_check_id(const char *id, struct error *err)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-.";

	if (!*id)
		return error_set(err, ERR_INVALID, 0, "container id cannot be empty");
	if (strspn(id, allowed) != strlen(id) || strlen(id) > ID_MAX || id[0] == '.')
		return error_set(err, ERR_INVALID, 0, "invalid container ID format: %s", id);
	return 0;
}

static int open_root(const char *root, bool make, struct error *err)
{
	int fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC), r;

	if (fd >= 0)
		return fd;
	r = errno == ENOENT && make ? dir_make_all_at(AT_FDCWD, root, 0700) : -errno;
	if (!r) {
		fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
		r = fd < 0 ? -errno : fd;
	}
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "open state directory '%s'", root);
	return r;
}

int container_make(const char *root, const char *id, struct container *ret, struct error *err)
{
	cleanup_fd int root_fd = -1;
	int fd, r = container_check_id(id, err);

	if (r < 0)
		return r;
	root_fd = open_root(root, true, err);
	if (root_fd < 0)
		return root_fd;
	if (mkdirat(root_fd, id, 0700) < 0) {
		if (errno == EEXIST)
			return error_set(err, ERR_CONFLICT, EEXIST,
					 "container with given ID already exists");
		return error_set(err, ERR_SYSTEM, errno, "make the state directory of '%s'", id);
	}
	fd = openat(root_fd, id, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		int e = errno;

		(void)unlinkat(root_fd, id, AT_REMOVEDIR);
		return error_set(err, ERR_SYSTEM, e, "open the state directory of '%s'", id);
	}
	*ret = (struct container){ .id = xstrdup(id), .dir_fd = fd, .root_fd = take_fd(&root_fd) };
	return 0;
}

static int container_read(struct container *c, struct error *err)
{
	cleanup_free char *text = NULL;
	size_t len;
	int dir_fd = c->dir_fd, root_fd = c->root_fd;
	int r = file_read_at(c->dir_fd, "state.json", STATE_MAX, &text, &len);
	cleanup_free char *id = take_ptr(c->id);

	if (!r) {
		r = json_decode(&container_shape, text, len, c, err);
		if (r < 0)
			error_prefix(err, "read the state of '%s'", id);
	} else if (r == -ENOENT) {
		r = 0;
		c->half_made = true;
	} else {
		r = error_set(err, ERR_SYSTEM, -r, "read the state of '%s'", id);
	}
	c->dir_fd = dir_fd;
	c->root_fd = root_fd;
	if (!c->id)
		c->id = take_ptr(id);
	return r;
}

int container_open(const char *root, const char *id, struct container *ret, struct error *err)
{
	cleanup(container_unload) struct container c = CONTAINER_INIT;
	int r = container_check_id(id, err);

	if (r < 0)
		return r;
	c.root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (c.root_fd >= 0)
		c.dir_fd = openat(c.root_fd, id, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (c.dir_fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return error_set(err, ERR_NOT_FOUND, ENOENT, "container does not exist");
	if (c.dir_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open the state of '%s'", id);
	c.id = xstrdup(id);
	r = container_read(&c, err);
	if (r < 0)
		return r;
	*ret = c;
	c = (struct container)CONTAINER_INIT;
	return 0;
}

int container_save(struct container *c, struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	int r;

	json_encode(&container_shape, c, &text);
	r = file_replace_at(c->dir_fd, "state.json", text.data, text.len, 0600);
	strbuf_release(&text);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "write the state of '%s'", c->id);
	return 0;
}

int container_load_config(const struct container *c, struct oci_spec *ret, struct error *err)
{
	cleanup_free char *text = NULL;
	size_t len;
	int r = file_read_at(c->dir_fd, "config.json", CONFIG_MAX, &text, &len);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "read the config of '%s'", c->id);
	return oci_spec_parse(text, len, ret, err);
}

int container_config(struct container *c, const struct oci_spec **ret, struct error *err)
{
	int r;

	if (!c->config) {
		c->config = xcalloc(1, sizeof(*c->config));
		r = container_load_config(c, c->config, err);
		if (r < 0) {
			free(c->config);
			c->config = NULL;
			return r;
		}
	}
	*ret = c->config;
	return 0;
}

/* The third field of /proc/PID/stat: Z and X are ended. */
static bool process_lives(const struct container *c)
{
	cleanup_free char *stat = NULL;
	const char *state;
	char path[32];
	uint64_t start;

	if (c->pid <= 0 || process_start_time((pid_t)c->pid, &start) < 0 || start != c->pid_start)
		return false;
	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)c->pid);
	if (file_read_at(AT_FDCWD, path, 4096, &stat, NULL) < 0)
		return false;
	state = strrchr(stat, ')');
	return state && state[1] == ' ' && state[2] != 'Z' && state[2] != 'X';
}

static bool is_frozen(const struct container *c)
{
	cleanup(cgroup_release) struct cgroup cg = { 0 };

	return c->cgroup_path && cgroup_find(c->cgroup_path, &cg) == 0 && cgroup_is_frozen(&cg);
}

enum container_status container_status(const struct container *c)
{
	if (c->half_made)
		return CONTAINER_CREATING;
	if (!process_lives(c))
		return CONTAINER_STOPPED;
	if (faccessat(c->dir_fd, "start.sock", F_OK, 0) == 0)
		return CONTAINER_CREATED;
	return is_frozen(c) ? CONTAINER_PAUSED : CONTAINER_RUNNING;
}

const char *container_status_word(enum container_status status)
{
	static const char *const names[] = { "creating", "created", "running", "paused",
					     "stopped" };

	return names[status];
}

int container_pidfd(const struct container *c)
{
	cleanup_fd int fd = c->pid > 0 ? process_pidfd((pid_t)c->pid) : -ESRCH;

	/* Looked at after it is open: what it names cannot change any more. */
	if (fd < 0 || !process_lives(c))
		return -ESRCH;
	return take_fd(&fd);
}

static void add_member(struct strbuf *out, const char *name, const char *value)
{
	strbuf_addf(out, ",\"%s\":", name);
	json_quote(out, value ? value : "", value ? strlen(value) : 0);
}

void container_state_json(const struct container *c, const char *status, bool for_hooks,
			  struct strbuf *out)
{
	enum container_status now = status ? CONTAINER_RUNNING : container_status(c);

	strbuf_adds(out, "{\"ociVersion\":");
	json_quote(out, OCI_RUNTIME_VERSION, strlen(OCI_RUNTIME_VERSION));
	add_member(out, "id", c->id);
	if (for_hooks)
		add_member(out, "status", status ? status : container_status_word(now));
	strbuf_addf(out, ",\"pid\":%lld", now == CONTAINER_STOPPED ? 0LL : (long long)c->pid);
	if (!for_hooks)
		add_member(out, "status", status ? status : container_status_word(now));
	add_member(out, "bundle", c->bundle);
	if (!for_hooks) {
		add_member(out, "rootfs", c->rootfs);
		add_member(out, "created", c->created);
	}
	if (c->annotations.n) {
		strbuf_adds(out, ",\"annotations\":{");
		for (size_t i = 0; i < c->annotations.n; i++) {
			const struct strmap_entry *e = &c->annotations.entries[i];

			if (i)
				strbuf_addc(out, ',');
			json_quote(out, e->key, strlen(e->key));
			strbuf_addc(out, ':');
			json_quote(out, e->value, strlen(e->value));
		}
		strbuf_addc(out, '}');
	}
	if (!for_hooks)
		add_member(out, "owner", c->owner);
	strbuf_addc(out, '}');
}

/* Read without NSS: a static program would have to load its modules. */
char *container_owner(const struct container *c)
{
	FILE *file = fopen("/etc/passwd", "re");
	const struct passwd *user = NULL;
	char *name = NULL;
	struct stat st;

	if (fstat(c->dir_fd, &st) < 0)
		st.st_uid = 0;
	while (file && (user = fgetpwent(file)) && user->pw_uid != st.st_uid)
		;
	name = user ? xstrdup(user->pw_name) : xasprintf("#%u", (unsigned int)st.st_uid);
	if (file)
		(void)fclose(file);
	return name;
}

int container_forget(const struct container *c, struct error *err)
{
	static const char *const files[] = { "state.json", "config.json", "start.sock" };
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		(void)unlinkat(c->dir_fd, files[i], 0);
	if (unlinkat(c->root_fd, c->id, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	r = dir_remove_all_at(c->root_fd, c->id); /* the temporary file of a killed create */
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "remove the state of '%s'", c->id);
	return 0;
}
