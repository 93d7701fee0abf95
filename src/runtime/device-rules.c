/* SPDX-License-Identifier: Apache-2.0 */
/* Which devices a container may use: first none, then the config's rules in order, then what every
 * container needs. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "runtime/resources.h"
#include "sys/device-bpf.h"

/* Making nodes is harmless; using them is what is ruled. */
static const struct device_rule needed[] = {
	{ true, 'c', -1, -1, "m" }, { true, 'b', -1, -1, "m" }, { true, 'c', 1, 3, "rwm" },
	{ true, 'c', 1, 8, "rwm" }, { true, 'c', 1, 7, "rwm" }, { true, 'c', 5, 0, "rwm" },
	{ true, 'c', 1, 5, "rwm" }, { true, 'c', 1, 9, "rwm" }, { true, 'c', 136, -1, "rwm" },
	{ true, 'c', 5, 2, "rwm" },
};

static struct device_rule convert(const struct oci_device_rule *rule)
{
	struct device_rule ret = {
		.allow = rule->allow,
		.type = rule->type && *rule->type ? *rule->type : 'a',
		.major = rule->major.set ? rule->major.value : -1,
		.minor = rule->minor.set ? rule->minor.value : -1,
	};

	(void)snprintf(ret.access, sizeof(ret.access), "%.3s",
		       rule->access && *rule->access ? rule->access : "rwm");
	return ret;
}

static bool is_everything(const struct device_rule *rule)
{
	return rule->type == 'a' && rule->major < 0 && rule->minor < 0;
}

struct device_rule *device_rules_of(const struct oci_resources *res, size_t *ret_n)
{
	struct device_rule *rules =
		xcalloc(res->n_devices + 1 + ARRAY_SIZE(needed), sizeof(*rules));
	size_t n = 0;

	rules[n++] = (struct device_rule){ false, 'a', -1, -1, "rwm" };
	for (size_t i = 0; i < res->n_devices; i++) {
		struct device_rule rule = convert(&res->devices[i]);

		if (is_everything(&rule)) /* all that came before it is void */
			n = 0;
		rules[n++] = rule;
	}
	/* Everything is allowed already: nothing to add. */
	if (!(n == 1 && rules[0].allow)) {
		memcpy(&rules[n], needed, sizeof(needed));
		n += ARRAY_SIZE(needed);
	}
	*ret_n = n;
	return rules;
}

static size_t format_rule(const struct device_rule *rule, char *buf, size_t len)
{
	char major[24] = "*", minor[24] = "*";

	if (is_everything(rule))
		return (size_t)snprintf(buf, len, "a");
	if (rule->major >= 0)
		(void)snprintf(major, sizeof(major), "%lld", (long long)rule->major);
	if (rule->minor >= 0)
		(void)snprintf(minor, sizeof(minor), "%lld", (long long)rule->minor);
	return (size_t)snprintf(buf, len, "%c %s:%s %s", rule->type, major, minor, rule->access);
}

struct device_files {
	int allow, deny;
};

static void device_files_release(struct device_files *files)
{
	macros_close_fd(&files->allow);
	macros_close_fd(&files->deny);
}

static int open_files(const struct cgroup *cg, struct device_files *ret)
{
	const struct cgroup_dir *dir = cgroup_dir_of(cg, "devices");
	cleanup_free char *allow = NULL, *deny = NULL;

	if (!dir)
		return -ENODEV;
	allow = xasprintf("%s/devices.allow", dir->path);
	deny = xasprintf("%s/devices.deny", dir->path);
	ret->allow = open(allow, O_WRONLY | O_CLOEXEC);
	ret->deny = open(deny, O_WRONLY | O_CLOEXEC);
	return ret->allow < 0 || ret->deny < 0 ? -errno : 0;
}

static int write_rules(const struct cgroup *cg, const struct device_rule *rules, size_t n,
		       bool rootless, struct error *err)
{
	cleanup(device_files_release) struct device_files files = { -1, -1 };
	int r = open_files(cg, &files);

	if (r < 0 && rootless)
		return 0;
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "open the devices cgroup");
	for (size_t i = 0; i < n; i++) {
		char text[80];
		size_t len = format_rule(&rules[i], text, sizeof(text));

		if (write(rules[i].allow ? files.allow : files.deny, text, len) < 0) {
			if (errno == EPERM && rootless)
				return 0;
			return error_set(err, ERR_SYSTEM, errno, "%s device \"%s\"",
					 rules[i].allow ? "allow" : "deny", text);
		}
	}
	return 0;
}

/* Between "nothing" and the last rule a running process would be refused its /dev/null: nobody runs
 * meanwhile. */
static int apply_v1(const struct cgroup *cg, const struct device_rule *rules, size_t n, int flags,
		    struct error *err)
{
	bool freeze = flags & RESOURCES_UPDATE && !cgroup_is_frozen(cg);
	int r = freeze ? cgroup_freeze(cg, true) : 0, thawed;

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r,
				 "freeze the container to change its device rules");
	r = write_rules(cg, rules, n, flags & RESOURCES_ROOTLESS, err);
	thawed = freeze ? cgroup_freeze(cg, false) : 0;
	if (!r && thawed < 0)
		r = error_set(err, ERR_SYSTEM, -thawed, "thaw the container");
	return r;
}

static int apply_v2(const struct cgroup *cg, const struct device_rule *rules, size_t n, int flags,
		    struct error *err)
{
	cleanup_fd int fd = open(cg->dirs[0].path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool everything = n == 1 && rules[0].allow;
	int r = fd < 0 ? -errno : 0;

	if (!r && everything)
		r = flags & RESOURCES_UPDATE ? device_bpf_detach(fd) : 0;
	else if (!r)
		r = device_bpf_attach(fd, rules, n);
	if (r == -EPERM && flags & RESOURCES_ROOTLESS)
		return 0;
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "attach the device program to the cgroup");
	return 0;
}

int device_rules_apply(const struct cgroup *cg, const struct oci_resources *res, int flags,
		       struct error *err)
{
	size_t n;
	cleanup_free struct device_rule *rules = device_rules_of(res, &n);

	if (cg->mode == CGROUP_V1)
		return apply_v1(cg, rules, n, flags, err);
	return apply_v2(cg, rules, n, flags, err);
}
