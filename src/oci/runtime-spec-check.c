/* SPDX-License-Identifier: Apache-2.0 */
/* What the tables of config.json cannot say: values that must be of a list, ranges, and things
 * named twice. */
#include "oci/runtime-spec.h"

#include <ctype.h>
#include <string.h>

#include "base/strv.h"

/* Above this no honest config is; a seccomp profile is 20 kB, 10,000 mounts are 2 MB. */
enum { SPEC_SIZE_MAX = 16 * 1024 * 1024 };

static const char *const namespace_types[] = {
	"pid", "network", "mount", "ipc", "uts", "user", "cgroup", "time",
};

static int check_namespaces(const struct oci_linux *l, struct error *err)
{
	unsigned int seen = 0;

	for (size_t i = 0; i < l->n_namespaces; i++) {
		const char *type = l->namespaces[i].type;
		size_t t = 0;

		while (t < ARRAY_SIZE(namespace_types) && strcmp(type, namespace_types[t]))
			t++;
		if (t == ARRAY_SIZE(namespace_types))
			return error_set(err, ERR_INVALID, 0, "unknown namespace type '%s'", type);
		if (seen & 1U << t)
			return error_set(err, ERR_INVALID, 0,
					 "malformed spec: multiple namespaces of type '%s'", type);
		seen |= 1U << t;
	}
	return 0;
}

static int check_mappings(const char *what, const struct oci_id_mapping *maps, size_t n,
			  struct error *err)
{
	for (size_t i = 0; i < n; i++) {
		const struct oci_id_mapping *m = &maps[i];

		if (m->size == 0 || m->container_id > UINT32_MAX - m->size ||
		    m->host_id > UINT32_MAX - m->size)
			return error_set(err, ERR_INVALID, 0, "invalid %s: %u %u %u", what,
					 m->container_id, m->host_id, m->size);
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
			return error_set(err, ERR_INVALID, 0, "invalid hugepage size '%s'",
					 res->hugepage_limits[i].page_size);
	}
	for (size_t i = 0; i < res->n_devices; i++) {
		const struct oci_device_rule *rule = &res->devices[i];

		if (rule->type && *rule->type && (!strchr("abc", *rule->type) || rule->type[1]))
			return error_set(err, ERR_INVALID, 0, "invalid device rule type '%s'",
					 rule->type);
		if (rule->access && strspn(rule->access, "rwm") != strlen(rule->access))
			return error_set(err, ERR_INVALID, 0, "invalid device access '%s'",
					 rule->access);
	}
	return 0;
}

static int check_linux(const struct oci_linux *l, struct error *err)
{
	int r = check_namespaces(l, err);

	if (!r)
		r = check_mappings("uid mapping", l->uid_mappings, l->n_uid_mappings, err);
	if (!r)
		r = check_mappings("gid mapping", l->gid_mappings, l->n_gid_mappings, err);
	if (!r && l->resources)
		r = check_resources(l->resources, err);
	for (size_t i = 0; !r && i < l->n_devices; i++) {
		const struct oci_device *dev = &l->devices[i];

		if (!*dev->type || !strchr("cbup", *dev->type) || dev->type[1])
			r = error_set(err, ERR_INVALID, 0, "invalid type '%s' of device '%s'",
				      dev->type, dev->path);
	}
	return r;
}

static int check_gids(const struct oci_user *user, struct error *err)
{
	for (size_t i = 0; i < user->n_additional_gids; i++) {
		int64_t gid = user->additional_gids[i];

		if (gid < 0 || gid >= UINT32_MAX)
			return error_set(err, ERR_INVALID, 0, "invalid additional group %lld",
					 (long long)gid);
	}
	if (user->uid == UINT32_MAX || user->gid == UINT32_MAX)
		return error_set(err, ERR_INVALID, 0, "invalid user id %u:%u", user->uid,
				 user->gid);
	return 0;
}

static int check_process(const struct oci_process *process, struct error *err)
{
	for (size_t i = 0; i < process->n_rlimits; i++) {
		const char *type = process->rlimits[i].type;

		if (strncmp(type, "RLIMIT_", 7) || !type[7])
			return error_set(err, ERR_INVALID, 0, "invalid rlimit type '%s'", type);
	}
	return check_gids(&process->user, err);
}

int oci_process_parse(const char *text, size_t len, struct oci_process *ret, struct error *err)
{
	int r;

	if (len > SPEC_SIZE_MAX)
		return error_set(err, ERR_INVALID, 0, "process.json is too large");
	r = json_decode(&oci_process_shape, text, len, ret, err);
	if (r < 0)
		return r;
	r = check_process(ret, err);
	if (r < 0)
		json_release(&oci_process_shape, ret);
	return r;
}

int oci_spec_parse(const char *text, size_t len, struct oci_spec *ret, struct error *err)
{
	int r;

	if (len > SPEC_SIZE_MAX)
		return error_set(err, ERR_INVALID, 0, "config.json is too large");
	r = json_decode(&oci_spec_shape, text, len, ret, err);
	if (r < 0)
		return r;
	if (ret->process)
		r = check_process(ret->process, err);
	if (!r && ret->linux_)
		r = check_linux(ret->linux_, err);
	for (size_t i = 0; !r && i < ret->n_mounts; i++) {
		r = check_mappings("uid mapping of a mount", ret->mounts[i].uid_mappings,
				   ret->mounts[i].n_uid_mappings, err);
		if (!r)
			r = check_mappings("gid mapping of a mount", ret->mounts[i].gid_mappings,
					   ret->mounts[i].n_gid_mappings, err);
	}
	if (r < 0)
		oci_spec_release(ret);
	return r;
}

void oci_spec_release(struct oci_spec *spec)
{
	json_release(&oci_spec_shape, spec);
}
