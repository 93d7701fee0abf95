/* SPDX-License-Identifier: Apache-2.0 */
/* Figures of a cgroup as JSON: the members and their order are runc's, whose readers take them. */
#include "runtime/event-stats.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/parse.h"

/* ,"name": or, first in its object, without the comma */
static void member(struct strbuf *out, const char *name)
{
	if (out->len && out->data[out->len - 1] != '{')
		strbuf_addc(out, ',');
	strbuf_addf(out, "\"%s\":", name);
}

static void number(struct strbuf *out, const char *name, uint64_t value)
{
	member(out, name);
	strbuf_addf(out, "%llu", (unsigned long long)value);
}

static void number_unless_zero(struct strbuf *out, const char *name, uint64_t value)
{
	if (value)
		number(out, name, value);
}

static void object(struct strbuf *out, const char *name)
{
	member(out, name);
	strbuf_addc(out, '{');
}

static uint64_t read_or_zero(const struct cgroup *cg, const char *controller, const char *file)
{
	uint64_t value = 0;

	return cgroup_read_u64(cg, controller, file, &value) < 0 ? 0 : value;
}

/* v1, a line per CPU: "cpu user system", in nanoseconds. */
static void add_percpu_usage(const struct cgroup *cg, struct strbuf *out)
{
	struct strbuf user = STRBUF_INIT, kernel = STRBUF_INIT;
	char *text cleanup_free = NULL, *line, *save = NULL;

	if (cg->mode == CGROUP_V1 && cgroup_read(cg, "cpuacct", "cpuacct.usage_all", &text) < 0)
		text = NULL;
	line = text ? strtok_r(text, "\n", &save) : NULL;
	while (line && (line = strtok_r(NULL, "\n", &save))) {
		unsigned long long in_user, in_kernel;

		if (sscanf(line, "%*u %llu %llu", &in_user, &in_kernel) != 2)
			continue;
		strbuf_addf(&user, "%s%llu", user.len ? "," : "", in_user);
		strbuf_addf(&kernel, "%s%llu", kernel.len ? "," : "", in_kernel);
	}
	if (user.len)
		strbuf_addf(out, ",\"percpu_kernel\":[%s],\"percpu_user\":[%s]", kernel.data,
			    user.data);
	strbuf_release(&user);
	strbuf_release(&kernel);
}

/* v2, "some avg10=0.00 avg60=0.00 avg300=0.00 total=0" and the same for full. */
static void add_pressure(const struct cgroup *cg, const char *file, struct strbuf *out)
{
	char *text cleanup_free = NULL, *line, *save = NULL;

	if (cg->mode != CGROUP_V2 || cgroup_read(cg, "", file, &text) < 0)
		return;
	object(out, "psi");
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		unsigned long long total;
		double avg[3];
		char kind[8];

		if (sscanf(line, "%7s avg10=%lf avg60=%lf avg300=%lf total=%llu", kind, &avg[0],
			   &avg[1], &avg[2], &total) != 5)
			continue;
		object(out, kind);
		strbuf_addf(out, "\"avg10\":%.2f,\"avg60\":%.2f,\"avg300\":%.2f,\"total\":%llu}",
			    avg[0], avg[1], avg[2], total);
	}
	strbuf_addc(out, '}');
}

static void add_cpu(const struct cgroup *cg, const struct cgroup_stats *st, struct strbuf *out)
{
	object(out, "cpu");
	object(out, "usage");
	number_unless_zero(out, "total", st->cpu_total_ns);
	for (size_t i = 0; i < st->n_percpu; i++) {
		if (i == 0)
			member(out, "percpu");
		strbuf_addf(out, "%c%llu", i ? ',' : '[', (unsigned long long)st->percpu_ns[i]);
	}
	if (st->n_percpu)
		strbuf_addc(out, ']');
	add_percpu_usage(cg, out);
	number(out, "kernel", st->cpu_system_ns);
	number(out, "user", st->cpu_user_ns);
	strbuf_addc(out, '}');
	object(out, "throttling");
	number_unless_zero(out, "periods", st->throttle.periods);
	number_unless_zero(out, "throttledPeriods", st->throttle.throttled_periods);
	number_unless_zero(out, "throttledTime", st->throttle.throttled_ns);
	strbuf_addc(out, '}');
	add_pressure(cg, "cpu.pressure", out);
	strbuf_addc(out, '}');
}

/* "0-2,5" as [0,1,2,5] */
static void add_list(const struct cgroup *cg, const char *file, const char *name,
		     struct strbuf *out)
{
	char *text cleanup_free = NULL, *part, *save = NULL;
	bool any = false;

	if (cgroup_read(cg, "cpuset", file, &text) < 0)
		return;
	for (part = strtok_r(text, ",\n", &save); part; part = strtok_r(NULL, ",\n", &save)) {
		unsigned int first, last;
		int n = sscanf(part, "%u-%u", &first, &last);

		for (unsigned int i = first; n >= 1 && i <= (n == 1 ? first : last); i++) {
			if (!any)
				member(out, name);
			strbuf_addf(out, "%c%u", any ? ',' : '[', i);
			any = true;
		}
	}
	if (any)
		strbuf_addc(out, ']');
}

/* Files of v1 alone; on v2 all is zero. */
static void add_cpuset(const struct cgroup *cg, struct strbuf *out)
{
	static const char *const flags[] = { "mem_hardwall",	   "mem_exclusive",
					     "memory_migrate",	   "memory_spread_page",
					     "memory_spread_slab", "memory_pressure",
					     "sched_load_balance", "sched_relax_domain_level" };
	bool v1 = cg->mode == CGROUP_V1;

	object(out, "cpuset");
	if (v1)
		add_list(cg, "cpuset.cpus", "cpus", out);
	number(out, "cpu_exclusive", v1 ? read_or_zero(cg, "cpuset", "cpuset.cpu_exclusive") : 0);
	if (v1)
		add_list(cg, "cpuset.mems", "mems", out);
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		char *value cleanup_free = NULL, file[48];
		long long n = 0;

		(void)snprintf(file, sizeof(file), "cpuset.%s", flags[i]);
		if (v1 && cgroup_read(cg, "cpuset", file, &value) == 0)
			n = strtoll(value, NULL, 10); /* the last one may be -1 */
		member(out, flags[i]);
		strbuf_addf(out, "%lld", n);
	}
	strbuf_addc(out, '}');
}

struct memory_entry {
	uint64_t limit, usage, max, failcnt;
};

static void add_entry(struct strbuf *out, const char *name, const struct memory_entry *e)
{
	object(out, name);
	number(out, "limit", e->limit);
	number_unless_zero(out, "usage", e->usage);
	number_unless_zero(out, "max", e->max);
	number(out, "failcnt", e->failcnt);
	strbuf_addc(out, '}');
}

static void entry_v1(const struct cgroup *cg, const char *kind, struct memory_entry *ret)
{
	static const char *const names[] = { "limit_in_bytes", "usage_in_bytes",
					     "max_usage_in_bytes", "failcnt" };
	uint64_t *const values[] = { &ret->limit, &ret->usage, &ret->max, &ret->failcnt };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char file[64];

		(void)snprintf(file, sizeof(file), "memory.%s%s", kind, names[i]);
		*values[i] = read_or_zero(cg, "memory", file);
	}
}

static uint64_t event_count(const struct cgroup *cg, const char *file, const char *key)
{
	char *text cleanup_free = NULL, *line, *save = NULL;
	size_t len = strlen(key);

	if (cgroup_read(cg, "", file, &text) < 0)
		return 0;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		uint64_t value;

		if (!strncmp(line, key, len) && line[len] == ' ' &&
		    parse_u64(line + len + 1, &value) == 0)
			return value;
	}
	return 0;
}

/* v1 counts memory and swap together, so that is what readers expect as "swap". */
static void entries_v2(const struct cgroup *cg, struct memory_entry *memory,
		       struct memory_entry *swap)
{
	memory->limit = read_or_zero(cg, "", "memory.max");
	memory->usage = read_or_zero(cg, "", "memory.current");
	memory->max = read_or_zero(cg, "", "memory.peak");
	memory->failcnt = event_count(cg, "memory.events", "max");
	swap->limit = read_or_zero(cg, "", "memory.swap.max");
	swap->usage = read_or_zero(cg, "", "memory.swap.current") + memory->usage;
	swap->failcnt = event_count(cg, "memory.swap.events", "max");
	if (swap->limit != UINT64_MAX && memory->limit != UINT64_MAX)
		swap->limit += memory->limit;
	else
		swap->limit = UINT64_MAX;
}

static void add_memory(const struct cgroup *cg, const struct cgroup_stats *st, struct strbuf *out)
{
	const char *cache = cg->mode == CGROUP_V2 ? "file" : "cache";
	struct memory_entry memory = { 0 }, swap = { 0 }, kernel = { 0 }, tcp = { 0 };

	if (cg->mode == CGROUP_V2) {
		entries_v2(cg, &memory, &swap);
	} else {
		entry_v1(cg, "", &memory);
		entry_v1(cg, "memsw.", &swap);
		entry_v1(cg, "kmem.", &kernel);
		entry_v1(cg, "kmem.tcp.", &tcp);
	}
	object(out, "memory");
	for (size_t i = 0; i < st->n_memory_stat; i++) {
		if (!strcmp(st->memory_stat[i].key, cache))
			number_unless_zero(out, "cache", st->memory_stat[i].value);
	}
	add_entry(out, "usage", &memory);
	add_entry(out, "swap", &swap);
	add_entry(out, "kernel", &kernel);
	add_entry(out, "kernelTCP", &tcp);
	if (st->n_memory_stat)
		object(out, "raw");
	for (size_t i = 0; i < st->n_memory_stat; i++)
		number(out, st->memory_stat[i].key, st->memory_stat[i].value);
	if (st->n_memory_stat)
		strbuf_addc(out, '}');
	add_pressure(cg, "memory.pressure", out);
	strbuf_addc(out, '}');
}

static void add_blkio_entries(struct strbuf *out, const char *name,
			      const struct cgroup_blkio_entry *entries, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct cgroup_blkio_entry *e = &entries[i];

		if (i == 0)
			member(out, name);
		strbuf_adds(out, i ? ",{" : "[{");
		number_unless_zero(out, "major", e->major);
		number_unless_zero(out, "minor", e->minor);
		member(out, "op");
		json_quote(out, e->op, strlen(e->op));
		number_unless_zero(out, "value", e->value);
		strbuf_addc(out, '}');
	}
	if (n)
		strbuf_addc(out, ']');
}

static void add_blkio(const struct cgroup *cg, const struct cgroup_stats *st, struct strbuf *out)
{
	object(out, "blkio");
	add_blkio_entries(out, "ioServiceBytesRecursive", st->io_bytes, st->n_io_bytes);
	add_blkio_entries(out, "ioServicedRecursive", st->io_ops, st->n_io_ops);
	add_pressure(cg, "io.pressure", out);
	strbuf_addc(out, '}');
}

static void add_page_size(const struct cgroup *cg, unsigned long kib, struct strbuf *out)
{
	bool v2 = cg->mode == CGROUP_V2;
	char size[24], file[64];
	uint64_t usage;

	if (kib >= 1024 * 1024)
		(void)snprintf(size, sizeof(size), "%luGB", kib / 1024 / 1024);
	else if (kib >= 1024)
		(void)snprintf(size, sizeof(size), "%luMB", kib / 1024);
	else
		(void)snprintf(size, sizeof(size), "%luKB", kib);
	(void)snprintf(file, sizeof(file), "hugetlb.%s.%s", size,
		       v2 ? "current" : "usage_in_bytes");
	if (cgroup_read_u64(cg, "hugetlb", file, &usage) < 0)
		return;
	object(out, size);
	number_unless_zero(out, "usage", usage);
	(void)snprintf(file, sizeof(file), "hugetlb.%s.max_usage_in_bytes", size);
	number_unless_zero(out, "max", v2 ? 0 : read_or_zero(cg, "hugetlb", file));
	(void)snprintf(file, sizeof(file), "hugetlb.%s.%s", size, v2 ? "events" : "failcnt");
	number(out, "failcnt",
	       v2 ? event_count(cg, file, "max") : read_or_zero(cg, "hugetlb", file));
	strbuf_addc(out, '}');
}

static void add_hugetlb(const struct cgroup *cg, struct strbuf *out)
{
	DIR *dir = opendir("/sys/kernel/mm/hugepages");
	const struct dirent *entry;

	object(out, "hugetlb");
	while (dir && (entry = readdir(dir))) {
		unsigned long kib;

		if (sscanf(entry->d_name, "hugepages-%lukB", &kib) == 1)
			add_page_size(cg, kib, out);
	}
	if (dir)
		(void)closedir(dir);
	strbuf_addc(out, '}');
}

void event_stats_json(const struct cgroup *cg, struct strbuf *out)
{
	struct cgroup_stats st = { 0 };

	if (cgroup_stats_read(cg, &st) < 0)
		st = (struct cgroup_stats){ .mode = cg->mode };
	strbuf_addc(out, '{');
	add_cpu(cg, &st, out);
	add_cpuset(cg, out);
	add_memory(cg, &st, out);
	object(out, "pids");
	number_unless_zero(out, "current", st.pids_current);
	number_unless_zero(out, "limit", st.pids_limit);
	strbuf_addc(out, '}');
	add_blkio(cg, &st, out);
	add_hugetlb(cg, out);
	object(out, "intel_rdt");
	strbuf_adds(out, "},\"network_interfaces\":null}");
	cgroup_stats_release(&st);
}
