/* SPDX-License-Identifier: Apache-2.0 */
/* process.scheduler, ioPriority, execCPUAffinity and linux.memoryPolicy. */
#include <errno.h>
#include <linux/ioprio.h>
#include <linux/mempolicy.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/parse.h"
#include "base/strbuf.h"
#include "runtime/scheduling.h"
#include "runtime/stages.h"

struct named {
	const char *name;
	uint64_t value;
};

static const struct named policies[] = {
	{ "SCHED_OTHER", 0 }, { "SCHED_FIFO", 1 }, { "SCHED_RR", 2 },	    { "SCHED_BATCH", 3 },
	{ "SCHED_ISO", 4 },   { "SCHED_IDLE", 5 }, { "SCHED_DEADLINE", 6 },
};

static const struct named sched_flags[] = {
	{ "SCHED_FLAG_RESET_ON_FORK", 0x01 },  { "SCHED_FLAG_RECLAIM", 0x02 },
	{ "SCHED_FLAG_DL_OVERRUN", 0x04 },     { "SCHED_FLAG_KEEP_POLICY", 0x08 },
	{ "SCHED_FLAG_KEEP_PARAMS", 0x10 },    { "SCHED_FLAG_UTIL_CLAMP_MIN", 0x20 },
	{ "SCHED_FLAG_UTIL_CLAMP_MAX", 0x40 },
};

static const struct named io_classes[] = {
	{ "IOPRIO_CLASS_RT", IOPRIO_CLASS_RT },
	{ "IOPRIO_CLASS_BE", IOPRIO_CLASS_BE },
	{ "IOPRIO_CLASS_IDLE", IOPRIO_CLASS_IDLE },
};

static int lookup(const struct named *table, size_t n, const char *name, uint64_t *ret)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(table[i].name, name))
			continue;
		*ret = table[i].value;
		return 0;
	}
	return -EINVAL;
}

/* sched_setattr(2); the kernel's struct, libc has none yet. */
struct sched_attr_v0 {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

static int set_scheduler(const struct oci_scheduler *s, struct error *err)
{
	struct sched_attr_v0 attr = {
		.size = sizeof(attr),
		.nice = (int32_t)s->nice,
		.priority = (uint32_t)s->priority,
		.runtime = s->runtime,
		.deadline = s->deadline,
		.period = s->period,
	};
	uint64_t value;

	if (lookup(policies, ARRAY_SIZE(policies), s->policy, &value) < 0)
		return error_set(err, ERR_INVALID, 0,
				 "process.scheduler.policy: unknown value '%s'", s->policy);
	attr.policy = (uint32_t)value;
	for (char **flag = s->flags; flag && *flag; flag++) {
		if (lookup(sched_flags, ARRAY_SIZE(sched_flags), *flag, &value) < 0)
			return error_set(err, ERR_INVALID, 0,
					 "process.scheduler.flags: unknown value '%s'", *flag);
		attr.flags |= value;
	}
	if (syscall(SYS_sched_setattr, 0, &attr, 0) < 0)
		return error_set(err, ERR_SYSTEM, errno, "process.scheduler: set policy %s",
				 s->policy);
	return 0;
}

static int set_io_priority(const struct oci_io_priority *p, struct error *err)
{
	uint64_t class;

	if (lookup(io_classes, ARRAY_SIZE(io_classes), p->class, &class) < 0)
		return error_set(err, ERR_INVALID, 0,
				 "process.ioPriority.class: unknown value '%s'", p->class);
	if (p->priority < 0 || p->priority > 7)
		return error_set(err, ERR_INVALID, 0,
				 "process.ioPriority.priority %lld is not within 0 and 7",
				 (long long)p->priority);
	if (syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0,
		    IOPRIO_PRIO_VALUE(class, (uint64_t)p->priority)) < 0)
		return error_set(err, ERR_SYSTEM, errno, "process.ioPriority: set %s", p->class);
	return 0;
}

enum { LIST_MAX = 4096 }; /* CPUs or memory nodes */

struct bits {
	unsigned long words[LIST_MAX / (8 * sizeof(unsigned long))];
	size_t n; /* how many are set */
};

/* "0-3,7" */
static int parse_list(const char *list, struct bits *ret)
{
	const size_t width = 8 * sizeof(ret->words[0]);
	cleanup_free char *copy = xstrdup(list);
	char *save = NULL;

	*ret = (struct bits){ 0 };
	for (char *part = strtok_r(copy, ", ", &save); part; part = strtok_r(NULL, ", ", &save)) {
		char *dash = strchr(part, '-');
		uint32_t first, last;

		if (dash)
			*dash++ = '\0';
		if (parse_u32(part, &first) < 0 || parse_u32(dash ? dash : part, &last) < 0 ||
		    first > last || last >= LIST_MAX)
			return -EINVAL;
		for (uint32_t i = first; i <= last; i++)
			ret->words[i / width] |= 1UL << i % width;
		ret->n += last - first + 1;
	}
	return 0;
}

static int set_affinity(const char *where, const char *list, struct error *err)
{
	struct bits cpus;

	if (!list || !*list)
		return 0;
	if (parse_list(list, &cpus) < 0 || !cpus.n)
		return error_set(err, ERR_INVALID, 0,
				 "process.execCPUAffinity.%s: invalid CPU list '%s'", where, list);
	if (sched_setaffinity(0, sizeof(cpus.words), (const cpu_set_t *)cpus.words) < 0)
		return error_set(err, ERR_SYSTEM, errno, "set process.execCPUAffinity.%s '%s'",
				 where, list);
	return 0;
}

int scheduling_initial_affinity(const struct oci_process *process, struct error *err)
{
	const struct oci_cpu_affinity *a = process->exec_cpu_affinity;

	return a ? set_affinity("initial", a->initial, err) : 0;
}

static int set_memory_policy(const struct oci_memory_policy *p, struct error *err)
{
	static const struct named modes[] = {
		{ "MPOL_DEFAULT", 0 },
		{ "MPOL_PREFERRED", 1 },
		{ "MPOL_BIND", 2 },
		{ "MPOL_INTERLEAVE", 3 },
		{ "MPOL_LOCAL", 4 },
		{ "MPOL_PREFERRED_MANY", 5 },
		{ "MPOL_WEIGHTED_INTERLEAVE", 6 },
	};
	static const struct named flags[] = {
		{ "MPOL_F_STATIC_NODES", 1U << 15 },
		{ "MPOL_F_RELATIVE_NODES", 1U << 14 },
		{ "MPOL_F_NUMA_BALANCING", 1U << 13 },
	};
	uint64_t mode, flag;
	struct bits nodes;

	if (lookup(modes, ARRAY_SIZE(modes), p->mode, &mode) < 0)
		return error_set(err, ERR_INVALID, 0, "linux.memoryPolicy.mode: unknown value '%s'",
				 p->mode);
	for (char **name = p->flags; name && *name; name++) {
		if (lookup(flags, ARRAY_SIZE(flags), *name, &flag) < 0)
			return error_set(err, ERR_INVALID, 0,
					 "linux.memoryPolicy.flags: unknown value '%s'", *name);
		mode |= flag;
	}
	if (parse_list(p->nodes ? p->nodes : "", &nodes) < 0)
		return error_set(err, ERR_INVALID, 0, "linux.memoryPolicy.nodes: invalid list '%s'",
				 p->nodes);
	/* The kernel reads one bit less than it is told there are. */
	if (syscall(SYS_set_mempolicy, mode, nodes.n ? nodes.words : NULL,
		    nodes.n ? LIST_MAX + 1UL : 0UL) < 0)
		return error_set(err, ERR_SYSTEM, errno,
				 "linux.memoryPolicy: set %s with nodes '%s'", p->mode,
				 p->nodes ? p->nodes : "");
	return 0;
}

int stage_scheduling(struct launch *l, struct error *err)
{
	const struct oci_process *p = l->process;
	int r = 0;

	if (p->scheduler)
		r = set_scheduler(p->scheduler, err);
	if (!r && p->io_priority)
		r = set_io_priority(p->io_priority, err);
	if (!r && p->exec_cpu_affinity && !l->init)
		r = set_affinity("final", p->exec_cpu_affinity->final, err);
	return !r && l->spec->linux_->memory_policy
		       ? set_memory_policy(l->spec->linux_->memory_policy, err)
		       : r;
}
