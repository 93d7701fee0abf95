/* SPDX-License-Identifier: Apache-2.0 */
/* Setters for options whose values are checked as they are read (base/args.h, ARG_FUNC). The
 * comment tells the member that target must be. */
#pragma once

#include "base/error.h"

int set_env(void *target, const char *value,
	    struct error *err); /* char **: NAME=value, or NAME of our own */
int set_attach(void *target, const char *value,
	       struct error *err); /* char **: "stdin" "stdout" "stderr" */
int set_capability(void *target, const char *value,
		   struct error *err); /* char **: "CAP_NET_RAW", "ALL" */
int set_label(void *target, const char *value, struct error *err);    /* char ** */
int set_map_pair(void *target, const char *value, struct error *err); /* struct strmap */
int set_sysctl(void *target, const char *value, struct error *err);   /* struct strmap */
int set_tmpfs(void *target, const char *value,
	      struct error *err);				 /* struct strmap: PATH[:OPTIONS] */
int set_dns(void *target, const char *value, struct error *err); /* char **: addresses */
int set_dns_search(void *target, const char *value, struct error *err); /* char **: domains */
int set_add_host(void *target, const char *value, struct error *err);	/* char **: NAME:IP */
int set_link(void *target, const char *value, struct error *err);	/* char ** */
int set_link_local(void *target, const char *value, struct error *err); /* char ** */
int set_ip4(void *target, const char *value, struct error *err);	/* char * */
int set_ip6(void *target, const char *value, struct error *err);	/* char * */
int set_cpus(void *target, const char *value, struct error *err); /* int64_t: nano CPUs of "1.5" */
int set_memory_swap(void *target, const char *value, struct error *err);  /* int64_t: bytes or -1 */
int set_blkio_weight(void *target, const char *value, struct error *err); /* int64_t */
int set_device_rule(void *target, const char *value, struct error *err);  /* char ** */

/* --restart: "always", "on-failure:3" into a zero-filled policy; the engine checks the name. */
struct restart_policy;
must_check int restart_parse(const char *text, struct restart_policy *ret, struct error *err);

/* These take the whole struct host_config. */
int set_ulimit(void *target, const char *value, struct error *err);
int set_mount(void *target, const char *value, struct error *err);
int set_weight_device(void *target, const char *value, struct error *err);
int set_read_bps(void *target, const char *value, struct error *err);
int set_write_bps(void *target, const char *value, struct error *err);
int set_read_iops(void *target, const char *value, struct error *err);
int set_write_iops(void *target, const char *value, struct error *err);
int set_gpus(void *target, const char *value, struct error *err);
