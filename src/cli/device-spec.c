/* SPDX-License-Identifier: Apache-2.0 */
/* Devices, their weights and throttles, and ulimits: values that become members of arrays in
 * HostConfig. */
#include "cli/device-spec.h"

#include <errno.h>
#include <string.h>

#include "base/parse.h"
#include "base/strv.h"
#include "cli/csv.h"
#include "cli/flag-values.h"
#include "cli/mount-spec.h"
#include "sys/path.h"

static bool is_device_mode(const char *mode)
{
	size_t len = strlen(mode);

	if (len == 0 || len > 3 || strspn(mode, "rwm") != len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (strchr(mode + i + 1, mode[i]))
			return false;
	return true;
}

int device_spec_parse(const char *spec, struct device_mapping *ret, struct error *err)
{
	cleanup(strv_release) char **parts = strv_split(spec, ':');
	size_t n = strv_len(parts);
	const char *inside, *mode = "rwm";

	if (n > 3 || !*parts[0])
		return error_set(err, ERR_INVALID, 0, "bad format for path: %s", spec);
	inside = parts[0];
	if (n == 2 && is_device_mode(parts[1]))
		mode = parts[1];
	else if (n >= 2)
		inside = parts[1];
	if (n == 3)
		mode = parts[2];
	if (!is_device_mode(mode))
		return error_set(err, ERR_INVALID, 0, "bad mode specified: %s", mode);
	if (!path_is_absolute(inside))
		return error_set(err, ERR_INVALID, 0, "%s is not an absolute path", inside);
	ret->path_on_host = inside == parts[0] ? path_clean(parts[0]) : xstrdup(parts[0]);
	ret->path_in_container = n == 3 ? xstrdup(inside) : path_clean(inside);
	ret->cgroup_permissions = xstrdup(mode);
	return 0;
}

/* "/dev/sda:VALUE" -> the path, owned, and where VALUE starts. */
static int split_device(const char *spec, char **ret_path, const char **ret_value,
			struct error *err)
{
	const char *colon = strchr(spec, ':');

	if (!colon || colon == spec)
		return error_set(err, ERR_INVALID, 0, "bad format: %s", spec);
	if (strncmp(spec, "/dev/", 5) != 0)
		return error_set(err, ERR_INVALID, 0, "bad format for device path: %s", spec);
	*ret_path = xstrndup(spec, colon - spec);
	*ret_value = colon + 1;
	return 0;
}

int set_weight_device(void *target, const char *value, struct error *err)
{
	struct host_config *hc = target;
	cleanup_free char *path = NULL;
	const char *text;
	uint32_t weight;
	int r = split_device(value, &path, &text, err);

	if (r < 0)
		return r;
	if (parse_u32(text, &weight) < 0 || (weight > 0 && (weight < 10 || weight > 1000)))
		return error_set(err, ERR_INVALID, 0, "invalid weight for device: %s", value);
	hc->blkio_weight_device = xrealloc(hc->blkio_weight_device, hc->n_blkio_weight_device + 1,
					   sizeof(*hc->blkio_weight_device));
	hc->blkio_weight_device[hc->n_blkio_weight_device++] =
		(struct weight_device){ .path = take_ptr(path), .weight = weight };
	return 0;
}

static int add_throttle(struct throttle_device **items, size_t *n, const char *value, bool bytes,
			struct error *err)
{
	cleanup_free char *path = NULL;
	const char *text;
	int64_t size = 0;
	uint64_t rate;
	int r = split_device(value, &path, &text, err);

	if (r < 0)
		return r;
	if (bytes && (parse_size(text, &size) < 0 || size < 0))
		return error_set(err, ERR_INVALID, 0,
				 "invalid rate for device: %s. The correct format is "
				 "<device-path>:<number>[<unit>]. "
				 "Number must be a positive integer. Unit is optional and can be "
				 "kb, mb, or gb",
				 value);
	rate = (uint64_t)size;
	if (!bytes && parse_u64(text, &rate) < 0)
		return error_set(err, ERR_INVALID, 0,
				 "invalid rate for device: %s. The correct format is "
				 "<device-path>:<number>. Number "
				 "must be a positive integer",
				 value);
	*items = xrealloc(*items, *n + 1, sizeof(**items));
	(*items)[(*n)++] = (struct throttle_device){ .path = take_ptr(path), .rate = rate };
	return 0;
}

int set_read_bps(void *target, const char *value, struct error *err)
{
	struct host_config *hc = target;

	return add_throttle(&hc->blkio_device_read_bps, &hc->n_blkio_device_read_bps, value, true,
			    err);
}

int set_write_bps(void *target, const char *value, struct error *err)
{
	struct host_config *hc = target;

	return add_throttle(&hc->blkio_device_write_bps, &hc->n_blkio_device_write_bps, value, true,
			    err);
}

int set_read_iops(void *target, const char *value, struct error *err)
{
	struct host_config *hc = target;

	return add_throttle(&hc->blkio_device_read_iops, &hc->n_blkio_device_read_iops, value,
			    false, err);
}

int set_write_iops(void *target, const char *value, struct error *err)
{
	struct host_config *hc = target;

	return add_throttle(&hc->blkio_device_write_iops, &hc->n_blkio_device_write_iops, value,
			    false, err);
}

int set_mount(void *target, const char *value, struct error *err)
{
	struct host_config *hc = target;
	struct mount m = { .type = NULL };
	int r = mount_spec_parse(value, &m, err);

	if (r < 0)
		return r;
	hc->mounts = xrealloc(hc->mounts, hc->n_mounts + 1, sizeof(*hc->mounts));
	hc->mounts[hc->n_mounts++] = m;
	return 0;
}

static int check_ulimit_name(const char *name, struct error *err)
{
	static const char *const names[] = {
		"core",	  "cpu",   "data", "fsize",  "locks",  "memlock",    "msgqueue", "nice",
		"nofile", "nproc", "rss",  "rtprio", "rttime", "sigpending", "stack"
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(names[i], name) == 0)
			return 0;
	return error_set(err, ERR_INVALID, 0, "invalid ulimit type: %s", name);
}

static int parse_ulimit(const char *name, const char *limits, struct ulimit *ret, struct error *err)
{
	cleanup(strv_release) char **parts = strv_split(limits, ':');
	size_t n = strv_len(parts);
	int r;

	if (n > 2)
		return error_set(err, ERR_INVALID, 0,
				 "too many limit value arguments - %s, can only have up to two, "
				 "`soft[:hard]`",
				 limits);
	for (size_t i = 0; i < n; i++)
		if (parse_i64(parts[i], i == 0 ? &ret->soft : &ret->hard) < 0)
			return error_set(err, ERR_INVALID, 0, "invalid ulimit value '%s'",
					 parts[i]);
	if (n == 1)
		ret->hard = ret->soft;
	r = check_ulimit_name(name, err);
	if (r < 0)
		return r;
	if (ret->hard != -1 && (ret->soft == -1 || ret->soft > ret->hard))
		return error_set(
			err, ERR_INVALID, 0,
			"ulimit soft limit must be less than or equal to hard limit: %lld > %lld",
			(long long)ret->soft, (long long)ret->hard);
	return 0;
}

int set_ulimit(void *target, const char *value, struct error *err)
{
	struct host_config *hc = target;
	struct ulimit limit = { NULL, 0, 0 };
	const char *eq = strchr(value, '=');
	cleanup_free char *name = eq ? xstrndup(value, eq - value) : NULL;
	struct ulimit *old = NULL;
	int r;

	if (!name)
		return error_set(err, ERR_INVALID, 0, "invalid ulimit argument: %s", value);
	r = parse_ulimit(name, eq + 1, &limit, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < hc->n_ulimits; i++)
		if (strcmp(hc->ulimits[i].name, name) == 0)
			old = &hc->ulimits[i];
	if (!old) {
		hc->ulimits = xrealloc(hc->ulimits, hc->n_ulimits + 1, sizeof(*hc->ulimits));
		old = &hc->ulimits[hc->n_ulimits++];
		old->name = take_ptr(name);
	}
	old->soft = limit.soft;
	old->hard = limit.hard;
	return 0;
}

static void set_gpu_field(struct device_request *req, const char *field)
{
	const char *eq = strchr(field, '=');
	int64_t count;

	if (strncmp(field, "driver=", 7) == 0)
		req->driver = xstrdup(eq + 1);
	else if (strncmp(field, "device=", 7) == 0)
		req->device_ids = strv_split(eq + 1, ',');
	else if (strcmp(field, "all") == 0 || strcmp(field, "count=all") == 0)
		req->count = -1;
	else if (parse_i64(eq ? eq + 1 : field, &count) == 0)
		req->count = count;
}

int set_gpus(void *target, const char *value, struct error *err)
{
	struct host_config *hc = target;
	cleanup(strv_release) char **fields = NULL;
	struct device_request req = { .count = 0 };
	int r = csv_split(value, &fields, err);

	if (r < 0)
		return r;
	for (char **f = fields; *f; f++)
		set_gpu_field(&req, *f);
	if (req.count == 0 && !req.device_ids)
		req.count = 1;
	req.capabilities = xcalloc(1, sizeof(*req.capabilities));
	req.n_capabilities = 1;
	strv_push(&req.capabilities[0].items, "gpu");
	hc->device_requests = xrealloc(hc->device_requests, hc->n_device_requests + 1, sizeof(req));
	hc->device_requests[hc->n_device_requests++] = req;
	return 0;
}
