/* SPDX-License-Identifier: Apache-2.0 */
/* linux.resources: memory, CPU, pids, block I/O. */
#include "engine/spec-parts.h"

#include <errno.h>
#include <string.h>

static void opt_set(struct opt_i64 *opt, int64_t value)
{
	*opt = (struct opt_i64){ true, value };
}

static void resources_memory(const struct host_config *host, struct oci_resources *res)
{
	struct oci_memory m = { 0 };

	if (host->memory > 0)
		opt_set(&m.limit, host->memory);
	if (host->memory_reservation > 0)
		opt_set(&m.reservation, host->memory_reservation);
	if (host->memory_swap != 0)
		opt_set(&m.swap, host->memory_swap);
	if (host->memory_swappiness.set && host->memory_swappiness.value >= 0)
		m.swappiness = host->memory_swappiness;
	if (host->oom_kill_disable.set && host->oom_kill_disable.value)
		m.disable_oom_killer = host->oom_kill_disable;
	if (!m.limit.set && !m.reservation.set && !m.swap.set && !m.swappiness.set &&
	    !m.disable_oom_killer.set)
		return;
	res->memory = xmalloc(sizeof(m));
	*res->memory = m;
}

static void resources_cpu(const struct host_config *host, struct oci_resources *res)
{
	struct oci_cpu c = { 0 };

	if (host->cpu_shares > 0)
		opt_set(&c.shares, host->cpu_shares);
	if (host->nano_cpus > 0) {
		opt_set(&c.period, 100000);
		opt_set(&c.quota, host->nano_cpus / 10000);
	}
	if (host->cpu_period > 0)
		opt_set(&c.period, host->cpu_period);
	if (host->cpu_quota != 0)
		opt_set(&c.quota, host->cpu_quota);
	if (host->cpu_realtime_period > 0)
		opt_set(&c.realtime_period, host->cpu_realtime_period);
	if (host->cpu_realtime_runtime > 0)
		opt_set(&c.realtime_runtime, host->cpu_realtime_runtime);
	if (host->cpuset_cpus && host->cpuset_cpus[0])
		c.cpus = xstrdup(host->cpuset_cpus);
	if (host->cpuset_mems && host->cpuset_mems[0])
		c.mems = xstrdup(host->cpuset_mems);
	if (!c.shares.set && !c.period.set && !c.quota.set && !c.realtime_period.set &&
	    !c.realtime_runtime.set && !c.cpus && !c.mems)
		return;
	res->cpu = xmalloc(sizeof(c));
	*res->cpu = c;
}

static int throttle(const struct throttle_device *in, size_t n, struct oci_throttle_device **ret,
		    size_t *ret_n, struct error *err)
{
	char type;
	int r = 0;

	if (n == 0)
		return 0;
	*ret = xcalloc(n, sizeof(**ret));
	*ret_n = n;
	for (size_t i = 0; r >= 0 && i < n; i++) {
		(*ret)[i].rate = in[i].rate;
		r = spec_device_number(in[i].path ? in[i].path : "", &type, &(*ret)[i].major,
				       &(*ret)[i].minor, err);
	}
	return r;
}

static int weights(const struct host_config *host, struct oci_block_io *io, struct error *err)
{
	char type;
	int r = 0;

	if (host->blkio_weight > 0)
		opt_set(&io->weight, host->blkio_weight);
	if (host->n_blkio_weight_device == 0)
		return 0;
	io->weight_device = xcalloc(host->n_blkio_weight_device, sizeof(*io->weight_device));
	io->n_weight_device = host->n_blkio_weight_device;
	for (size_t i = 0; r >= 0 && i < io->n_weight_device; i++) {
		const struct weight_device *d = &host->blkio_weight_device[i];

		opt_set(&io->weight_device[i].weight, d->weight);
		r = spec_device_number(d->path ? d->path : "", &type, &io->weight_device[i].major,
				       &io->weight_device[i].minor, err);
	}
	return r;
}

static int resources_block_io(const struct host_config *host, struct oci_resources *res,
			      struct error *err)
{
	struct oci_block_io *io;
	int r;

	if (host->blkio_weight <= 0 && host->n_blkio_weight_device == 0 &&
	    host->n_blkio_device_read_bps == 0 && host->n_blkio_device_write_bps == 0 &&
	    host->n_blkio_device_read_iops == 0 && host->n_blkio_device_write_iops == 0)
		return 0;
	io = res->block_io = xcalloc(1, sizeof(*io));
	r = weights(host, io, err);
	if (r >= 0)
		r = throttle(host->blkio_device_read_bps, host->n_blkio_device_read_bps,
			     &io->read_bps, &io->n_read_bps, err);
	if (r >= 0)
		r = throttle(host->blkio_device_write_bps, host->n_blkio_device_write_bps,
			     &io->write_bps, &io->n_write_bps, err);
	if (r >= 0)
		r = throttle(host->blkio_device_read_iops, host->n_blkio_device_read_iops,
			     &io->read_iops, &io->n_read_iops, err);
	if (r >= 0)
		r = throttle(host->blkio_device_write_iops, host->n_blkio_device_write_iops,
			     &io->write_iops, &io->n_write_iops, err);
	return r;
}

/* What update replaces: all but devices. */
static void limits_release(struct oci_resources *res)
{
	struct oci_resources old = {
		.memory = res->memory, .cpu = res->cpu, .pids = res->pids, .block_io = res->block_io
	};

	json_release(&oci_resources_shape, &old);
	res->memory = NULL;
	res->cpu = NULL;
	res->pids = NULL;
	res->block_io = NULL;
}

int spec_limits(const struct host_config *host, struct oci_resources *res, struct error *err)
{
	limits_release(res);
	resources_memory(host, res);
	resources_cpu(host, res);
	if (host->pids_limit.set && host->pids_limit.value != 0) {
		res->pids = xcalloc(1, sizeof(*res->pids));
		opt_set(&res->pids->limit,
			host->pids_limit.value < 0 ? -1 : host->pids_limit.value);
	}
	return resources_block_io(host, res, err);
}

int spec_resources(struct spec_build *b, struct error *err)
{
	return spec_limits(b->in->host, b->spec.linux_->resources, err);
}
