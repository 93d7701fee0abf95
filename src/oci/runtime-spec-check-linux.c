/* SPDX-License-Identifier: Apache-2.0 */
/* The checks of config.json's linux. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/strv.h"
#include "oci/runtime-spec-check.h"

enum {
	NANOSECONDS = 1000000000,
	MAJOR_MAX = (1 << 12) - 1, /* what the kernel has bits for */
	MINOR_MAX = (1 << 20) - 1,
	LINK_NAME_MAX = 15,
};

static const char *const namespace_types[] = {
	"pid", "network", "mount", "ipc", "uts", "user", "cgroup", "time",
};

static int check_namespaces(const struct oci_linux *l, struct error *err)
{
	unsigned int seen = 0;

	for (size_t i = 0; i < l->n_namespaces; i++) {
		const struct oci_namespace *ns = &l->namespaces[i];
		size_t t = 0;

		while (t < ARRAY_SIZE(namespace_types) && strcmp(ns->type, namespace_types[t]))
			t++;
		if (t == ARRAY_SIZE(namespace_types))
			return error_set(err, ERR_INVALID, 0,
					 "linux.namespaces[%zu]: unknown namespace type '%s'", i,
					 ns->type);
		if (seen & 1U << t)
			return error_set(err, ERR_INVALID, 0,
					 "linux.namespaces[%zu]: multiple namespaces of type '%s'",
					 i, ns->type);
		if (ns->path && *ns->path != '/')
			return error_set(err, ERR_INVALID, 0,
					 "linux.namespaces[%zu].path '%s' is not an absolute path",
					 i, ns->path);
		seen |= 1U << t;
	}
	return 0;
}

/* ^[1-9][0-9]*[KMG]B$ */
static bool page_size_valid(const char *s)
{
	if (*s < '1' || *s > '9')
		return false;
	while (isdigit((unsigned char)*s))
		s++;
	return (*s == 'K' || *s == 'M' || *s == 'G') && !strcmp(s + 1, "B");
}

static int check_resources(const struct oci_resources *res, struct error *err)
{
	for (size_t i = 0; i < res->n_hugepage_limits; i++) {
		if (!page_size_valid(res->hugepage_limits[i].page_size))
			return error_set(
				err, ERR_INVALID, 0,
				"linux.resources.hugepageLimits[%zu]: invalid hugepage size '%s'",
				i, res->hugepage_limits[i].page_size);
	}
	for (size_t i = 0; i < res->n_devices; i++) {
		const struct oci_device_rule *rule = &res->devices[i];

		if (rule->type && *rule->type && (!strchr("abc", *rule->type) || rule->type[1]))
			return error_set(
				err, ERR_INVALID, 0,
				"linux.resources.devices[%zu]: invalid device rule type '%s'", i,
				rule->type);
		if (rule->access && strspn(rule->access, "rwm") != strlen(rule->access))
			return error_set(err, ERR_INVALID, 0,
					 "linux.resources.devices[%zu]: invalid device access '%s'",
					 i, rule->access);
	}
	return 0;
}

static int check_id(const char *where, const struct opt_i64 *id, struct error *err)
{
	return id->set ? check_range(where, id->value, 0, UINT32_MAX - 1, err) : 0;
}

static int check_device(const struct oci_device *dev, struct error *err)
{
	int r;

	if (!*dev->type || !strchr("cbup", *dev->type) || dev->type[1])
		return error_set(err, ERR_INVALID, 0, "invalid type '%s'", dev->type);
	if (*dev->path != '/')
		return error_set(err, ERR_INVALID, 0, "path is not absolute");
	r = check_range("major", dev->major, 0, MAJOR_MAX, err);
	if (!r)
		r = check_range("minor", dev->minor, 0, MINOR_MAX, err);
	/* Type bits too: engines have passed st_mode as it is. */
	if (!r && dev->file_mode.set)
		r = check_range("fileMode", dev->file_mode.value, 0, 0177777, err);
	if (!r)
		r = check_id("uid", &dev->uid, err);
	return r < 0 ? r : check_id("gid", &dev->gid, err);
}

static int check_devices(const struct oci_linux *l, struct error *err)
{
	for (size_t i = 0; i < l->n_devices; i++) {
		if (check_device(&l->devices[i], err) < 0)
			return error_prefix(err, "linux.devices[%zu] '%s'", i, l->devices[i].path);
	}
	return 0;
}

/* As the kernel has it; a "%d" at the end asks it for the first number that is free. */
static bool link_name_valid(const char *name)
{
	if (!*name || strlen(name) > LINK_NAME_MAX || !strcmp(name, ".") || !strcmp(name, ".."))
		return false;
	for (; *name; name++) {
		if (*name == '/' || *name == ':' || isspace((unsigned char)*name) ||
		    (*name == '%' && strcmp(name, "%d") != 0))
			return false;
	}
	return true;
}

static const char *link_new_name(const struct oci_net_device *dev)
{
	return dev->name ? dev->name : dev->key;
}

static int check_net_devices(const struct oci_linux *l, struct error *err)
{
	for (size_t i = 0; i < l->n_net_devices; i++) {
		const struct oci_net_device *dev = &l->net_devices[i];
		const char *name = link_new_name(dev);

		if (!link_name_valid(dev->key) || strchr(dev->key, '%'))
			return error_set(err, ERR_INVALID, 0,
					 "linux.netDevices: '%s' is not the name of a link",
					 dev->key);
		if (!link_name_valid(name))
			return error_set(err, ERR_INVALID, 0,
					 "linux.netDevices.%s.name: '%s' is not the name of a link",
					 dev->key, name);
		for (size_t j = 0; j < i; j++) {
			if (!strchr(name, '%') && !strcmp(name, link_new_name(&l->net_devices[j])))
				return error_set(err, ERR_INVALID, 0,
						 "linux.netDevices names '%s' twice", name);
		}
	}
	return 0;
}

static int check_seccomp(const struct oci_seccomp *s, struct error *err)
{
	bool notify = false;

	if (!strcmp(s->default_action, "SCMP_ACT_NOTIFY"))
		return error_set(err, ERR_INVALID, 0,
				 "linux.seccomp.defaultAction cannot be SCMP_ACT_NOTIFY: whoever "
				 "answers could never be told");
	for (size_t i = 0; i < s->n_syscalls; i++) {
		const struct oci_seccomp_rule *rule = &s->syscalls[i];
		bool is_notify = !strcmp(rule->action, "SCMP_ACT_NOTIFY");

		if (!rule->names || !*rule->names)
			return error_set(err, ERR_INVALID, 0,
					 "linux.seccomp.syscalls[%zu].names is empty", i);
		if (is_notify && strv_contains(rule->names, "sendmsg"))
			return error_set(err, ERR_INVALID, 0,
					 "linux.seccomp.syscalls[%zu]: SCMP_ACT_NOTIFY cannot be "
					 "used for sendmsg, by which the listener is passed on",
					 i);
		notify |= is_notify;
	}
	if (notify && !s->listener_path)
		return error_set(err, ERR_INVALID, 0,
				 "linux.seccomp.listenerPath is missing, and SCMP_ACT_NOTIFY used");
	if (s->listener_metadata && !s->listener_path)
		return error_set(err, ERR_INVALID, 0,
				 "linux.seccomp.listenerMetadata is set without listenerPath");
	if (s->listener_path && *s->listener_path != '/')
		return error_set(err, ERR_INVALID, 0,
				 "linux.seccomp.listenerPath '%s' is not an absolute path",
				 s->listener_path);
	return 0;
}

static int check_intel_rdt(const struct oci_intel_rdt *rdt, struct error *err)
{
	const char *id = rdt->clos_id;

	if (id &&
	    (!*id || strchr(id, '/') || strchr(id, '\n') || !strcmp(id, ".") || !strcmp(id, "..") ||
	     !strcmp(id, "info") || !strcmp(id, "mon_groups") || !strcmp(id, "mon_data")))
		return error_set(err, ERR_INVALID, 0,
				 "linux.intelRdt.closID '%s' is not the name of a directory", id);
	if (rdt->l3_cache_schema && strchr(rdt->l3_cache_schema, '\n'))
		return error_set(err, ERR_INVALID, 0,
				 "linux.intelRdt.l3CacheSchema has more than one line");
	if (rdt->mem_bw_schema &&
	    (strncmp(rdt->mem_bw_schema, "MB:", 3) || strchr(rdt->mem_bw_schema, '\n')))
		return error_set(err, ERR_INVALID, 0,
				 "linux.intelRdt.memBwSchema '%s' is not one line \"MB:…\"",
				 rdt->mem_bw_schema);
	for (char **line = rdt->schemata; line && *line; line++) {
		if (strchr(*line, '\n'))
			return error_set(err, ERR_INVALID, 0,
					 "linux.intelRdt.schemata: '%s' is more than one line",
					 *line);
	}
	return 0;
}

static int check_memory_policy(const struct oci_memory_policy *p, struct error *err)
{
	static const char *const modes[] = { "MPOL_DEFAULT",	"MPOL_BIND",
					     "MPOL_INTERLEAVE", "MPOL_WEIGHTED_INTERLEAVE",
					     "MPOL_PREFERRED",	"MPOL_PREFERRED_MANY",
					     "MPOL_LOCAL",	NULL };
	static const char *const flags[] = { "MPOL_F_NUMA_BALANCING", "MPOL_F_RELATIVE_NODES",
					     "MPOL_F_STATIC_NODES", NULL };
	int r = check_word("linux.memoryPolicy.mode", p->mode, modes, err);

	for (char **flag = p->flags; !r && flag && *flag; flag++)
		r = check_word("linux.memoryPolicy.flags", *flag, flags, err);
	return r < 0 ? r : check_list("linux.memoryPolicy.nodes", p->nodes, err);
}

static int check_personality(const struct oci_personality *p, struct error *err)
{
	static const char *const domains[] = { "LINUX", "LINUX32", NULL };

	if (p->flags && *p->flags)
		return error_set(err, ERR_INVALID, EOPNOTSUPP,
				 "linux.personality.flags: '%s' is not supported", *p->flags);
	return check_word("linux.personality.domain", p->domain, domains, err);
}

static int check_time_offset(const char *where, const struct oci_time_offset *off,
			     struct error *err)
{
	return off ? check_range(where, off->nanosecs, 0, NANOSECONDS - 1, err) : 0;
}

static int check_paths(const struct oci_linux *l, struct error *err)
{
	int r = 0;

	for (size_t i = 0; !r && l->masked_paths && l->masked_paths[i]; i++)
		r = check_absolute("linux.maskedPaths", i, l->masked_paths[i], err);
	for (size_t i = 0; !r && l->readonly_paths && l->readonly_paths[i]; i++)
		r = check_absolute("linux.readonlyPaths", i, l->readonly_paths[i], err);
	return r;
}

static int check_objects(const struct oci_linux *l, struct error *err)
{
	static const char *const propagations[] = { "private",	  "rprivate",	 "shared",
						    "rshared",	  "slave",	 "rslave",
						    "unbindable", "runbindable", NULL };
	int r = check_word("linux.rootfsPropagation", l->rootfs_propagation, propagations, err);

	if (!r && l->seccomp)
		r = check_seccomp(l->seccomp, err);
	if (!r && l->intel_rdt)
		r = check_intel_rdt(l->intel_rdt, err);
	if (!r && l->memory_policy)
		r = check_memory_policy(l->memory_policy, err);
	if (!r && l->personality)
		r = check_personality(l->personality, err);
	if (!r && l->time_offsets)
		r = check_time_offset("linux.timeOffsets.monotonic.nanosecs",
				      l->time_offsets->monotonic, err);
	if (!r && l->time_offsets)
		r = check_time_offset("linux.timeOffsets.boottime.nanosecs",
				      l->time_offsets->boottime, err);
	return r;
}

int check_linux(const struct oci_linux *l, struct error *err)
{
	int r = check_namespaces(l, err);

	if (!r)
		r = check_mappings("linux.uidMappings", l->uid_mappings, l->n_uid_mappings, err);
	if (!r)
		r = check_mappings("linux.gidMappings", l->gid_mappings, l->n_gid_mappings, err);
	if (!r && l->resources)
		r = check_resources(l->resources, err);
	if (!r)
		r = check_devices(l, err);
	if (!r)
		r = check_net_devices(l, err);
	if (!r)
		r = check_paths(l, err);
	return r < 0 ? r : check_objects(l, err);
}
