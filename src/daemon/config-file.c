/* SPDX-License-Identifier: Apache-2.0 */
/* daemon.json. */
#include "daemon/config-file.h"

#include <errno.h>
#include <fcntl.h>

#include "sys/file.h"

enum { CONFIG_FILE_MAX = 1024 * 1024 };

static const struct json_field config_runtime_fields[] = {
	FIELD_STR(struct config_runtime, path, "path"),
	FIELD_STRV(struct config_runtime, runtime_args, "runtimeArgs"),
};
static const struct json_shape config_runtime_shape =
	JSON_SHAPE(struct config_runtime, config_runtime_fields, JSON_SHAPE_STRICT);

static const struct json_field config_proxies_fields[] = {
	FIELD_STR(struct config_proxies, http_proxy, "http-proxy"),
	FIELD_STR(struct config_proxies, https_proxy, "https-proxy"),
	FIELD_STR(struct config_proxies, no_proxy, "no-proxy"),
};
static const struct json_shape config_proxies_shape =
	JSON_SHAPE(struct config_proxies, config_proxies_fields, JSON_SHAPE_STRICT);

static const struct json_field config_cleanup_fields[] = {
	FIELD_STR(struct config_cleanup, max_age, "max-age"),
	FIELD_OPT_I64(struct config_cleanup, high_water, "high-water"),
	FIELD_OPT_I64(struct config_cleanup, low_water, "low-water"),
};
static const struct json_shape config_cleanup_shape =
	JSON_SHAPE(struct config_cleanup, config_cleanup_fields, JSON_SHAPE_STRICT);

static const struct json_field config_file_fields[] = {
	FIELD_STR(struct config_file, data_root, "data-root"),
	FIELD_STR(struct config_file, storage_driver, "storage-driver"),
	FIELD_STR(struct config_file, exec_root, "exec-root"),
	FIELD_STR(struct config_file, bridge, "bridge"),
	FIELD_STR(struct config_file, bip, "bip"),
	FIELD_STR(struct config_file, group, "group"),
	FIELD_STR(struct config_file, pidfile, "pidfile"),
	FIELD_STR(struct config_file, log_level, "log-level"),
	FIELD_STR(struct config_file, log_format, "log-format"),
	FIELD_STR(struct config_file, metrics_addr, "metrics-addr"),
	FIELD_STR(struct config_file, log_driver, "log-driver"),
	FIELD_STR(struct config_file, cgroup_parent, "cgroup-parent"),
	FIELD_STR(struct config_file, default_registry, "default-registry"),
	FIELD_STR(struct config_file, default_runtime, "default-runtime"),
	FIELD_STR(struct config_file, userns_remap, "userns-remap"),
	FIELD_STRV(struct config_file, hosts, "hosts"),
	FIELD_STRV(struct config_file, dns, "dns"),
	FIELD_STRV(struct config_file, insecure_registries, "insecure-registries"),
	FIELD_STRV(struct config_file, mirrors, "registry-mirrors"),
	FIELD_STRV(struct config_file, search, "search-registries"),
	FIELD_OBJP(struct config_file, proxies, "proxies", &config_proxies_shape),
	FIELD_STRV(struct config_file, labels, "labels"),
	FIELD_MAP(struct config_file, log_opts, "log-opts"),
	FIELD_OBJMAP(struct config_file, runtimes, n_runtimes, "runtimes", &config_runtime_shape),
	FIELD_OPT_I64(struct config_file, max_concurrent_downloads, "max-concurrent-downloads"),
	FIELD_OPT_I64(struct config_file, max_concurrent_uploads, "max-concurrent-uploads"),
	FIELD_OBJP(struct config_file, image_cleanup, "image-cleanup", &config_cleanup_shape),
	FIELD_BOOL(struct config_file, keep_compressed, "keep-compressed"),
	FIELD_BOOL(struct config_file, debug, "debug"),
	FIELD_OPT_BOOL(struct config_file, tls, "tls"),
	FIELD_BOOL(struct config_file, tls_verify, "tlsverify"),
	FIELD_STR(struct config_file, tls_ca, "tlscacert"),
	FIELD_STR(struct config_file, tls_cert, "tlscert"),
	FIELD_STR(struct config_file, tls_key, "tlskey"),
};
static const struct json_shape config_file_shape =
	JSON_SHAPE(struct config_file, config_file_fields, JSON_SHAPE_STRICT);

int config_file_read(const char *path, bool required, struct config_file *ret, struct error *err)
{
	cleanup_free char *text = NULL;
	size_t len;
	int r = file_read_at(AT_FDCWD, path, CONFIG_FILE_MAX, &text, &len);

	*ret = (struct config_file){ 0 };
	if (r == -ENOENT && !required)
		return 0;
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "read the configuration '%s'", path);
	r = json_decode(&config_file_shape, text, len, ret, err);
	return r < 0 ? error_prefix(err, "configuration '%s'", path) : 0;
}

void config_file_release(struct config_file *file)
{
	json_release(&config_file_shape, file);
}
