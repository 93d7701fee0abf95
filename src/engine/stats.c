/* SPDX-License-Identifier: Apache-2.0 */
/* stats: one sample of a container's cgroup and interfaces. */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/parse.h"
#include "engine/container-cgroup.h"
#include "sys/file.h"

#include <fcntl.h>

enum { STAT_MAX = 4 << 20 };

/* The host's CPU time: the first line of /proc/stat, in clock ticks, all but guest time (which user
 * and nice already have). */
static uint64_t system_cpu_ns(void)
{
	cleanup_free char *text = NULL;
	long ticks = sysconf(_SC_CLK_TCK);
	uint64_t sum = 0;
	const char *p;

	if (file_read_at(AT_FDCWD, "/proc/stat", STAT_MAX, &text, NULL) < 0 ||
	    strncmp(text, "cpu ", 4) != 0 || ticks <= 0)
		return 0;
	p = text + 4;
	for (int i = 0; i < 8; i++) {
		char *end;

		sum += strtoull(p, &end, 10);
		p = end;
	}
	return sum * (1000000000ULL / (uint64_t)ticks);
}

static uint64_t host_memory(void)
{
	long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);

	return pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size : 0;
}

static void stats_cpu(const struct cgroup_stats *in, struct container_cpu_stats *out)
{
	long online = sysconf(_SC_NPROCESSORS_ONLN);

	out->cpu_usage.total_usage = in->cpu_total_ns;
	out->cpu_usage.usage_in_usermode = in->cpu_user_ns;
	out->cpu_usage.usage_in_kernelmode = in->cpu_system_ns;
	out->cpu_usage.percpu_usage = xcalloc(in->n_percpu + 1, sizeof(int64_t));
	for (size_t i = 0; i < in->n_percpu; i++)
		out->cpu_usage.percpu_usage[i] = (int64_t)in->percpu_ns[i];
	out->cpu_usage.n_percpu_usage = in->n_percpu;
	out->system_cpu_usage = system_cpu_ns();
	out->online_cpus = online > 0 ? (uint32_t)online : 1;
	out->throttling_data.periods = in->throttle.periods;
	out->throttling_data.throttled_periods = in->throttle.throttled_periods;
	out->throttling_data.throttled_time = in->throttle.throttled_ns;
}

static void stats_memory(const struct cgroup_stats *in, struct container_memory_stats *out)
{
	uint64_t host = host_memory();

	out->usage = in->memory_usage;
	out->max_usage = in->memory_max_usage;
	out->failcnt = in->memory_failcnt;
	out->limit = in->memory_limit < host ? in->memory_limit : host;
	out->stats = xcalloc(in->n_memory_stat + 1, sizeof(*out->stats));
	for (size_t i = 0; i < in->n_memory_stat; i++)
		out->stats[out->n_stats++] = (struct container_memory_stat){
			.key = xstrdup(in->memory_stat[i].key),
			.value = in->memory_stat[i].value,
		};
}

static void stats_io(const struct cgroup_blkio_entry *in, size_t n,
		     struct container_blkio_stat_entry **ret, size_t *ret_n)
{
	*ret = xcalloc(n + 1, sizeof(**ret));
	*ret_n = n;
	for (size_t i = 0; i < n; i++)
		(*ret)[i] = (struct container_blkio_stat_entry){
			.major = in[i].major,
			.minor = in[i].minor,
			.op = xstrdup(in[i].op),
			.value = in[i].value,
		};
}

static int stats_networks(const struct instance *in, struct container_stats *out, struct error *err)
{
	struct network_counters *list = NULL;
	size_t n = 0;
	int r;

	if (in->rec.life.pid <= 0)
		return 0;
	r = network_counters_read((int)in->rec.life.pid, &list, &n);
	if (r == -ENOENT || r == -ESRCH)
		return 0;
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "read network counters of container %s",
				 in->rec.id);
	out->networks = xcalloc(n + 1, sizeof(*out->networks));
	for (size_t i = 0; i < n; i++) {
		const struct network_counters *c = &list[i];

		if (strcmp(c->name, "lo") == 0)
			continue;
		out->networks[out->n_networks++] = (struct container_network_stats){
			.key = xstrdup(c->name),
			.rx_bytes = c->rx_bytes,
			.rx_packets = c->rx_packets,
			.rx_errors = c->rx_errors,
			.rx_dropped = c->rx_dropped,
			.tx_bytes = c->tx_bytes,
			.tx_packets = c->tx_packets,
			.tx_errors = c->tx_errors,
			.tx_dropped = c->tx_dropped,
		};
	}
	free(list);
	return 0;
}

static int stats_cgroup(struct engine *e, const struct instance *in, struct container_stats *out,
			struct error *err)
{
	cleanup(cgroup_release) struct cgroup cg = { 0 };
	cleanup(cgroup_stats_release) struct cgroup_stats s = { 0 };
	int r = container_cgroup(e, in, &cg, err);

	if (r < 0)
		return r;
	r = cgroup_stats_read(&cg, &s);
	if (r == -ENOENT) /* it ended just now: a sample of zeros */
		return 0;
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "read the cgroup of container %s",
				 in->rec.id);
	stats_cpu(&s, &out->cpu_stats);
	stats_memory(&s, &out->memory_stats);
	stats_io(s.io_bytes, s.n_io_bytes, &out->blkio_stats.io_service_bytes_recursive,
		 &out->blkio_stats.n_io_service_bytes_recursive);
	stats_io(s.io_ops, s.n_io_ops, &out->blkio_stats.io_serviced_recursive,
		 &out->blkio_stats.n_io_serviced_recursive);
	out->pids_stats.current = s.pids_current;
	out->pids_stats.limit = s.pids_limit;
	return 0;
}

static void stats_previous(const struct container_stats *previous, struct container_stats *out)
{
	if (!previous)
		return;
	out->preread = previous->read;
	json_copy(&container_cpu_stats_shape, &previous->cpu_stats, &out->precpu_stats);
}

int engine_stats(struct engine *e, const char *ref, const struct container_stats *previous,
		 struct container_stats *ret, struct error *err)
{
	cleanup(instance_release) struct instance in = INSTANCE_INIT;
	struct container_stats out = { 0 };
	int r = instance_open(e, ref, &in, err);

	if (r < 0)
		return r;
	out.id = xstrdup(in.rec.id);
	out.name = xasprintf("/%s", in.rec.name);
	out.os_type = xstrdup("linux");
	if (in.rec.life.status == CONTAINER_RUNNING || in.rec.life.status == CONTAINER_PAUSED) {
		out.read = clock_now();
		r = stats_cgroup(e, &in, &out, err);
		if (r >= 0)
			r = stats_networks(&in, &out, err);
	}
	if (r < 0) {
		container_stats_release(&out);
		return r;
	}
	stats_previous(previous, &out);
	*ret = out;
	return 0;
}
