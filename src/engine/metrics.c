/* SPDX-License-Identifier: Apache-2.0 */
/* metrics: Docker's names for the engine's, cAdvisor's for the containers'. */
#include "engine/metrics.h"

#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "engine/instance.h"

enum { NS_PER_S = 1000000000 };

/* One container; those that do not run have no stats. */
struct sample {
	char *labels; /* id="…",image="…",name="…" */
	struct container_life life;
	struct container_stats stats;
	bool running;
};

struct samples {
	struct engine *e;
	struct sample *items;
	size_t n;
};

static void samples_release(struct samples *all)
{
	for (size_t i = 0; i < all->n; i++) {
		free(all->items[i].labels);
		container_stats_release(&all->items[i].stats);
	}
	free(all->items);
}

static void add_label(struct strbuf *out, const char *name, const char *value)
{
	strbuf_addf(out, "%s%s=\"", out->len ? "," : "", name);
	for (; value && *value; value++) {
		if (*value == '\n')
			strbuf_adds(out, "\\n");
		else if (*value == '"' || *value == '\\')
			strbuf_addf(out, "\\%c", *value);
		else
			strbuf_addc(out, *value);
	}
	strbuf_addc(out, '"');
}

static int take_sample(const struct instance *in, void *arg, struct error *err)
{
	cleanup(strbuf_release) struct strbuf labels = STRBUF_INIT;
	struct samples *all = arg;
	struct sample sample = { .life = in->rec.life };

	sample.running = in->rec.life.status == CONTAINER_RUNNING ||
			 in->rec.life.status == CONTAINER_PAUSED;
	/* one that ends just now has nothing to say any more */
	if (sample.running && engine_stats(all->e, in->rec.id, NULL, &sample.stats, NULL) < 0)
		sample.running = false;
	sample.life.error = NULL;
	add_label(&labels, "id", in->rec.id);
	add_label(&labels, "image", in->rec.image);
	add_label(&labels, "name", in->rec.name);
	sample.labels = strbuf_take(&labels);
	all->items = xrealloc(all->items, all->n + 1, sizeof(*all->items));
	all->items[all->n++] = sample;
	return 0;
}

static void add_head(struct strbuf *out, const char *name, const char *type, const char *help)
{
	strbuf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void add_value(struct strbuf *out, const char *name, const char *labels, double value)
{
	strbuf_addf(out, labels ? "%s{%s} " : "%s%s ", name, labels ? labels : "");
	json_add_f64(out, value);
	strbuf_addc(out, '\n');
}

static double seconds(uint64_t ns)
{
	return (double)ns / NS_PER_S;
}

static double cpu_total(const struct sample *s)
{
	return seconds(s->stats.cpu_stats.cpu_usage.total_usage);
}

static double cpu_user(const struct sample *s)
{
	return seconds(s->stats.cpu_stats.cpu_usage.usage_in_usermode);
}

static double cpu_system(const struct sample *s)
{
	return seconds(s->stats.cpu_stats.cpu_usage.usage_in_kernelmode);
}

static double cpu_periods(const struct sample *s)
{
	return (double)s->stats.cpu_stats.throttling_data.periods;
}

static double cpu_throttled(const struct sample *s)
{
	return seconds(s->stats.cpu_stats.throttling_data.throttled_time);
}

static double memory_usage(const struct sample *s)
{
	return (double)s->stats.memory_stats.usage;
}

static double memory_limit(const struct sample *s)
{
	return (double)s->stats.memory_stats.limit;
}

static double memory_failures(const struct sample *s)
{
	return (double)s->stats.memory_stats.failcnt;
}

static double processes(const struct sample *s)
{
	return (double)s->stats.pids_stats.current;
}

static double start_time(const struct sample *s)
{
	return seconds((uint64_t)s->life.started);
}

static double restarts(const struct sample *s)
{
	return (double)s->life.restart_count;
}

static const struct {
	const char *name, *type, *help;
	double (*value)(const struct sample *s);
} container_metrics[] = {
	{ "container_cpu_usage_seconds_total", "counter", "Processor time", cpu_total },
	{ "container_cpu_user_seconds_total", "counter", "Processor time in user mode", cpu_user },
	{ "container_cpu_system_seconds_total", "counter", "Processor time in the kernel",
	  cpu_system },
	{ "container_cpu_cfs_periods_total", "counter", "Periods of the processor limit",
	  cpu_periods },
	{ "container_cpu_cfs_throttled_seconds_total", "counter", "Time held back by that limit",
	  cpu_throttled },
	{ "container_memory_usage_bytes", "gauge", "Memory, the page cache included",
	  memory_usage },
	{ "container_spec_memory_limit_bytes", "gauge", "Limit of memory, the host's without one",
	  memory_limit },
	{ "container_memory_failcnt", "counter", "How often that limit was hit (cgroup v1)",
	  memory_failures },
	{ "container_processes", "gauge", "Processes and threads", processes },
	{ "container_start_time_seconds", "gauge", "Start, in seconds since 1970", start_time },
	{ "container_restarts_total", "counter", "Starts by the restart policy", restarts },
};

static void add_containers(const struct samples *all, struct strbuf *out)
{
	for (size_t m = 0; m < ARRAY_SIZE(container_metrics); m++) {
		add_head(out, container_metrics[m].name, container_metrics[m].type,
			 container_metrics[m].help);
		for (size_t i = 0; i < all->n; i++)
			if (all->items[i].running)
				add_value(out, container_metrics[m].name, all->items[i].labels,
					  container_metrics[m].value(&all->items[i]));
	}
}

#define NETWORK(name, help, member)                                                                \
	{                                                                                          \
		"container_network_" name "_total", help,                                          \
			offsetof(struct container_network_stats, member)                           \
	}

static const struct {
	const char *name, *help;
	size_t offset;
} network_metrics[] = {
	NETWORK("receive_bytes", "Bytes received", rx_bytes),
	NETWORK("receive_packets", "Packets received", rx_packets),
	NETWORK("receive_errors", "Errors while receiving", rx_errors),
	NETWORK("receive_packets_dropped", "Packets dropped while receiving", rx_dropped),
	NETWORK("transmit_bytes", "Bytes sent", tx_bytes),
	NETWORK("transmit_packets", "Packets sent", tx_packets),
	NETWORK("transmit_errors", "Errors while sending", tx_errors),
	NETWORK("transmit_packets_dropped", "Packets dropped while sending", tx_dropped),
};

static void add_networks(const struct samples *all, struct strbuf *out)
{
	for (size_t m = 0; m < ARRAY_SIZE(network_metrics); m++) {
		add_head(out, network_metrics[m].name, "counter", network_metrics[m].help);
		for (size_t i = 0; i < all->n; i++) {
			const struct container_stats *stats = &all->items[i].stats;

			for (size_t j = 0; j < stats->n_networks; j++) {
				cleanup(strbuf_release) struct strbuf labels = STRBUF_INIT;
				const char *at = (const char *)&stats->networks[j];
				uint64_t value;

				memcpy(&value, at + network_metrics[m].offset, sizeof(value));
				strbuf_adds(&labels, all->items[i].labels);
				add_label(&labels, "interface", stats->networks[j].key);
				add_value(out, network_metrics[m].name, labels.data, (double)value);
			}
		}
	}
}

/* Bytes read and written by device. */
static void add_block(const struct samples *all, const char *name, const char *op, const char *help,
		      struct strbuf *out)
{
	add_head(out, name, "counter", help);
	for (size_t i = 0; i < all->n; i++) {
		const struct container_blkio_stats *io = &all->items[i].stats.blkio_stats;

		for (size_t j = 0; j < io->n_io_service_bytes_recursive; j++) {
			const struct container_blkio_stat_entry *entry =
				&io->io_service_bytes_recursive[j];
			cleanup_free char *device = NULL;
			cleanup(strbuf_release) struct strbuf labels = STRBUF_INIT;

			if (strcasecmp(entry->op, op) != 0)
				continue;
			device = xasprintf("%llu:%llu", (unsigned long long)entry->major,
					   (unsigned long long)entry->minor);
			strbuf_adds(&labels, all->items[i].labels);
			add_label(&labels, "device", device);
			add_value(out, name, labels.data, (double)entry->value);
		}
	}
}

static void add_states(const struct samples *all, struct strbuf *out)
{
	static const char name[] = "engine_daemon_container_states_containers";
	size_t running = 0, paused = 0;

	for (size_t i = 0; i < all->n; i++) {
		paused += all->items[i].life.status == CONTAINER_PAUSED;
		running += all->items[i].life.status != CONTAINER_PAUSED &&
			   container_status_is_up(all->items[i].life.status);
	}
	add_head(out, name, "gauge", "The count of containers in various states");
	add_value(out, name, "state=\"paused\"", (double)paused);
	add_value(out, name, "state=\"running\"", (double)running);
	add_value(out, name, "state=\"stopped\"", (double)(all->n - running - paused));
}

static void add_engine(const struct system_info *info, struct strbuf *out)
{
	cleanup(strbuf_release) struct strbuf labels = STRBUF_INIT;

	add_label(&labels, "architecture", info->architecture);
	add_label(&labels, "daemon_id", info->id);
	add_label(&labels, "graphdriver", info->driver);
	add_label(&labels, "kernel", info->kernel_version);
	add_label(&labels, "os", info->operating_system);
	add_label(&labels, "os_type", info->os_type);
	add_label(&labels, "version", HOY_VERSION);
	add_head(out, "engine_daemon_engine_info", "gauge",
		 "The information related to the engine and the OS it is running on");
	add_value(out, "engine_daemon_engine_info", labels.data, 1);
	add_head(out, "engine_daemon_engine_cpus_cpus", "gauge",
		 "The number of cpus that the host system of the engine has");
	add_value(out, "engine_daemon_engine_cpus_cpus", NULL, (double)info->ncpu);
	add_head(out, "engine_daemon_engine_memory_bytes", "gauge",
		 "The number of bytes of memory that the host system of the engine has");
	add_value(out, "engine_daemon_engine_memory_bytes", NULL, (double)info->mem_total);
	add_head(out, "hoy_images", "gauge", "Images in the store");
	add_value(out, "hoy_images", NULL, (double)info->images);
}

int engine_metrics(struct engine *e, struct strbuf *out, struct error *err)
{
	struct samples all cleanup(samples_release) = { .e = e };
	struct system_info info cleanup(system_info_release) = { 0 };
	int r = engine_info(e, &info, err);

	if (r >= 0)
		r = instances_each(e, take_sample, &all, err);
	if (r < 0)
		return r;
	add_engine(&info, out);
	add_states(&all, out);
	add_containers(&all, out);
	add_networks(&all, out);
	add_block(&all, "container_fs_reads_bytes_total", "read", "Bytes read from devices", out);
	add_block(&all, "container_fs_writes_bytes_total", "write", "Bytes written to devices",
		  out);
	return 0;
}
