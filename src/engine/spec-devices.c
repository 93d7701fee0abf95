/* SPDX-License-Identifier: Apache-2.0 */
/* Device nodes and the device rules of the cgroup. */
#include "engine/spec-parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/parse.h"
#include "base/strv.h"
#include "sys/path.h"

enum { DEVICES_MAX = 4096, DEPTH_MAX = 8 };

struct rule_row {
	bool allow;
	const char *type;
	int major, minor;
};

/* All denied, then null, zero, urandom, random, tty, console; not fuse. */
static const struct rule_row default_rules[] = {
	{ false, "a", -1, -1 }, { true, "c", 1, 5 }, { true, "c", 1, 3 }, { true, "c", 1, 9 },
	{ true, "c", 1, 8 },	{ true, "c", 5, 0 }, { true, "c", 5, 1 }, { false, "c", 10, 229 },
};

static void rule_add(struct oci_resources *res, bool allow, const char *type, int64_t major,
		     int64_t minor, const char *access)
{
	struct oci_device_rule rule = {
		.allow = allow,
		.type = xstrdup(type),
		.major = { major >= 0, major },
		.minor = { minor >= 0, minor },
		.access = xstrdup(access),
	};

	res->devices = xrealloc(res->devices, res->n_devices + 1, sizeof(*res->devices));
	res->devices[res->n_devices++] = rule;
}

static void device_add(struct spec_build *b, const char *path, const struct stat *st,
		       const char *access)
{
	struct oci_linux *l = b->spec.linux_;
	const char *type = S_ISBLK(st->st_mode) ? "b" : "c";

	if (l->n_devices >= DEVICES_MAX)
		return;
	l->devices = xrealloc(l->devices, l->n_devices + 1, sizeof(*l->devices));
	l->devices[l->n_devices++] = (struct oci_device){
		.type = xstrdup(type),
		.path = xstrdup(path),
		.major = major(st->st_rdev),
		.minor = minor(st->st_rdev),
		.file_mode = { true, st->st_mode & 07777 },
		.uid = { true, st->st_uid },
		.gid = { true, st->st_gid },
	};
	if (access)
		rule_add(l->resources, true, type, major(st->st_rdev), minor(st->st_rdev), access);
}

int spec_device_number(const char *path, char *ret_type, int64_t *ret_major, int64_t *ret_minor,
		       struct error *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return error_set(err, ERR_INVALID, errno, "%s: %s", path, strerror(errno));
	if (!S_ISBLK(st.st_mode) && !S_ISCHR(st.st_mode))
		return error_set(err, ERR_INVALID, ENODEV, "%s: not a device node", path);
	*ret_type = S_ISBLK(st.st_mode) ? 'b' : 'c';
	*ret_major = major(st.st_rdev);
	*ret_minor = minor(st.st_rdev);
	return 0;
}

static bool skipped(const char *name)
{
	static const char *const names[] = { ".",      "..",	  "pts",	 "shm",	  "fd",
					     "mqueue", "console", "ptmx",	 "stdin", "stdout",
					     "stderr", ".lxc",	  ".lxd-mounts", ".udev" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

/* Every device node below a directory of the host; symlinks are not followed. */
static void devices_walk(struct spec_build *b, const char *host_dir, const char *dir,
			 const char *access, int depth)
{
	DIR *handle = depth < DEPTH_MAX ? opendir(host_dir) : NULL;
	struct dirent *entry;
	struct stat st;

	while (handle && (entry = readdir(handle))) {
		cleanup_free char *host_path = path_join(host_dir, entry->d_name);
		cleanup_free char *path = path_join(dir, entry->d_name);

		if (skipped(entry->d_name) || lstat(host_path, &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode))
			devices_walk(b, host_path, path, access, depth + 1);
		else if (S_ISBLK(st.st_mode) || S_ISCHR(st.st_mode))
			device_add(b, path, &st, access);
	}
	if (handle)
		(void)closedir(handle);
}

static int device_map(struct spec_build *b, const struct device_mapping *d, struct error *err)
{
	const char *on_host = d->path_on_host ? d->path_on_host : "";
	const char *inside = d->path_in_container && d->path_in_container[0] ? d->path_in_container
									     : on_host;
	const char *access =
		d->cgroup_permissions && d->cgroup_permissions[0] ? d->cgroup_permissions : "rwm";
	struct stat st;

	if (access[strspn(access, "rwm")] != '\0')
		return error_set(err, ERR_INVALID, EINVAL, "invalid device mode: %s", access);
	if (stat(on_host, &st) < 0)
		return error_set(err, ERR_INVALID, errno,
				 "error gathering device information while adding custom device "
				 "\"%s\": %s",
				 on_host,
				 errno == ENOENT ? "no such file or directory" : strerror(errno));
	if (S_ISDIR(st.st_mode)) {
		devices_walk(b, on_host, inside, access, 0);
		return 0;
	}
	if (!S_ISBLK(st.st_mode) && !S_ISCHR(st.st_mode))
		return error_set(err, ERR_INVALID, ENODEV,
				 "error gathering device information while adding custom device "
				 "\"%s\": not a device node",
				 on_host);
	device_add(b, inside, &st, access);
	return 0;
}

static bool number_or_star(const char *text, int64_t *ret)
{
	uint32_t n;

	if (strcmp(text, "*") == 0) {
		*ret = -1;
		return true;
	}
	if (parse_u32(text, &n) < 0)
		return false;
	*ret = n;
	return true;
}

/* "c 42:* rmw" */
static int device_rule(struct spec_build *b, const char *rule, struct error *err)
{
	cleanup(strv_release) char **words = strv_split(rule, ' ');
	cleanup(strv_release) char **numbers = NULL;
	int64_t major_no = -1, minor_no = -1;
	bool good = strv_len(words) == 3 && strlen(words[0]) == 1 && strchr("abc", words[0][0]);

	if (good) {
		numbers = strv_split(words[1], ':');
		good = strv_len(numbers) == 2 && number_or_star(numbers[0], &major_no) &&
		       number_or_star(numbers[1], &minor_no) && words[2][0] &&
		       strlen(words[2]) <= 3 && words[2][strspn(words[2], "rwm")] == '\0';
	}
	if (!good)
		return error_set(err, ERR_INVALID, EINVAL,
				 "invalid device cgroup rule format: '%s'", rule);
	rule_add(b->spec.linux_->resources, true, words[0], major_no, minor_no, words[2]);
	return 0;
}

/* There is no driver of devices (CDI, nvidia): as of an engine that has none. */
static int refuse_request(const struct device_request *request, struct error *err)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;

	for (size_t i = 0; i < request->n_capabilities; i++) {
		cleanup_free char *words = strv_join(request->capabilities[i].items, " ");

		strbuf_addf(&text, "%s[%s]", i > 0 ? " " : "", words);
	}
	return error_set(err, ERR_SYSTEM, 0,
			 "could not select device driver \"%s\" with capabilities: [%s]",
			 request->driver ? request->driver : "", strbuf_str(&text));
}

int spec_devices(struct spec_build *b, struct error *err)
{
	const struct host_config *host = b->in->host;
	int r = 0;

	if (host->privileged) {
		rule_add(b->spec.linux_->resources, true, "a", -1, -1, "rwm");
		devices_walk(b, "/dev", "/dev", NULL, 0);
	}
	for (size_t i = 0; !host->privileged && i < ARRAY_SIZE(default_rules); i++) {
		const struct rule_row *row = &default_rules[i];

		rule_add(b->spec.linux_->resources, row->allow, row->type, row->major, row->minor,
			 "rwm");
	}
	for (size_t i = 0; r >= 0 && i < host->n_devices; i++)
		r = device_map(b, &host->devices[i], err);
	for (size_t i = 0; r >= 0 && host->device_cgroup_rules && host->device_cgroup_rules[i]; i++)
		r = device_rule(b, host->device_cgroup_rules[i], err);
	if (r >= 0 && host->n_device_requests > 0)
		return refuse_request(&host->device_requests[0], err);
	return r;
}
