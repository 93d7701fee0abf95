/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BPF_PROG_TYPE_CGROUP_DEVICE: the context has access_type (access << 16 | type), major, minor; the
 * result is 1 or 0. Rules are tried from the last to the first, so the first that matches here is
 * the last that was written.
 */
#include "sys/device-bpf.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/strbuf.h"

enum { INSNS_PER_RULE = 8, RULES_MAX = 4096 };

struct program {
	struct bpf_insn *insns;
	size_t n;
};

static void emit(struct program *p, uint8_t code, uint8_t dst, uint8_t src, int16_t off,
		 int32_t imm)
{
	p->insns[p->n++] = (struct bpf_insn){
		.code = code, .dst_reg = dst, .src_reg = src, .off = off, .imm = imm
	};
}

static int32_t access_bits(const char *access)
{
	int32_t bits = 0;

	if (strchr(access, 'r'))
		bits |= BPF_DEVCG_ACC_READ;
	if (strchr(access, 'w'))
		bits |= BPF_DEVCG_ACC_WRITE;
	if (strchr(access, 'm'))
		bits |= BPF_DEVCG_ACC_MKNOD;
	return bits;
}

/* r2 type, r3 access, r4 major, r5 minor. Jumps over the rule's verdict are patched when its length
 * is known. */
static void emit_rule(struct program *p, const struct device_rule *rule)
{
	size_t first = p->n;
	int32_t bits = access_bits(rule->access);

	if (rule->type != 'a')
		emit(p, BPF_JMP | BPF_JNE | BPF_K, BPF_REG_2, 0, 0,
		     rule->type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR);
	if (bits != (BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE | BPF_DEVCG_ACC_MKNOD)) {
		/* All bits asked for must be in the rule; for a refusal, one is enough. */
		emit(p, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_1, BPF_REG_3, 0, 0);
		if (rule->allow) {
			emit(p, BPF_ALU64 | BPF_AND | BPF_K, BPF_REG_1, 0, 0, ~bits);
			emit(p, BPF_JMP | BPF_JNE | BPF_K, BPF_REG_1, 0, 0, 0);
		} else {
			emit(p, BPF_ALU64 | BPF_AND | BPF_K, BPF_REG_1, 0, 0, bits);
			emit(p, BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_1, 0, 0, 0);
		}
	}
	if (rule->major >= 0)
		emit(p, BPF_JMP | BPF_JNE | BPF_K, BPF_REG_4, 0, 0, (int32_t)rule->major);
	if (rule->minor >= 0)
		emit(p, BPF_JMP | BPF_JNE | BPF_K, BPF_REG_5, 0, 0, (int32_t)rule->minor);
	emit(p, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, rule->allow ? 1 : 0);
	emit(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	for (size_t i = first; i < p->n; i++) {
		if (BPF_CLASS(p->insns[i].code) == BPF_JMP && BPF_OP(p->insns[i].code) != BPF_EXIT)
			p->insns[i].off = (int16_t)(p->n - i - 1);
	}
}

static void emit_program(struct program *p, const struct device_rule *rules, size_t n)
{
	emit(p, BPF_LDX | BPF_W | BPF_MEM, BPF_REG_2, BPF_REG_1,
	     offsetof(struct bpf_cgroup_dev_ctx, access_type), 0);
	emit(p, BPF_ALU | BPF_MOV | BPF_X, BPF_REG_3, BPF_REG_2, 0, 0);
	emit(p, BPF_ALU | BPF_AND | BPF_K, BPF_REG_2, 0, 0, 0xffff);
	emit(p, BPF_ALU | BPF_RSH | BPF_K, BPF_REG_3, 0, 0, 16);
	emit(p, BPF_LDX | BPF_W | BPF_MEM, BPF_REG_4, BPF_REG_1,
	     offsetof(struct bpf_cgroup_dev_ctx, major), 0);
	emit(p, BPF_LDX | BPF_W | BPF_MEM, BPF_REG_5, BPF_REG_1,
	     offsetof(struct bpf_cgroup_dev_ctx, minor), 0);
	for (size_t i = n; i-- > 0;) {
		bool all = rules[i].type == 'a' && rules[i].major < 0 && rules[i].minor < 0 &&
			   access_bits(rules[i].access) == 7;

		emit_rule(p, &rules[i]);
		if (all) /* nothing before it can matter; the verifier refuses dead code */
			return;
	}
	emit(p, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0);
	emit(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static long sys_bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static int load_program(const struct program *p)
{
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
		.insn_cnt = (uint32_t)p->n,
		.insns = (uint64_t)(uintptr_t)p->insns,
		.license = (uint64_t)(uintptr_t) "Apache-2.0",
	};
	long fd = sys_bpf(BPF_PROG_LOAD, &attr);

	return fd < 0 ? -errno : (int)fd;
}

/* Programs that were attached before this one; they all have to allow, so they must go. */
static void detach_others(int cgroup_fd, const uint32_t *ids, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		union bpf_attr get = { .prog_id = ids[i] };
		cleanup_fd int fd = (int)sys_bpf(BPF_PROG_GET_FD_BY_ID, &get);
		union bpf_attr detach = {
			.target_fd = (uint32_t)cgroup_fd,
			.attach_bpf_fd = (uint32_t)fd,
			.attach_type = BPF_CGROUP_DEVICE,
		};

		if (fd >= 0)
			(void)sys_bpf(BPF_PROG_DETACH, &detach);
	}
}

int device_bpf_attach(int cgroup_fd, const struct device_rule *rules, size_t n)
{
	struct program p = { .n = 0 };
	uint32_t ids[64];
	union bpf_attr query = { .query = {
					 .target_fd = (uint32_t)cgroup_fd,
					 .attach_type = BPF_CGROUP_DEVICE,
					 .prog_ids = (uint64_t)(uintptr_t)ids,
					 .prog_cnt = ARRAY_SIZE(ids),
				 } };
	union bpf_attr attach;
	cleanup_fd int prog = -1;

	if (n > RULES_MAX)
		return -E2BIG;
	p.insns = xcalloc((n + 2) * INSNS_PER_RULE, sizeof(*p.insns));
	emit_program(&p, rules, n);
	prog = load_program(&p);
	free(p.insns);
	if (prog < 0)
		return prog;
	if (sys_bpf(BPF_PROG_QUERY, &query) < 0)
		query.query.prog_cnt = 0;
	attach = (union bpf_attr){
		.target_fd = (uint32_t)cgroup_fd,
		.attach_bpf_fd = (uint32_t)prog,
		.attach_type = BPF_CGROUP_DEVICE,
		.attach_flags = BPF_F_ALLOW_MULTI,
	};
	if (sys_bpf(BPF_PROG_ATTACH, &attach) < 0)
		return -errno;
	detach_others(cgroup_fd, ids, query.query.prog_cnt);
	return 0;
}
