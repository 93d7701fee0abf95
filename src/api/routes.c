/* SPDX-License-Identifier: Apache-2.0 */
/* The endpoints. The first row that fits is taken. */
#include "api/routes.h"

#include <string.h>

#include "api/handlers.h"

static const struct route routes[] = {
	{ "GET", "/_ping", system_ping, ROUTE_CANCELS },
	{ "HEAD", "/_ping", system_ping, ROUTE_CANCELS },
	{ "GET", "/version", system_version, ROUTE_CANCELS },
	{ "GET", "/info", system_info, ROUTE_CANCELS },
	{ "GET", "/events", system_events, ROUTE_CANCELS },

	{ "GET", "/containers/json", containers_list, ROUTE_CANCELS },
	{ "POST", "/containers/create", containers_create, 0 },
	{ "POST", "/containers/prune", usage_prune_containers, 0 },
	{ "GET", "/containers/*/json", containers_inspect, ROUTE_CANCELS },
	{ "GET", "/containers/*/top", containers_top, ROUTE_CANCELS },
	{ "GET", "/containers/*/logs", streams_logs, ROUTE_CANCELS },
	{ "GET", "/containers/*/stats", streams_stats, ROUTE_CANCELS },
	{ "GET", "/containers/*/changes", files_changes, ROUTE_CANCELS },
	{ "GET", "/containers/*/export", files_export, ROUTE_CANCELS },
	{ "GET", "/containers/*/archive", copies_get, ROUTE_CANCELS },
	{ "HEAD", "/containers/*/archive", copies_stat, ROUTE_CANCELS },
	{ "PUT", "/containers/*/archive", copies_put, ROUTE_CANCELS },
	{ "GET", "/containers/*/attach/ws", streams_attach_ws, ROUTE_CANCELS },
	{ "POST", "/containers/*/start", containers_start, 0 },
	{ "POST", "/containers/*/stop", containers_stop, 0 },
	{ "POST", "/containers/*/restart", containers_restart, 0 },
	{ "POST", "/containers/*/kill", containers_kill, 0 },
	{ "POST", "/containers/*/rename", containers_rename, 0 },
	{ "POST", "/containers/*/update", containers_update, 0 },
	{ "POST", "/containers/*/pause", containers_pause, 0 },
	{ "POST", "/containers/*/unpause", containers_unpause, 0 },
	{ "POST", "/containers/*/wait", containers_wait, ROUTE_CANCELS },
	{ "POST", "/containers/*/attach", streams_attach, ROUTE_CANCELS },
	{ "POST", "/containers/*/resize", streams_resize, ROUTE_CANCELS },
	{ "POST", "/containers/*/exec", execs_create, 0 },
	{ "DELETE", "/containers/*", containers_remove, ROUTE_SLASHES }, /* ?link: "web/alias" */

	{ "POST", "/exec/*/start", execs_start, ROUTE_CANCELS },
	{ "POST", "/exec/*/resize", execs_resize, ROUTE_CANCELS },
	{ "GET", "/exec/*/json", execs_inspect, ROUTE_CANCELS },

	{ "GET", "/images/json", images_list, ROUTE_CANCELS },
	{ "POST", "/images/create", images_create, ROUTE_CANCELS },
	{ "GET", "/images/mounts", mounts_list, ROUTE_CANCELS },
	{ "POST", "/images/*/mount", mounts_mount, ROUTE_SLASHES },
	{ "POST", "/images/*/umount", mounts_umount, ROUTE_SLASHES },
	{ "GET", "/images/get", archives_save, ROUTE_CANCELS },
	{ "POST", "/images/load", archives_load, ROUTE_CANCELS },
	{ "GET", "/images/search", images_search, ROUTE_CANCELS },
	{ "POST", "/images/prune", usage_prune_images, 0 },
	{ "GET", "/images/*/json", images_inspect, ROUTE_CANCELS | ROUTE_SLASHES },
	{ "GET", "/images/*/history", images_history, ROUTE_CANCELS | ROUTE_SLASHES },
	{ "GET", "/images/*/get", archives_save_one, ROUTE_CANCELS | ROUTE_SLASHES },
	{ "GET", "/images/*/attestations", images_attestations, ROUTE_CANCELS | ROUTE_SLASHES },
	{ "POST", "/images/*/push", images_push, ROUTE_CANCELS | ROUTE_SLASHES },
	{ "POST", "/images/*/tag", images_tag, ROUTE_SLASHES },
	{ "DELETE", "/images/*", images_remove, ROUTE_SLASHES },
	{ "POST", "/commit", files_commit, 0 },

	{ "GET", "/networks", networks_list, ROUTE_CANCELS },
	{ "GET", "/networks/", networks_list, ROUTE_CANCELS },
	{ "POST", "/networks/create", networks_create, 0 },
	{ "POST", "/networks/prune", networks_prune, 0 },
	{ "POST", "/networks/*/connect", networks_connect, 0 },
	{ "POST", "/networks/*/disconnect", networks_disconnect, 0 },
	{ "GET", "/networks/*", networks_inspect, ROUTE_CANCELS },
	{ "DELETE", "/networks/*", networks_remove, 0 },

	{ "GET", "/system/df", usage_df, ROUTE_CANCELS },
	{ "POST", "/system/check", usage_check, 0 },
	{ "POST", "/system/migrate", system_migrate, ROUTE_CANCELS },
	{ "POST", "/auth", auth_check, ROUTE_CANCELS },
	{ "POST", "/session", system_not_implemented, 0 },
	{ "POST", "/grpc", system_not_implemented, 0 },
	{ "POST", "/build", system_not_implemented, 0 },
	{ "POST", "/build/prune", usage_prune_build, 0 },
	{ "POST", "/build/*", system_not_implemented, 0 },
	{ "GET", "/volumes", volumes_list, 0 },
	{ "POST", "/volumes/create", volumes_create, 0 },
	{ "POST", "/volumes/prune", volumes_prune, 0 },
	{ "GET", "/volumes/*", volumes_inspect, 0 },
	{ "PUT", "/volumes/*", volumes_update, 0 },
	{ "DELETE", "/volumes/*", volumes_remove, 0 },
	{ "GET", "/distribution/*/json", distribution_inspect, ROUTE_CANCELS | ROUTE_SLASHES },
	{ "GET", "/plugins", plugins_list, 0 },
	{ "GET", "/plugins/privileges", plugins_refused, 0 },
	{ "GET", "/plugins/*/json", plugins_none, ROUTE_SLASHES },
	{ "POST", "/plugins/pull", plugins_refused, 0 },
	{ "POST", "/plugins/create", plugins_refused, 0 },
	{ "POST", "/plugins/*", plugins_none, ROUTE_SLASHES },
	{ "DELETE", "/plugins/*", plugins_none, ROUTE_SLASHES },

	{ "GET", "/swarm", system_no_swarm, 0 },
	{ "GET", "/swarm/unlockkey", system_no_swarm, 0 },
	{ "POST", "/swarm/*", system_no_swarm, 0 },
	{ "GET", "/nodes", system_no_swarm, 0 },
	{ "GET", "/nodes/*", system_no_swarm, 0 },
	{ "POST", "/nodes/*", system_no_swarm, ROUTE_SLASHES },
	{ "DELETE", "/nodes/*", system_no_swarm, 0 },
	{ "GET", "/services", system_no_swarm, 0 },
	{ "GET", "/services/*", system_no_swarm, ROUTE_SLASHES },
	{ "POST", "/services/*", system_no_swarm, ROUTE_SLASHES },
	{ "DELETE", "/services/*", system_no_swarm, 0 },
	{ "GET", "/tasks", system_no_swarm, 0 },
	{ "GET", "/tasks/*", system_no_swarm, ROUTE_SLASHES },
	{ "GET", "/secrets", system_no_swarm, 0 },
	{ "GET", "/secrets/*", system_no_swarm, 0 },
	{ "POST", "/secrets/*", system_no_swarm, ROUTE_SLASHES },
	{ "DELETE", "/secrets/*", system_no_swarm, 0 },
	{ "GET", "/configs", system_no_swarm, 0 },
	{ "GET", "/configs/*", system_no_swarm, 0 },
	{ "POST", "/configs/*", system_no_swarm, ROUTE_SLASHES },
	{ "DELETE", "/configs/*", system_no_swarm, 0 },
};

static bool path_fits(const struct route *route, const char *path, char **ret_arg)
{
	const char *star = strchr(route->path, '*');
	size_t before = star ? (size_t)(star - route->path) : 0;
	size_t after = star ? strlen(star + 1) : 0;
	size_t len = strlen(path), arg_len;

	if (!star)
		return strcmp(route->path, path) == 0;
	if (len <= before + after || strncmp(route->path, path, before) != 0 ||
	    strcmp(star + 1, path + len - after) != 0)
		return false;
	arg_len = len - before - after;
	if (!(route->flags & ROUTE_SLASHES) && memchr(path + before, '/', arg_len))
		return false;
	*ret_arg = xstrndup(path + before, arg_len);
	return true;
}

const struct route *route_find(const char *method, const char *path, char **ret_arg)
{
	for (size_t i = 0; i < ARRAY_SIZE(routes); i++)
		if (strcmp(routes[i].method, method) == 0 && path_fits(&routes[i], path, ret_arg))
			return &routes[i];
	return NULL;
}
