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

/* Shown by the kernel for each program: how ours are told from those of others. */
static const char our_name[] = "hoy_devices";

static int load_program(const struct program *p)
{
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
		.insn_cnt = (uint32_t)p->n,
		.insns = (uint64_t)(uintptr_t)p->insns,
		.license = (uint64_t)(uintptr_t) "Apache-2.0",
	};
	long fd;

	memcpy(attr.prog_name, our_name, sizeof(our_name));
	fd = sys_bpf(BPF_PROG_LOAD, &attr);
	return fd < 0 ? -errno : (int)fd;
}

/* The program @id if it is one of ours, else -1. */
static int open_ours(uint32_t id)
{
	union bpf_attr get = { .prog_id = id };
	cleanup_fd int fd = (int)sys_bpf(BPF_PROG_GET_FD_BY_ID, &get);
	struct bpf_prog_info info = { 0 };
	union bpf_attr ask = { .info = {
				       .bpf_fd = (uint32_t)fd,
				       .info_len = sizeof(info),
				       .info = (uint64_t)(uintptr_t)&info,
			       } };

	if (fd < 0 || sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &ask) < 0 || strcmp(info.name, our_name) != 0)
		return -1;
	return take_fd(&fd);
}

struct attached {
	uint32_t ids[64];
	uint32_t n;
};

static void attached_read(int cgroup_fd, struct attached *ret)
{
	union bpf_attr query = { .query = {
					 .target_fd = (uint32_t)cgroup_fd,
					 .attach_type = BPF_CGROUP_DEVICE,
					 .prog_ids = (uint64_t)(uintptr_t)ret->ids,
					 .prog_cnt = ARRAY_SIZE(ret->ids),
				 } };

	ret->n = sys_bpf(BPF_PROG_QUERY, &query) < 0 ? 0 : query.query.prog_cnt;
}

static int attach(int cgroup_fd, int prog, int replaced)
{
	union bpf_attr attr = {
		.target_fd = (uint32_t)cgroup_fd,
		.attach_bpf_fd = (uint32_t)prog,
		.attach_type = BPF_CGROUP_DEVICE,
		.attach_flags = BPF_F_ALLOW_MULTI,
	};

	if (replaced >= 0) {
		attr.attach_flags |= BPF_F_REPLACE;
		attr.replace_bpf_fd = (uint32_t)replaced;
	}
	return sys_bpf(BPF_PROG_ATTACH, &attr) < 0 ? -errno : 0;
}

static int detach(int cgroup_fd, int prog)
{
	union bpf_attr attr = {
		.target_fd = (uint32_t)cgroup_fd,
		.attach_bpf_fd = (uint32_t)prog,
		.attach_type = BPF_CGROUP_DEVICE,
	};

	return sys_bpf(BPF_PROG_DETACH, &attr) < 0 ? -errno : 0;
}

/* All that are attached have to allow: the old rules must go, and in one step, or there would be a
 * moment without any. */
static int attach_or_replace(int cgroup_fd, int prog)
{
	struct attached before;
	int r;

	attached_read(cgroup_fd, &before);
	for (uint32_t i = 0; i < before.n; i++) {
		cleanup_fd int old = open_ours(before.ids[i]);

		if (old < 0)
			continue;
		r = attach(cgroup_fd, prog, old);
		if (r != -EINVAL)
			return r;
		/* FALLBACK(BPF_F_REPLACE, 5.6): both for a moment. */
		r = attach(cgroup_fd, prog, -1);
		return r < 0 ? r : detach(cgroup_fd, old);
	}
	return attach(cgroup_fd, prog, -1);
}

int device_bpf_attach(int cgroup_fd, const struct device_rule *rules, size_t n)
{
	struct program p = { .n = 0 };
	cleanup_fd int prog = -1;

	if (n > RULES_MAX)
		return -E2BIG;
	p.insns = xcalloc((n + 2) * INSNS_PER_RULE, sizeof(*p.insns));
	emit_program(&p, rules, n);
	prog = load_program(&p);
	free(p.insns);
	return prog < 0 ? prog : attach_or_replace(cgroup_fd, prog);
}

int device_bpf_detach(int cgroup_fd)
{
	struct attached now;
	int r = 0;

	attached_read(cgroup_fd, &now);
	for (uint32_t i = 0; !r && i < now.n; i++) {
		cleanup_fd int ours = open_ours(now.ids[i]);

		if (ours >= 0)
			r = detach(cgroup_fd, ours);
	}
	return r;
}
