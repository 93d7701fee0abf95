/* SPDX-License-Identifier: Apache-2.0 */
/* Limits on v1 hierarchies. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "runtime/resources.h"

static int cpu(const struct cgroup *cg, const struct oci_cpu *c, struct error *err)
{
	const struct {
		const char *file;
		const struct opt_i64 *value;
	} files[] = {
		{ "cpu.shares", &c->shares },
		{ "cpu.cfs_period_us",
		  &c->period }, /* before the quota, which is checked against it */
		{ "cpu.cfs_quota_us", &c->quota },
		{ "cpu.cfs_burst_us", &c->burst },
		{ "cpu.rt_period_us", &c->realtime_period },
		{ "cpu.rt_runtime_us", &c->realtime_runtime },
		{ "cpu.idle", &c->idle },
	};
	int r = 0;

	for (size_t i = 0; !r && i < ARRAY_SIZE(files); i++) {
		/* 0 is "not asked for" to engines; the kernel refuses it for all but these two. */
		bool zero_counts = files[i].value == &c->idle || files[i].value == &c->burst;

		if (files[i].value->set && (files[i].value->value || zero_counts))
			r = resource_write_i64(cg, "cpu", files[i].file, files[i].value, err);
	}
	if (!r && c->cpus && *c->cpus)
		r = resource_write(cg, "cpuset", "cpuset.cpus", c->cpus, err);
	if (!r && c->mems && *c->mems)
		r = resource_write(cg, "cpuset", "cpuset.mems", c->mems, err);
	return r;
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
	swap_first = swap.set && limit.set &&
		     cgroup_read_u64(cg, "memory", "memory.memsw.limit_in_bytes", &now_swap) == 0 &&
		     (limit.value == -1 || (uint64_t)limit.value > now_swap);
	if (swap_first) {
		r = resource_write_i64(cg, "memory", "memory.memsw.limit_in_bytes", &swap, err);
		return r < 0 ? r
			     : resource_write_i64(cg, "memory", "memory.limit_in_bytes", &limit,
						  err);
	}
	r = resource_write_i64(cg, "memory", "memory.limit_in_bytes", &limit, err);
	return r < 0 ? r
		     : resource_write_i64(cg, "memory", "memory.memsw.limit_in_bytes", &swap, err);
}

static int memory(const struct cgroup *cg, const struct oci_memory *m, struct error *err)
{
	struct opt_i64 reservation = m->reservation, kernel_tcp = m->kernel_tcp;
	int r = memory_limits(cg, m, err);

	reservation.set = reservation.set && reservation.value;
	kernel_tcp.set = kernel_tcp.set && kernel_tcp.value && kernel_tcp.value != -1;
	if (!r && m->kernel.set && m->kernel.value > 0)
		r = error_set(err, ERR_INVALID, EOPNOTSUPP,
			      "memory.kernel cannot be limited: the kernel has dropped that limit");
	if (!r)
		r = resource_write_i64(cg, "memory", "memory.soft_limit_in_bytes", &reservation,
				       err);
	if (!r)
		r = resource_write_i64(cg, "memory", "memory.kmem.tcp.limit_in_bytes", &kernel_tcp,
				       err);
	if (!r && m->swappiness.set && m->swappiness.value > 100)
		r = error_set(err, ERR_INVALID, 0, "memory swappiness %lld is not within 0 and 100",
			      (long long)m->swappiness.value);
	if (!r && (m->swappiness.value >= 0))
		r = resource_write_i64(cg, "memory", "memory.swappiness", &m->swappiness, err);
	if (!r && m->disable_oom_killer.set && m->disable_oom_killer.value)
		r = resource_write(cg, "memory", "memory.oom_control", "1", err);
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

int resources_v1(const struct cgroup *cg, const struct oci_resources *res, struct error *err)
{
	char value[24] = "max";
	int r = res->memory ? memory(cg, res->memory, err) : 0;

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
