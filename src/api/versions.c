/* SPDX-License-Identifier: Apache-2.0 */
/* Older API versions (docs of the Engine API, version history). */
#include "api/versions.h"

#include <errno.h>
#include <string.h>

#include "sys/cgroup.h"

/* The minor version with which something came, or went. */
enum {
	CGROUPNS_DEFAULT = 41,
	MOUNT_OPTIONS_CHECKED = 42,
	CONSOLE_SIZE = 42,
	CREATE_MOUNTPOINT = 42,
	ANNOTATIONS = 43,
	VIRTUAL_SIZE_GONE = 44,
	START_INTERVAL = 44,
	READ_ONLY_RECURSIVE = 44,
	SEVERAL_ENDPOINTS = 44,
	VOLUME_SUBPATH = 45,
	SUMMARY_ANNOTATIONS = 46,
	GW_PRIORITY = 48,
	IMAGE_MOUNTS = 48,
	FIREWALL_BACKEND = 49,
	COMMIT_EXPECTED_GONE = 49,
	BRIDGE_NF_GONE = 50,
	SUMMARY_HEALTH = 52,
	EVENT_STATUS_GONE = 52,
};

static void info_commit(struct system_commit *commit)
{
	commit->expected = xstrdup(commit->id);
}

void versions_info(const struct request *req, struct system_info *info)
{
	if (req->minor < FIREWALL_BACKEND && info->firewall_backend) {
		system_firewall_release(info->firewall_backend);
		free(info->firewall_backend);
		info->firewall_backend = NULL;
	}
	if (req->minor < COMMIT_EXPECTED_GONE) {
		info_commit(&info->containerd_commit);
		info_commit(&info->runc_commit);
		info_commit(&info->init_commit);
	}
	if (req->minor < BRIDGE_NF_GONE)
		info->bridge_nf_iptables.set = info->bridge_nf_ip6tables.set = true;
}

void versions_event(const struct request *req, struct event_message *m)
{
	if (req->minor >= EVENT_STATUS_GONE)
		m->status = m->id = m->from = NULL;
}

void versions_images(const struct request *req, struct image_summary *items, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		items[i].virtual_size.set = req->minor < VIRTUAL_SIZE_GONE;
		items[i].virtual_size.value = items[i].size;
	}
}

void versions_image(const struct request *req, struct image_inspect *image)
{
	image->virtual_size.set = req->minor < VIRTUAL_SIZE_GONE;
	image->virtual_size.value = image->size;
}

void versions_summaries(const struct request *req, struct container_summary *items, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (req->minor < SUMMARY_ANNOTATIONS)
			strmap_release(&items[i].host_config.annotations);
		if (req->minor < SUMMARY_HEALTH && items[i].health) {
			container_summary_health_release(items[i].health);
			free(items[i].health);
			items[i].health = NULL;
		}
	}
}

void versions_list(const struct request *req, struct container_list_options *opts)
{
	opts->no_annotations = req->minor < SUMMARY_ANNOTATIONS;
	opts->no_health = req->minor < SUMMARY_HEALTH;
}

static int refuse_newer(struct error *err, const char *what, int minor)
{
	return error_set(err, ERR_INVALID, EINVAL, "%s needs API v1.%d or newer", what, minor);
}

/* Options of one type of mount given with another. */
static int check_options(const struct mount *m, struct error *err)
{
	const struct {
		const void *options;
		const char *name, *type;
	} rows[] = {
		{ m->volume_options, "VolumeOptions", "volume" },
		{ m->bind_options, "BindOptions", "bind" },
		{ m->tmpfs_options, "TmpfsOptions", "tmpfs" },
		{ m->image_options, "ImageOptions", "image" },
	};
	const char *type = m->type ? m->type : "";

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].options && strcmp(type, rows[i].type) != 0)
			return error_set(err, ERR_INVALID, EINVAL,
					 "%s must not be specified on mount type \"%s\"",
					 rows[i].name, type);
	return 0;
}

static int create_mount(unsigned int minor, struct mount *m, struct error *err)
{
	struct bind_options *bind = m->bind_options;

	if (minor < IMAGE_MOUNTS && m->type && strcmp(m->type, "image") == 0)
		return refuse_newer(err, "Mount type \"Image\"", IMAGE_MOUNTS);
	if (minor < VOLUME_SUBPATH && m->volume_options && m->volume_options->subpath &&
	    m->volume_options->subpath[0])
		return refuse_newer(err, "VolumeOptions.Subpath", VOLUME_SUBPATH);
	if (minor < READ_ONLY_RECURSIVE && bind && bind->read_only_force_recursive)
		return refuse_newer(err, "BindOptions.ReadOnlyForceRecursive", READ_ONLY_RECURSIVE);
	if (minor < CREATE_MOUNTPOINT && bind)
		bind->create_mountpoint = false;
	return minor < MOUNT_OPTIONS_CHECKED ? 0 : check_options(m, err);
}

int versions_create(const struct request *req, struct container_create_request *create,
		    struct error *err)
{
	struct host_config *host = &create->host_config;
	struct networking_config *net = &create->networking_config;
	int r = 0;

	if (req->minor < CGROUPNS_DEFAULT && cgroup_mode() != CGROUP_V2 &&
	    !(host->cgroupns_mode && host->cgroupns_mode[0])) {
		free(host->cgroupns_mode);
		host->cgroupns_mode = xstrdup("host");
	}
	if (req->minor < CONSOLE_SIZE)
		host->n_console_size = 0;
	if (req->minor < ANNOTATIONS)
		strmap_release(&host->annotations);
	if (req->minor < START_INTERVAL && create->config.healthcheck)
		create->config.healthcheck->start_interval = 0;
	if (req->minor < SEVERAL_ENDPOINTS && net->n_endpoints_config > 1)
		return error_set(err, ERR_INVALID, EINVAL,
				 "Container cannot be created with multiple network endpoints");
	for (size_t i = 0; req->minor < GW_PRIORITY && i < net->n_endpoints_config; i++)
		net->endpoints_config[i].gw_priority = 0;
	for (size_t i = 0; r >= 0 && i < host->n_mounts; i++)
		r = create_mount(req->minor, &host->mounts[i], err);
	return r;
}
