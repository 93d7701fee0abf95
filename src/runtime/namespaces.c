/* SPDX-License-Identifier: Apache-2.0 */
/* The child's namespaces: those that are joined, and the first settings in those that are new. */
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "runtime/stages.h"
#include "runtime/userns.h"
#include "sys/signals.h"

static int join(struct launch *l, int type, struct error *err)
{
	int r = namespace_enter(l->ns_fd[type], (enum namespace_type)type);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "join the %s namespace",
				 namespace_table[type].name);
	l->ns_entered[type] = true;
	return 0;
}

/* With the host's rights first; what they do not suffice for is left to those that the user
 * namespace gives. */
int stage_join(struct launch *l, struct error *err)
{
	int r = 0;

	if (userns_is_entered_first(l))
		l->ns_entered[NS_USER] = true; /* we were born in it */
	for (int type = 0; !r && type < NS_COUNT; type++) {
		if (l->ns_fd[type] < 0 || l->ns_entered[type] || type == NS_USER)
			continue;
		r = join(l, type, err);
		if (r == -EPERM && l->ns_fd[NS_USER] >= 0) {
			error_release(err);
			r = 0;
		}
	}
	if (!r && l->ns_fd[NS_USER] >= 0 && !l->ns_entered[NS_USER])
		r = join(l, NS_USER, err);
	for (int type = 0; !r && type < NS_COUNT; type++) {
		if (l->ns_fd[type] >= 0 && !l->ns_entered[type])
			r = join(l, type, err);
	}
	return r;
}

int stage_user_namespace(struct launch *l, struct error *err)
{
	int r;

	if (!l->ns_new[NS_USER] && l->ns_fd[NS_USER] < 0)
		return 0;
	if (l->ns_new[NS_USER]) {
		r = child_wait_mapped(l, err);
		if (r < 0)
			return r;
	}
	/* Root of the namespace; the uid that we came with may not be mapped at all. */
	if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		return error_set(err, ERR_SYSTEM, errno, "become root of the user namespace");
	/* The change of uid made us dumpable again. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return error_set(err, ERR_SYSTEM, errno, "become not dumpable");
	return 0;
}

int stage_session(struct launch *l, struct error *err)
{
	if (setsid() < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a session");
	signals_reset(); /* what our callers ignore or block is none of the program's business */
	return 0;
}

int stage_names(struct launch *l, struct error *err)
{
	const char *host = l->spec->hostname, *domain = l->spec->domainname;

	if ((host || domain) && !launch_has_own(l, NS_UTS))
		return error_set(err, ERR_INVALID, 0,
				 "unable to set %s without a private UTS namespace",
				 host ? "hostname" : "domainname");
	if (host && sethostname(host, strlen(host)) < 0)
		return error_set(err, ERR_SYSTEM, errno, "set hostname '%s'", host);
	if (domain && setdomainname(domain, strlen(domain)) < 0)
		return error_set(err, ERR_SYSTEM, errno, "set domainname '%s'", domain);
	return 0;
}

int stage_loopback(struct launch *l, struct error *err)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	cleanup_fd int fd = -1;

	if (!l->ns_new[NS_NETWORK])
		return 0;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &ifr) < 0)
		return error_set(err, ERR_SYSTEM, errno, "bring up the loopback interface");
	return 0;
}

int stage_cgroup_namespace(struct launch *l, struct error *err)
{
	if (!l->ns_new[NS_CGROUP] || l->cgroup_ns_done)
		return 0;
	if (unshare(CLONE_NEWCGROUP) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a cgroup namespace");
	l->cgroup_ns_done = true;
	return 0;
}
