/* SPDX-License-Identifier: Apache-2.0 */
/* Limits on the v2 hierarchy. Values of v1's ranges are converted as the specification's readers
 * agree on. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "runtime/resources.h"

/* -1 is "max". */
static int write_limit(const struct cgroup *cg, const char *file, int64_t value, struct error *err)
{
	char text[24] = "max";

	if (value != -1)
		(void)snprintf(text, sizeof(text), "%lld", (long long)value);
	return resource_write(cg, "", file, text, err);
}

int resources_swap(int64_t limit, int64_t swap, int64_t *ret, struct error *err)
{
	/* No limit of memory alone means none for both, as v1 has it. */
	if (limit == -1 && swap == 0)
		swap = -1;
	if (swap == 0 || swap == -1 || limit == -1) {
		*ret = swap;
		return 0;
	}
	if (limit == 0)
		return error_set(err, ERR_INVALID, EINVAL,
				 "a limit of swap needs a limit of memory");
	if (swap < limit)
		return error_set(err, ERR_INVALID, EINVAL,
				 "memory+swap limit must be larger than memory limit");
	*ret = swap == limit ? 0 : swap - limit;
	return 0;
}

/* The limit that swap is beyond: the one asked for, or the one that holds. */
static int64_t limit_of(const struct cgroup *cg, const struct oci_memory *m)
{
	uint64_t now = 0;

	if (m->limit.set && m->limit.value)
		return m->limit.value;
	if (m->swap.value <= 0 || cgroup_read_u64(cg, "", "memory.max", &now) < 0)
		return 0;
	return now > INT64_MAX ? 0 : (int64_t)now;
}

static int memory_swap(const struct cgroup *cg, const struct oci_memory *m, struct error *err)
{
	int64_t limit = limit_of(cg, m), swap = 0;
	bool none;
	int r = resources_swap(limit, m->swap.set ? m->swap.value : 0, &swap, err);

	if (r < 0)
		return r;
	/* The same number twice is "no swap", which is not the 0 of "not asked for". */
	none = swap == 0 && m->swap.set && m->swap.value > 0;
	if (swap == 0 && !none)
		return 0;
	/* A kernel that does not account swap limits none, and has none to forbid. */
	if ((none || swap == -1) &&
	    cgroup_write(cg, "", "memory.swap.max", none ? "0" : "max") == -ENOENT)
		return 0;
	return write_limit(cg, "memory.swap.max", swap, err);
}

/* checkBeforeUpdate: v2 would make room by killing. */
static int check_usage(const struct cgroup *cg, const struct oci_memory *m, struct error *err)
{
	uint64_t now;

	if (!m->check_before_update.value || !m->limit.set || m->limit.value <= 0 ||
	    cgroup_read_u64(cg, "", "memory.current", &now) < 0 || now <= (uint64_t)m->limit.value)
		return 0;
	return error_set(err, ERR_INVALID, EBUSY,
			 "unable to set memory limit to %lld (current usage: %llu)",
			 (long long)m->limit.value, (unsigned long long)now);
}

static int check_memory(const struct oci_memory *m, struct error *err)
{
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
	if (m->use_hierarchy.set && !m->use_hierarchy.value)
		return error_set(err, ERR_INVALID, EOPNOTSUPP,
				 "cgroup v2 always accounts memory hierarchically");
	return 0;
}

static int memory(const struct cgroup *cg, const struct oci_memory *m, struct error *err)
{
	int r = check_memory(m, err);

	if (!r)
		r = check_usage(cg, m, err);
	if (!r)
		r = memory_swap(cg, m, err);
	if (!r && m->limit.set && m->limit.value)
		r = write_limit(cg, "memory.max", m->limit.value, err);
	if (!r && m->reservation.set && m->reservation.value)
		r = write_limit(cg, "memory.low", m->reservation.value, err);
	return r;
}

/* A curve through the ends and through the default of both (2 -> 1, 1024 -> 100, 262144 -> 10000),
 * as all runtimes have it since 2025; the straight line before it made the default a weight of 39.
 */
uint64_t resources_cpu_weight(int64_t shares)
{
	double l, exponent;

	if (shares <= 2)
		return 1;
	if (shares >= 262144)
		return 10000;
	l = log2((double)shares);
	exponent = (l * l + 125 * l) / 612.0 - 7.0 / 34.0;
	return (uint64_t)ceil(pow(10, exponent));
}

/* Period and quota are one file. */
static int cpu_max(const struct cgroup *cg, const struct oci_cpu *c, struct error *err)
{
	const bool has_quota = c->quota.set && c->quota.value;
	cleanup_free char *now = NULL;
	char value[64];
	int64_t period = 100000;

	if (!has_quota && !(c->period.set && c->period.value))
		return 0;
	/* What is not given stays: "QUOTA PERIOD" is there. */
	if (cgroup_read(cg, "", "cpu.max", &now) == 0) {
		char *blank = strchr(now, ' ');
		uint64_t old;

		now[strcspn(now, "\n")] = '\0';
		if (blank && parse_u64(blank + 1, &old) == 0)
			period = (int64_t)old;
		if (blank)
			*blank = '\0';
	}
	if (c->period.set && c->period.value)
		period = c->period.value;
	if (has_quota && c->quota.value > 0)
		(void)snprintf(value, sizeof(value), "%lld %lld", (long long)c->quota.value,
			       (long long)period);
	else
		(void)snprintf(value, sizeof(value), "%.24s %lld", has_quota || !now ? "max" : now,
			       (long long)period);
	return resource_write(cg, "", "cpu.max", value, err);
}

/* As on v1: the burst may not be above the quota, whichever of the two changes first. */
static int cpu_bandwidth(const struct cgroup *cg, const struct oci_cpu *c, struct error *err)
{
	char burst[24];
	bool again = false;
	int r = 0;

	(void)snprintf(burst, sizeof(burst), "%lld", (long long)c->burst.value);
	if (c->burst.set) {
		again = c->quota.set && c->quota.value &&
			cgroup_write(cg, "", "cpu.max.burst", burst) == -EINVAL;
		if (!again)
			r = resource_write(cg, "", "cpu.max.burst", burst, err);
	}
	if (!r)
		r = cpu_max(cg, c, err);
	if (!r && again)
		r = resource_write(cg, "", "cpu.max.burst", burst, err);
	return r;
}

static int cpu(const struct cgroup *cg, const struct oci_cpu *c, struct error *err)
{
	const bool idle = c->idle.set && c->idle.value;
	char weight[24];
	int r = 0;

	if ((c->realtime_runtime.set && c->realtime_runtime.value) ||
	    (c->realtime_period.set && c->realtime_period.value))
		return error_set(err, ERR_INVALID, EOPNOTSUPP,
				 "realtime CPU time cannot be given on cgroup v2");
	if (c->idle.set)
		r = resource_write_i64(cg, "", "cpu.idle", &c->idle, err);
	/* An idle group has the least weight there is, and the kernel refuses another. */
	if (!r && c->shares.set && c->shares.value && !idle) {
		(void)snprintf(weight, sizeof(weight), "%llu",
			       (unsigned long long)resources_cpu_weight(c->shares.value));
		r = resource_write(cg, "", "cpu.weight", weight, err);
	}
	if (!r)
		r = cpu_bandwidth(cg, c, err);
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
		if (b->weight_device[i].leaf_weight.set && b->weight_device[i].leaf_weight.value)
			return error_set(err, ERR_INVALID, EOPNOTSUPP,
					 "blockIO.weightDevice.leafWeight is of cgroup v1");
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

int resources_v2(const struct cgroup *cg, const struct oci_resources *res, int flags,
		 struct error *err)
{
	int r = res->memory ? memory(cg, res->memory, err) : 0;

	(void)flags;
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
