/* SPDX-License-Identifier: Apache-2.0 */
/*
 * update: new limits and another restart policy. The container that runs gets the limits first (by
 * the runtime, into its cgroup), so that the record never tells of limits that could not be set;
 * then record and event, then what its monitor needs for the next run: config.json and the policy.
 */
#include <errno.h>
#include <string.h>

#include "engine/create-parts.h"
#include "engine/monitor-client.h"
#include "engine/runtime.h"
#include "engine/spec-parts.h"
#include "sys/file.h"

enum { CONFIG_MAX = 16 * 1024 * 1024 };

static void oci_resources_release(struct oci_resources *res)
{
	json_release(&oci_resources_shape, res);
}

static int conflict(struct error *err, const char *text)
{
	return error_set(err, ERR_CONFLICT, 0, "%s", text);
}

/* What is set cannot be contradicted: CPUs are either a number or a quota and a period. */
static int check_against(const struct host_config *now, const struct host_config *change,
			 struct error *err)
{
	const char *policy = change->restart_policy.name;

	if (change->nano_cpus > 0 && now->cpu_period > 0)
		return conflict(err, "Conflicting options: Nano CPUs cannot be updated as CPU "
				     "Period has already been set");
	if (change->nano_cpus > 0 && now->cpu_quota > 0)
		return conflict(err, "Conflicting options: Nano CPUs cannot be updated as CPU "
				     "Quota has already been set");
	if (change->cpu_period > 0 && now->nano_cpus > 0)
		return conflict(err, "Conflicting options: CPU Period cannot be updated as "
				     "NanoCPUs has already been set");
	if (change->cpu_quota > 0 && now->nano_cpus > 0)
		return conflict(err, "Conflicting options: CPU Quota cannot be updated as "
				     "NanoCPUs has already been set");
	if (change->memory > 0 && change->memory_swap == 0 && now->memory_swap > 0 &&
	    change->memory > now->memory_swap)
		return conflict(err, "Memory limit should be smaller than already set memoryswap "
				     "limit, update the memoryswap at the same time");
	if (now->auto_remove && policy && policy[0] && strcmp(policy, "no") != 0)
		return conflict(err, "Restart policy cannot be updated because AutoRemove is "
				     "enabled for the container");
	return 0;
}

static void set_i64(int64_t *to, int64_t value)
{
	if (value != 0)
		*to = value;
}

static void set_str(char **to, const char *value)
{
	if (!value || !value[0])
		return;
	free(*to);
	*to = xstrdup(value);
}

/* Put what the change says over the resources of to. */
static void apply(const struct host_config *change, struct host_config *to)
{
	set_i64(&to->blkio_weight, change->blkio_weight);
	set_i64(&to->cpu_shares, change->cpu_shares);
	set_i64(&to->nano_cpus, change->nano_cpus);
	set_i64(&to->cpu_period, change->cpu_period);
	set_i64(&to->cpu_quota, change->cpu_quota);
	set_i64(&to->cpu_realtime_period, change->cpu_realtime_period);
	set_i64(&to->cpu_realtime_runtime, change->cpu_realtime_runtime);
	set_str(&to->cpuset_cpus, change->cpuset_cpus);
	set_str(&to->cpuset_mems, change->cpuset_mems);
	set_i64(&to->memory, change->memory);
	set_i64(&to->memory_swap, change->memory_swap);
	set_i64(&to->memory_reservation, change->memory_reservation);
	if (change->pids_limit.set)
		to->pids_limit = change->pids_limit;
}

/* The same alone, complete enough to be set: a first memory limit brings its swap limit, as with
 * create, and no limit of processes is a limit to be lifted. */
static void only_change(const struct host_config *now, const struct host_config *change,
			struct host_config *ret)
{
	apply(change, ret);
	if (ret->memory > 0 && ret->memory_swap == 0 && now->memory_swap == 0)
		ret->memory_swap = ret->memory * 2;
	if (ret->pids_limit.set && ret->pids_limit.value <= 0)
		ret->pids_limit.value = -1;
}

static bool has_resources(const struct oci_resources *res)
{
	return res->memory || res->cpu || res->pids || res->block_io;
}

static int set_limits(struct engine *e, const struct instance *in, const struct host_config *host,
		      const struct host_config *change, struct error *err)
{
	cleanup(oci_resources_release) struct oci_resources res = { 0 };
	cleanup(runtime_ref_release) struct runtime_ref runtime = { NULL, NULL };
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	char *words[] = { (char *)"update", (char *)"--resources", (char *)"-", in->rec.id, NULL };
	int r = spec_limits(change, &res, err);

	if (r < 0 || !has_resources(&res))
		return r;
	r = runtime_find(e, host->runtime, &runtime, err);
	if (r < 0)
		return r;
	json_encode(&oci_resources_shape, &res, &text);
	return runtime_call(&runtime, &(struct runtime_call){ .words = words, .input = &text },
			    err);
}

/* The runtime reads it again when the monitor restarts the container. */
static int write_config(const struct instance *in, const struct host_config *host,
			struct error *err)
{
	cleanup(oci_spec_release) struct oci_spec spec = { 0 };
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;
	cleanup_free char *text = NULL;
	size_t len = 0;
	int r = file_read_at(in->dirfd, "config.json", CONFIG_MAX, &text, &len);

	if (r >= 0)
		r = oci_spec_parse(text, len, &spec, err);
	if (r >= 0 && spec.linux_ && spec.linux_->resources)
		r = spec_limits(host, spec.linux_->resources, err);
	if (r >= 0) {
		json_encode(&oci_spec_shape, &spec, &out);
		r = file_replace_at(in->dirfd, "config.json", out.data, out.len, 0600);
	}
	if (r < 0 && !(err && err->kind))
		return error_set(err, ERR_SYSTEM, -r, "write config.json");
	return r;
}

static int tell_monitor(const struct instance *in, const struct restart_policy *policy,
			struct error *err)
{
	int r;

	if (!policy->name || !policy->name[0])
		return 0;
	r = monitor_restart_policy(in->dirfd, policy->name,
				   (unsigned int)policy->maximum_retry_count);
	return r < 0 && r != -ESRCH ? error_set(err, ERR_SYSTEM, -r, "tell its monitor") : 0;
}

static int update_locked(struct engine *e, const struct instance *in,
			 const struct host_config *change, struct error *err)
{
	cleanup(host_config_release) struct host_config host = { 0 }, only = { 0 };
	bool up = container_status_is_up(in->rec.life.status);
	int r = instance_host_config(in, &host, err);

	if (r >= 0)
		r = check_against(&host, change, err);
	if (r < 0)
		return r;
	only_change(&host, change, &only);
	if (up && in->rec.life.status != CONTAINER_RESTARTING)
		r = set_limits(e, in, &host, &only, err);
	if (r < 0)
		return r;
	apply(&only, &host);
	if (change->restart_policy.name && change->restart_policy.name[0]) {
		set_str(&host.restart_policy.name, change->restart_policy.name);
		host.restart_policy.maximum_retry_count =
			change->restart_policy.maximum_retry_count;
	}
	if (host.pids_limit.set && host.pids_limit.value < 0)
		host.pids_limit.value = 0;
	r = instance_set_host_config(e, in, &host, "update", err);
	if (r >= 0 && up)
		r = write_config(in, &host, err);
	return r < 0 || !up ? r : tell_monitor(in, &change->restart_policy, err);
}

int engine_update(struct engine *e, const char *ref, const struct host_config *change,
		  struct error *err)
{
	cleanup(instance_release) struct instance in = INSTANCE_INIT;
	int r = create_check_resources(change, true, err);

	if (r >= 0)
		r = create_check_restart(change, err);
	if (r >= 0)
		r = instance_open_locked(e, ref, &in, err);
	if (r < 0)
		return r;
	if (in.rec.life.status == CONTAINER_REMOVING || in.rec.life.status == CONTAINER_DEAD)
		r = conflict(err, "container is marked for removal and cannot be \"update\"");
	else
		r = update_locked(e, &in, change, err);
	return r < 0 ? error_prefix(err, "Cannot update container %s", in.rec.id) : 0;
}
