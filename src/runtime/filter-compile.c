/* SPDX-License-Identifier: Apache-2.0 */
/* libseccomp: from rules to a BPF program, shaped as a binary tree so that it is short to run. */
#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/strbuf.h"
#include "runtime/filter.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

const char *const filter_actions[] = {
	"SCMP_ACT_ALLOW",	"SCMP_ACT_ERRNO",
	"SCMP_ACT_KILL",	"SCMP_ACT_KILL_PROCESS",
	"SCMP_ACT_KILL_THREAD", "SCMP_ACT_LOG",
	"SCMP_ACT_NOTIFY",	"SCMP_ACT_TRACE",
	"SCMP_ACT_TRAP",	NULL,
};
const char *const filter_operators[] = {
	"SCMP_CMP_EQ", "SCMP_CMP_GE",	     "SCMP_CMP_GT", "SCMP_CMP_LE",
	"SCMP_CMP_LT", "SCMP_CMP_MASKED_EQ", "SCMP_CMP_NE", NULL,
};
const char *const filter_flag_names[] = {
	"SECCOMP_FILTER_FLAG_TSYNC",
	"SECCOMP_FILTER_FLAG_LOG",
	"SECCOMP_FILTER_FLAG_SPEC_ALLOW",
	"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
	NULL,
};
const char *const filter_archs[] = {
	"SCMP_ARCH_AARCH64",   "SCMP_ARCH_ARM",	     "SCMP_ARCH_MIPS",	   "SCMP_ARCH_MIPS64",
	"SCMP_ARCH_MIPS64N32", "SCMP_ARCH_MIPSEL",   "SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL64N32",
	"SCMP_ARCH_PARISC",    "SCMP_ARCH_PARISC64", "SCMP_ARCH_PPC",	   "SCMP_ARCH_PPC64",
	"SCMP_ARCH_PPC64LE",   "SCMP_ARCH_RISCV64",  "SCMP_ARCH_S390",	   "SCMP_ARCH_S390X",
	"SCMP_ARCH_X32",       "SCMP_ARCH_X86",	     "SCMP_ARCH_X86_64",   NULL,
};

/* Of the specification, and of newer libraries: what this one does not know cannot run here. */
static const char *const foreign_archs[] = {
	"SCMP_ARCH_LOONGARCH64", "SCMP_ARCH_M68K", "SCMP_ARCH_SH", "SCMP_ARCH_SHEB", NULL,
};

void filter_library_version(char *buf, size_t len)
{
	const struct scmp_version *v = seccomp_version();

	(void)snprintf(buf, len, "%u.%u.%u", v->major, v->minor, v->micro);
}

static int index_of(const char *const *names, const char *name)
{
	for (int i = 0; names[i]; i++) {
		if (!strcmp(names[i], name))
			return i;
	}
	return -1;
}

static int action_value(const char *name, const struct opt_i64 *errno_ret, uint32_t *ret,
			struct error *err)
{
	static const uint32_t plain[] = {
		SCMP_ACT_ALLOW,	      0,
		SCMP_ACT_KILL_THREAD, SCMP_ACT_KILL_PROCESS,
		SCMP_ACT_KILL_THREAD, SCMP_ACT_LOG,
		SCMP_ACT_NOTIFY,      0,
		SCMP_ACT_TRAP,
	};
	int i = index_of(filter_actions, name);
	bool takes_value = !strcmp(name, "SCMP_ACT_ERRNO") || !strcmp(name, "SCMP_ACT_TRACE");
	int64_t value = errno_ret->set ? errno_ret->value : EPERM;

	if (i < 0)
		return error_set(err, ERR_INVALID, 0, "linux.seccomp: unknown action '%s'", name);
	if (errno_ret->set && !takes_value)
		return error_set(err, ERR_INVALID, 0, "linux.seccomp: errnoRet does not go with %s",
				 name);
	if (value < 0 || value > UINT16_MAX)
		return error_set(err, ERR_INVALID, 0,
				 "linux.seccomp: errnoRet %lld is out of range", (long long)value);
	if (!strcmp(name, "SCMP_ACT_ERRNO"))
		*ret = SCMP_ACT_ERRNO((uint16_t)value);
	else if (!strcmp(name, "SCMP_ACT_TRACE"))
		*ret = SCMP_ACT_TRACE((uint16_t)value);
	else
		*ret = plain[i];
	return 0;
}

int filter_flags(const struct oci_seccomp *seccomp, unsigned int *ret, struct error *err)
{
	static const unsigned int values[] = {
		SECCOMP_FILTER_FLAG_TSYNC,
		SECCOMP_FILTER_FLAG_LOG,
		SECCOMP_FILTER_FLAG_SPEC_ALLOW,
		SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
	};

	*ret = 0;
	for (char **flag = seccomp->flags; flag && *flag; flag++) {
		int i = index_of(filter_flag_names, *flag);

		if (i < 0)
			return error_set(err, ERR_INVALID, 0, "linux.seccomp: unknown flag '%s'",
					 *flag);
		/* We have one thread; and with a listener the kernel refuses TSYNC. */
		*ret |= values[i] & ~(unsigned int)SECCOMP_FILTER_FLAG_TSYNC;
	}
	if (filter_notifies(seccomp))
		*ret |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
	else
		*ret &= ~(unsigned int)SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV; /* nobody waits */
	return 0;
}

bool filter_notifies(const struct oci_seccomp *seccomp)
{
	for (size_t i = 0; i < seccomp->n_syscalls; i++) {
		if (!strcmp(seccomp->syscalls[i].action, "SCMP_ACT_NOTIFY"))
			return true;
	}
	return false;
}

int filter_arch(const char *name, uint32_t *ret)
{
	cleanup_free char *low = NULL;

	if (index_of(filter_archs, name) < 0)
		return -EINVAL;
	low = xstrdup(name + strlen("SCMP_ARCH_"));
	for (char *c = low; *c; c++)
		*c = (char)(*c >= 'A' && *c <= 'Z' ? *c | 0x20 : *c);
	*ret = seccomp_arch_resolve_name(low);
	return *ret ? 0 : -EINVAL;
}

static int add_architectures(scmp_filter_ctx ctx, char *const *archs, struct error *err)
{
	for (; archs && *archs; archs++) {
		uint32_t arch;
		int r;

		if (index_of(filter_archs, *archs) < 0 && index_of(foreign_archs, *archs) < 0)
			return error_set(err, ERR_INVALID, 0,
					 "linux.seccomp.architectures: unknown architecture '%s'",
					 *archs);
		if (filter_arch(*archs, &arch) < 0)
			continue; /* one that this library does not know cannot run here */
		r = seccomp_arch_add(ctx, arch);
		if (r < 0 && r != -EEXIST)
			return error_set(err, ERR_SYSTEM, -r, "seccomp: add architecture %s",
					 *archs);
	}
	return 0;
}

static int compare_value(const struct oci_seccomp_arg *arg, struct scmp_arg_cmp *ret,
			 struct error *err)
{
	static const enum scmp_compare ops[] = { SCMP_CMP_EQ, SCMP_CMP_GE, SCMP_CMP_GT,
						 SCMP_CMP_LE, SCMP_CMP_LT, SCMP_CMP_MASKED_EQ,
						 SCMP_CMP_NE };
	int i = index_of(filter_operators, arg->op);

	if (i < 0)
		return error_set(err, ERR_INVALID, 0, "linux.seccomp: unknown operator '%s'",
				 arg->op);
	if (arg->index > 5)
		return error_set(err, ERR_INVALID, 0,
				 "linux.seccomp: a system call has no argument %u", arg->index);
	*ret = (struct scmp_arg_cmp){
		.arg = arg->index, .op = ops[i], .datum_a = arg->value, .datum_b = arg->value_two
	};
	return 0;
}

/* Comparisons of one argument twice are alternatives, of different arguments conditions that all
 * must hold: what the library does with them in one rule fails for the former. */
static int add_call(scmp_filter_ctx ctx, uint32_t action, int call,
		    const struct oci_seccomp_rule *rule, struct error *err)
{
	struct scmp_arg_cmp args[6];
	unsigned int seen = 0;
	bool repeated = false;
	int r = 0;

	if (rule->n_args > ARRAY_SIZE(args))
		return error_set(err, ERR_INVALID, 0,
				 "linux.seccomp: more than six argument conditions");
	for (size_t i = 0; i < rule->n_args; i++) {
		r = compare_value(&rule->args[i], &args[i], err);
		if (r < 0)
			return r;
		repeated |= seen & 1U << args[i].arg;
		seen |= 1U << args[i].arg;
	}
	if (!repeated)
		r = seccomp_rule_add_array(ctx, action, call, (unsigned int)rule->n_args, args);
	for (size_t i = 0; repeated && !r && i < rule->n_args; i++)
		r = seccomp_rule_add_array(ctx, action, call, 1, &args[i]);
	/* The same as the default action, or already there: nothing to add. */
	return r == -EACCES || r == -EEXIST ? 0 : r;
}

static int add_rule(scmp_filter_ctx ctx, const struct oci_seccomp *seccomp,
		    const struct oci_seccomp_rule *rule, struct error *err)
{
	uint32_t action, fallback;
	int r = action_value(rule->action, &rule->errno_ret, &action, err);

	if (r >= 0)
		r = action_value(seccomp->default_action, &seccomp->default_errno_ret, &fallback,
				 err);
	if (r < 0 || action == fallback)
		return r;
	for (char **name = rule->names; name && *name; name++) {
		int call = seccomp_syscall_resolve_name(*name);

		if (call == __NR_SCMP_ERROR)
			continue; /* a call that this library's kernels do not have */
		r = add_call(ctx, action, call, rule, err);
		if (r < 0 && err->kind != ERR_NONE)
			return r;
		if (r < 0)
			return error_set(err, ERR_SYSTEM, -r, "seccomp: add rule for '%s'", *name);
	}
	return 0;
}

static int export_program(scmp_filter_ctx ctx, struct filter *ret, struct error *err)
{
	cleanup_fd int fd = memfd_create("seccomp", MFD_CLOEXEC);
	int r = fd < 0 ? -errno : seccomp_export_bpf(ctx, fd);
	struct stat st = { 0 };

	if (!r && fstat(fd, &st) < 0)
		r = -errno;
	if (!r && (st.st_size == 0 || st.st_size > (off_t)(BPF_MAXINSNS * sizeof(*ret->insns))))
		r = -E2BIG;
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "seccomp: compile the program");
	ret->n = (size_t)st.st_size / sizeof(*ret->insns);
	ret->insns = xcalloc(ret->n, sizeof(*ret->insns));
	if (pread(fd, ret->insns, (size_t)st.st_size, 0) != st.st_size)
		return error_set(err, ERR_SYSTEM, EIO, "seccomp: read the program");
	return 0;
}

static void context_release(scmp_filter_ctx *ctx)
{
	if (*ctx)
		seccomp_release(*ctx);
}

int filter_compile(const struct oci_seccomp *seccomp, struct filter *ret, struct error *err)
{
	cleanup(context_release) scmp_filter_ctx ctx = NULL;
	uint32_t action;
	int r = action_value(seccomp->default_action, &seccomp->default_errno_ret, &action, err);

	if (r < 0)
		return r;
	ctx = seccomp_init(action);
	if (!ctx)
		return error_set(err, ERR_INVALID, EINVAL,
				 "linux.seccomp: default action %s is refused",
				 seccomp->default_action);
	/* FALLBACK(libseccomp 2.5): an older one has no binary tree; the program is the same, only
	 * longer to run. */
	(void)seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	(void)seccomp_attr_set(ctx, SCMP_FLTATR_CTL_NNP, 0);
	r = add_architectures(ctx, seccomp->architectures, err);
	for (size_t i = 0; !r && i < seccomp->n_syscalls; i++)
		r = add_rule(ctx, seccomp, &seccomp->syscalls[i], err);
	if (!r)
		r = export_program(ctx, ret, err);
	if (!r)
		filter_add_enosys(seccomp, ret);
	return r;
}
