/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options of run and create. What is only a field of the request is written straight into it;
 * the rest is kept here until run_options_finish has made the request whole.
 */
#pragma once

#include "base/args.h"
#include "cli/network-spec.h"
#include "wire/container.h"

struct health_flags {
	char *cmd, *on_failure;
	struct opt_i64 retries;
	int64_t interval, timeout, start_period, start_interval; /* ns, 0 not given */
	bool none;
};

struct run_options {
	struct container_create_request
		request; /* .host_config, .config: many options point into it */

	char **attach; /* "stdin" "stdout" "stderr"                             */
	char **env, **env_files;
	char **labels, **label_files;
	char **volumes, **devices, **publish, **expose;
	char **security_opts, **log_opts, **storage_opts;
	char *entrypoint; /* NULL not given; "" resets the image's                 */
	char *restart;
	struct network_list networks;
	struct network_extras network_extras;
	struct health_flags health;
	int64_t memory_swappiness; /* -1 not given                                          */
	bool oom_kill_disable;
	struct opt_i64 pids_limit;
	bool use_api_socket, disable_content_trust;
	int64_t kernel_memory, io_maxbandwidth;

	char *name, *platform, *pull; /* of the create call                                    */
	bool quiet;

	bool detach, sig_proxy; /* run alone                                             */
	char *detach_keys;
};

extern const struct arg_spec run_options_spec; /* options shared by run and create */

void run_options_release(struct run_options *o);

/* Check all options together and fill o->request from them, the image and the command (argv; with
 * --rootfs there is no image and argv is the command). */
must_check int run_options_finish(struct run_options *o, char *const *argv, struct error *err);
