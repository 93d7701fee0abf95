/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The volumes of a container: what was asked for by -v, --mount, --volumes-from and the image's
 * VOLUME becomes rows (store/volumes.h) when it is created, and those count from then on.
 */
#pragma once

#include "engine/instance.h"
#include "engine/mounts.h"
#include "store/volumes.h"

/* What the rows of a new container will be: volumes of its own, those its image declares, and what
 * other containers have. Names for the nameless are chosen here. */
must_check int volume_mounts_plan(struct engine *e, const struct container_config *config,
				  const struct host_config *host, struct mount_list *ret,
				  struct error *err);
/* In the transaction that makes the container: volumes that are missing, and the rows. */
must_check int volume_mounts_insert(struct engine *e, const char *container_id,
				    const struct mount_list *plan, struct error *err);
/* After it: fill empty volumes with what the image has there. lower: uppermost first. */
must_check int volume_mounts_populate(struct engine *e, const struct instance *in,
				      const struct mount_list *plan, char *const *lower,
				      struct error *err);

/* All mounts of a container that exists: binds and tmpfs as its HostConfig says, volumes by its
 * rows (n of them; others than its own are passed over). */
must_check int volume_mounts_join(const struct engine *e, const char *container_id,
				  const struct host_config *host,
				  const struct volume_mount_record *rows, size_t n,
				  struct mount_list *ret, struct error *err);
/* The same, rows read from the store: if there can be any. */
must_check int volume_mounts_read(struct engine *e, const char *container_id,
				  const struct container_config *config,
				  const struct host_config *host, struct mount_list *ret,
				  struct error *err);
