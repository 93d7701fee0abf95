/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The image config (image-spec 1.1 config.md, with Docker's additions). The exact bytes are the
 * image's identity and are kept by the store; this is what they say.
 */
#pragma once

#include "base/json.h"

struct image_health { /* Docker's Healthcheck; times in ns, 0 default */
	char **test;  /* ["NONE"], ["CMD", …], ["CMD-SHELL", "…"]     */
	int64_t interval, timeout, start_period, start_interval;
	int64_t retries;
};

struct image_run_config { /* member "config" */
	char *hostname, *domainname, *user;
	char **exposed_ports; /* set: "80/tcp"               */
	char **env;
	char **cmd, **entrypoint; /* NULL none                   */
	char **volumes;		  /* set of paths                */
	char *working_dir;
	struct strmap labels;
	char *stop_signal;
	struct opt_i64 stop_timeout;
	struct image_health *healthcheck;
	char **on_build, **shell;
	bool args_escaped;
};

struct image_history {
	int64_t created;
	char *created_by, *author, *comment;
	bool empty_layer;
};

struct image_rootfs {
	char *type;	 /* "layers"     */
	char **diff_ids; /* bottom first */
};

struct image_config {
	char *architecture, *variant, *os, *os_version;
	char **os_features;
	int64_t created;
	char *author;
	struct image_run_config config;
	struct image_rootfs rootfs;
	struct image_history *history;
	size_t n_history;
};

extern const struct json_shape image_config_shape;
extern const struct json_shape image_run_config_shape;

/* Decoded and checked: diff-ids well formed, rootfs.type "layers". ERR_INVALID. */
must_check int image_config_decode(const char *text, size_t len, struct image_config *ret,
				   struct error *err);
void image_config_release(struct image_config *config);
