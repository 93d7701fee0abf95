/* SPDX-License-Identifier: Apache-2.0 */
/* Id mappings of user namespaces. -errno idiom. */
#pragma once

#include <sys/types.h>

#include "base/macros.h"

struct idmap {
	uint32_t inside, outside, size;
};

/* Write the maps of the process @pid_proc (an open /proc/PID). Without root a gid map needs "deny"
 * in setgroups, which is written then. */
must_check int idmap_write(int pid_proc, const struct idmap *uids, size_t n_uids,
			   const struct idmap *gids, size_t n_gids);
/* A user namespace that exists only for its maps (idmapped mounts). Fd, owned. */
must_check int idmap_userns(const struct idmap *uids, size_t n_uids, const struct idmap *gids,
			    size_t n_gids);
/* The same, and a network namespace that belongs to it. -ENOSPC: the machine allows no (more) user
 * namespaces (user.max_user_namespaces). */
must_check int idmap_userns_and_net(const struct idmap *uids, size_t n_uids,
				    const struct idmap *gids, size_t n_gids, int *ret_userns,
				    int *ret_netns);
/* A network namespace that belongs to the user namespace @userns_fd. Fd, owned. */
must_check int idmap_net_of(int userns_fd);
/* The id outside that @inside is mapped to; -ERANGE when it is not mapped. */
must_check int idmap_outside(const struct idmap *map, size_t n, uint32_t inside, uint32_t *ret);
/* The other way round. */
must_check int idmap_inside(const struct idmap *map, size_t n, uint32_t outside, uint32_t *ret);
