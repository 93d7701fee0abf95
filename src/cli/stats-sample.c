/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic on samples: shares of CPU and memory, sums of bytes. */
#include "cli/stats-sample.h"

#include <string.h>

#include "base/clock.h"
#include "cli/listing.h"

double stats_cpu_percent(const struct container_stats *s)
{
	double used = (double)s->cpu_stats.cpu_usage.total_usage -
		      (double)s->precpu_stats.cpu_usage.total_usage;
	double all =
		(double)s->cpu_stats.system_cpu_usage - (double)s->precpu_stats.system_cpu_usage;
	double cpus = s->cpu_stats.online_cpus;

	if (cpus == 0)
		cpus = (double)s->cpu_stats.cpu_usage.n_percpu_usage;
	return used > 0 && all > 0 ? used / all * cpus * 100 : 0;
}

static uint64_t memory_line(const struct container_stats *s, const char *key)
{
	for (size_t i = 0; i < s->memory_stats.n_stats; i++)
		if (strcmp(s->memory_stats.stats[i].key, key) == 0)
			return s->memory_stats.stats[i].value;
	return 0;
}

uint64_t stats_memory(const struct container_stats *s)
{
	uint64_t cache = memory_line(s, "total_inactive_file"); /* cgroup v1 */

	if (cache == 0)
		cache = memory_line(s, "inactive_file"); /* cgroup v2 */
	return cache < s->memory_stats.usage ? s->memory_stats.usage - cache
					     : s->memory_stats.usage;
}

static char *pair(uint64_t left, uint64_t right, void (*format)(double bytes, struct strbuf *out))
{
	struct strbuf out = STRBUF_INIT;

	format((double)left, &out);
	strbuf_adds(&out, " / ");
	format((double)right, &out);
	return strbuf_take(&out);
}

static char *network_text(const struct container_stats *s)
{
	uint64_t rx = 0, tx = 0;

	for (size_t i = 0; i < s->n_networks; i++) {
		rx += s->networks[i].rx_bytes;
		tx += s->networks[i].tx_bytes;
	}
	return pair(rx, tx, size_human_short);
}

static char *block_text(const struct container_stats *s)
{
	const struct container_blkio_stats *b = &s->blkio_stats;
	uint64_t read = 0, written = 0;

	for (size_t i = 0; i < b->n_io_service_bytes_recursive; i++) {
		const char *op = b->io_service_bytes_recursive[i].op;

		if (op && (*op == 'r' || *op == 'R'))
			read += b->io_service_bytes_recursive[i].value;
		else if (op && (*op == 'w' || *op == 'W'))
			written += b->io_service_bytes_recursive[i].value;
	}
	return pair(read, written, size_human_short);
}

static void add_owned(struct strbuf *row, const char *name, char *value)
{
	row_add(row, name, value);
	free(value);
}

static char *unknown_row(const char *ref)
{
	static const char *const names[] = { "BlockIO",	 "CPUPerc", "ID",    "MemPerc",
					     "MemUsage", "Name",    "NetIO", "PIDs" };
	struct strbuf row = STRBUF_INIT;

	row_add(&row, "Container", ref);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		bool two = strcmp(names[i], "MemUsage") == 0;

		row_add(&row, names[i], strcmp(names[i], "ID") == 0 ? ref : two ? "-- / --" : "--");
	}
	return row_take(&row);
}

char *stats_row(const char *ref, const struct container_stats *s, bool whole_id)
{
	struct strbuf row = STRBUF_INIT;
	uint64_t memory;
	double share;
	const char *name;

	if (!s)
		return unknown_row(ref);
	name = s->name ? s->name : "";
	memory = stats_memory(s);
	share = s->memory_stats.limit ? (double)memory / (double)s->memory_stats.limit * 100 : 0;
	add_owned(&row, "BlockIO", block_text(s));
	add_owned(&row, "CPUPerc", xasprintf("%.2f%%", stats_cpu_percent(s)));
	row_add(&row, "Container", ref);
	add_owned(&row, "ID", id_short(s->id, whole_id));
	add_owned(&row, "MemPerc", xasprintf("%.2f%%", share));
	add_owned(&row, "MemUsage", pair(memory, s->memory_stats.limit, size_human_binary));
	row_add(&row, "Name", *name == '/' ? name + 1 : name);
	add_owned(&row, "NetIO", network_text(s));
	add_owned(&row, "PIDs", xasprintf("%llu", (unsigned long long)s->pids_stats.current));
	return row_take(&row);
}
