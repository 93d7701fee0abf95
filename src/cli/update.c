/* SPDX-License-Identifier: Apache-2.0 */
/* hoy update */
#include <stdio.h>
#include <string.h>

#include "base/strv.h"
#include "cli/command.h"
#include "cli/flag-values.h"
#include "client/containers.h"

struct update_options {
	struct host_config change;
	char *restart;
	struct opt_i64 pids_limit;
	int64_t kernel_memory;
	bool given;
};

#define T struct update_options

static const struct arg_option update_rows[] = {
	ARG_FUNC(T, change.blkio_weight, "blkio-weight", 0, "uint16", set_blkio_weight,
		 "Relative weight of block IO, 10 to 1000, 0 to leave it", .def_text = "default 0"),
	ARG_I64(T, change.cpu_period, "cpu-period", 0, "int",
		"Period of the CPU limit, in microseconds"),
	ARG_I64(T, change.cpu_quota, "cpu-quota", 0, "int",
		"CPU time in each period, in microseconds"),
	ARG_I64(T, change.cpu_realtime_period, "cpu-rt-period", 0, "int",
		"Period of real-time scheduling, in microseconds"),
	ARG_I64(T, change.cpu_realtime_runtime, "cpu-rt-runtime", 0, "int",
		"Real-time CPU time in each period, in microseconds"),
	ARG_I64(T, change.cpu_shares, "cpu-shares", 'c', "int", "CPU shares (relative weight)"),
	ARG_FUNC(T, change.nano_cpus, "cpus", 0, "decimal", set_cpus, "Number of CPUs"),
	ARG_STR(T, change.cpuset_cpus, "cpuset-cpus", 0, "string",
		"CPUs that may be used (0-3, 0,1)"),
	ARG_STR(T, change.cpuset_mems, "cpuset-mems", 0, "string",
		"Memory nodes that may be used (0-3, 0,1)"),
	ARG_BYTES(T, kernel_memory, "kernel-memory", 0, "Accepted, without effect",
		  .flags = ARG_HIDDEN),
	ARG_BYTES(T, change.memory, "memory", 'm', "Memory limit"),
	ARG_BYTES(T, change.memory_reservation, "memory-reservation", 0, "Memory soft limit"),
	ARG_FUNC(T, change.memory_swap, "memory-swap", 0, "bytes", set_memory_swap,
		 "Limit of memory and swap together: '-1' for unlimited swap"),
	ARG_OPT_I64(T, pids_limit, "pids-limit", 0, "int",
		    "Most processes in the container (-1 for any number)"),
	ARG_STR(T, restart, "restart", 0, "string", "What to do when the container exits"),
};

static int update_one(struct cli *cli, const char *body, const char *ref, char ***warnings,
		      struct error *err)
{
	cleanup(container_update_response_release) struct container_update_response response = {
		NULL
	};
	cleanup(strbuf_release) struct strbuf target = STRBUF_INIT, answer = STRBUF_INIT;
	struct client_call call = { .method = "POST", .body = body };
	int r;

	client_container_target(&target, ref, "/update");
	call.target = strbuf_str(&target);
	r = client_call(&cli->client, &call, &answer, err);
	if (r >= 0)
		r = json_decode(&container_update_response_shape, strbuf_str(&answer), answer.len,
				&response, err);
	strv_extend(warnings, response.warnings);
	return r;
}

static int update_all(struct cli *cli, const char *body, char **refs)
{
	cleanup(strv_release) char **warnings = NULL;
	int code = 0;

	for (; *refs; refs++) {
		cleanup(error_release) struct error one = ERROR_INIT;

		if (update_one(cli, body, *refs, &warnings, &one) >= 0) {
			puts(*refs);
			continue;
		}
		(void)fflush(stdout);
		fprintf(stderr, "%s\n", error_text(&one));
		code = 1;
	}
	for (size_t i = 0; warnings && warnings[i]; i++)
		puts(warnings[i]);
	return code;
}

static int run_update(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	struct update_options *o = options;
	cleanup(strbuf_release) struct strbuf body = STRBUF_INIT;
	int r = o->restart ? restart_parse(o->restart, &o->change.restart_policy, err) : 0;

	o->change.pids_limit = o->pids_limit;
	if (r >= 0)
		json_encode(&host_config_shape, &o->change, &body);
	free(o->change.restart_policy.name);
	o->change.restart_policy.name = NULL;
	if (r < 0)
		return r;
	if (!o->given)
		return error_set(err, ERR_INVALID, 0,
				 "you must provide one or more flags when using this command");
	return update_all(cli, strbuf_str(&body), argv);
}

const struct command cmd_update = {
	.spec =
		{
			.usage = "[OPTIONS] CONTAINER [CONTAINER...]",
			.summary = "Update configuration of one or more containers",
			ARG_OPTIONS(update_rows),
			.min_args = 1,
			.max_args = -1,
			.given = offsetof(struct update_options, given),
		},
	.options_size = sizeof(struct update_options),
	.run = run_update,
};
