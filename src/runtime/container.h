/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A container as the runtime remembers it: <root>/<id>/, 0700.
 *
 *	state.json	struct container, written once, when the process is there
 *	config.json	the config that it was made from
 *	start.sock	there while it is created: the child listens, start connects (and removes
 *it)
 *
 * A directory without state.json is one that is being made, or that was left by a create that was
 *killed: delete --force removes it. Processes are named by pid and start time, so that a reused pid
 *is never taken for the container.
 */
#pragma once

#include "oci/runtime-spec.h"

enum container_status {
	CONTAINER_CREATING,
	CONTAINER_CREATED,
	CONTAINER_RUNNING,
	CONTAINER_PAUSED,
	CONTAINER_STOPPED,
};

struct container {
	char *oci_version, *id, *bundle, *rootfs, *created, *owner;
	int64_t pid;
	uint64_t pid_start;
	char *cgroup_path; /* in each hierarchy; NULL: it has none (rootless) */
	char *cgroup_unit; /* systemd's name of it */
	bool cgroup_systemd, rootless;
	bool late_hooks; /* poststart or poststop: start and delete need the config */
	struct strmap annotations;
	int dir_fd; /* <root>/<id>; this and what follows is not in JSON */
	int root_fd;
	bool half_made;		 /* there is no state.json */
	struct oci_spec *config; /* owned; NULL until container_config has read it */
};

#define CONTAINER_INIT                                                                             \
	{                                                                                          \
		.dir_fd = -1, .root_fd = -1                                                        \
	}

/* Letters, digits, "_", "+", "-", ".": what runc allows. */
must_check int container_check_id(const char *id, struct error *err);
/* mkdir <root>/<id>. ERR_CONFLICT: "container with given ID already exists". */
must_check int container_make(const char *root, const char *id, struct container *ret,
			      struct error *err);
/* ERR_NOT_FOUND: "container does not exist". */
must_check int container_open(const char *root, const char *id, struct container *ret,
			      struct error *err);
must_check int container_save(struct container *c, struct error *err);
must_check int container_load_config(const struct container *c, struct oci_spec *ret,
				     struct error *err);
/* The same, read once and kept with the container. */
must_check int container_config(struct container *c, const struct oci_spec **ret,
				struct error *err);
void container_unload(struct container *c);

enum container_status container_status(const struct container *c);
const char *container_status_word(enum container_status status);
/* A pidfd of the init process; -ESRCH when it is gone. */
must_check int container_pidfd(const struct container *c);
/* The state as runc prints it, and as hooks get it (@status NULL: the real one). */
void container_state_json(const struct container *c, const char *status, bool for_hooks,
			  struct strbuf *out);
/* Who made it, by name, or "#uid" when it has none; owned. */
char *container_owner(const struct container *c);
/* Remove the record. */
must_check int container_forget(const struct container *c, struct error *err);
