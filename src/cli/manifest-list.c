/* SPDX-License-Identifier: Apache-2.0 */
/* The files of manifest lists in the making. */
#include "cli/manifest-list.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "client/config-dir.h"
#include "sys/file.h"

enum {
	MEMBER_FILE_MAX = 16 * 1024 * 1024,
	MEMBERS_MAX = 4096,
};

static const struct json_field manifest_member_fields[] = {
	FIELD_STR(struct manifest_member, ref, "Ref"),
	FIELD_OBJ(struct manifest_member, descriptor, "Descriptor", &image_descriptor_shape),
	FIELD_STR_OMIT(struct manifest_member, raw, "Raw"),
	FIELD_FLAGS(struct manifest_member, schema2, "SchemaV2Manifest", JSON_RAW, char *,
		    JSON_OMIT_EMPTY),
	FIELD_FLAGS(struct manifest_member, oci, "OCIManifest", JSON_RAW, char *, JSON_OMIT_EMPTY),
	FIELD_STR_OMIT(struct manifest_member, list, "List"),
};
const struct json_shape manifest_member_shape =
	JSON_SHAPE(struct manifest_member, manifest_member_fields, 0);

void manifest_members_release(struct manifest_members *members)
{
	json_release_array(&manifest_member_shape, members->items, members->n);
	*members = (struct manifest_members){ 0 };
}

struct manifest_member *manifest_members_add(struct manifest_members *members)
{
	members->items = xrealloc(members->items, members->n + 1, sizeof(*members->items));
	members->items[members->n] = (struct manifest_member){ 0 };
	return &members->items[members->n++];
}

struct manifest_member *manifest_members_find(const struct manifest_members *members,
					      const struct reference *ref)
{
	cleanup(strbuf_release) struct strbuf name = STRBUF_INIT;

	reference_string(ref, &name);
	for (size_t i = 0; i < members->n; i++) {
		if (members->items[i].ref && strcmp(members->items[i].ref, name.data) == 0)
			return &members->items[i];
	}
	return NULL;
}

/* A reference as the name of a file; owned. */
static char *file_name(const struct reference *ref)
{
	struct strbuf name = STRBUF_INIT;

	reference_string(ref, &name);
	for (char *p = name.data; *p != '\0'; p++) {
		if (*p == ':')
			*p = '-';
		else if (*p == '/')
			*p = '_';
	}
	return strbuf_take(&name);
}

/* The directory of all lists, or of one; owned. */
static int dir_of(const struct reference *list, char **ret, struct error *err)
{
	cleanup_free char *config = client_config_dir(), *name = NULL;

	if (!config)
		return error_set(err, ERR_SYSTEM, 0, "neither DOCKER_CONFIG nor HOME is set");
	name = list ? file_name(list) : xstrdup("");
	*ret = xasprintf("%s/manifests/%s", config, name);
	return 0;
}

int manifest_no_such(const struct reference *ref, struct error *err)
{
	cleanup(strbuf_release) struct strbuf name = STRBUF_INIT;

	reference_string(ref, &name);
	return error_set(err, ERR_NOT_FOUND, 0, "No such manifest: %s", name.data);
}

static int check_member(const struct reference *list, const char *path,
			const struct manifest_member *member, struct error *err)
{
	cleanup(strbuf_release) struct strbuf name = STRBUF_INIT;
	cleanup(reference_release) struct reference ref = REFERENCE_INIT;
	int r;

	if (!member->ref || (!member->schema2 && !member->oci))
		return error_set(err, ERR_INVALID, 0, "%s is not a member of a manifest list",
				 path);
	r = reference_parse(member->ref, &ref, err);
	if (r < 0)
		return error_prefix(err, "%s", path);
	reference_string(list, &name);
	if (member->list && strcmp(member->list, name.data) != 0)
		return error_set(err, ERR_CONFLICT, 0,
				 "the manifest list %s stands where %s would be kept: push or "
				 "remove it first",
				 member->list, name.data);
	return 0;
}

static int read_member(const struct reference *list, const char *dir, const char *name,
		       struct manifest_members *members, struct error *err)
{
	cleanup_free char *path = xasprintf("%s/%s", dir, name), *text = NULL;
	struct manifest_member *member;
	size_t len;
	int r = file_read_at(AT_FDCWD, path, MEMBER_FILE_MAX, &text, &len);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "read '%s'", path);
	if (members->n >= MEMBERS_MAX)
		return error_set(err, ERR_INVALID, 0, "%s: more than %d manifests", dir,
				 MEMBERS_MAX);
	member = manifest_members_add(members);
	r = json_decode(&manifest_member_shape, text, len, member, err);
	return r < 0 ? error_prefix(err, "%s", path) : check_member(list, path, member, err);
}

static int read_members(const struct reference *list, const char *dir, struct dirent **names, int n,
			struct manifest_members *ret, struct error *err)
{
	cleanup(manifest_members_release) struct manifest_members members = { 0 };
	int r = 0;

	for (int i = 0; r >= 0 && i < n; i++) {
		if (names[i]->d_name[0] != '.')
			r = read_member(list, dir, names[i]->d_name, &members, err);
	}
	if (r < 0)
		return r;
	*ret = members;
	members = (struct manifest_members){ 0 };
	return ret->n > 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int manifest_list_read(const struct reference *list, bool want, struct manifest_members *ret,
		       struct error *err)
{
	cleanup_free char *dir = NULL;
	struct dirent **names = NULL;
	int n, r = dir_of(list, &dir, err);

	if (r < 0)
		return r;
	n = scandir(dir, &names, NULL, by_bytes);
	if (n < 0 && errno != ENOENT)
		return error_set(err, ERR_SYSTEM, errno, "read '%s'", dir);
	r = n < 0 ? 0 : read_members(list, dir, names, n, ret, err);
	for (int i = 0; i < n; i++)
		free(names[i]);
	free(names);
	return r == 0 && want ? manifest_no_such(list, err) : r;
}

/* A member is there whole or not at all; what is on its way stands beside the lists, hidden. */
static int write_member(const struct manifest_member *member, const char *root, const char *dir,
			struct error *err)
{
	cleanup_free char *temp = xasprintf("%s.member.%d", root, (int)getpid());
	cleanup_free char *name = NULL, *path = NULL;
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	cleanup(reference_release) struct reference ref = REFERENCE_INIT;
	int r = reference_parse(member->ref, &ref, err);

	if (r < 0)
		return r;
	name = file_name(&ref);
	path = xasprintf("%s/%s", dir, name);
	json_encode(&manifest_member_shape, member, &text);
	r = file_replace_at(AT_FDCWD, temp, text.data, text.len, 0644);
	if (r >= 0 && rename(temp, path) < 0) {
		r = -errno;
		(void)unlink(temp);
	}
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "write '%s'", path) : 0;
}

int manifest_list_save(const struct reference *list, const struct manifest_members *members,
		       struct error *err)
{
	cleanup(strbuf_release) struct strbuf name = STRBUF_INIT;
	cleanup_free char *root = NULL, *dir = NULL;
	int r = dir_of(NULL, &root, err);

	if (r >= 0)
		r = dir_of(list, &dir, err);
	if (r < 0)
		return r;
	r = dir_make_all_at(AT_FDCWD, dir, 0755);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "make '%s'", dir);
	reference_string(list, &name);
	for (size_t i = 0; r >= 0 && i < members->n; i++) {
		struct manifest_member member = members->items[i];

		member.list = name.data;
		r = write_member(&member, root, dir, err);
	}
	if (r < 0)
		(void)rmdir(dir); /* a list without members is none */
	return r;
}

int manifest_list_remove(const struct reference *list, struct error *err)
{
	cleanup(manifest_members_release) struct manifest_members members = { 0 };
	cleanup_free char *dir = NULL;
	int r = manifest_list_read(list, true, &members, err);

	if (r >= 0)
		r = dir_of(list, &dir, err);
	if (r < 0)
		return r;
	r = dir_remove_all_at(AT_FDCWD, dir);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "remove '%s'", dir) : 0;
}
