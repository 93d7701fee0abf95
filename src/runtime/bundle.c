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

	for (size_t i = 0; i < lx->n_namespaces; i++) {
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
		return error_set(err, ERR_INVALID, 0, "process.args must not be empty");
	if (!path_is_absolute(p->cwd))
		return error_set(err, ERR_INVALID, 0,
				 "process.cwd: Cwd must be an absolute path: '%s'", p->cwd);
	for (size_t i = 0; i < p->n_rlimits; i++) {
		if (rlimit_by_name(p->rlimits[i].type, &resource) < 0)
			return error_set(err, ERR_INVALID, 0,
					 "process.rlimits: unknown rlimit '%s'",
					 p->rlimits[i].type);
	}
	if (p->apparmor_profile && !lsm_has_apparmor())
		return error_set(
			err, ERR_INVALID, EOPNOTSUPP,
			"process.apparmorProfile '%s' is wanted, but AppArmor is not enabled here",
			p->apparmor_profile);
	if (p->selinux_label && !lsm_has_selinux())
		return error_set(
			err, ERR_INVALID, EOPNOTSUPP,
			"process.selinuxLabel '%s' is wanted, but SELinux is not enabled here",
			p->selinux_label);
	return 0;
}

/* Where the mount tree is not the container's own, nothing is changed in it. */
static int check_shared_mounts(const struct oci_spec *spec, struct error *err)
{
	const struct oci_linux *lx = spec->linux_;
	const char *what = NULL;

	if (spec->n_mounts)
		what = "mounts";
	else if (spec->root && spec->root->readonly)
		what = "root.readonly";
	else if (spec->process->terminal)
		what = "process.terminal";
	else if (lx->masked_paths && *lx->masked_paths)
		what = "linux.maskedPaths";
	else if (lx->readonly_paths && *lx->readonly_paths)
		what = "linux.readonlyPaths";
	else if (lx->rootfs_propagation)
		what = "linux.rootfsPropagation";
	if (!what)
		return 0;
	return error_set(err, ERR_INVALID, 0, "%s needs a new mount namespace in linux.namespaces",
			 what);
}

static int check_user_namespace(const struct oci_spec *spec, struct error *err)
{
	const struct oci_linux *lx = spec->linux_;

	if (is_new(spec, "user") && !(lx->n_uid_mappings && lx->n_gid_mappings))
		return error_set(err, ERR_INVALID, 0,
				 "user namespaces enabled, but no uid and gid mappings found in "
				 "linux.uidMappings and linux.gidMappings");
	if ((lx->n_uid_mappings || lx->n_gid_mappings) && !spec_namespace(spec, "user"))
		return error_set(err, ERR_INVALID, 0,
				 "linux.uidMappings: user namespace mappings specified, but user "
				 "namespace isn't enabled in the config");
	return 0;
}

static int check_namespaces(const struct oci_spec *spec, struct error *err)
{
	const struct oci_linux *lx = spec->linux_;

	if ((spec->hostname || spec->domainname) && !spec_namespace(spec, "uts"))
		return error_set(err, ERR_INVALID, 0,
				 "unable to set %s without a private UTS namespace",
				 spec->hostname ? "hostname" : "domainname");
	if (lx->time_offsets && !is_new(spec, "time"))
		return error_set(err, ERR_INVALID, 0,
				 "linux.timeOffsets: time namespace offsets specified, but no new "
				 "time namespace");
	if (lx->n_net_devices && !spec_namespace(spec, "network"))
		return error_set(err, ERR_INVALID, 0,
				 "linux.netDevices needs a network namespace of the container's "
				 "own");
	if (!is_new(spec, "mount") && check_shared_mounts(spec, err) < 0)
		return -EINVAL;
	return check_user_namespace(spec, err);
}

/* What this machine does not have. */
static int check_machine(const struct oci_spec *spec, struct error *err)
{
	const struct oci_linux *lx = spec->linux_;

	if (lx->mount_label && !lsm_has_selinux())
		return error_set(err, ERR_INVALID, EOPNOTSUPP,
				 "linux.mountLabel '%s' is wanted, but SELinux is not enabled here",
				 lx->mount_label);
	if (lx->intel_rdt)
		return error_set(err, ERR_INVALID, EOPNOTSUPP, "linux.intelRdt is not supported");
	return 0;
}

static int find_rootfs(struct bundle *b, struct error *err)
{
	const struct oci_namespace *ns = spec_namespace(&b->spec, "mount");
	const char *path = b->spec.root ? b->spec.root->path : NULL;
	cleanup_free char *joined = NULL;

	if (!path || !*path)
		return error_set(err, ERR_INVALID, 0, "config.json has no root.path");
	joined = *path == '/' ? path_clean(path) : path_join(b->path, path);
	if (ns && ns->path) { /* a path in the namespace that is joined */
		b->rootfs = take_ptr(joined);
		return 0;
	}
	b->rootfs = realpath(joined, NULL);
	if (!b->rootfs)
		return error_set(err, ERR_SYSTEM, errno, "root.path: root file system '%s'",
				 joined);
	if (!strcmp(b->rootfs, "/"))
		return error_set(err, ERR_INVALID, 0,
				 "root.path: the host's root cannot be a container's root file "
				 "system");
	return 0;
}

static int check_spec(struct bundle *b, struct error *err)
{
	int r;

	if (!b->spec.process)
		return error_set(err, ERR_INVALID, 0, "config.json has no process");
	r = bundle_check_process(b->spec.process, err);
	if (!r)
		r = check_namespaces(&b->spec, err);
	if (!r)
		r = check_machine(&b->spec, err);
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
	if (r == -EFBIG)
		return error_set(err, ERR_INVALID, EFBIG, "config.json is larger than 16 MiB");
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "read '%s'", file);
	r = oci_spec_parse(b.text, b.text_len, &b.spec, err);
	if (r < 0)
		return error_prefix(err, "config.json");
	r = check_spec(&b, err);
	if (r < 0)
		return r;
	*ret = b;
	b = (struct bundle){ 0 };
	return 0;
}
