/* SPDX-License-Identifier: Apache-2.0 */
/* linux.resources as properties of a unit (systemd.resource-control(5)). What systemd has no
 * property for is written to the cgroup alone. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "base/strbuf.h"
#include "runtime/resources.h"
#include "runtime/systemd-unit.h"
#include "sys/dbus.h"
#include "sys/device-bpf.h"
#include "sys/file.h"

enum { CPUS_MAX = 8192, DEVICES_FILE_MAX = 256 * 1024 };

static void put_name(struct strbuf *b, const char *name, const char *signature)
{
	dbus_put_struct(b);
	dbus_put_string(b, name);
	dbus_put_signature(b, signature);
}

void systemd_put_bool(struct strbuf *b, const char *name, bool value)
{
	put_name(b, name, "b");
	dbus_put_bool(b, value);
}

void systemd_put_u64(struct strbuf *b, const char *name, uint64_t value)
{
	put_name(b, name, "t");
	dbus_put_u64(b, value);
}

void systemd_put_string(struct strbuf *b, const char *name, const char *value)
{
	put_name(b, name, "s");
	dbus_put_string(b, value);
}

void systemd_put_pid(struct strbuf *b, const char *name, pid_t pid)
{
	struct dbus_array array;

	put_name(b, name, "au");
	array = dbus_array_begin(b, 'u');
	dbus_put_u32(b, (uint32_t)pid);
	dbus_array_end(b, &array);
}

/* Limits: -1 is none, and the largest number says so. */
static void put_limit(struct strbuf *b, const char *name, const struct opt_i64 *limit)
{
	if (limit->set && limit->value)
		systemd_put_u64(b, name, limit->value < 0 ? UINT64_MAX : (uint64_t)limit->value);
}

static int put_memory(struct strbuf *b, enum cgroup_mode mode, const struct cgroup *cg,
		      const struct oci_memory *m, struct error *err)
{
	int64_t limit = m->limit.set ? m->limit.value : 0, swap = 0;
	uint64_t now;
	int r;

	put_limit(b, mode == CGROUP_V2 ? "MemoryMax" : "MemoryLimit", &m->limit);
	if (mode == CGROUP_V1)
		return 0;
	put_limit(b, "MemoryLow", &m->reservation);
	if (!limit && cg && cgroup_read_u64(cg, "", "memory.max", &now) == 0 && now < INT64_MAX)
		limit = (int64_t)now;
	r = resources_swap(limit, m->swap.set ? m->swap.value : 0, &swap, err);
	if (r < 0)
		return r;
	if (swap || (m->swap.set && m->swap.value > 0))
		systemd_put_u64(b, "MemorySwapMax", swap < 0 ? UINT64_MAX : (uint64_t)swap);
	return 0;
}

/* A share of a second, in whole percents: systemd rounds down what is not, and the limit that we
 * then write below must not be above it. */
static void put_quota(struct strbuf *b, const struct opt_i64 *quota, const struct opt_i64 *period)
{
	const uint64_t second = 1000000, percent = 10000;
	uint64_t span = period->set && period->value > 0 ? (uint64_t)period->value : 100000;
	uint64_t value = UINT64_MAX;

	if (period->set && period->value > 0)
		systemd_put_u64(b, "CPUQuotaPeriodUSec", span);
	if (!quota->set || !quota->value)
		return;
	if (quota->value > 0 && (uint64_t)quota->value <= UINT64_MAX / second) {
		value = (uint64_t)quota->value * second / span;
		value = (value + percent - 1) / percent * percent;
	}
	systemd_put_u64(b, "CPUQuotaPerSecUSec", value);
}

/* "0-2,5" as the bits of a byte string, the lowest first. */
static int parse_set(const char *text, uint8_t *bits, size_t *ret_len)
{
	cleanup_free char *copy = xstrdup(text);
	char *save = NULL;
	size_t len = 0;

	for (char *p = strtok_r(copy, ",", &save); p; p = strtok_r(NULL, ",", &save)) {
		char *dash = strchr(p, '-');
		uint32_t from, to;

		if (dash)
			*dash++ = '\0';
		if (parse_u32(p, &from) < 0 || parse_u32(dash ? dash : p, &to) < 0 || to < from ||
		    to >= CPUS_MAX)
			return -EINVAL;
		for (uint32_t i = from; i <= to; i++)
			bits[i / 8] |= (uint8_t)(1U << i % 8);
		if (to / 8 + 1 > len)
			len = to / 8 + 1;
	}
	*ret_len = len;
	return 0;
}

static int put_set(struct strbuf *b, const char *name, const char *text, struct error *err)
{
	uint8_t bits[CPUS_MAX / 8] = { 0 };
	struct dbus_array array;
	size_t len;

	if (!text || !*text)
		return 0;
	if (parse_set(text, bits, &len) < 0)
		return error_set(err, ERR_INVALID, 0, "invalid list of cpus or memory nodes '%s'",
				 text);
	put_name(b, name, "ay");
	array = dbus_array_begin(b, 'y');
	strbuf_add(b, bits, len);
	dbus_array_end(b, &array);
	return 0;
}

static int put_cpu(struct strbuf *b, enum cgroup_mode mode, const struct oci_cpu *c,
		   struct error *err)
{
	int r;

	if (mode == CGROUP_V1) {
		put_limit(b, "CPUShares", &c->shares);
		put_quota(b, &c->quota, &c->period);
		return 0;
	}
	if (c->idle.set && c->idle.value)
		systemd_put_u64(b, "CPUWeight", 0); /* "idle" */
	else if (c->shares.set && c->shares.value)
		systemd_put_u64(b, "CPUWeight", resources_cpu_weight(c->shares.value));
	put_quota(b, &c->quota, &c->period);
	r = put_set(b, "AllowedCPUs", c->cpus, err);
	return r < 0 ? r : put_set(b, "AllowedMemoryNodes", c->mems, err);
}

static void put_block_io(struct strbuf *b, enum cgroup_mode mode, const struct oci_block_io *io)
{
	if (!io->weight.set || io->weight.value < 10)
		return;
	if (mode == CGROUP_V1)
		systemd_put_u64(b, "BlockIOWeight", (uint64_t)io->weight.value);
	else
		systemd_put_u64(b, "IOWeight",
				(uint64_t)(1 + (io->weight.value - 10) * 9999 / 990));
}

/* The files of resources.unified that have a property which is one number. */
static void put_unified(struct strbuf *b, const struct strmap *map)
{
	static const char *const table[][2] = {
		{ "memory.high", "MemoryHigh" }, { "memory.low", "MemoryLow" },
		{ "memory.min", "MemoryMin" },	 { "memory.max", "MemoryMax" },
		{ "pids.max", "TasksMax" },	 { "memory.swap.max", "MemorySwapMax" },
		{ "cpu.weight", "CPUWeight" },
	};

	for (size_t i = 0; i < map->n; i++) {
		const struct strmap_entry *e = &map->entries[i];
		uint64_t value = UINT64_MAX;

		if (strcmp(e->value, "max") != 0 && parse_u64(e->value, &value) < 0)
			continue;
		for (size_t t = 0; t < ARRAY_SIZE(table); t++) {
			if (!strcmp(e->key, table[t][0]))
				systemd_put_u64(b, table[t][1], value);
		}
	}
}

/* "char-pts": the name that /proc/devices has for @major, by which systemd knows a whole major. */
static char *major_name(char type, int64_t major)
{
	char *text cleanup_free = NULL, *line, *save = NULL;
	bool block = false;

	if (file_read_at(AT_FDCWD, "/proc/devices", DEVICES_FILE_MAX, &text, NULL) < 0)
		return NULL;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *number = line + strspn(line, " "), *blank = strchr(number, ' ');
		uint32_t value;

		if (!strncmp(line, "Block", 5))
			block = true;
		if (!blank || block != (type == 'b'))
			continue;
		*blank++ = '\0';
		if (parse_u32(number, &value) == 0 && value == major)
			return xasprintf("%s-%s", block ? "block" : "char", blank);
	}
	return NULL;
}

static void put_device(struct strbuf *b, char type, const struct device_rule *rule)
{
	const char *kind = type == 'b' ? "block" : "char";
	cleanup_free char *path = NULL;

	if (rule->major >= 0 && rule->minor >= 0)
		path = xasprintf("/dev/%s/%lld:%lld", kind, (long long)rule->major,
				 (long long)rule->minor);
	else if (rule->major >= 0)
		path = major_name(type, rule->major);
	else
		path = xasprintf("%s-*", kind);
	if (!path) /* a driver that is not there has no devices */
		return;
	dbus_put_struct(b);
	dbus_put_string(b, path);
	dbus_put_string(b, rule->access);
}

/* What is allowed, or more where systemd cannot say it as finely: our own rules hold besides. */
static void put_devices(struct strbuf *b, const struct oci_resources *res)
{
	size_t n;
	cleanup_free struct device_rule *rules = device_rules_of(res, &n);
	struct dbus_array array;
	bool open = rules[0].allow && rules[0].type == 'a' && rules[0].major < 0;

	systemd_put_string(b, "DevicePolicy", open ? "auto" : "strict");
	put_name(b, "DeviceAllow", "a(ss)");
	array = dbus_array_begin(b, '(');
	for (size_t i = 0; i < n && !open; i++) {
		if (!rules[i].allow)
			continue;
		if (rules[i].type != 'b')
			put_device(b, 'c', &rules[i]);
		if (rules[i].type != 'c')
			put_device(b, 'b', &rules[i]);
	}
	dbus_array_end(b, &array);
}

int systemd_put_resources(struct strbuf *b, enum cgroup_mode mode, const struct cgroup *cg,
			  const struct oci_resources *res, struct error *err)
{
	static const struct oci_resources none;
	int r = 0;

	if (!res)
		res = &none;
	if (!cg || res->n_devices)
		put_devices(b, res);
	if (res->memory)
		r = put_memory(b, mode, cg, res->memory, err);
	if (!r && res->cpu)
		r = put_cpu(b, mode, res->cpu, err);
	if (r < 0)
		return r;
	if (res->block_io)
		put_block_io(b, mode, res->block_io);
	if (res->pids)
		put_limit(b, "TasksMax", &res->pids->limit);
	if (mode == CGROUP_V2)
		put_unified(b, &res->unified);
	return 0;
}
