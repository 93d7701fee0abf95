/* SPDX-License-Identifier: Apache-2.0 */
/* What the program may: limits, scheduling, keyring, labels, ids, capabilities. Both for init and
 * for exec. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/keyctl.h>
#include <stdio.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "base/strbuf.h"
#include "runtime/capability-sets.h"
#include "runtime/stages.h"
#include "sys/fd.h"
#include "sys/lsm.h"
#include "sys/rlimit.h"

int stage_rlimits(struct launch *l, struct error *err)
{
	for (size_t i = 0; i < l->process->n_rlimits; i++) {
		const struct oci_rlimit *limit = &l->process->rlimits[i];
		int resource, r = rlimit_by_name(limit->type, &resource);

		if (r < 0)
			return error_set(err, ERR_INVALID, 0, "unknown rlimit '%s'", limit->type);
		r = rlimit_set(resource, limit->soft, limit->hard);
		if (r < 0)
			return error_set(err, ERR_SYSTEM, -r, "set %s to %llu:%llu", limit->type,
					 (unsigned long long)limit->soft,
					 (unsigned long long)limit->hard);
	}
	return 0;
}

int stage_keyring(struct launch *l, struct error *err)
{
	/* The owner may search it: only then is it found by its name, for an exec. */
	const unsigned long perm = 0x3f1b0000; /* KEY_POS_ALL, KEY_USR_{VIEW,READ,SEARCH,LINK} */
	cleanup_free char *name = NULL;
	long key;

	if (l->no_new_keyring)
		return 0;
	name = xasprintf("_ses.%s", l->id);
	/* ENOSYS: a kernel without keys has none that could leak. EDQUOT, EPERM: a sandbox around
	 * us keeps them. */
	key = syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, name);
	if (key < 0 && errno != ENOSYS && errno != EPERM && errno != EDQUOT)
		return error_set(err, ERR_SYSTEM, errno, "join a session keyring");
	if (key >= 0 && l->init && syscall(SYS_keyctl, KEYCTL_SETPERM, key, perm) < 0)
		return error_set(err, ERR_SYSTEM, errno, "set the rights of the session keyring");
	return 0;
}

/* That the kernel has the module was checked before the clone: /sys is the container's by now. */
int stage_labels(struct launch *l, struct error *err)
{
	const char *profile = l->process->apparmor_profile, *label = l->process->selinux_label;
	int r;

	if (!profile && !label)
		return 0;
	r = child_proc(l, err);
	if (r < 0)
		return r;
	r = profile ? lsm_set_apparmor(l->proc_fd, profile) : 0;
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "apply apparmor profile '%s'", profile);
	r = label ? lsm_set_selinux(l->proc_fd, label) : 0;
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "apply SELinux label '%s'", label);
	return 0;
}

static bool is_null(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 3);
}

/* The host's null device would be a file of a mount that the container does not have, and that no
 * checkpoint could name. Where its own is none, or cannot be opened, the host's is as good. */
static void reopen_null(int fd)
{
	int flags = fcntl(fd, F_GETFL);
	cleanup_fd int own = open("/dev/null", O_PATH | O_NOFOLLOW | O_CLOEXEC), opened = -1;
	struct stat st;

	if (flags < 0 || own < 0 || fstat(own, &st) < 0 || !is_null(&st))
		return;
	opened = open("/dev/null", (flags & O_ACCMODE) | O_NOFOLLOW | O_CLOEXEC);
	if (opened >= 0)
		ignore_result(dup2(opened, fd));
}

/* A program that is not root must be able to open /dev/stdout again. */
static int give_stdio(const struct oci_user *user, struct error *err)
{
	for (int fd = 0; fd < 3; fd++) {
		struct stat st;

		if (fstat(fd, &st) < 0)
			continue;
		if (is_null(&st)) {
			reopen_null(fd);
			continue;
		}
		if (st.st_uid == user->uid)
			continue;
		if (fchown(fd, user->uid, (gid_t)-1) < 0 && errno != EPERM && errno != EINVAL &&
		    errno != EROFS)
			return error_set(err, ERR_SYSTEM, errno, "give fd %d to uid %u", fd,
					 user->uid);
	}
	return 0;
}

/* The list is set even when it is empty: ours must not be inherited (CVE-2022-36109). */
static int set_groups(const struct oci_user *user, struct error *err)
{
	cleanup_free gid_t *groups = xcalloc(user->n_additional_gids + 1, sizeof(*groups));

	for (size_t i = 0; i < user->n_additional_gids; i++)
		groups[i] = (gid_t)user->additional_gids[i];
	if (setgroups(user->n_additional_gids, groups) == 0)
		return 0;
	/* A user namespace where setgroups is denied: then there is nothing to drop either, or it
	 * cannot be. */
	if (errno == EPERM && user->n_additional_gids == 0)
		return 0;
	return error_set(err, ERR_SYSTEM, errno, "set supplementary groups");
}

/* Bounding set and ids. Everything permitted is kept until the last stage but one; what is
 * effective is final. */
int stage_user(struct launch *l, struct error *err)
{
	const struct oci_user *user = &l->process->user;
	struct caps caps;
	uint64_t permitted;
	int r = capability_sets(l->process, &caps, err);

	if (r < 0)
		return r;
	r = caps_limit_bounding(caps.bounding);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "limit the capability bounding set");
	r = give_stdio(user, err);
	if (!r)
		r = set_groups(user, err);
	if (r < 0)
		return r;
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 ||
	    setresgid(user->gid, user->gid, user->gid) < 0 ||
	    setresuid(user->uid, user->uid, user->uid) < 0)
		return error_set(err, ERR_SYSTEM, errno, "become user %u:%u", user->uid, user->gid);
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return error_set(err, ERR_SYSTEM, errno, "become not dumpable");
	(void)umask(user->umask.set ? (mode_t)user->umask.value & 0777 : 022);
	r = caps_permitted(&permitted);
	caps = (struct caps){ .permitted = permitted, .effective = permitted & caps.effective };
	if (!r)
		r = caps_apply(&caps);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "set effective capabilities");
	return 0;
}

/* A directory that was swapped for a link to one of our fds would be outside (CVE-2024-21626): then
 * the kernel cannot name it from the root. */
int stage_working_directory(struct launch *l, struct error *err)
{
	const char *cwd = *l->process->cwd ? l->process->cwd : "/";
	char where[4096] = "";

	if (chdir(cwd) < 0)
		return error_set(err, ERR_SYSTEM, errno,
				 "chdir to cwd (\"%s\") set in config.json failed", cwd);
	if (syscall(SYS_getcwd, where, sizeof(where)) < 0 && errno != ENOENT)
		return error_set(err, ERR_SYSTEM, errno, "look where cwd (\"%s\") is", cwd);
	if (where[0] != '/')
		return error_set(
			err, ERR_FORBIDDEN, ENOENT,
			"current working directory is outside of container mount namespace "
			"root -- possible container breakout detected");
	return 0;
}

int stage_personality(struct launch *l, struct error *err)
{
	const struct oci_personality *p = l->spec && l->spec->linux_ ? l->spec->linux_->personality
								     : NULL;
	unsigned long persona = PER_LINUX;

	if (!p)
		return 0;
	if (p->flags && *p->flags)
		return error_set(err, ERR_INVALID, 0, "personality flag '%s' is not supported",
				 *p->flags);
	if (!strcmp(p->domain, "LINUX32"))
		persona = PER_LINUX32;
	else if (strcmp(p->domain, "LINUX"))
		return error_set(err, ERR_INVALID, 0, "unknown personality '%s'", p->domain);
	if (personality(persona) < 0)
		return error_set(err, ERR_SYSTEM, errno, "set personality %s", p->domain);
	return 0;
}

/* Only 0, 1, 2 and what --preserve-fds names go over execve; fds from our callers too could be
 * anything. */
int stage_fds(struct launch *l, struct error *err)
{
	int r = fd_cloexec_from(3 + (int)l->preserve_fds, NULL, 0);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "close file descriptors at execve");
	return child_tell(l, MSG_EXECUTING, err);
}

int stage_capabilities(struct launch *l, struct error *err)
{
	struct caps caps;
	int r = capability_sets(l->process, &caps, err);

	if (r < 0)
		return r;
	r = caps_apply(&caps);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "set capabilities");
	return 0;
}
