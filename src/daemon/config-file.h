/* SPDX-License-Identifier: Apache-2.0 */
/* daemon.json as it is written: Docker's keys. A key that is not known is refused by name. */
#pragma once

#include "base/json.h"

struct config_runtime {
	char *key, *path;
	char **runtime_args;
};

struct config_proxies {
	char *http_proxy, *https_proxy, *no_proxy;
};

/* Images that go by themselves. */
struct config_cleanup {
	char *max_age; /* "720h" */
	struct opt_i64 high_water, low_water;
};

struct config_file {
	char *data_root, *storage_driver, *exec_root, *bridge, *bip, *group, *pidfile, *log_level,
		*log_format, *metrics_addr, *log_driver;
	char *cgroup_parent, *default_registry, *default_runtime, *userns_remap;
	char **hosts, **dns, **insecure_registries, **labels, **mirrors, **search;
	struct config_proxies *proxies; /* NULL none */
	struct strmap log_opts;
	struct config_runtime *runtimes;
	size_t n_runtimes;
	struct opt_i64 max_concurrent_downloads, max_concurrent_uploads;
	struct config_cleanup *image_cleanup;
	struct opt_bool tls;
	char *tls_ca, *tls_cert, *tls_key;
	bool debug, tls_verify, keep_compressed;
};

/* A missing file is an empty one unless required. */
must_check int config_file_read(const char *path, bool required, struct config_file *ret,
				struct error *err);
void config_file_release(struct config_file *file);
