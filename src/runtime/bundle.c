/* SPDX-License-Identifier: Apache-2.0 */
/* Reads config.json; refuses in one sentence what could not be obeyed. */
#include "runtime/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "base/strbuf.h"
#include "sys/file.h"
#include "sys/lsm.h"
#include "sys/path.h"
#include "sys/rlimit.h"

enum { CONFIG_MAX = 16 * 1024 * 1024 };

void bundle_release(struct bundle *b)
{
	free(b->path);
	free(b->rootfs);
	free(b->text);
	oci_spec_release(&b->spec);
	*b = (struct bundle){ 0 };
}

const struct oci_namespace *spec_namespace(const struct oci_spec *spec, const char *type)
{
	const struct oci_linux *lx = spec->linux_;

	for (size_t i = 0; lx && i < lx->n_namespaces; i++) {
		if (!strcmp(lx->namespaces[i].type, type))
			return &lx->namespaces[i];
	}
	return NULL;
}

static bool is_new(const struct oci_spec *spec, const char *type)
{
	const struct oci_namespace *ns = spec_namespace(spec, type);

	return ns && !ns->path;
}

int bundle_check_process(const struct oci_process *p, struct error *err)
{
	int resource;

	if (!p->args || !*p->args)
		return error_set(err, ERR_INVALID, 0, "args must not be empty");
	if (!path_is_absolute(p->cwd))
		return error_set(err, ERR_INVALID, 0, "Cwd must be an absolute path: '%s'", p->cwd);
	for (size_t i = 0; i < p->n_rlimits; i++) {
		if (rlimit_by_name(p->rlimits[i].type, &resource) < 0)
			return error_set(err, ERR_INVALID, 0, "unknown rlimit '%s'",
					 p->rlimits[i].type);
	}
	if (p->apparmor_profile && !lsm_has_apparmor())
		return error_set(
			err, ERR_INVALID, EOPNOTSUPP,
			"apparmor profile '%s' is wanted, but AppArmor is not enabled here",
			p->apparmor_profile);
	if (p->selinux_label && !lsm_has_selinux())
		return error_set(err, ERR_INVALID, EOPNOTSUPP,
				 "SELinux label '%s' is wanted, but SELinux is not enabled here",
				 p->selinux_label);
	return 0;
}

static int check_namespaces(const struct oci_spec *spec, struct error *err)
{
	const struct oci_linux *lx = spec->linux_;

	if ((spec->hostname || spec->domainname) && !spec_namespace(spec, "uts"))
		return error_set(err, ERR_INVALID, 0,
				 "unable to set hostname without a private UTS namespace");
	if (!spec_namespace(spec, "mount"))
		return error_set(err, ERR_INVALID, 0, "a container needs a mount namespace");
	if (!is_new(spec, "mount") && spec->n_mounts)
		return error_set(err, ERR_INVALID, 0,
				 "mounts cannot be made in a mount namespace that is joined");
	if (is_new(spec, "user") && !(lx->n_uid_mappings && lx->n_gid_mappings))
		return error_set(err, ERR_INVALID, 0,
				 "user namespaces enabled, but no uid and gid mappings found");
	if ((lx->n_uid_mappings || lx->n_gid_mappings) && !spec_namespace(spec, "user"))
		return error_set(err, ERR_INVALID, 0,
				 "user namespace mappings specified, but user namespace isn't "
				 "enabled in the config");
	if (lx->time_offsets && !is_new(spec, "time"))
		return error_set(err, ERR_INVALID, 0,
				 "time namespace offsets specified, but no new time namespace");
	return 0;
}

static int check_linux(const struct oci_spec *spec, struct error *err)
{
	const struct oci_linux *lx = spec->linux_;

	if (!lx)
		return error_set(err, ERR_INVALID, 0, "config.json has no linux section");
	if (lx->intel_rdt)
		return error_set(err, ERR_INVALID, EOPNOTSUPP, "linux.intelRdt is not supported");
	if (lx->memory_policy)
		return error_set(err, ERR_INVALID, EOPNOTSUPP,
				 "linux.memoryPolicy is not supported");
	if (lx->n_net_devices)
		return error_set(err, ERR_INVALID, EOPNOTSUPP, "linux.netDevices is not supported");
	return check_namespaces(spec, err);
}

static int check_mounts(const struct oci_spec *spec, struct error *err)
{
	for (size_t i = 0; i < spec->n_mounts; i++) {
		const struct oci_mount *m = &spec->mounts[i];

		if (!*m->destination)
			return error_set(err, ERR_INVALID, 0, "mount %zu has an empty destination",
					 i);
		if (!!m->n_uid_mappings != !!m->n_gid_mappings)
			return error_set(err, ERR_INVALID, 0,
					 "mount '%s' needs both uidMappings and gidMappings",
					 m->destination);
	}
	return 0;
}

static int find_rootfs(struct bundle *b, struct error *err)
{
	const char *path = b->spec.root ? b->spec.root->path : NULL;
	cleanup_free char *joined = NULL;

	if (!is_new(&b->spec, "mount"))
		return 0;
	if (!path || !*path)
		return error_set(err, ERR_INVALID, 0, "config.json has no root.path");
	joined = *path == '/' ? xstrdup(path) : path_join(b->path, path);
	b->rootfs = realpath(joined, NULL);
	if (!b->rootfs)
		return error_set(err, ERR_SYSTEM, errno, "root file system '%s'", joined);
	if (!strcmp(b->rootfs, "/"))
		return error_set(err, ERR_INVALID, 0,
				 "the host's root cannot be a container's root file system");
	return 0;
}

static int check_spec(struct bundle *b, struct error *err)
{
	int r;

	if (strncmp(b->spec.oci_version, "1.", 2) && strncmp(b->spec.oci_version, "0.", 2))
		return error_set(err, ERR_INVALID, 0, "ociVersion %s is not supported",
				 b->spec.oci_version);
	if (!b->spec.process)
		return error_set(err, ERR_INVALID, 0, "config.json has no process");
	r = bundle_check_process(b->spec.process, err);
	if (!r)
		r = check_linux(&b->spec, err);
	if (!r)
		r = check_mounts(&b->spec, err);
	return r < 0 ? r : find_rootfs(b, err);
}

int bundle_load(const char *path, struct bundle *ret, struct error *err)
{
	cleanup(bundle_release) struct bundle b = { 0 };
	cleanup_free char *file = NULL;
	int r;

	b.path = realpath(path ? path : ".", NULL);
	if (!b.path)
		return error_set(err, ERR_SYSTEM, errno, "bundle '%s'", path ? path : ".");
	file = xasprintf("%s/config.json", b.path);
	r = file_read_at(AT_FDCWD, file, CONFIG_MAX, &b.text, &b.text_len);
	if (r == -ENOENT)
		return error_set(err, ERR_NOT_FOUND, ENOENT,
				 "JSON specification file config.json not found");
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "read '%s'", file);
	r = oci_spec_parse(b.text, b.text_len, &b.spec, err);
	if (!r)
		r = check_spec(&b, err);
	if (r < 0)
		return r;
	*ret = b;
	b = (struct bundle){ 0 };
	return 0;
}
