/* SPDX-License-Identifier: Apache-2.0 */
/* --user and --group-add: names become numbers by the container's own /etc/passwd and /etc/group.
 * */
#pragma once

#include "engine/engine.h"

struct user_identity {
	uint32_t uid, gid;
	uint32_t *groups; /* supplementary, the primary first; owned */
	size_t n_groups;
	char *home; /* owned, never NULL: "/" when not known  */
};

void user_identity_release(struct user_identity *user);

/* user: "", "name", "uid", each with ":group" or ":gid". group_add: names or numbers, NULL none.
 * passwd, group: contents of the files, NULL when missing. Lines that are malformed are not there;
 * numbers are 0 … 2147483647. ERR_INVALID. */
must_check int users_resolve(const char *user, char *const *group_add, const char *passwd,
			     const char *group, struct user_identity *ret, struct error *err);

/* The same with the files read through the container's own directory and its layers, uppermost
 * first. */
must_check int users_resolve_in(struct engine *e, char *const *dirs, const char *user,
				char *const *group_add, struct user_identity *ret,
				struct error *err);
