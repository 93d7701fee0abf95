/* SPDX-License-Identifier: Apache-2.0 */
/* The default AppArmor profile: what a container may do is already decided by namespaces,
 * capabilities and seccomp; this is the second lock on the same doors. It allows what a program
 * does in its own container and refuses what reaches the kernel through /proc and /sys, mounts,
 * and signals or traces to what is outside.
 * Compiled and loaded by apparmor_parser(8), which the distribution keeps in step with its
 * kernel. */
#include "engine/apparmor.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "sys/lsm.h"
#include "sys/process.h"

enum {
	LIST_MAX = 4 << 20, /* the kernel's list of profiles, a line each */
	COMPLAINT_MAX = 4096,
};

/* In apparmor.d(5)'s language, self-contained. "file," first; a denial wins over it. */
static const char profile_text[] =
	"profile " APPARMOR_DEFAULT " flags=(attach_disconnected,mediate_deleted) {\n"
	"  file,\n"
	"  network,\n"
	"  capability,\n"
	"  umount,\n"
	"  signal (receive) peer=unconfined,\n"
	"  signal (send, receive) peer=" APPARMOR_DEFAULT ",\n"
	"  ptrace (trace, read, tracedby, readby) peer=" APPARMOR_DEFAULT ",\n"
	"  unix,\n"
	"  deny mount,\n"
	/* of procfs only /proc/PID and the sysctls of shared memory are written */
	"  deny /proc/* w,\n"
	"  deny /proc/[^1-9st]*/** w,\n"
	"  deny /proc/{sc,sysv,tt}*/** w,\n"
	"  deny /proc/sys/[^k]** w,\n"
	"  deny /proc/sys/kernel/{[^s],s[^h],sh[^m]}** w,\n"
	"  deny /proc/{sysrq-trigger,kcore,kmem,mem} rwklx,\n"
	"  deny /sys/[^f]*/** wklx,\n"
	"  deny /sys/f[^s]*/** wklx,\n"
	"  deny /sys/fs/[^c]*/** wklx,\n"
	"  deny /sys/fs/c[^g]*/** wklx,\n"
	"  deny /sys/firmware/** rwklx,\n"
	"  deny /sys/devices/virtual/powercap/** rwklx,\n"
	"  deny /sys/kernel/security/** rwklx,\n"
	"}\n";

static const char *const parsers[] = { "/usr/sbin/apparmor_parser", "/sbin/apparmor_parser",
				       "/usr/bin/apparmor_parser", NULL };

static const char *parser_path(void)
{
	size_t i = 0;

	while (parsers[i] && access(parsers[i], X_OK) < 0)
		i++;
	return parsers[i];
}

static bool ours(const char *profile)
{
	return strcmp(profile, APPARMOR_DEFAULT) == 0 || strcmp(profile, "docker-default") == 0;
}

const char *apparmor_name(const char *asked, bool privileged)
{
	if (!lsm_shows_apparmor() || !parser_path())
		return "";
	if (asked && *asked && !(privileged && ours(asked)))
		return ours(asked) ? APPARMOR_DEFAULT : asked;
	return privileged ? "unconfined" : APPARMOR_DEFAULT;
}

int apparmor_choose(const char *asked, bool privileged, const char **ret, struct error *err)
{
	bool own = asked && *asked && !ours(asked) && strcmp(asked, "unconfined") != 0;

	if (own && !lsm_shows_apparmor())
		return error_set(err, ERR_INVALID, EINVAL,
				 "AppArmor is not enabled on the system, "
				 "so that nothing would enforce the profile '%s'",
				 asked);
	*ret = own ? asked : apparmor_name(asked, privileged);
	if (**ret == '\0')
		*ret = NULL;
	return 0;
}

static bool is_loaded(void)
{
	static const char line[] = "\n" APPARMOR_DEFAULT " (";
	cleanup_free char *list = NULL;

	if (file_read_at(AT_FDCWD, "/sys/kernel/security/apparmor/profiles", LIST_MAX, &list,
			 NULL) < 0)
		return false;
	return strncmp(list, line + 1, sizeof(line) - 2) == 0 || strstr(list, line);
}

static int parser_failed(int complaint, int status, struct error *err)
{
	char text[COMPLAINT_MAX];
	ssize_t n = pread(complaint, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return error_set(err, ERR_SYSTEM, EACCES,
			 "load AppArmor profile " APPARMOR_DEFAULT ": apparmor_parser: %s (%d)",
			 text, status);
}

int apparmor_load(const char *profile, struct error *err)
{
	cleanup_fd int in = -1, complaint = -1, pidfd = -1;
	struct fd_map map[2];
	struct spawn spawn = {
		.file = parser_path(),
		/* replace, read no cache and write none */
		.argv = (char *const[]){ (char *)"apparmor_parser", (char *)"-Kr", NULL },
		.env = (char *[]){ NULL },
		.fds = map,
		.n_fds = ARRAY_SIZE(map),
	};
	int status = 0, r;

	if (!profile || strcmp(profile, APPARMOR_DEFAULT) != 0 || is_loaded())
		return 0;
	in = memfd_create("profile", MFD_CLOEXEC);
	complaint = memfd_create("complaint", MFD_CLOEXEC);
	if (in < 0 || complaint < 0 ||
	    pwrite(in, profile_text, sizeof(profile_text) - 1, 0) != sizeof(profile_text) - 1)
		return error_set(err, ERR_SYSTEM, errno, "load AppArmor profile %s", profile);
	map[0] = (struct fd_map){ in, 0 };
	map[1] = (struct fd_map){ complaint, 2 };
	r = process_spawn(&spawn, &pidfd, NULL);
	if (r >= 0)
		r = process_wait(pidfd, &status);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "load AppArmor profile %s: %s", profile,
				 spawn.file);
	return status == 0 ? 0 : parser_failed(complaint, status, err);
}
