/* SPDX-License-Identifier: Apache-2.0 */
/* The namespaces that a start makes or borrows: network with its endpoints, pid and ipc of
 * others. */
#pragma once

#include "engine/instance.h"
#include "store/idmaps.h"

struct start_spaces {
	struct idmaps maps; /* of its user namespace; empty: the host's      */
	int userns_fd;	    /* it, or that of whom it shares with; -1: none  */
	int netns_fd;	    /* -1: the host's                                */
	struct endpoint *endpoints;
	size_t n_endpoints;
	bool resolver;		   /* 127.0.0.11 answers in it                      */
	char *resolver_name;	   /* who, see network/resolver.h; NULL none        */
	char *net_peer;		   /* id of container:X; NULL none                  */
	int pid_fd, ipc_fd;	   /* of container:X; -1: own or the host's         */
	char *pid_path, *ipc_path; /* "/proc/PID/ns/pid": the same, by its name     */
	char *shm_path;		   /* a shared /dev/shm on the host; NULL none      */
};

#define START_SPACES_INIT                                                                          \
	{                                                                                          \
		.userns_fd = -1, .netns_fd = -1, .pid_fd = -1, .ipc_fd = -1                        \
	}

must_check int start_spaces_open(struct engine *e, const struct container *rec,
				 const struct container_config *config,
				 const struct host_config *host,
				 const struct networking_config *networking,
				 struct start_spaces *ret, struct error *err);
/* Memory and fds; leases and links are given back by reap_kernel. */
void start_spaces_release(struct start_spaces *s);

/* The network namespace of a container that runs. */
must_check int container_netns_open(struct engine *e, const char *id, int *ret_fd,
				    struct error *err);

/* "container:X" -> X, else NULL. */
const char *mode_container(const char *mode);
