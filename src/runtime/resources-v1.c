/* SPDX-License-Identifier: Apache-2.0 */
/* Limits on v1 hierarchies. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "runtime/resources.h"

/* Period and quota are checked together, also against the parent's: what is refused before the
 * quota is there is tried again after it. The burst may not be above the quota. */
static int cpu_bandwidth(const struct cgroup *cg, const struct oci_cpu *c, struct error *err)
{
	const struct opt_i64 *before[] = { &c->period, &c->burst };
	static const char *const files[] = { "cpu.cfs_period_us", "cpu.cfs_burst_us" };
	const bool quota = c->quota.set && c->quota.value;
	bool again[] = { false, false };
	int r = 0;

	for (size_t i = 0; !r && i < ARRAY_SIZE(files); i++) {
		char text[24];

		/* 0 is "not asked for" to engines; a burst of none is not. */
		if (!before[i]->set || (!before[i]->value && before[i] != &c->burst))
			continue;
		(void)snprintf(text, sizeof(text), "%lld", (long long)before[i]->value);
		again[i] = quota && cgroup_write(cg, "cpu", files[i], text) == -EINVAL;
		if (!again[i])
			r = resource_write(cg, "cpu", files[i], text, err);
	}
	if (quota)
		r = resource_write_i64(cg, "cpu", "cpu.cfs_quota_us", &c->quota, err);
	for (size_t i = 0; !r && i < ARRAY_SIZE(files); i++) {
		if (again[i])
			r = resource_write_i64(cg, "cpu", files[i], before[i], err);
	}
	return r;
}

static int cpu_shares(const struct cgroup *cg, const struct oci_cpu *c, struct error *err)
{
	uint64_t now;
	int r;

	/* An idle group has the least weight there is, and the kernel refuses another. */
	if (!c->shares.set || !c->shares.value || (c->idle.set && c->idle.value))
		return 0;
	r = resource_write_i64(cg, "cpu", "cpu.shares", &c->shares, err);
	if (r < 0 || cgroup_read_u64(cg, "cpu", "cpu.shares", &now) < 0)
		return r;
	/* The kernel takes what is out of its range as the nearest that is in it. */
	if (now < (uint64_t)c->shares.value)
		return error_set(err, ERR_INVALID, 0, "the maximum allowed cpu-shares is %llu",
				 (unsigned long long)now);
	if (now > (uint64_t)c->shares.value)
		return error_set(err, ERR_INVALID, 0, "the minimum allowed cpu-shares is %llu",
				 (unsigned long long)now);
	return 0;
}

static int cpu(const struct cgroup *cg, const struct oci_cpu *c, struct error *err)
{
	struct opt_i64 period = c->realtime_period, runtime = c->realtime_runtime;
	int r = resource_write_i64(cg, "cpu", "cpu.idle", &c->idle, err);

	period.set = period.set && period.value;
	runtime.set = runtime.set && runtime.value;
	if (!r)
		r = cpu_shares(cg, c, err);
	if (!r)
		r = cpu_bandwidth(cg, c, err);
	if (!r)
		r = resource_write_i64(cg, "cpu", "cpu.rt_period_us", &period, err);
	if (!r)
		r = resource_write_i64(cg, "cpu", "cpu.rt_runtime_us", &runtime, err);
	if (!r && c->cpus && *c->cpus)
		r = resource_write(cg, "cpuset", "cpuset.cpus", c->cpus, err);
	if (!r && c->mems && *c->mems)
		r = resource_write(cg, "cpuset", "cpuset.mems", c->mems, err);
	return r;
}

static int write_limit(const struct cgroup *cg, const struct opt_i64 *limit, struct error *err)
{
	static const char file[] = "memory.limit_in_bytes";
	uint64_t usage = 0, peak = 0;
	char text[24];
	int r;

	if (!limit->set)
		return 0;
	(void)snprintf(text, sizeof(text), "%lld", (long long)limit->value);
	r = cgroup_write(cg, "memory", file, text);
	if (r != -EBUSY)
		return r < 0 ? resource_write(cg, "memory", file, text, err) : 0;
	(void)!cgroup_read_u64(cg, "memory", "memory.usage_in_bytes", &usage);
	(void)!cgroup_read_u64(cg, "memory", "memory.max_usage_in_bytes", &peak);
	return error_set(err, ERR_INVALID, EBUSY,
			 "unable to set memory limit to %lld (current usage: %llu, peak usage: "
			 "%llu)",
			 (long long)limit->value, (unsigned long long)usage,
			 (unsigned long long)peak);
}

/* memory <= memory+swap must hold after every write, so what grows goes first. */
static int memory_limits(const struct cgroup *cg, const struct oci_memory *m, struct error *err)
{
	struct opt_i64 limit = m->limit, swap = m->swap;
	uint64_t now_swap = UINT64_MAX;
	bool swap_first;
	int r;

	limit.set = limit.set && limit.value;
	swap.set = swap.set && swap.value;
	/* No limit of memory alone means none for both. */
	if (limit.set && limit.value == -1 && !swap.set &&
	    cgroup_read_u64(cg, "memory", "memory.memsw.limit_in_bytes", &now_swap) == 0)
		swap = (struct opt_i64){ true, -1 };
	if (limit.set && swap.set && limit.value > 0 && swap.value > 0 && swap.value < limit.value)
		return error_set(err, ERR_INVALID, EINVAL,
				 "memory+swap limit must be larger than memory limit");
	swap_first = swap.set && limit.set &&
		     cgroup_read_u64(cg, "memory", "memory.memsw.limit_in_bytes", &now_swap) == 0 &&
		     (limit.value == -1 || (uint64_t)limit.value > now_swap);
	if (swap_first) {
		r = resource_write_i64(cg, "memory", "memory.memsw.limit_in_bytes", &swap, err);
		return r < 0 ? r : write_limit(cg, &limit, err);
	}
	r = write_limit(cg, &limit, err);
	return r < 0 ? r
		     : resource_write_i64(cg, "memory", "memory.memsw.limit_in_bytes", &swap, err);
}

/* Since Linux 5.16 the kernel's own memory has no limit of its own any more; for some of its
 * versions the file is still there, and what is written to it is lost. */
static int kernel_limit(const struct cgroup *cg, int64_t limit, struct error *err)
{
	static const char file[] = "memory.kmem.limit_in_bytes";
	uint64_t now = UINT64_MAX;
	char text[24];
	int r;

	(void)snprintf(text, sizeof(text), "%lld", (long long)limit);
	r = cgroup_write(cg, "memory", file, text);
	if (!r)
		r = cgroup_read_u64(cg, "memory", file, &now);
	if (r == -EOPNOTSUPP || r == -ENOENT || (!r && now > (uint64_t)limit))
		return error_set(err, ERR_INVALID, EOPNOTSUPP,
				 "memory.kernel cannot be limited: the kernel has dropped that "
				 "limit");
	return r < 0 ? resource_write(cg, "memory", file, text, err) : 0;
}

static int kernel_memory(const struct cgroup *cg, const struct oci_memory *m, struct error *err)
{
	struct opt_i64 tcp = m->kernel_tcp;
	int r = m->kernel.set && m->kernel.value > 0 ? kernel_limit(cg, m->kernel.value, err) : 0;

	tcp.set = tcp.set && tcp.value && tcp.value != -1;
	return r < 0 ? r
		     : resource_write_i64(cg, "memory", "memory.kmem.tcp.limit_in_bytes", &tcp,
					  err);
}

/* Linux 5.11 and later count hierarchically always. */
static int use_hierarchy(const struct cgroup *cg, const struct oci_memory *m, struct error *err)
{
	uint64_t now;

	if (!m->use_hierarchy.set)
		return 0;
	if (cgroup_read_u64(cg, "memory", "memory.use_hierarchy", &now) == 0 &&
	    !!now == m->use_hierarchy.value)
		return 0;
	return resource_write(cg, "memory", "memory.use_hierarchy",
			      m->use_hierarchy.value ? "1" : "0", err);
}

static int memory(const struct cgroup *cg, const struct oci_memory *m, int flags, struct error *err)
{
	struct opt_i64 reservation = m->reservation;
	int r = use_hierarchy(cg, m, err);

	reservation.set = reservation.set && reservation.value;
	if (!r)
		r = memory_limits(cg, m, err);
	if (!r)
		r = kernel_memory(cg, m, err);
	if (!r)
		r = resource_write_i64(cg, "memory", "memory.soft_limit_in_bytes", &reservation,
				       err);
	if (!r && m->swappiness.set && m->swappiness.value > 100)
		r = error_set(err, ERR_INVALID, 0, "memory swappiness %lld is not within 0 and 100",
			      (long long)m->swappiness.value);
	if (!r && (m->swappiness.value >= 0))
		r = resource_write_i64(cg, "memory", "memory.swappiness", &m->swappiness, err);
	if (!r && m->disable_oom_killer.set &&
	    (m->disable_oom_killer.value || flags & RESOURCES_UPDATE))
		r = resource_write(cg, "memory", "memory.oom_control",
				   m->disable_oom_killer.value ? "1" : "0", err);
	return r;
}

static int weight_file(const struct cgroup *cg, const char *suffix, const char *value,
		       struct error *err)
{
	char file[64];
	int r;

	/* The BFQ scheduler's files stand in for CFQ's, which newer kernels lack. */
	(void)snprintf(file, sizeof(file), "blkio.%s", suffix);
	r = cgroup_write(cg, "blkio", file, value);
	if (r != -ENOENT)
		return r < 0 ? error_set(err, ERR_SYSTEM, -r, "write \"%s\" to %s", value, file)
			     : 0;
	(void)snprintf(file, sizeof(file), "blkio.bfq.%s", suffix);
	return resource_write(cg, "blkio", file, value, err);
}

static int throttle(const struct cgroup *cg, const char *file,
		    const struct oci_throttle_device *list, size_t n, struct error *err)
{
	int r = 0;

	for (size_t i = 0; !r && i < n; i++) {
		char value[64];

		(void)snprintf(value, sizeof(value), "%lld:%lld %llu", (long long)list[i].major,
			       (long long)list[i].minor, (unsigned long long)list[i].rate);
		r = resource_write(cg, "blkio", file, value, err);
	}
	return r;
}

static int weights(const struct cgroup *cg, const struct oci_block_io *b, struct error *err)
{
	char value[64];
	int r = 0;

	if (b->weight.set && b->weight.value) {
		(void)snprintf(value, sizeof(value), "%lld", (long long)b->weight.value);
		r = weight_file(cg, "weight", value, err);
	}
	if (!r && b->leaf_weight.set && b->leaf_weight.value)
		r = resource_write_i64(cg, "blkio", "blkio.leaf_weight", &b->leaf_weight, err);
	for (size_t i = 0; !r && i < b->n_weight_device; i++) {
		const struct oci_weight_device *d = &b->weight_device[i];

		(void)snprintf(value, sizeof(value), "%lld:%lld %lld", (long long)d->major,
			       (long long)d->minor, (long long)d->weight.value);
		if (d->weight.set)
			r = weight_file(cg, "weight_device", value, err);
		(void)snprintf(value, sizeof(value), "%lld:%lld %lld", (long long)d->major,
			       (long long)d->minor, (long long)d->leaf_weight.value);
		if (!r && d->leaf_weight.set)
			r = resource_write(cg, "blkio", "blkio.leaf_weight_device", value, err);
	}
	return r;
}

static int block_io(const struct cgroup *cg, const struct oci_block_io *b, struct error *err)
{
	int r = weights(cg, b, err);

	if (!r)
		r = throttle(cg, "blkio.throttle.read_bps_device", b->read_bps, b->n_read_bps, err);
	if (!r)
		r = throttle(cg, "blkio.throttle.write_bps_device", b->write_bps, b->n_write_bps,
			     err);
	if (!r)
		r = throttle(cg, "blkio.throttle.read_iops_device", b->read_iops, b->n_read_iops,
			     err);
	return r < 0 ? r
		     : throttle(cg, "blkio.throttle.write_iops_device", b->write_iops,
				b->n_write_iops, err);
}

static int network(const struct cgroup *cg, const struct oci_network *n, struct error *err)
{
	struct opt_i64 class_id = n->class_id;
	int r;

	class_id.set = class_id.set && class_id.value;
	r = resource_write_i64(cg, "net_cls", "net_cls.classid", &class_id, err);
	for (size_t i = 0; !r && i < n->n_priorities; i++) {
		cleanup_free char *value =
			xasprintf("%s %u", n->priorities[i].name, n->priorities[i].priority);

		r = resource_write(cg, "net_prio", "net_prio.ifpriomap", value, err);
	}
	return r;
}

/* checkBeforeUpdate asks for nothing here: the kernel itself refuses a limit below what is used. */
int resources_v1(const struct cgroup *cg, const struct oci_resources *res, int flags,
		 struct error *err)
{
	char value[24] = "max";
	int r = res->memory ? memory(cg, res->memory, flags, err) : 0;

	if (!r && res->cpu)
		r = cpu(cg, res->cpu, err);
	if (!r && res->pids && res->pids->limit.set && res->pids->limit.value) {
		if (res->pids->limit.value > 0)
			(void)snprintf(value, sizeof(value), "%lld",
				       (long long)res->pids->limit.value);
		r = resource_write(cg, "pids", "pids.max", value, err);
	}
	if (!r && res->block_io)
		r = block_io(cg, res->block_io, err);
	return !r && res->network ? network(cg, res->network, err) : r;
}
