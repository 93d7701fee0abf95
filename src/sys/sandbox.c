/* SPDX-License-Identifier: Apache-2.0 */
/* The order matters: Landlock needs open directories, the uid change needs capabilities, seccomp
 * comes last. */
#include "sys/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "sys/caps.h"
#include "sys/seccomp.h"

#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif

#if defined(__x86_64__)
#define NATIVE_AUDIT_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_AUDIT_ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv)
#define NATIVE_AUDIT_ARCH AUDIT_ARCH_RISCV64
#elif defined(__powerpc64__)
#define NATIVE_AUDIT_ARCH AUDIT_ARCH_PPC64LE
#elif defined(__s390x__)
#define NATIVE_AUDIT_ARCH AUDIT_ARCH_S390X
#else
#error "name this architecture here"
#endif

enum {
	ACCESS_READ = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
	ACCESS_V1 = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1, /* every right of the first ABI */
	ACCESS_FILE = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |
		      LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_TRUNCATE,
};

static long landlock_abi(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

bool sandbox_has_landlock(void)
{
	return landlock_abi() > 0;
}

static int landlock_allow(int ruleset, int fd, uint64_t access)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = access, .parent_fd = fd };
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISDIR(st.st_mode))
		rule.allowed_access &= ACCESS_FILE;
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
		return -errno;
	return 0;
}

static int landlock_fill(int ruleset, const struct sandbox *sandbox, uint64_t handled)
{
	const uint64_t writable = handled & ~(uint64_t)LANDLOCK_ACCESS_FS_EXECUTE;
	int r = 0;

	for (size_t i = 0; !r && i < sandbox->n_writable_dirs; i++)
		r = landlock_allow(ruleset, sandbox->writable_dirs[i], writable);
	for (size_t i = 0; !r && i < sandbox->n_readable_dirs; i++)
		r = landlock_allow(ruleset, sandbox->readable_dirs[i], ACCESS_READ);
	for (const char *const *path = sandbox->readable_paths; !r && path && *path; path++) {
		cleanup_fd int fd = open(*path, O_PATH | O_CLOEXEC);

		if (fd >= 0)
			r = landlock_allow(ruleset, fd, ACCESS_READ);
		else if (errno != ENOENT && errno != EACCES)
			r = -errno;
	}
	return r;
}

/* FALLBACK(Landlock, 5.13; moving files between directories 5.19; truncation 6.2): without it the
 * uid, the capabilities and seccomp are what holds. */
static int restrict_files(const struct sandbox *sandbox)
{
	struct landlock_ruleset_attr attr = { .handled_access_fs = ACCESS_V1 };
	cleanup_fd int ruleset = -1;
	long abi = landlock_abi();
	int r;

	if (abi < 0)
		return errno == ENOSYS || errno == EOPNOTSUPP ? 0 : -errno;
	if (abi >= 2)
		attr.handled_access_fs |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= 3)
		attr.handled_access_fs |= LANDLOCK_ACCESS_FS_TRUNCATE;
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (ruleset < 0)
		return -errno;
	r = landlock_fill(ruleset, sandbox, attr.handled_access_fs);
	if (r < 0)
		return r;
	return syscall(SYS_landlock_restrict_self, ruleset, 0) < 0 ? -errno : 0;
}

static int empty_bounding_set(void)
{
	uint64_t have;
	int r = caps_permitted(&have);

	return !r && have & 1ULL << CAP_SETPCAP ? caps_limit_bounding(0) : r;
}

/* Where root: groups, gid and uid go; the kept capabilities survive the change of uid. */
static int drop_ids(const struct sandbox *sandbox)
{
	if (geteuid() != 0)
		return 0;
	if (setgroups(0, NULL) < 0)
		return -errno;
	if (sandbox->gid && setresgid(sandbox->gid, sandbox->gid, sandbox->gid) < 0)
		return -errno;
	if (!sandbox->uid)
		return 0;
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return -errno;
	return setresuid(sandbox->uid, sandbox->uid, sandbox->uid) < 0 ? -errno : 0;
}

static int drop_capabilities(uint64_t keep)
{
	struct caps caps = { 0 };
	uint64_t have;
	int r = caps_permitted(&have);

	if (r < 0)
		return r;
	caps.effective = caps.permitted = have & keep;
	return caps_apply(&caps);
}

/* Never needed by something that moves bytes, often the way out of a sandbox. */
static const unsigned int denied_calls[] = {
	SYS_execve,
	SYS_execveat,
	SYS_ptrace,
	SYS_process_vm_readv,
	SYS_process_vm_writev,
	SYS_kcmp,
	SYS_pidfd_getfd,
	SYS_process_madvise,
	SYS_mount,
	SYS_umount2,
	SYS_pivot_root,
	SYS_chroot,
	SYS_open_tree,
	SYS_move_mount,
	SYS_fsopen,
	SYS_fsconfig,
	SYS_fsmount,
	SYS_fspick,
	SYS_mount_setattr,
	SYS_setns,
	SYS_unshare,
	SYS_bpf,
	SYS_perf_event_open,
	SYS_userfaultfd,
	SYS_io_uring_setup,
	SYS_io_uring_enter,
	SYS_io_uring_register,
	SYS_keyctl,
	SYS_add_key,
	SYS_request_key,
	SYS_init_module,
	SYS_finit_module,
	SYS_delete_module,
	SYS_kexec_load,
	SYS_kexec_file_load,
	SYS_reboot,
	SYS_swapon,
	SYS_swapoff,
	SYS_settimeofday,
	SYS_clock_settime,
	SYS_adjtimex,
	SYS_clock_adjtime,
	SYS_sethostname,
	SYS_setdomainname,
	SYS_quotactl,
	SYS_acct,
	SYS_syslog,
	SYS_open_by_handle_at,
	SYS_name_to_handle_at,
	SYS_fanotify_init,
	SYS_move_pages,
	SYS_migrate_pages,
	SYS_personality,
	SYS_vhangup,
	SYS_seccomp,
	SYS_kill,
	SYS_tkill,
	SYS_pidfd_send_signal,
	SYS_lookup_dcookie,
	SYS_nfsservctl,
#ifdef SYS_iopl
	SYS_iopl,
	SYS_ioperm,
	SYS_modify_ldt,
	SYS_uselib,
#endif
};

struct program {
	struct sock_filter insns[256];
	size_t n;
};

static void emit(struct program *p, struct sock_filter insn)
{
	p->insns[p->n++] = insn;
}

static void load_field(struct program *p, size_t offset)
{
	emit(p, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

static void return_action(struct program *p, uint32_t action)
{
	emit(p, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

/* Skip @skip instructions when the loaded word is not @value. */
static void unless_equal(struct program *p, uint32_t value, uint8_t skip)
{
	emit(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skip));
}

static void emit_sockets(struct program *p, bool network)
{
	static const uint32_t families[] = { AF_INET, AF_INET6, AF_UNIX, AF_NETLINK };

	unless_equal(p, SYS_socket, network ? 2 + 2 * ARRAY_SIZE(families) : 1);
	if (network) {
		load_field(p, offsetof(struct seccomp_data, args[0]));
		for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
			unless_equal(p, families[i], 1);
			return_action(p, SECCOMP_RET_ALLOW);
		}
	}
	return_action(p, SECCOMP_RET_ERRNO | EACCES);
}

static void build_program(struct program *p, bool network)
{
	load_field(p, offsetof(struct seccomp_data, arch));
	unless_equal(p, NATIVE_AUDIT_ARCH, 1);
	emit(p, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 1));
	return_action(p, SECCOMP_RET_KILL_PROCESS);
	load_field(p, offsetof(struct seccomp_data, nr));
#ifdef __x86_64__
	/* The x32 numbers would pass by every test below. */
	emit(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1));
	return_action(p, SECCOMP_RET_KILL_PROCESS);
#endif
	for (size_t i = 0; i < ARRAY_SIZE(denied_calls); i++) {
		unless_equal(p, denied_calls[i], 1);
		return_action(p, SECCOMP_RET_ERRNO | EPERM);
	}
	emit_sockets(p, network);
	return_action(p, SECCOMP_RET_ALLOW);
}

int sandbox_enter(const struct sandbox *sandbox)
{
	struct program program = { .n = 0 };
	int r = seccomp_no_new_privileges();

	if (!r)
		r = restrict_files(sandbox);
	if (!r)
		r = empty_bounding_set();
	if (!r)
		r = drop_ids(sandbox);
	if (!r)
		r = drop_capabilities(sandbox->keep_caps);
	if (!r && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		r = -errno;
	if (r < 0)
		return r;
	build_program(&program, sandbox->network);
	return seccomp_program_load(program.insns, program.n, 0);
}
