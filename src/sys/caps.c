/* SPDX-License-Identifier: Apache-2.0 */
/* capset(2), the bounding and the ambient set. Without a library: two system calls, one table. */
#include "sys/caps.h"

#include <errno.h>
#include <linux/capability.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

static const char *const cap_names[] = {
	"CAP_CHOWN",
	"CAP_DAC_OVERRIDE",
	"CAP_DAC_READ_SEARCH",
	"CAP_FOWNER",
	"CAP_FSETID",
	"CAP_KILL",
	"CAP_SETGID",
	"CAP_SETUID",
	"CAP_SETPCAP",
	"CAP_LINUX_IMMUTABLE",
	"CAP_NET_BIND_SERVICE",
	"CAP_NET_BROADCAST",
	"CAP_NET_ADMIN",
	"CAP_NET_RAW",
	"CAP_IPC_LOCK",
	"CAP_IPC_OWNER",
	"CAP_SYS_MODULE",
	"CAP_SYS_RAWIO",
	"CAP_SYS_CHROOT",
	"CAP_SYS_PTRACE",
	"CAP_SYS_PACCT",
	"CAP_SYS_ADMIN",
	"CAP_SYS_BOOT",
	"CAP_SYS_NICE",
	"CAP_SYS_RESOURCE",
	"CAP_SYS_TIME",
	"CAP_SYS_TTY_CONFIG",
	"CAP_MKNOD",
	"CAP_LEASE",
	"CAP_AUDIT_WRITE",
	"CAP_AUDIT_CONTROL",
	"CAP_SETFCAP",
	"CAP_MAC_OVERRIDE",
	"CAP_MAC_ADMIN",
	"CAP_SYSLOG",
	"CAP_WAKE_ALARM",
	"CAP_BLOCK_SUSPEND",
	"CAP_AUDIT_READ",
	"CAP_PERFMON",
	"CAP_BPF",
	"CAP_CHECKPOINT_RESTORE",
};

int caps_bit(const char *name, uint64_t *ret)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(cap_names); i++) {
		if (strcasecmp(name, cap_names[i]))
			continue;
		*ret = 1ULL << i;
		return 0;
	}
	return -EINVAL;
}

const char *caps_name(unsigned int cap)
{
	return cap < ARRAY_SIZE(cap_names) ? cap_names[cap] : NULL;
}

uint64_t caps_known(void)
{
	static uint64_t known;
	unsigned int first_unknown = 64, low = 0;

	/* They have no gaps: seven calls tell where they end. */
	while (!known && low < first_unknown) {
		unsigned int middle = (low + first_unknown) / 2;

		if (prctl(PR_CAPBSET_READ, middle, 0, 0, 0) < 0)
			first_unknown = middle;
		else
			low = middle + 1;
	}
	if (!known)
		known = low == 64 ? UINT64_MAX : (1ULL << low) - 1;
	return known;
}

uint64_t caps_from_names(char *const *names, unsigned int *ret_unknown)
{
	uint64_t mask = 0, bit;

	*ret_unknown = 0;
	for (; names && *names; names++) {
		if (caps_bit(*names, &bit) < 0 || !(bit & caps_known()))
			++*ret_unknown;
		else
			mask |= bit;
	}
	return mask;
}

int caps_limit_bounding(uint64_t keep)
{
	uint64_t known = caps_known();

	/* Every number is tried, known or not: what we took for unknown must not stay. */
	for (unsigned int i = 0; i < 64; i++) {
		if (keep & 1ULL << i || prctl(PR_CAPBSET_DROP, i, 0, 0, 0) == 0)
			continue;
		if (!(known & 1ULL << i) && (errno == EINVAL || errno == EPERM))
			return 0; /* nor has the kernel any above */
		/* Without CAP_SETPCAP nothing can be dropped: fine when it was not there at all. */
		if (errno != EPERM || prctl(PR_CAPBSET_READ, i, 0, 0, 0) != 0)
			return -errno;
	}
	return 0;
}

static int caps_set(const struct caps *caps)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];

	for (int i = 0; i < 2; i++)
		data[i] = (struct __user_cap_data_struct){
			.effective = (uint32_t)(caps->effective >> 32 * i),
			.permitted = (uint32_t)(caps->permitted >> 32 * i),
			.inheritable = (uint32_t)(caps->inheritable >> 32 * i),
		};
	return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

int caps_apply(const struct caps *caps)
{
	int r = caps_set(caps);

	if (r < 0)
		return r;
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return -errno;
	for (unsigned int i = 0; caps->ambient >> i; i++) {
		if (!(caps->ambient & 1ULL << i))
			continue;
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0) < 0)
			return -errno;
	}
	return 0;
}

int caps_permitted(uint64_t *ret)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data) < 0)
		return -errno;
	*ret = data[0].permitted | (uint64_t)data[1].permitted << 32;
	return 0;
}
