/* SPDX-License-Identifier: Apache-2.0 */
/* passwd(5) and group(5) as the image has them: bounded, strictly parsed, never by libc's NSS. */
#include "engine/users.h"

#include <errno.h>
#include <string.h>

#include "base/parse.h"
#include "base/strbuf.h"
#include "base/strv.h"
#include "engine/rootview.h"

enum { USERS_FILE_MAX = 4 << 20, GROUPS_MAX = 1024 };

#define ID_MAX 2147483647U

void user_identity_release(struct user_identity *user)
{
	free(user->groups);
	free(user->home);
	*user = (struct user_identity){ 0 };
}

static void user_add_group(struct user_identity *user, uint32_t gid)
{
	for (size_t i = 0; i < user->n_groups; i++) {
		if (user->groups[i] == gid)
			return;
	}
	if (user->n_groups >= GROUPS_MAX)
		return;
	user->groups = xrealloc(user->groups, user->n_groups + 1, sizeof(*user->groups));
	user->groups[user->n_groups++] = gid;
}

static bool id_parse(const char *str, uint32_t *ret)
{
	uint32_t id;

	if (parse_u32(str, &id) < 0 || id > ID_MAX)
		return false;
	*ret = id;
	return true;
}

/* The next line's fields; NULL at the end. */
static char **line_fields(const char **text)
{
	cleanup_free char *line = NULL;
	size_t len;

	if (!*text || **text == '\0')
		return NULL;
	len = strcspn(*text, "\n");
	line = xstrndup(*text, len);
	*text += len + ((*text)[len] == '\n');
	return strv_split(line, ':');
}

struct passwd_match {
	char *name;
	bool found;
};

/* The first entry that fits: by name, by number, or for "" that of uid 0. */
static void passwd_find(const char *passwd, const char *want, struct passwd_match *ret,
			struct user_identity *user)
{
	uint32_t want_id = 0, uid, gid;
	bool numeric = want[0] == '\0' || id_parse(want, &want_id);

	for (;;) {
		cleanup(strv_release) char **f = line_fields(&passwd);

		if (!f)
			return;
		if (strv_len(f) < 7 || !id_parse(f[2], &uid) || !id_parse(f[3], &gid))
			continue;
		if (!(numeric && uid == want_id) && !(want[0] && strcmp(f[0], want) == 0))
			continue;
		user->uid = uid;
		user->gid = gid;
		free(user->home);
		user->home = xstrdup(f[5][0] ? f[5] : "/");
		*ret = (struct passwd_match){ xstrdup(f[0]), true };
		return;
	}
}

static bool group_find(const char *group, const char *want, uint32_t *ret)
{
	uint32_t want_id = 0, gid;
	bool numeric = id_parse(want, &want_id);

	for (;;) {
		cleanup(strv_release) char **f = line_fields(&group);

		if (!f)
			break;
		if (strv_len(f) < 3 || !id_parse(f[2], &gid))
			continue;
		if (strcmp(f[0], want) == 0 || (numeric && gid == want_id)) {
			*ret = gid;
			return true;
		}
	}
	if (numeric)
		*ret = want_id;
	return numeric;
}

/* All groups that list the user as a member. */
static void group_memberships(const char *group, const char *name, struct user_identity *user)
{
	uint32_t gid;

	for (;;) {
		cleanup(strv_release) char **f = line_fields(&group);
		cleanup(strv_release) char **members = NULL;

		if (!f)
			return;
		if (strv_len(f) < 4 || !id_parse(f[2], &gid))
			continue;
		members = strv_split(f[3], ',');
		if (strv_contains(members, name))
			user_add_group(user, gid);
	}
}

static int groups_resolve(const char *group_arg, char *const *group_add, const char *name,
			  const char *group, struct user_identity *user, struct error *err)
{
	uint32_t gid;

	if (group_arg && group_arg[0] && !group_find(group, group_arg, &user->gid))
		return error_set(err, ERR_INVALID, 0,
				 "unable to find group %s: no matching entries in group file",
				 group_arg);
	user_add_group(user, user->gid);
	if (name && !(group_arg && group_arg[0]))
		group_memberships(group, name, user);
	for (size_t i = 0; group_add && group_add[i]; i++) {
		if (!group_find(group, group_add[i], &gid))
			return error_set(err, ERR_INVALID, 0,
					 "unable to find group %s: no matching entries in group "
					 "file",
					 group_add[i]);
		user_add_group(user, gid);
	}
	return 0;
}

int users_resolve(const char *user, char *const *group_add, const char *passwd, const char *group,
		  struct user_identity *ret, struct error *err)
{
	const char *colon = user ? strchr(user, ':') : NULL;
	cleanup_free char *name = colon ? xstrndup(user, (size_t)(colon - user))
					: xstrdup(user ? user : "");
	cleanup(user_identity_release) struct user_identity id = { .home = xstrdup("/") };
	struct passwd_match match = { NULL, false };
	cleanup_free char *matched = NULL;
	int r;

	passwd_find(passwd, name, &match, &id);
	matched = match.name;
	if (!match.found && name[0] && !id_parse(name, &id.uid))
		return error_set(err, ERR_INVALID, 0,
				 "unable to find user %s: no matching entries in passwd file",
				 name);
	r = groups_resolve(colon ? colon + 1 : NULL, group_add, matched, group, &id, err);
	if (r < 0)
		return r;
	*ret = id;
	id = (struct user_identity){ 0 };
	return 0;
}

static int users_read(const struct rootview *view, const char *path, char **ret, struct error *err)
{
	int r = rootview_read(view, path, USERS_FILE_MAX, ret);

	if (r == -ENOENT || r == -ENOTDIR)
		return 0;
	return r < 0 ? error_set(err, ERR_INVALID, -r, "read /%s of the container: %s", path,
				 strerror(-r))
		     : 0;
}

int users_resolve_in(struct engine *e, char *const *dirs, const char *user, char *const *group_add,
		     struct user_identity *ret, struct error *err)
{
	cleanup_free char *passwd = NULL, *group = NULL;
	struct rootview *view = NULL;
	int r = rootview_open(dirs, &view);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "look into the container's root");
	r = users_read(view, "etc/passwd", &passwd, err);
	if (r >= 0)
		r = users_read(view, "etc/group", &group, err);
	rootview_free(view, e);
	return r < 0 ? r : users_resolve(user, group_add, passwd, group, ret, err);
}
