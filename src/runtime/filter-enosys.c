/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A profile that refuses what it does not name also refuses what was not there when it was written,
 * and programs take EPERM for an answer where they would fall back at ENOSYS. So calls beyond the
 * last one that the profile names are told to be missing, as other runtimes do: by a few
 * instructions in front of the program.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stddef.h>
#include <string.h>

#include "base/strbuf.h"
#include "runtime/filter.h"

enum {
	ARCHS_MAX = 24,
	X32_BIT = 0x40000000, /* of a call's number, under the architecture of x86-64 */
	SECTION_MAX = 5,      /* instructions for one architecture */
};

struct section {
	uint32_t arch;
	int last; /* number of a call */
};

/* A default action that lets calls through has nothing to tell. */
static bool refuses(const struct oci_seccomp *s)
{
	static const char *const permissive[] = { "SCMP_ACT_ALLOW", "SCMP_ACT_LOG",
						  "SCMP_ACT_TRACE" };

	for (size_t i = 0; i < ARRAY_SIZE(permissive); i++) {
		if (!strcmp(s->default_action, permissive[i]))
			return false;
	}
	return !s->default_errno_ret.set || s->default_errno_ret.value != ENOSYS;
}

static int last_call(const struct oci_seccomp *s, uint32_t arch)
{
	int last = -1;

	for (size_t i = 0; i < s->n_syscalls; i++) {
		for (char **name = s->syscalls[i].names; name && *name; name++) {
			int call = seccomp_syscall_resolve_name_arch(arch, *name);

			if (call > last)
				last = call;
		}
	}
	return last;
}

static void add_section(const struct oci_seccomp *s, uint32_t arch, struct section *sections,
			size_t *n)
{
	int last;

	for (size_t i = 0; i < *n; i++) {
		if (sections[i].arch == arch)
			return;
	}
	/* x32 shares its architecture with x86-64: such calls are left to the program. */
	last = arch == SCMP_ARCH_X32 || *n == ARCHS_MAX ? -1 : last_call(s, arch);
	if (last >= 0)
		sections[(*n)++] = (struct section){ arch, last };
}

static size_t section_length(const struct section *section)
{
	return section->arch == SCMP_ARCH_X86_64 ? SECTION_MAX : SECTION_MAX - 1;
}

/* @rest: instructions of the sections after this one. */
static struct sock_filter *emit(struct sock_filter *at, const struct section *section, size_t rest)
{
	const uint32_t last = (uint32_t)section->last;
	const unsigned char others = (unsigned char)(section_length(section) - 1);

	*at++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, section->arch, 0, others);
	*at++ = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					     offsetof(struct seccomp_data, nr));
	if (section->arch == SCMP_ARCH_X86_64)
		*at++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_BIT,
						     (unsigned char)(rest + 2), 0);
	*at++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, last, 0,
					     (unsigned char)(rest + 1));
	*at++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS);
	return at;
}

void filter_add_enosys(const struct oci_seccomp *s, struct filter *filter)
{
	struct section sections[ARCHS_MAX];
	struct sock_filter *insns, *at;
	size_t n = 0, rest = 0, length;
	uint32_t arch;

	if (!refuses(s))
		return;
	add_section(s, seccomp_arch_native(), sections, &n);
	for (char **name = s->architectures; name && *name; name++) {
		if (filter_arch(*name, &arch) == 0)
			add_section(s, arch, sections, &n);
	}
	for (size_t i = 0; i < n; i++)
		rest += section_length(&sections[i]);
	length = rest + 1;
	if (!n || filter->n + length > BPF_MAXINSNS)
		return;
	insns = xcalloc(filter->n + length, sizeof(*insns));
	at = insns;
	*at++ = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					     offsetof(struct seccomp_data, arch));
	for (size_t i = 0; i < n; i++) {
		rest -= section_length(&sections[i]);
		at = emit(at, &sections[i], rest);
	}
	memcpy(at, filter->insns, filter->n * sizeof(*insns));
	free(filter->insns);
	filter->insns = insns;
	filter->n += length;
}
