/* SPDX-License-Identifier: Apache-2.0 */
/* Who gets which ids. */
#include "engine/userns.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/parse.h"
#include "base/strbuf.h"
#include "base/strv.h"
#include "engine/runtime.h"
#include "engine/start-net.h"
#include "store/containers.h"
#include "sys/file.h"

#define SUBUID "/etc/subuid"
#define SUBGID "/etc/subgid"
#define REMAP_DEFAULT "hoyremap"

enum { AUTO_SIZE = 65536, PASSWD_MAX = 4 << 20 };

enum userns_mode { USERNS_HOST, USERNS_REMAP, USERNS_AUTO };

static int mode_read(const struct engine *e, const struct host_config *host, enum userns_mode *ret,
		     uint32_t *ret_size, struct error *err)
{
	const char *mode = host->userns_mode ? host->userns_mode : "";
	const char *remap = e->config->userns_remap;
	const char *size = NULL;

	*ret_size = AUTO_SIZE;
	*ret = USERNS_AUTO;
	if (strcmp(mode, "auto") == 0)
		return 0;
	if (strncmp(mode, "auto:size=", strlen("auto:size=")) == 0)
		size = mode + strlen("auto:size=");
	if (size && parse_u32(size, ret_size) >= 0 && *ret_size > 0)
		return 0;
	if (mode[0] && strcmp(mode, "host") != 0)
		return error_set(err, ERR_INVALID, EINVAL,
				 "invalid USER mode: %s: it is \"host\", \"auto\" or "
				 "\"auto:size=N\"",
				 mode);
	*ret = !mode[0] && remap && remap[0] ? USERNS_REMAP : USERNS_HOST;
	return 0;
}

static int refuse(struct error *err, const char *text)
{
	return error_set(err, ERR_INVALID, EINVAL, "%s", text);
}

int userns_check(const struct engine *e, const struct host_config *host, struct error *err)
{
	enum userns_mode mode;
	uint32_t size;
	int r = mode_read(e, host, &mode, &size, err);

	if (r < 0 || mode == USERNS_HOST)
		return r;
	if (host->privileged)
		return refuse(err, "privileged mode is incompatible with user namespaces.  You "
				   "must run the container in the host namespace when running "
				   "privileged mode");
	if (host->network_mode && strcmp(host->network_mode, "host") == 0)
		return refuse(err, "cannot share the host's network namespace when user namespaces "
				   "are enabled");
	if (host->pid_mode && strcmp(host->pid_mode, "host") == 0)
		return refuse(err, "cannot share the host PID namespace when user namespaces are "
				   "enabled");
	if (host->runtime && strcmp(host->runtime, RUNTIME_NAME) != 0)
		return error_set(err, ERR_INVALID, EINVAL,
				 "user namespaces need the runtime \"" RUNTIME_NAME
				 "\", not \"%s\"",
				 host->runtime);
	return 0;
}

/* The uid in a line "name:x:uid:…" of /etc/passwd, or of /etc/group; NULL: no such name. Owned. */
static char *number_of(const char *file, const char *name)
{
	cleanup_free char *text = NULL;
	char *line, *save = NULL;

	if (file_read_at(AT_FDCWD, file, PASSWD_MAX, &text, NULL) < 0)
		return NULL;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		cleanup(strv_release) char **words = strv_split(line, ':');

		if (strv_len(words) >= 3 && strcmp(words[0], name) == 0)
			return xstrdup(words[2]);
	}
	return NULL;
}

/* The ranges of one name, as one mapping from 0 on. */
static int map_all(const char *path, const char *passwd, const char *name, struct idmap **ret,
		   size_t *ret_n, struct error *err)
{
	struct subid_range ranges[SUBID_RANGES_MAX];
	cleanup_free char *number = number_of(passwd, name);
	uint64_t inside = 0;
	size_t n = 0;
	int r = subid_read(path, name, number, ranges, &n);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "read %s", path);
	if (n == 0)
		return error_set(
			err, ERR_INVALID, ENOENT,
			"userns-remap: no subordinate ids of \"%s\" in %s: add a line like "
			"%s:100000:65536",
			name, path, name);
	*ret = xcalloc(n, sizeof(**ret));
	for (size_t i = 0; i < n && inside + ranges[i].count < UINT32_MAX; i++) {
		(*ret)[(*ret_n)++] =
			(struct idmap){ (uint32_t)inside, ranges[i].start, ranges[i].count };
		inside += ranges[i].count;
	}
	return 0;
}

/* "default", "user" or "user:group". */
static int remap_read(const struct engine_config *config, struct idmaps *ret, struct error *err)
{
	cleanup(idmaps_release) struct idmaps maps = { 0 };
	cleanup_free char *user = xstrdup(config->userns_remap);
	char *group = strchr(user, ':');
	int r;

	if (group)
		*group++ = '\0';
	if (strcmp(config->userns_remap, "default") == 0) {
		free(user);
		user = xstrdup(REMAP_DEFAULT);
	}
	if (!user[0] || (group && !group[0]))
		return error_set(err, ERR_INVALID, EINVAL,
				 "invalid userns-remap \"%s\": it is \"default\", USER or "
				 "USER:GROUP",
				 config->userns_remap);
	r = map_all(SUBUID, "/etc/passwd", user, &maps.uids, &maps.n_uids, err);
	if (r >= 0)
		r = map_all(SUBGID, group ? "/etc/group" : "/etc/passwd", group ? group : user,
			    &maps.gids, &maps.n_gids, err);
	if (r < 0)
		return r;
	*ret = maps;
	maps = (struct idmaps){ 0 };
	return 0;
}

int userns_remap_check(const struct engine_config *config, struct error *err)
{
	cleanup(idmaps_release) struct idmaps maps = { 0 };

	if (!config->userns_remap || !config->userns_remap[0])
		return 0;
	return remap_read(config, &maps, err);
}

static int compare_ranges(const void *a, const void *b)
{
	uint32_t x = ((const struct subid_range *)a)->start;
	uint32_t y = ((const struct subid_range *)b)->start;

	return x < y ? -1 : x > y;
}

/* Where a container of its own may not be: where others are, and where the engine's rule puts
 * those that ask for nothing. */
static int taken_read(struct engine *e, bool groups, struct subid_range **ret, size_t *ret_n,
		      struct error *err)
{
	cleanup(idmaps_release) struct idmaps remap = { 0 };
	const char *rule = e->config->userns_remap;
	int r = idmaps_held(&e->store, groups, ret, ret_n, err);

	if (r >= 0 && rule && rule[0])
		r = remap_read(e->config, &remap, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < (groups ? remap.n_gids : remap.n_uids); i++) {
		const struct idmap *map = groups ? &remap.gids[i] : &remap.uids[i];

		*ret = xrealloc(*ret, *ret_n + 1, sizeof(**ret));
		(*ret)[(*ret_n)++] = (struct subid_range){ map->outside, map->size };
	}
	if (*ret_n > 0)
		qsort(*ret, *ret_n, sizeof(**ret), compare_ranges);
	return 0;
}

static int auto_find(struct engine *e, bool groups, const struct subid_range *owned, size_t n,
		     uint32_t size, struct idmap **ret, size_t *ret_n, struct error *err)
{
	cleanup_free struct subid_range *taken = NULL;
	const char *path = groups ? SUBGID : SUBUID;
	size_t n_taken = 0;
	uint32_t start;
	int r = taken_read(e, groups, &taken, &n_taken, err);

	if (r < 0)
		return r;
	if (!userns_pool_find(owned, n, taken, n_taken, size, &start))
		return error_set(
			err, ERR_CONFLICT, ENOSPC,
			"no %u subordinate ids in a row are free for --userns=auto: %s has "
			"too few, or other containers hold them",
			size, path);
	*ret = xcalloc(1, sizeof(**ret));
	**ret = (struct idmap){ 0, start, size };
	*ret_n = 1;
	return 0;
}

static int assign_auto(struct engine *e, uint32_t size, struct idmaps *ret, struct error *err)
{
	static const char *const owners[] = { "hoy", "containers" };
	struct subid_range uids[SUBID_RANGES_MAX], gids[SUBID_RANGES_MAX];
	size_t n_uids = 0, n_gids = 0;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(owners) && !(n_uids && n_gids); i++) {
		r = subid_read(SUBUID, owners[i], NULL, uids, &n_uids);
		if (r >= 0)
			r = subid_read(SUBGID, owners[i], NULL, gids, &n_gids);
	}
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "read " SUBUID " and " SUBGID);
	if (n_uids == 0 || n_gids == 0)
		return error_set(err, ERR_CONFLICT, ENOENT,
				 "--userns=auto needs subordinate ids: add the line "
				 "hoy:1000000000:67108864, or what is free on this machine, to "
				 "both " SUBUID " and " SUBGID);
	r = auto_find(e, false, uids, n_uids, size, &ret->uids, &ret->n_uids, err);
	return r < 0 ? r : auto_find(e, true, gids, n_gids, size, &ret->gids, &ret->n_gids, err);
}

/* A namespace of others is joined together with the user namespace that it belongs to. 1: that of
 * a container with mappings, 0: there is none to join yet. */
static int assign_guest(struct engine *e, const struct host_config *host, struct idmaps *ret,
			struct error *err)
{
	const char *const modes[] = { host->network_mode, host->pid_mode, host->ipc_mode };

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		cleanup(container_release) struct container peer = CONTAINER_INIT;
		struct error missing = ERROR_INIT;
		int r;

		if (!mode_container(modes[i]))
			continue;
		if (container_find(&e->store, mode_container(modes[i]), &peer, &missing) < 0) {
			error_release(&missing); /* the start says so */
			continue;
		}
		r = idmaps_get(&e->store, peer.id, ret, err);
		if (r < 0)
			return r;
		if (ret->n_uids == 0)
			return error_set(err, ERR_INVALID, EINVAL,
					 "cannot join a namespace of container %s from a user "
					 "namespace: it has none itself (use --userns=host)",
					 peer.name);
		return 1;
	}
	return 0;
}

int userns_assign(struct engine *e, const char *id, const struct host_config *host,
		  struct error *err)
{
	cleanup(idmaps_release) struct idmaps maps = { 0 };
	enum userns_mode mode;
	uint32_t size;
	int r = mode_read(e, host, &mode, &size, err);

	if (r < 0 || mode == USERNS_HOST)
		return r;
	r = assign_guest(e, host, &maps, err);
	if (r == 0)
		r = mode == USERNS_REMAP ? remap_read(e->config, &maps, err)
					 : assign_auto(e, size, &maps, err);
	return r < 0 ? r : idmaps_insert(&e->store, id, &maps, err);
}
