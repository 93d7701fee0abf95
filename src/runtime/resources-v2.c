/* SPDX-License-Identifier: Apache-2.0 */
/* Limits on the v2 hierarchy. Values of v1's ranges are converted as the specification's readers
 * agree on. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "runtime/resources.h"

/* -1 is "max". */
static int write_limit(const struct cgroup *cg, const char *file, int64_t value, struct error *err)
{
	char text[24] = "max";

	if (value != -1)
		(void)snprintf(text, sizeof(text), "%lld", (long long)value);
	return resource_write(cg, "", file, text, err);
}

/* swap is memory and swap together; the file is for swap alone. */
static int memory_swap(const struct cgroup *cg, const struct oci_memory *m, struct error *err)
{
	int64_t limit = m->limit.set ? m->limit.value : 0, swap = m->swap.value;

	if (!m->swap.set || swap == 0)
		return 0;
	if (swap > 0 && limit == 0) {
		uint64_t now = 0;

		if (cgroup_read_u64(cg, "", "memory.max", &now) < 0 || now > INT64_MAX)
			return error_set(err, ERR_INVALID, EINVAL,
					 "a limit of swap needs a limit of memory");
		limit = (int64_t)now;
	}
	if (swap > 0 && swap < limit)
		return error_set(err, ERR_INVALID, EINVAL,
				 "memory+swap limit must be larger than memory limit");
	return write_limit(cg, "memory.swap.max", swap > 0 ? swap - limit : -1, err);
}

static int memory(const struct cgroup *cg, const struct oci_memory *m, struct error *err)
{
	int r;

	if ((m->kernel.set && m->kernel.value > 0) ||
	    (m->kernel_tcp.set && m->kernel_tcp.value > 0))
		return error_set(err, ERR_INVALID, EOPNOTSUPP,
				 "kernel memory has no limit on cgroup v2");
	if (m->swappiness.set && m->swappiness.value >= 0)
		return error_set(err, ERR_INVALID, EOPNOTSUPP,
				 "swappiness cannot be set on cgroup v2");
	if (m->disable_oom_killer.set && m->disable_oom_killer.value)
		return error_set(err, ERR_INVALID, EOPNOTSUPP,
				 "the OOM killer cannot be disabled on cgroup v2");
	r = memory_swap(cg, m, err);
	if (!r && m->limit.set && m->limit.value)
		r = write_limit(cg, "memory.max", m->limit.value, err);
	if (!r && m->reservation.set && m->reservation.value)
		r = write_limit(cg, "memory.low", m->reservation.value, err);
	return r;
}

/* 2 … 262144 -> 1 … 10000 */
static int cpu_weight(const struct cgroup *cg, int64_t shares, struct error *err)
{
	if (shares < 2)
		shares = 2;
	if (shares > 262144)
		shares = 262144;
	return write_limit(cg, "cpu.weight", 1 + (shares - 2) * 9999 / 262142, err);
}

static int cpu(const struct cgroup *cg, const struct oci_cpu *c, struct error *err)
{
	const int64_t period = c->period.set && c->period.value ? c->period.value : 100000;
	char value[64];
	int r = 0;

	if ((c->realtime_runtime.set && c->realtime_runtime.value) ||
	    (c->realtime_period.set && c->realtime_period.value))
		return error_set(err, ERR_INVALID, EOPNOTSUPP,
				 "realtime CPU time cannot be given on cgroup v2");
	if (c->idle.set)
		r = resource_write_i64(cg, "", "cpu.idle", &c->idle, err);
	if (!r && c->shares.set && c->shares.value)
		r = cpu_weight(cg, c->shares.value, err);
	if (!r && ((c->quota.set && c->quota.value) || (c->period.set && c->period.value))) {
		if (c->quota.set && c->quota.value > 0)
			(void)snprintf(value, sizeof(value), "%lld %lld", (long long)c->quota.value,
				       (long long)period);
		else
			(void)snprintf(value, sizeof(value), "max %lld", (long long)period);
		r = resource_write(cg, "", "cpu.max", value, err);
	}
	if (!r && c->burst.set)
		r = resource_write_i64(cg, "", "cpu.max.burst", &c->burst, err);
	if (!r && c->cpus && *c->cpus)
		r = resource_write(cg, "", "cpuset.cpus", c->cpus, err);
	if (!r && c->mems && *c->mems)
		r = resource_write(cg, "", "cpuset.mems", c->mems, err);
	return r;
}

static int throttle(const struct cgroup *cg, const char *key,
		    const struct oci_throttle_device *list, size_t n, struct error *err)
{
	int r = 0;

	for (size_t i = 0; !r && i < n; i++) {
		char value[64];

		(void)snprintf(value, sizeof(value), "%lld:%lld %s=%llu", (long long)list[i].major,
			       (long long)list[i].minor, key, (unsigned long long)list[i].rate);
		r = resource_write(cg, "", "io.max", value, err);
	}
	return r;
}

/* BFQ's file takes v1's 10 … 1000; the general one 1 … 10000. */
static int io_weight(const struct cgroup *cg, const char *device, int64_t weight, struct error *err)
{
	char value[64];
	int r;

	(void)snprintf(value, sizeof(value), "%s%lld", device, (long long)weight);
	r = cgroup_write(cg, "", "io.bfq.weight", value);
	if (r == 0)
		return 0;
	(void)snprintf(value, sizeof(value), "%s%lld", *device ? device : "default ",
		       (long long)(1 + (weight - 10) * 9999 / 990));
	return resource_write(cg, "", "io.weight", value, err);
}

static int block_io(const struct cgroup *cg, const struct oci_block_io *b, struct error *err)
{
	int r = 0;

	if (b->leaf_weight.set && b->leaf_weight.value)
		return error_set(err, ERR_INVALID, EOPNOTSUPP,
				 "blockIO.leafWeight is of cgroup v1");
	if (b->weight.set && b->weight.value)
		r = io_weight(cg, "", b->weight.value, err);
	for (size_t i = 0; !r && i < b->n_weight_device; i++) {
		char device[48];

		(void)snprintf(device, sizeof(device), "%lld:%lld ",
			       (long long)b->weight_device[i].major,
			       (long long)b->weight_device[i].minor);
		if (b->weight_device[i].weight.set)
			r = io_weight(cg, device, b->weight_device[i].weight.value, err);
	}
	if (!r)
		r = throttle(cg, "rbps", b->read_bps, b->n_read_bps, err);
	if (!r)
		r = throttle(cg, "wbps", b->write_bps, b->n_write_bps, err);
	if (!r)
		r = throttle(cg, "riops", b->read_iops, b->n_read_iops, err);
	return r < 0 ? r : throttle(cg, "wiops", b->write_iops, b->n_write_iops, err);
}

int resources_v2(const struct cgroup *cg, const struct oci_resources *res, struct error *err)
{
	int r = res->memory ? memory(cg, res->memory, err) : 0;

	if (!r && res->cpu)
		r = cpu(cg, res->cpu, err);
	if (!r && res->pids && res->pids->limit.set && res->pids->limit.value)
		r = write_limit(cg, "pids.max",
				res->pids->limit.value > 0 ? res->pids->limit.value : -1, err);
	if (!r && res->block_io)
		r = block_io(cg, res->block_io, err);
	if (!r && res->network &&
	    ((res->network->class_id.set && res->network->class_id.value) ||
	     res->network->n_priorities))
		r = error_set(err, ERR_INVALID, EOPNOTSUPP,
			      "resources.network is of cgroup v1; v2 has no such controllers");
	return r;
}
