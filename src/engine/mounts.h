/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What -v, --mount and --tmpfs ask for, in one list. The texts stay in the HostConfig as they came;
 * create checks them through here, spec and inspect read them through here.
 */
#pragma once

#include "wire/container.h"

enum mount_kind { MOUNT_BIND, MOUNT_TMPFS, MOUNT_VOLUME };

struct container_mount {
	enum mount_kind kind;
	char *source; /* bind: absolute host path                                    */
	char *target; /* absolute, cleaned                                           */
	char *mode;   /* what stood behind the second colon of -v, "" none           */
	bool rw, recursive;
	bool create_source;   /* -v makes a missing source directory, --mount refuses        */
	char *propagation;    /* bind: "rprivate", "rslave", …                               */
	char **options;	      /* tmpfs: mount options as given                               */
	bool from_mounts;     /* --mount: tmpfs of it are shown by inspect, --tmpfs ones not */
	char *volume;	      /* volume: its name; NULL: one without a name is to be made    */
	struct strmap labels; /* volume: for one that is to be made                        */
	bool named;	      /* volume: somebody chose the name                           */
	bool copy;	      /* volume: an empty one gets what the image has there        */
};

struct mount_list {
	struct container_mount *items;
	size_t n;
};

void mount_list_release(struct mount_list *list);

/* All of them, sorted so that a parent comes before what lies in it. ERR_INVALID in Docker's words
 * for a bad one and for two on one target. Volumes are as they were asked for: those of a container
 * that exists are in its records (engine/volume-mounts.h). */
must_check int mount_list_read(const struct host_config *host, struct mount_list *ret,
			       struct error *err);
/* Append *m, which is taken over; sort again, and refuse two on one target. */
void mount_list_add(struct mount_list *list, struct container_mount *m);
must_check int mount_list_order(struct mount_list *list, struct error *err);
/* Drop the i-th. */
void mount_list_drop(struct mount_list *list, size_t i);
/* NULL when nothing is mounted there. */
struct container_mount *mount_list_find(const struct mount_list *list, const char *target);
/* target must be absolute and not "/". Owned, cleaned. */
must_check int mount_target(const char *type, const char *target, char **ret, struct error *err);

/* Look at the sources on the host: at create (make: false) and at start (make what -v may make). */
must_check int mount_list_sources(const struct mount_list *list, bool make, struct error *err);
