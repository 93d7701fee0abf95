/* SPDX-License-Identifier: Apache-2.0 */
/* What the tables of config.json cannot say: values that must be of a list, ranges, things named
 * twice. Here: the version, mounts, hooks, annotations, and what the sections share. */
#include "oci/runtime-spec-check.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/strv.h"

/* Above this no honest config is; a seccomp profile is 20 kB, 10,000 mounts are 2 MB. */
enum { SPEC_SIZE_MAX = 16 * 1024 * 1024 };

int check_word(const char *where, const char *value, const char *const *names, struct error *err)
{
	if (!value || strv_contains((char *const *)(uintptr_t)names, value))
		return 0;
	return error_set(err, ERR_INVALID, 0, "%s: unknown value '%s'", where, value);
}

int check_range(const char *where, int64_t value, int64_t min, int64_t max, struct error *err)
{
	if (value >= min && value <= max)
		return 0;
	return error_set(err, ERR_INVALID, 0, "%s is %lld, which is not within %lld and %lld",
			 where, (long long)value, (long long)min, (long long)max);
}

int check_absolute(const char *where, size_t i, const char *path, struct error *err)
{
	if (*path == '/')
		return 0;
	return error_set(err, ERR_INVALID, 0, "%s[%zu] '%s' is not an absolute path", where, i,
			 path);
}

int check_env(const char *where, char *const *env, struct error *err)
{
	for (size_t i = 0; env && env[i]; i++) {
		if (!strchr(env[i], '=') || *env[i] == '=')
			return error_set(err, ERR_INVALID, 0, "%s[%zu] '%s' is not NAME=value",
					 where, i, env[i]);
	}
	return 0;
}

int check_list(const char *where, const char *list, struct error *err)
{
	if (!list || strspn(list, "0123456789, -") == strlen(list))
		return 0;
	return error_set(err, ERR_INVALID, 0, "%s '%s' is not a list of numbers and ranges", where,
			 list);
}

int check_mappings(const char *where, const struct oci_id_mapping *maps, size_t n,
		   struct error *err)
{
	for (size_t i = 0; i < n; i++) {
		const struct oci_id_mapping *m = &maps[i];

		if (m->size == 0 || m->container_id > UINT32_MAX - m->size ||
		    m->host_id > UINT32_MAX - m->size)
			return error_set(err, ERR_INVALID, 0,
					 "%s[%zu] is an invalid mapping: containerID %u, hostID "
					 "%u, size %u",
					 where, i, m->container_id, m->host_id, m->size);
	}
	return 0;
}

/* Digits without a leading zero. Moves *s behind them. */
static bool number_skip(const char **s, unsigned long *ret)
{
	char *end;

	if (!isdigit((unsigned char)**s) || (**s == '0' && isdigit((unsigned char)(*s)[1])))
		return false;
	*ret = strtoul(*s, &end, 10);
	*s = end;
	return true;
}

/* SemVer 2.0: "1.0.2", "1.0.2-rc.1+dev". */
static bool version_parse(const char *s, unsigned long *ret_major)
{
	unsigned long ignored;

	if (!number_skip(&s, ret_major) || *s++ != '.' || !number_skip(&s, &ignored) ||
	    *s++ != '.' || !number_skip(&s, &ignored))
		return false;
	if (*s && *s != '-' && *s != '+')
		return false;
	for (; *s; s++) {
		if (!isalnum((unsigned char)*s) && !strchr("-+.", *s))
			return false;
	}
	return true;
}

/* Minor versions only add, so any of 1 is read; 0.x came before and differs in nothing here. */
static int check_version(const char *version, struct error *err)
{
	unsigned long major;

	if (!version_parse(version, &major))
		return error_set(err, ERR_INVALID, 0,
				 "ociVersion '%s' is not a version of the form 1.2.3", version);
	if (major > 1)
		return error_set(err, ERR_INVALID, 0,
				 "ociVersion %s is not supported: this runtime "
				 "implements " OCI_RUNTIME_VERSION,
				 version);
	return 0;
}

static int check_mounts(const struct oci_spec *spec, struct error *err)
{
	for (size_t i = 0; i < spec->n_mounts; i++) {
		const struct oci_mount *m = &spec->mounts[i];
		int r;

		if (!*m->destination)
			return error_set(err, ERR_INVALID, 0, "mounts[%zu].destination is empty",
					 i);
		if (!!m->n_uid_mappings != !!m->n_gid_mappings)
			return error_set(err, ERR_INVALID, 0,
					 "mounts[%zu] needs both uidMappings and gidMappings", i);
		r = check_mappings("mounts.uidMappings", m->uid_mappings, m->n_uid_mappings, err);
		if (!r)
			r = check_mappings("mounts.gidMappings", m->gid_mappings, m->n_gid_mappings,
					   err);
		if (r < 0)
			return error_prefix(err, "mount on '%s'", m->destination);
	}
	return 0;
}

static int check_hook_list(const char *kind, const struct oci_hook *hooks, size_t n,
			   struct error *err)
{
	int r = 0;

	for (size_t i = 0; !r && i < n; i++) {
		if (hooks[i].path[0] != '/')
			r = error_set(err, ERR_INVALID, 0,
				      "hooks.%s[%zu].path '%s' is not an absolute path", kind, i,
				      hooks[i].path);
		else if (hooks[i].timeout.set && hooks[i].timeout.value < 1)
			r = error_set(err, ERR_INVALID, 0,
				      "hooks.%s[%zu].timeout is %lld, which is not above 0", kind,
				      i, (long long)hooks[i].timeout.value);
		else if (check_env("env", hooks[i].env, err) < 0)
			r = error_prefix(err, "hooks.%s[%zu]", kind, i);
	}
	return r;
}

static int check_hooks(const struct oci_hooks *h, struct error *err)
{
	int r = check_hook_list("prestart", h->prestart, h->n_prestart, err);

	if (!r)
		r = check_hook_list("createRuntime", h->create_runtime, h->n_create_runtime, err);
	if (!r)
		r = check_hook_list("createContainer", h->create_container, h->n_create_container,
				    err);
	if (!r)
		r = check_hook_list("startContainer", h->start_container, h->n_start_container,
				    err);
	if (!r)
		r = check_hook_list("poststart", h->poststart, h->n_poststart, err);
	return r < 0 ? r : check_hook_list("poststop", h->poststop, h->n_poststop, err);
}

static int check_annotations(const struct strmap *map, struct error *err)
{
	for (size_t i = 0; i < map->n; i++) {
		if (!*map->entries[i].key)
			return error_set(err, ERR_INVALID, 0, "annotations has an empty key");
	}
	return 0;
}

/* An optional member that is "" is one that is not there: engines write both. */
static void drop_empty(char **member)
{
	if (*member && !**member) {
		free(*member);
		*member = NULL;
	}
}

static void drop_empty_process(struct oci_process *p)
{
	drop_empty(&p->apparmor_profile);
	drop_empty(&p->selinux_label);
}

int oci_process_parse(const char *text, size_t len, struct oci_process *ret, struct error *err)
{
	int r;

	if (len > SPEC_SIZE_MAX)
		return error_set(err, ERR_INVALID, 0, "process.json is larger than 16 MiB");
	r = json_decode(&oci_process_shape, text, len, ret, err);
	if (r < 0)
		return r;
	drop_empty_process(ret);
	r = check_process(ret, err);
	if (r < 0)
		json_release(&oci_process_shape, ret);
	return r;
}

static void fill_and_drop(struct oci_spec *spec)
{
	struct oci_linux *l = spec->linux_;

	if (!l) /* nothing of its own: no namespaces, no limits */
		l = spec->linux_ = xcalloc(1, sizeof(*l));
	drop_empty(&spec->hostname);
	drop_empty(&spec->domainname);
	if (spec->process)
		drop_empty_process(spec->process);
	drop_empty(&l->cgroups_path);
	drop_empty(&l->rootfs_propagation);
	drop_empty(&l->mount_label);
	for (size_t i = 0; i < l->n_namespaces; i++)
		drop_empty(&l->namespaces[i].path);
	for (size_t i = 0; i < l->n_net_devices; i++)
		drop_empty(&l->net_devices[i].name);
	if (l->seccomp) {
		drop_empty(&l->seccomp->listener_path);
		drop_empty(&l->seccomp->listener_metadata);
	}
	if (l->intel_rdt)
		drop_empty(&l->intel_rdt->clos_id);
}

static int check_spec(const struct oci_spec *spec, struct error *err)
{
	int r = check_version(spec->oci_version, err);

	if (!r && spec->process)
		r = check_process(spec->process, err);
	if (!r)
		r = check_mounts(spec, err);
	if (!r && spec->hooks)
		r = check_hooks(spec->hooks, err);
	if (!r)
		r = check_annotations(&spec->annotations, err);
	return r < 0 ? r : check_linux(spec->linux_, err);
}

int oci_spec_parse(const char *text, size_t len, struct oci_spec *ret, struct error *err)
{
	int r;

	if (len > SPEC_SIZE_MAX)
		return error_set(err, ERR_INVALID, 0, "config.json is larger than 16 MiB");
	r = json_decode(&oci_spec_shape, text, len, ret, err);
	if (r < 0)
		return r;
	fill_and_drop(ret);
	r = check_spec(ret, err);
	if (r < 0)
		oci_spec_release(ret);
	return r;
}

void oci_spec_release(struct oci_spec *spec)
{
	json_release(&oci_spec_shape, spec);
}
