/* SPDX-License-Identifier: Apache-2.0 */
/* Namespaces, host name, sysctls and the cgroup's path. */
#include "engine/spec-parts.h"

#include <errno.h>
#include <string.h>

#include "engine/runtime.h"

#define CGROUP_PARENT_DEFAULT "/hoy"

static void namespace_add(struct oci_linux *l, const char *type, const char *path)
{
	l->namespaces[l->n_namespaces++] = (struct oci_namespace){
		.type = xstrdup(type),
		.path = xstrdup(path),
	};
}

static bool mode_is(const char *mode, const char *what)
{
	return mode && strcmp(mode, what) == 0;
}

/* A mode's own namespace, somebody else's, or none for the host's. */
static void namespace_mode(struct oci_linux *l, const char *type, const char *mode,
			   const char *path)
{
	if (!mode_is(mode, "host"))
		namespace_add(l, type, path);
}

static void namespaces_all(const struct spec_build *b, struct oci_linux *l)
{
	const struct host_config *host = b->in->host;

	namespace_add(l, "mount", NULL);
	if (b->in->userns_path)
		namespace_add(l, "user", b->in->userns_path);
	if (b->in->netns_path)
		namespace_add(l, "network", b->in->netns_path);
	namespace_mode(l, "uts", host->uts_mode, NULL);
	namespace_mode(l, "pid", host->pid_mode, b->in->pid_path);
	namespace_mode(l, "ipc", host->ipc_mode, b->in->ipc_path);
	namespace_mode(l, "cgroup", host->cgroupns_mode, NULL);
	/* FALLBACK(time namespaces, 5.6): without them the container has the host's clocks. Other
	 * runtimes of Debian 12 (runc 1.1, crun 1.8) refuse a config that asks for one. */
	if (mode_is(host->runtime, RUNTIME_NAME) && access("/proc/self/ns/time", F_OK) == 0)
		namespace_add(l, "time", NULL);
}

static void namespaces_host_name(struct spec_build *b)
{
	const struct container_config *c = b->in->config;

	if (mode_is(b->in->host->uts_mode, "host"))
		return;
	b->spec.hostname = xstrdup(c->hostname);
	if (c->domainname && c->domainname[0])
		b->spec.domainname = xstrdup(c->domainname);
}

static void mappings_copy(const struct idmap *list, size_t n, struct oci_id_mapping **ret,
			  size_t *ret_n)
{
	*ret = xcalloc(n, sizeof(**ret));
	*ret_n = n;
	for (size_t i = 0; i < n; i++)
		(*ret)[i] = (struct oci_id_mapping){ .container_id = list[i].inside,
						     .host_id = list[i].outside,
						     .size = list[i].size };
}

static void namespaces_mappings(struct spec_build *b)
{
	const struct idmaps *maps = b->in->maps;
	struct oci_linux *l = b->spec.linux_;

	if (!b->in->userns_path)
		return;
	mappings_copy(maps->uids, maps->n_uids, &l->uid_mappings, &l->n_uid_mappings);
	mappings_copy(maps->gids, maps->n_gids, &l->gid_mappings, &l->n_gid_mappings);
}

/* The last group that the container's user namespace has: the kernel refuses a range beyond it. */
static uint32_t last_group(const struct idmaps *maps)
{
	const struct idmap *last = maps && maps->n_gids ? &maps->gids[maps->n_gids - 1] : NULL;

	return last && last->inside + (last->size - 1) < INT32_MAX ? last->inside + (last->size - 1)
								   : INT32_MAX;
}

/* As Docker: pings without rights and low ports, where the network is the container's own. */
static void namespaces_sysctls(struct spec_build *b)
{
	const struct host_config *host = b->in->host;
	cleanup_free char *groups = xasprintf("0 %u", last_group(b->in->maps));

	if (b->in->netns_path && !host->privileged) {
		strmap_set(&b->spec.linux_->sysctl, "net.ipv4.ip_unprivileged_port_start", "0");
		strmap_set(&b->spec.linux_->sysctl, "net.ipv4.ping_group_range", groups);
	}
	for (size_t i = 0; i < host->sysctls.n; i++)
		strmap_set(&b->spec.linux_->sysctl, host->sysctls.entries[i].key,
			   host->sysctls.entries[i].value);
}

char *spec_cgroup_path(const struct engine *e, const struct host_config *host, const char *id)
{
	const char *parent = host->cgroup_parent;

	if (!parent || !parent[0])
		parent = e->config->cgroup_parent;
	if (!parent || !parent[0])
		parent = CGROUP_PARENT_DEFAULT;
	return xasprintf("%s%s/%s", parent[0] == '/' ? "" : "/", parent, id);
}

int spec_namespaces(struct spec_build *b, struct error *err)
{
	b->spec.linux_->namespaces = xcalloc(8, sizeof(struct oci_namespace));
	namespaces_all(b, b->spec.linux_);
	namespaces_mappings(b);
	namespaces_host_name(b);
	namespaces_sysctls(b);
	b->spec.linux_->cgroups_path = spec_cgroup_path(b->e, b->in->host, b->in->rec->id);
	return 0;
}
