/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What -v, --mount and --tmpfs ask for, in one list. The texts stay in the HostConfig as they came;
 * create checks them through here, spec and inspect read them through here.
 */
#pragma once

#include "wire/container.h"

enum mount_kind { MOUNT_BIND, MOUNT_TMPFS };

struct container_mount {
	enum mount_kind kind;
	char *source; /* bind: absolute host path                                    */
	char *target; /* absolute, cleaned                                           */
	char *mode;   /* what stood behind the second colon of -v, "" none           */
	bool rw, recursive;
	bool create_source; /* -v makes a missing source directory, --mount refuses        */
	char *propagation;  /* bind: "rprivate", "rslave", …                               */
	char **options;	    /* tmpfs: mount options as given                               */
	bool from_mounts;   /* --mount: tmpfs of it are shown by inspect, --tmpfs ones not */
};

struct mount_list {
	struct container_mount *items;
	size_t n;
};

void mount_list_release(struct mount_list *list);

/* All of them, sorted so that a parent comes before what lies in it. ERR_INVALID in Docker's words
 * for a bad one and for two on one target; ERR_NOT_IMPLEMENTED for named volumes. */
must_check int mount_list_read(const struct host_config *host, struct mount_list *ret,
			       struct error *err);

/* Look at the sources on the host: at create (make: false) and at start (make what -v may make). */
must_check int mount_list_sources(const struct mount_list *list, bool make, struct error *err);
