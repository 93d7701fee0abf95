/* SPDX-License-Identifier: Apache-2.0 */
/* info and version: the engine and the machine it is on. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

#include "base/clock.h"
#include "base/strv.h"
#include "engine/instance.h"
#include "engine/runtime.h"
#include "layer/layer.h"
#include "oci/reference.h"
#include "store/images.h"
#include "sys/cgroup.h"
#include "sys/file.h"
#include "wire/log-config.h"

#define API_VERSION "1.55"
#define API_VERSION_MIN "1.40"

enum { FILE_MAX = 1 << 20, ID_LEN = 36 };

static void info_pair(struct system_info *out, const char *key, const char *value)
{
	char **pair = NULL;

	strv_push(&pair, key);
	strv_push(&pair, value);
	out->driver_status =
		xrealloc(out->driver_status, out->n_driver_status + 1, sizeof(*out->driver_status));
	out->driver_status[out->n_driver_status++].items = pair;
}

static int count_container(const struct instance *in, void *arg, struct error *err)
{
	struct system_info *out = arg;

	out->containers++;
	if (in->rec.life.status == CONTAINER_PAUSED)
		out->containers_paused++;
	else if (container_status_is_up(in->rec.life.status))
		out->containers_running++;
	else
		out->containers_stopped++;
	return 0;
}

static int info_images(struct engine *e, struct system_info *out, struct error *err)
{
	struct image_record *recs = NULL;
	size_t n = 0;
	int r = image_record_list(&e->store, &recs, &n, err);

	out->images = (int64_t)n;
	image_record_list_free(recs, n);
	return r;
}

/* A line NAME=value of os-release(5), quotes removed. Owned. */
static char *os_release(const char *name)
{
	cleanup_free char *text = NULL;
	cleanup(strv_release) char **lines = NULL;
	const char *value;

	if (file_read_at(AT_FDCWD, "/usr/lib/os-release", FILE_MAX, &text, NULL) < 0)
		return xstrdup("");
	lines = strv_split(text, '\n');
	value = strv_env_get(lines, name);
	if (!value)
		return xstrdup("");
	if (value[0] == '"')
		return xstrndup(value + 1, strcspn(value + 1, "\""));
	return xstrdup(value);
}

/* As Docker names them. */
static const char *backing_name(int data_fd)
{
	static const struct {
		unsigned long magic;
		const char *name;
	} rows[] = {
		{ EXT4_SUPER_MAGIC, "extfs" },		{ XFS_SUPER_MAGIC, "xfs" },
		{ BTRFS_SUPER_MAGIC, "btrfs" },		{ TMPFS_MAGIC, "tmpfs" },
		{ OVERLAYFS_SUPER_MAGIC, "overlayfs" }, { F2FS_SUPER_MAGIC, "f2fs" },
	};
	struct statfs st;

	for (size_t i = 0; fstatfs(data_fd, &st) == 0 && i < ARRAY_SIZE(rows); i++) {
		if ((unsigned long)st.f_type == rows[i].magic)
			return rows[i].name;
	}
	return "<unknown>";
}

static bool file_says_one(const char *path)
{
	cleanup_free char *text = NULL;

	return file_read_at(AT_FDCWD, path, FILE_MAX, &text, NULL) >= 0 && text[0] == '1';
}

static void info_machine(struct system_info *out)
{
	struct utsname uts;
	long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);

	if (uname(&uts) == 0) {
		out->kernel_version = xstrdup(uts.release);
		out->architecture = xstrdup(uts.machine);
		out->name = xstrdup(uts.nodename);
	}
	out->operating_system = os_release("PRETTY_NAME");
	out->os_version = os_release("VERSION_ID");
	out->os_type = xstrdup("linux");
	out->ncpu = sysconf(_SC_NPROCESSORS_ONLN);
	out->mem_total = pages > 0 && size > 0 ? (int64_t)pages * size : 0;
	out->system_time = clock_now();
	out->ipv4_forwarding = file_says_one("/proc/sys/net/ipv4/ip_forward");
}

static void info_cgroup(struct system_info *out)
{
	bool v2 = cgroup_mode() == CGROUP_V2;

	out->cgroup_driver = xstrdup("cgroupfs");
	out->cgroup_version = xstrdup(v2 ? "2" : "1");
	out->memory_limit = out->cpu_cfs_period = out->cpu_cfs_quota = true;
	out->cpu_shares = out->cpu_set = out->pids_limit = true;
	out->swap_limit = v2 ||
			  access("/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes", F_OK) == 0;
	out->oom_kill_disable = !v2;
}

static void info_plugins(struct system_info *out)
{
	static const char *const networks[] = { "bridge", "host", "null" };

	strv_push(&out->plugins.volume, "local");
	for (size_t i = 0; i < ARRAY_SIZE(networks); i++)
		strv_push(&out->plugins.network, networks[i]);
	for (size_t i = 0; log_driver_names[i]; i++)
		strv_push(&out->plugins.log, log_driver_names[i]);
}

static void info_registries(const struct engine *e, struct system_info *out)
{
	struct system_registry_config *reg = &out->registry_config;
	const char *registry = reference_default_registry();

	out->default_registry = xstrdup(registry);
	out->index_server_address = registry ? xstrndup(registry, strcspn(registry, "/"))
					     : xstrdup("https://index.docker.io/v1/");
	reg->insecure_registry_cidrs = NULL;
	strv_push(&reg->insecure_registry_cidrs, "::1/128");
	strv_push(&reg->insecure_registry_cidrs, "127.0.0.0/8");
	reg->index_configs =
		xcalloc(strv_len(e->config->insecure_registries) + 1, sizeof(*reg->index_configs));
	reg->index_configs[reg->n_index_configs++] = (struct system_index){
		.key = xstrdup("docker.io"),
		.name = xstrdup("docker.io"),
		.mirrors = strv_copy(e->config->mirrors),
		.secure = true,
		.official = true,
	};
	reg->mirrors = strv_copy(e->config->mirrors);
	for (size_t i = 0; e->config->insecure_registries && e->config->insecure_registries[i]; i++)
		reg->index_configs[reg->n_index_configs++] = (struct system_index){
			.key = xstrdup(e->config->insecure_registries[i]),
			.name = xstrdup(e->config->insecure_registries[i]),
		};
}

static void info_runtimes(const struct engine *e, struct system_info *out)
{
	const struct strmap *more = &e->config->runtimes;

	out->runtimes = xcalloc(more->n + 1, sizeof(*out->runtimes));
	out->runtimes[out->n_runtimes++] = (struct system_runtime){
		.key = xstrdup("hoy"),
		.path = runtime_program(e, "hoy-runtime"),
	};
	for (size_t i = 0; i < more->n; i++)
		out->runtimes[out->n_runtimes++] = (struct system_runtime){
			.key = xstrdup(more->entries[i].key),
			.path = xstrdup(more->entries[i].value),
		};
	out->default_runtime = xstrdup(e->config->default_runtime && e->config->default_runtime[0]
					       ? e->config->default_runtime
					       : "hoy");
	out->init_binary = xstrdup("hoy-init");
}

/* An id that stays: made at the first look, kept in the data root. */
static char *info_id(const struct engine *e)
{
	cleanup_free char *path = xasprintf("%s/engine-id", e->config->data_root);
	cleanup_free char *uuid = NULL;

	if (file_read_at(AT_FDCWD, path, FILE_MAX, &uuid, NULL) >= 0 && strlen(uuid) >= ID_LEN)
		return xstrndup(uuid, ID_LEN);
	free(uuid);
	uuid = NULL;
	if (file_read_at(AT_FDCWD, "/proc/sys/kernel/random/uuid", FILE_MAX, &uuid, NULL) < 0 ||
	    file_replace_at(AT_FDCWD, path, uuid, strlen(uuid), 0600) < 0)
		return xstrdup("");
	return xstrndup(uuid, ID_LEN);
}

static void info_security(const struct engine *e, struct system_info *out)
{
	cleanup_free char *apparmor = NULL;

	if (file_read_at(AT_FDCWD, "/sys/module/apparmor/parameters/enabled", FILE_MAX, &apparmor,
			 NULL) >= 0 &&
	    apparmor[0] == 'Y')
		strv_push(&out->security_options, "name=apparmor");
	strv_push(&out->security_options, "name=seccomp,profile=builtin");
	if (e->config->userns_remap && e->config->userns_remap[0])
		strv_push(&out->security_options, "name=userns");
	strv_push(&out->security_options, "name=cgroupns");
}

int engine_info(struct engine *e, struct system_info *ret, struct error *err)
{
	struct system_info out = { 0 };
	int r;

	r = instances_each(e, count_container, &out, err);
	if (r >= 0)
		r = info_images(e, &out, err);
	if (r < 0)
		return r;
	out.id = info_id(e);
	out.driver = xstrdup(layer_driver_of(&e->store)->graph_name);
	info_pair(&out, "Backing Filesystem", backing_name(e->store.data_fd));
	info_pair(&out, "Supports d_type", "true");
	info_pair(&out, "Native Overlay Diff", "true");
	info_machine(&out);
	info_cgroup(&out);
	info_plugins(&out);
	info_registries(e, &out);
	info_runtimes(e, &out);
	info_security(e, &out);
	out.logging_driver = xstrdup(e->config->log_driver && e->config->log_driver[0]
					     ? e->config->log_driver
					     : "json-file");
	out.docker_root_dir = xstrdup(e->config->data_root);
	out.labels = strv_copy(e->config->labels);
	out.server_version = xstrdup(HOY_VERSION);
	out.swarm.local_node_state = xstrdup("inactive");
	out.live_restore_enabled = true;
	out.firewall_backend = xcalloc(1, sizeof(*out.firewall_backend));
	out.firewall_backend->driver = xstrdup("nftables");
	*ret = out;
	return 0;
}

static const char *go_architecture(const char *machine)
{
	static const char *const rows[][2] = {
		{ "x86_64", "amd64" }, { "aarch64", "arm64" },	 { "armv7l", "arm" },
		{ "i686", "386" },     { "riscv64", "riscv64" }, { "ppc64le", "ppc64le" },
		{ "s390x", "s390x" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (strcmp(machine, rows[i][0]) == 0)
			return rows[i][1];
	}
	return machine;
}

static void version_engine(struct system_version *out)
{
	struct system_component *c = out->components = xcalloc(1, sizeof(*c));

	out->n_components = 1;
	c->name = xstrdup("Engine");
	c->version = xstrdup(HOY_VERSION);
	strmap_set(&c->details, "ApiVersion", API_VERSION);
	strmap_set(&c->details, "Arch", out->arch);
	strmap_set(&c->details, "BuildTime", "");
	strmap_set(&c->details, "Experimental", "false");
	strmap_set(&c->details, "GitCommit", "");
	strmap_set(&c->details, "GoVersion", "");
	strmap_set(&c->details, "KernelVersion", out->kernel_version);
	strmap_set(&c->details, "MinAPIVersion", API_VERSION_MIN);
	strmap_set(&c->details, "Os", "linux");
}

int engine_version(struct engine *e, struct system_version *ret, struct error *err)
{
	struct system_version out = { 0 };
	struct utsname uts;

	if (uname(&uts) < 0)
		return error_set(err, ERR_SYSTEM, errno, "uname");
	out.platform.name = xstrdup("hoy");
	out.version = xstrdup(HOY_VERSION);
	out.api_version = xstrdup(API_VERSION);
	out.min_api_version = xstrdup(API_VERSION_MIN);
	out.os = xstrdup("linux");
	out.arch = xstrdup(go_architecture(uts.machine));
	out.kernel_version = xstrdup(uts.release);
	version_engine(&out);
	*ret = out;
	return 0;
}
