/* SPDX-License-Identifier: Apache-2.0 */
/* What a container used, from the files of v1 or v2; what cannot be read stays zero. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "base/strbuf.h"
#include "sys/cgroup.h"

enum { NS_PER_USEC = 1000, ENTRIES_MAX = 65536 };

/* Files that a kernel or a hierarchy lacks are not an error: their figures are unknown, 0. */
static uint64_t read_or_zero(const struct cgroup *cg, const char *controller, const char *file)
{
	uint64_t value = 0;

	return cgroup_read_u64(cg, controller, file, &value) < 0 ? 0 : value;
}

/* Call @each for the lines "key value" of a file. */
static void each_pair(const struct cgroup *cg, const char *controller, const char *file,
		      void (*each)(struct cgroup_stats *st, const char *key, uint64_t value),
		      struct cgroup_stats *st)
{
	char *text cleanup_free = NULL, *line, *save = NULL;

	if (cgroup_read(cg, controller, file, &text) < 0)
		return;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *blank = strchr(line, ' ');
		uint64_t value;

		if (!blank)
			continue;
		*blank = '\0';
		if (parse_u64(blank + 1, &value) == 0)
			each(st, line, value);
	}
}

static void on_cpu_v2(struct cgroup_stats *st, const char *key, uint64_t value)
{
	if (!strcmp(key, "usage_usec"))
		st->cpu_total_ns = value * NS_PER_USEC;
	else if (!strcmp(key, "user_usec"))
		st->cpu_user_ns = value * NS_PER_USEC;
	else if (!strcmp(key, "system_usec"))
		st->cpu_system_ns = value * NS_PER_USEC;
	else if (!strcmp(key, "nr_periods"))
		st->throttle.periods = value;
	else if (!strcmp(key, "nr_throttled"))
		st->throttle.throttled_periods = value;
	else if (!strcmp(key, "throttled_usec"))
		st->throttle.throttled_ns = value * NS_PER_USEC;
}

static void on_cpu_v1(struct cgroup_stats *st, const char *key, uint64_t value)
{
	uint64_t tick_ns = 1000000000ULL / (uint64_t)sysconf(_SC_CLK_TCK);

	if (!strcmp(key, "user"))
		st->cpu_user_ns = value * tick_ns;
	else if (!strcmp(key, "system"))
		st->cpu_system_ns = value * tick_ns;
	else if (!strcmp(key, "nr_periods"))
		st->throttle.periods = value;
	else if (!strcmp(key, "nr_throttled"))
		st->throttle.throttled_periods = value;
	else if (!strcmp(key, "throttled_time"))
		st->throttle.throttled_ns = value;
}

static void on_memory(struct cgroup_stats *st, const char *key, uint64_t value)
{
	st->memory_stat =
		xrealloc(st->memory_stat, st->n_memory_stat + 1, sizeof(*st->memory_stat));
	st->memory_stat[st->n_memory_stat].key = xstrdup(key);
	st->memory_stat[st->n_memory_stat++].value = value;
}

static void percpu_read(const struct cgroup *cg, struct cgroup_stats *st)
{
	char *text cleanup_free = NULL, *word, *save = NULL;
	uint64_t value;

	if (cgroup_read(cg, "cpuacct", "cpuacct.usage_percpu", &text) < 0)
		return;
	for (word = strtok_r(text, " \n", &save); word; word = strtok_r(NULL, " \n", &save)) {
		if (parse_u64(word, &value) < 0)
			continue;
		st->percpu_ns = xrealloc(st->percpu_ns, st->n_percpu + 1, sizeof(*st->percpu_ns));
		st->percpu_ns[st->n_percpu++] = value;
	}
}

static void blkio_add(struct cgroup_blkio_entry **list, size_t *n, unsigned int major,
		      unsigned int minor, const char *op, uint64_t value)
{
	struct cgroup_blkio_entry entry = { .major = major, .minor = minor, .value = value };

	if (*n == ENTRIES_MAX)
		return;
	(void)snprintf(entry.op, sizeof(entry.op), "%s", op);
	for (char *c = entry.op; *c; c++)
		*c |= 0x20; /* "Read" -> "read" */
	*list = xrealloc(*list, *n + 1, sizeof(**list));
	(*list)[(*n)++] = entry;
}

/* "8:0 Read 4096" a line. */
static void blkio_v1(const struct cgroup *cg, const char *file, struct cgroup_blkio_entry **list,
		     size_t *n)
{
	char *text cleanup_free = NULL, *line, *save = NULL;

	if (cgroup_read(cg, "blkio", file, &text) < 0)
		return;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		unsigned int major, minor;
		unsigned long long value;
		char op[16];

		if (sscanf(line, "%u:%u %15s %llu", &major, &minor, op, &value) == 4)
			blkio_add(list, n, major, minor, op, value);
	}
}

/* One "key=value" of io.stat. */
static void io_pair_v2(struct cgroup_stats *st, unsigned int major, unsigned int minor,
		       const char *word)
{
	static const struct {
		const char *key, *op;
		bool bytes;
	} table[] = {
		{ "rbytes=", "read", true },	{ "wbytes=", "write", true },
		{ "dbytes=", "discard", true }, { "rios=", "read", false },
		{ "wios=", "write", false },	{ "dios=", "discard", false },
	};
	uint64_t value;

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		size_t len = strlen(table[i].key);

		if (strncmp(word, table[i].key, len) || parse_u64(word + len, &value) < 0)
			continue;
		if (table[i].bytes)
			blkio_add(&st->io_bytes, &st->n_io_bytes, major, minor, table[i].op, value);
		else
			blkio_add(&st->io_ops, &st->n_io_ops, major, minor, table[i].op, value);
	}
}

static void io_v2(const struct cgroup *cg, struct cgroup_stats *st)
{
	char *text cleanup_free = NULL, *line, *save = NULL;

	if (cgroup_read(cg, "io", "io.stat", &text) < 0)
		return;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *word, *words = NULL;
		unsigned int major, minor;

		if (sscanf(line, "%u:%u", &major, &minor) != 2)
			continue;
		for (word = strtok_r(line, " ", &words); word; word = strtok_r(NULL, " ", &words))
			io_pair_v2(st, major, minor, word);
	}
}

static void stats_v1(const struct cgroup *cg, struct cgroup_stats *st)
{
	/* No limit is the largest multiple of a page; anything near it means none. */
	const uint64_t none = (uint64_t)INT64_MAX - 1024 * 1024;

	st->cpu_total_ns = read_or_zero(cg, "cpuacct", "cpuacct.usage");
	each_pair(cg, "cpuacct", "cpuacct.stat", on_cpu_v1, st);
	each_pair(cg, "cpu", "cpu.stat", on_cpu_v1, st);
	percpu_read(cg, st);
	st->memory_usage = read_or_zero(cg, "memory", "memory.usage_in_bytes");
	st->memory_max_usage = read_or_zero(cg, "memory", "memory.max_usage_in_bytes");
	st->memory_failcnt = read_or_zero(cg, "memory", "memory.failcnt");
	st->memory_limit = read_or_zero(cg, "memory", "memory.limit_in_bytes");
	if (st->memory_limit > none)
		st->memory_limit = UINT64_MAX;
	blkio_v1(cg, "blkio.throttle.io_service_bytes_recursive", &st->io_bytes, &st->n_io_bytes);
	blkio_v1(cg, "blkio.throttle.io_serviced_recursive", &st->io_ops, &st->n_io_ops);
}

static void stats_v2(const struct cgroup *cg, struct cgroup_stats *st)
{
	each_pair(cg, "cpu", "cpu.stat", on_cpu_v2, st);
	st->memory_usage = read_or_zero(cg, "memory", "memory.current");
	st->memory_max_usage = read_or_zero(cg, "memory", "memory.peak");
	st->memory_limit = UINT64_MAX;
	if (cgroup_read_u64(cg, "memory", "memory.max", &st->memory_limit) < 0)
		st->memory_limit = UINT64_MAX;
	io_v2(cg, st);
}

int cgroup_stats_read(const struct cgroup *cg, struct cgroup_stats *ret)
{
	struct cgroup_stats st = { .mode = cg->mode };
	bool there = false;

	for (size_t i = 0; i < cg->n_dirs && !there; i++)
		there = access(cg->dirs[i].path, F_OK) == 0;
	if (!there)
		return -ENOENT;
	if (cg->mode == CGROUP_V2)
		stats_v2(cg, &st);
	else
		stats_v1(cg, &st);
	each_pair(cg, "memory", "memory.stat", on_memory, &st);
	st.pids_current = read_or_zero(cg, "pids", "pids.current");
	st.pids_limit = read_or_zero(cg, "pids", "pids.max");
	if (st.pids_limit == UINT64_MAX)
		st.pids_limit = 0;
	*ret = st;
	return 0;
}

void cgroup_stats_release(struct cgroup_stats *stats)
{
	for (size_t i = 0; i < stats->n_memory_stat; i++)
		free(stats->memory_stat[i].key);
	free(stats->memory_stat);
	free(stats->percpu_ns);
	free(stats->io_bytes);
	free(stats->io_ops);
	*stats = (struct cgroup_stats){ 0 };
}
