/* SPDX-License-Identifier: Apache-2.0 */
/* What create refuses, in Docker's words. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>

#include "base/parse.h"
#include "base/strv.h"
#include "engine/create-parts.h"
#include "engine/health.h"
#include "engine/mounts.h"
#include "engine/runtime.h"
#include "engine/spec-parts.h"
#include "engine/start-net.h"
#include "engine/userns.h"
#include "sys/file.h"
#include "sys/path.h"
#include "wire/log-config.h"

#define MIB (1LL << 20)

enum { NODES_MAX = 4096 };

static int refuse(struct error *err, const char *text)
{
	return error_set(err, ERR_INVALID, EINVAL, "%s", text);
}

/* update: the limit may be there already. */
static int check_memory(const struct host_config *h, bool update, struct error *err)
{
	if (h->memory != 0 && h->memory < 6 * MIB)
		return refuse(err, "Minimum memory limit allowed is 6MB");
	if (h->memory > 0 && h->memory_swap > 0 && h->memory_swap < h->memory)
		return refuse(err, "Minimum memoryswap limit should be larger than memory limit, "
				   "see usage");
	if (!update && h->memory == 0 && h->memory_swap > 0)
		return refuse(err, "You should always set the Memory limit when using Memoryswap "
				   "limit, see usage");
	if (h->memory_swappiness.set && h->memory_swappiness.value != -1 &&
	    (h->memory_swappiness.value < 0 || h->memory_swappiness.value > 100))
		return error_set(err, ERR_INVALID, EINVAL,
				 "Invalid value: %lld, valid memory "
				 "swappiness range is 0-100",
				 (long long)h->memory_swappiness.value);
	if (h->memory_reservation != 0 && h->memory_reservation < 6 * MIB)
		return refuse(err, "Minimum memory reservation allowed is 6MB");
	if (h->memory > 0 && h->memory_reservation > 0 && h->memory < h->memory_reservation)
		return refuse(err, "Minimum memory limit can not be less than memory reservation "
				   "limit, see usage");
	if (h->shm_size < 0)
		return refuse(err, "SHM size can not be less than 0");
	return 0;
}

/* "0-3,7": every number must be of a CPU (or node) that is there. */
static int check_set(const char *text, const char *what, uint32_t limit, struct error *err)
{
	cleanup(strv_release) char **parts = text && text[0] ? strv_split(text, ',') : NULL;

	for (size_t i = 0; parts && parts[i]; i++) {
		char *dash = strchr(parts[i], '-');
		uint32_t first, last;

		if (dash)
			*dash = '\0';
		if (parse_u32(parts[i], &first) < 0 ||
		    parse_u32(dash ? dash + 1 : parts[i], &last) < 0 || first > last)
			return error_set(err, ERR_INVALID, EINVAL, "Invalid value %s for cpuset %s",
					 text, what);
		if (last >= limit)
			return error_set(err, ERR_INVALID, EINVAL,
					 "Requested %s are not available - requested %s, "
					 "available: %s%u",
					 strcmp(what, "cpus") == 0 ? "CPUs" : "memory nodes", text,
					 limit > 1 ? "0-" : "", limit - 1);
	}
	return 0;
}

/* One more than the highest number of a memory node. */
static uint32_t memory_nodes(void)
{
	cleanup_free char *text = NULL;
	size_t len = 0;
	uint32_t last;

	if (file_read_at(AT_FDCWD, "/sys/devices/system/node/online", NODES_MAX, &text, &len) < 0)
		return 1;
	while (len > 0 && strchr("\n ", text[len - 1]))
		text[--len] = '\0';
	while (len > 0 && !strchr("-,", text[len - 1]))
		len--;
	return parse_u32(text + len, &last) < 0 ? 1 : last + 1;
}

static int check_cpu(const struct host_config *h, struct error *err)
{
	long n = sysconf(_SC_NPROCESSORS_CONF);

	if (h->nano_cpus > 0 && h->cpu_period > 0)
		return refuse(err, "Conflicting options: Nano CPUs and CPU Period cannot both be "
				   "set");
	if (h->nano_cpus > 0 && h->cpu_quota > 0)
		return refuse(err, "Conflicting options: Nano CPUs and CPU Quota cannot both be "
				   "set");
	if (h->nano_cpus < 0 || h->nano_cpus > n * 1000000000LL ||
	    (h->nano_cpus > 0 && h->nano_cpus < 10000000))
		return error_set(err, ERR_INVALID, EINVAL,
				 "range of CPUs is from 0.01 to %ld.00, "
				 "as there are only %ld CPUs available",
				 n, n);
	if (h->cpu_shares < 0)
		return error_set(err, ERR_INVALID, EINVAL,
				 "invalid CPU shares (%lld): value must "
				 "be a positive integer",
				 (long long)h->cpu_shares);
	if (h->cpu_period != 0 && (h->cpu_period < 1000 || h->cpu_period > 1000000))
		return refuse(err, "CPU cfs period can not be less than 1ms (i.e. 1000) or larger "
				   "than 1s (i.e. 1000000)");
	if (h->cpu_quota > 0 && h->cpu_quota < 1000)
		return refuse(err, "CPU cfs quota can not be less than 1ms (i.e. 1000)");
	return check_set(h->cpuset_cpus, "cpus", (uint32_t)n, err);
}

int create_check_resources(const struct host_config *h, bool update, struct error *err)
{
	int r = check_memory(h, update, err);

	if (r >= 0)
		r = check_cpu(h, err);
	if (r >= 0)
		r = check_set(h->cpuset_mems, "mems", memory_nodes(), err);
	if (r < 0)
		return r;
	if (h->blkio_weight != 0 && (h->blkio_weight < 10 || h->blkio_weight > 1000))
		return refuse(err, "Range of blkio weight is from 10 to 1000");
	if (h->oom_score_adj < -1000 || h->oom_score_adj > 1000)
		return error_set(err, ERR_INVALID, EINVAL,
				 "Invalid value %lld, range for oom "
				 "score adj is [-1000, 1000]",
				 (long long)h->oom_score_adj);
	return 0;
}

int create_check_restart(const struct host_config *h, struct error *err)
{
	const char *name = h->restart_policy.name ? h->restart_policy.name : "";
	bool none = !name[0] || strcmp(name, "no") == 0;

	if (!none && strcmp(name, "always") != 0 && strcmp(name, "unless-stopped") != 0 &&
	    strcmp(name, "on-failure") != 0)
		return error_set(err, ERR_INVALID, EINVAL,
				 "invalid restart policy: unknown policy '%s'; use one of 'no', "
				 "'always', 'on-failure', or 'unless-stopped'",
				 name);
	if (h->restart_policy.maximum_retry_count < 0)
		return refuse(err,
			      "invalid restart policy: maximum retry count cannot be negative");
	if (h->restart_policy.maximum_retry_count > 0 && strcmp(name, "on-failure") != 0)
		return refuse(err, "invalid restart policy: maximum retry count can only be used "
				   "with 'on-failure'");
	if (h->auto_remove && !none)
		return refuse(err, "can't create 'AutoRemove' container with restart policy");
	return 0;
}

static int check_modes(const struct host_config *h, struct error *err)
{
	static const char *const ipc[] = { "", "none", "private", "shareable", "host" };
	bool known = mode_container(h->ipc_mode) != NULL;

	for (size_t i = 0; !known && i < ARRAY_SIZE(ipc); i++)
		known = strcmp(h->ipc_mode ? h->ipc_mode : "", ipc[i]) == 0;
	if (!known)
		return error_set(err, ERR_INVALID, EINVAL, "invalid IPC mode: %s", h->ipc_mode);
	if (h->pid_mode && h->pid_mode[0] && strcmp(h->pid_mode, "host") != 0 &&
	    strcmp(h->pid_mode, "private") != 0 && !mode_container(h->pid_mode))
		return error_set(err, ERR_INVALID, EINVAL, "invalid PID mode: %s", h->pid_mode);
	if (h->uts_mode && h->uts_mode[0] && strcmp(h->uts_mode, "host") != 0 &&
	    strcmp(h->uts_mode, "private") != 0)
		return error_set(err, ERR_INVALID, EINVAL, "invalid UTS mode: %s", h->uts_mode);
	if (h->cgroupns_mode && h->cgroupns_mode[0] && strcmp(h->cgroupns_mode, "host") != 0 &&
	    strcmp(h->cgroupns_mode, "private") != 0)
		return error_set(err, ERR_INVALID, EINVAL, "invalid cgroup namespace mode: %s",
				 h->cgroupns_mode);
	if (h->isolation && h->isolation[0] && strcasecmp(h->isolation, "default") != 0)
		return error_set(err, ERR_INVALID, EINVAL,
				 "invalid isolation: \"%s\" - linux only supports 'default'",
				 h->isolation);
	return 0;
}

static bool port_key_good(const char *key)
{
	cleanup_free char *copy = xstrdup(key ? key : "");
	char *slash = strchr(copy, '/');
	uint16_t first, last;

	if (slash)
		*slash++ = '\0';
	if (slash && strcmp(slash, "tcp") != 0 && strcmp(slash, "udp") != 0 &&
	    strcmp(slash, "sctp") != 0)
		return false;
	return parse_port_range(copy, &first, &last) >= 0;
}

static int check_ports(const struct container_config *c, const struct host_config *h,
		       struct error *err)
{
	uint16_t first, last;

	for (size_t i = 0; c->exposed_ports && c->exposed_ports[i]; i++) {
		if (!port_key_good(c->exposed_ports[i]))
			return error_set(err, ERR_INVALID, EINVAL, "invalid port: '%s'",
					 c->exposed_ports[i]);
	}
	for (size_t i = 0; i < h->n_port_bindings; i++) {
		const struct port_map_entry *entry = &h->port_bindings[i];

		if (!port_key_good(entry->key))
			return error_set(err, ERR_INVALID, EINVAL,
					 "invalid port specification: \"%s\"",
					 entry->key ? entry->key : "");
		for (size_t j = 0; j < entry->n_bindings; j++) {
			const char *port = entry->bindings[j].host_port;

			if (port && port[0] && strcmp(port, "0") != 0 &&
			    parse_port_range(port, &first, &last) < 0)
				return error_set(err, ERR_INVALID, EINVAL,
						 "invalid port specification: \"%s\"", port);
		}
	}
	return 0;
}

static int check_network(const struct host_config *h, struct error *err)
{
	/* any address will do for host-gateway: the lines are made at the start */
	const struct netfiles_options hosts = { .extra_hosts = h->extra_hosts,
						.gateway = "192.0.2.1" };
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (mode_container(h->network_mode) && (h->n_port_bindings > 0 || h->publish_all_ports))
		return refuse(err, "conflicting options: port publishing and the container type "
				   "network mode");
	return netfiles_hosts(&hosts, &text, err);
}

static int check_config(const struct container_config *c, struct error *err)
{
	int sig;

	if (c->working_dir && c->working_dir[0] && !path_is_absolute(c->working_dir))
		return error_set(err, ERR_INVALID, EINVAL,
				 "the working directory '%s' is invalid, "
				 "it needs to be an absolute path",
				 c->working_dir);
	for (size_t i = 0; c->env && c->env[i]; i++) {
		if (!c->env[i][0] || c->env[i][0] == '=')
			return error_set(err, ERR_INVALID, EINVAL,
					 "invalid environment variable: %s", c->env[i]);
	}
	if (c->stop_signal && c->stop_signal[0] && parse_signal(c->stop_signal, &sig) < 0)
		return error_set(err, ERR_INVALID, EINVAL, "invalid signal: %s", c->stop_signal);
	if (strv_len(c->entrypoint) == 0 && strv_len(c->cmd) == 0)
		return refuse(err, "no command specified");
	if (c->healthcheck && health_check_config(c->healthcheck, err) < 0)
		return -EINVAL;
	if (c->hostname && strlen(c->hostname) > 63)
		return error_set(err, ERR_INVALID, EINVAL,
				 "invalid hostname: %s is longer than 63 "
				 "bytes",
				 c->hostname);
	return 0;
}

static int check_rights(struct engine *e, const struct host_config *h, struct error *err)
{
	cleanup(security_options_release) struct security_options security = { 0 };
	cleanup(runtime_ref_release) struct runtime_ref runtime = { NULL, NULL };
	cleanup(strv_release) char **caps = NULL;
	int r;

	r = spec_capabilities(h->cap_add, h->cap_drop, h->privileged, &caps, err);
	if (r >= 0)
		r = security_options_read(h->security_opt, &security, err);
	return r < 0 ? r : runtime_find(e, h->runtime, &runtime, err);
}

static int check_unsupported(const struct host_config *h, struct error *err)
{
	if (h->storage_opt.n > 0)
		return error_set(err, ERR_NOT_IMPLEMENTED, ENOSYS,
				 "storage options are not supported yet");
	return 0;
}

static int check_mounts(const struct host_config *h, struct error *err)
{
	cleanup(mount_list_release) struct mount_list mounts = { NULL, 0 };
	struct stat st;
	int r = mount_list_read(h, &mounts, err);

	if (r >= 0)
		r = mount_list_sources(&mounts, false, err);
	if (r >= 0 && h->rootfs && h->rootfs[0]) {
		if (!path_is_absolute(h->rootfs))
			return error_set(err, ERR_INVALID, EINVAL,
					 "the root file system '%s' must be an absolute path",
					 h->rootfs);
		if (stat(h->rootfs, &st) < 0 || !S_ISDIR(st.st_mode))
			return error_set(err, ERR_INVALID, ENOTDIR,
					 "the root file system '%s' is not a directory", h->rootfs);
	}
	return r;
}

int create_check(struct engine *e, const struct container_config *config,
		 const struct host_config *host, struct error *err)
{
	int r = check_config(config, err);

	if (r >= 0)
		r = create_check_resources(host, false, err);
	if (r >= 0)
		r = create_check_restart(host, err);
	if (r >= 0)
		r = check_modes(host, err);
	if (r >= 0)
		r = userns_check(e, host, err);
	if (r >= 0)
		r = check_ports(config, host, err);
	if (r >= 0)
		r = check_network(host, err);
	if (r >= 0)
		r = check_rights(e, host, err);
	if (r >= 0)
		r = log_options_check(host->log_config.type, &host->log_config.config, err);
	if (r >= 0)
		r = check_unsupported(host, err);
	return r < 0 ? r : check_mounts(host, err);
}
