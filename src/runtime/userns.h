/* SPDX-License-Identifier: Apache-2.0 */
/* What a user namespace asks of the parent, see userns.c. */
#pragma once

#include "runtime/launch.h"

struct clone_args;

/* A new one, or one that is joined. */
bool userns_is_used(const struct launch *l);
/* The child has to be born in the one that is joined: other namespaces shall belong to it. */
bool userns_is_entered_first(const struct launch *l);
/* As clone3 with @args, by way of the user namespace l->ns_fd[NS_USER]: the child's pid as the host
 * sees it (its pidfd in l->pidfd), 0 in the child, -errno. */
must_check long userns_clone(struct launch *l, const struct clone_args *args);
/* When the child was born in one that is joined: linux.uidMappings and gidMappings, if the config
 * has them, must be those of it. userns-maps.c */
must_check int userns_check_maps(const struct launch *l, struct error *err);
/* Pipes and sockets that the process gets as its stdio come to belong to its user, so that it can
 * open them again as /dev/stdout: the child may not, our ids are not mapped there. Best effort. */
void userns_give_stdio(const struct launch *l);
