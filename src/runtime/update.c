/* SPDX-License-Identifier: Apache-2.0 */
/* hoy-runtime update: new limits for a container, from options or from a JSON of linux.resources.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/parse.h"
#include "base/strbuf.h"
#include "runtime/cgroup-container.h"
#include "sys/fd.h"
#include "sys/file.h"

enum { RESOURCES_MAX = 1024 * 1024 };

struct update_options {
	char *resources, *cpus, *mems, *memory, *reservation, *swap, *kernel_memory, *rdt;
	struct opt_i64 blkio_weight, period, quota, burst, rt_period, rt_runtime, shares, idle,
		pids;
};

#define ROW_I64(member, name, text) ARG_OPT_I64(struct update_options, member, name, 0, "n", text)
#define ROW_STR(member, name, text) ARG_STR(struct update_options, member, name, 0, "value", text)

static const struct arg_option update_rows[] = {
	ARG_STR(struct update_options, resources, "resources", 'r', "file",
		"linux.resources as JSON; - is stdin"),
	ROW_I64(blkio_weight, "blkio-weight", "weight of block I/O, 10 to 1000"),
	ROW_I64(period, "cpu-period", "CPU period in microseconds"),
	ROW_I64(quota, "cpu-quota", "CPU time per period in microseconds"),
	ROW_I64(burst, "cpu-burst", "CPU time that may be saved up"),
	ROW_I64(rt_period, "cpu-rt-period", "realtime period in microseconds"),
	ROW_I64(rt_runtime, "cpu-rt-runtime", "realtime CPU time per period"),
	ROW_I64(shares, "cpu-share", "CPU shares"),
	ROW_I64(idle, "cpu-idle", "1: runs only when nobody else does"),
	ROW_STR(cpus, "cpuset-cpus", "CPUs to use"),
	ROW_STR(mems, "cpuset-mems", "memory nodes to use"),
	ROW_STR(memory, "memory", "memory limit in bytes"),
	ROW_STR(reservation, "memory-reservation", "soft memory limit in bytes"),
	ROW_STR(swap, "memory-swap", "limit of memory and swap in bytes, -1 for none"),
	ROW_I64(pids, "pids-limit", "most processes, -1 for any number"),
	/* The kernel ignores the first two since 5.16; runc takes them without a word. */
	ARG_STR(struct update_options, kernel_memory, "kernel-memory", 0, "bytes", "ignored",
		.flags = ARG_HIDDEN),
	ARG_STR(struct update_options, kernel_memory, "kernel-memory-tcp", 0, "bytes", "ignored",
		.flags = ARG_HIDDEN),
	ARG_STR(struct update_options, rdt, "l3-cache-schema", 0, "schema", "not supported",
		.flags = ARG_HIDDEN),
	ARG_STR(struct update_options, rdt, "mem-bw-schema", 0, "schema", "not supported",
		.flags = ARG_HIDDEN),
};

static const struct arg_spec update_spec = {
	.command = "update",
	.usage = "[OPTIONS] CONTAINER",
	.summary = "Change the limits of a container",
	ARG_OPTIONS(update_rows),
	.min_args = 1,
	.max_args = 1,
};

static int set_size(const char *text, const char *name, struct opt_i64 *ret, struct error *err)
{
	int64_t value;

	if (!text)
		return 0;
	if (strcmp(text, "-1") == 0)
		value = -1;
	else if (parse_size(text, &value) < 0)
		return error_set(err, ERR_INVALID, 0, "invalid value for %s: '%s'", name, text);
	*ret = (struct opt_i64){ true, value };
	return 0;
}

static int read_resources(const char *file, struct oci_resources *ret, struct error *err)
{
	cleanup_free char *text = NULL;
	size_t len = 0;
	int r;

	if (strcmp(file, "-") == 0)
		r = fd_read_all(STDIN_FILENO, RESOURCES_MAX, &text, &len);
	else
		r = file_read_at(AT_FDCWD, file, RESOURCES_MAX, &text, &len);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "read '%s'", file);
	return json_decode(&oci_resources_shape, text, len, ret, err);
}

static int from_options(const struct update_options *o, struct oci_resources *res,
			struct error *err)
{
	struct oci_memory *m = res->memory = xcalloc(1, sizeof(*m));
	int r = set_size(o->memory, "memory", &m->limit, err);

	if (!r)
		r = set_size(o->reservation, "memory-reservation", &m->reservation, err);
	if (!r)
		r = set_size(o->swap, "memory-swap", &m->swap, err);
	res->cpu = xcalloc(1, sizeof(*res->cpu));
	*res->cpu = (struct oci_cpu){
		.shares = o->shares,
		.quota = o->quota,
		.burst = o->burst,
		.period = o->period,
		.realtime_runtime = o->rt_runtime,
		.realtime_period = o->rt_period,
		.idle = o->idle,
		.cpus = xstrdup(o->cpus),
		.mems = xstrdup(o->mems),
	};
	res->pids = xcalloc(1, sizeof(*res->pids));
	res->pids->limit = o->pids;
	res->block_io = xcalloc(1, sizeof(*res->block_io));
	res->block_io->weight = o->blkio_weight;
	return r;
}

static int update(const struct globals *g, const char *id, const struct update_options *o,
		  struct error *err)
{
	cleanup(container_unload) struct container c = CONTAINER_INIT;
	struct oci_resources res = { 0 };
	int r = container_open(g->root, id, &c, err);

	if (!r && (c.half_made || container_status(&c) == CONTAINER_STOPPED))
		r = error_set(err, ERR_CONFLICT, 0, "container not running");
	if (r < 0)
		return r;
	if (o->rdt)
		return error_set(err, ERR_NOT_IMPLEMENTED, EOPNOTSUPP,
				 "Intel RDT schemas are not supported");
	r = o->resources ? read_resources(o->resources, &res, err) : from_options(o, &res, err);
	if (!r)
		r = container_cgroup_update(&c, &res, err);
	json_release(&oci_resources_shape, &res);
	return r;
}

static int run_update(const struct globals *g, int argc, char **argv, int *ret_status,
		      struct error *err)
{
	struct update_options o = { 0 };
	cleanup_free char **words = NULL;
	int r = command_parse(&update_spec, argc, argv, &o, &words, err);

	*ret_status = 0;
	if (!r)
		r = update(g, words[0], &o, err);
	args_release(&update_spec, &o);
	return r;
}

const struct command cmd_update = { .spec = &update_spec, .run = run_update };
