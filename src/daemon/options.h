/* SPDX-License-Identifier: Apache-2.0 */
/* hoyd's command line: what each option sets. Merging it with the file: config.c. */
#pragma once

#include "base/args.h"

/* Filled by args_parse with daemon_option_spec, emptied by args_release. NULL, not set: the file's
 * value or the default counts. */
struct daemon_options {
	char *config_file, *data_root, *exec_root, *group, *log_level, *bridge, *bip, *log_driver,
		*pidfile, *storage_driver, *metrics_addr, *log_format;
	char *cgroup_parent, *default_runtime, *userns_remap, *reap, *probe, *thaw, *resolver;
	char **hosts, **dns, **insecure_registries, **labels, **log_opts, **runtimes, **mirrors;
	char *http_proxy, *https_proxy, *no_proxy;
	struct opt_i64 max_downloads, max_uploads, listen_fd, life_fd;
	struct opt_bool tls;
	char *tls_ca, *tls_cert, *tls_key;
	bool private_engine, version, debug, reset, tls_verify, validate;
};

extern const struct arg_spec daemon_option_spec;
