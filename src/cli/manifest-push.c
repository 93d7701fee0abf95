/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hoy manifest push: blobs of members from other repositories of the registry are mounted into
 * that of the list, then those members' manifests, then the list itself. Whatever fails on the way,
 * the list's name is as it was.
 */
#include <stdio.h>
#include <string.h>

#include "base/strv.h"
#include "cli/command.h"
#include "cli/manifest-list.h"
#include "oci/digest.h"
#include "oci/manifest.h"
#include "sys/fd.h"

struct push_flags {
	bool insecure, purge;
};

static const struct arg_option push_rows[] = {
	ARG_BOOL(struct push_flags, insecure, "insecure", 0, "Allow push to an insecure registry"),
	ARG_BOOL(struct push_flags, purge, "purge", 'p',
		 "Remove the local manifest list after push"),
};

struct list_push {
	struct reference list;
	struct manifest_members members;
	struct registry_talk talk;
};

static void list_push_release(struct list_push *push)
{
	reference_release(&push->list);
	manifest_members_release(&push->members);
	registry_talk_release(&push->talk);
}

/* The repository that a member is in; owned. It was parsed when the list was read. */
static char *member_path(const struct manifest_member *member)
{
	cleanup(reference_release) struct reference ref = REFERENCE_INIT;

	ignore_result(reference_parse(member->ref, &ref, NULL));
	return ref.path ? take_ptr(ref.path) : xstrdup("");
}

static int mount_failed(const struct list_push *push, const char *path, const char *digest,
			struct error *err)
{
	cleanup(strbuf_release) struct strbuf name = STRBUF_INIT;

	reference_string(&push->list, &name);
	return error_set(err, ERR_SYSTEM, 0, "error mounting %s/%s@%s to %s", push->list.domain,
			 path, digest, name.data);
}

static int mount_blob(const struct list_push *push, const char *path, const char *digest,
		      struct error *err)
{
	cleanup(registry_reply_release) struct registry_reply reply = REGISTRY_REPLY_INIT;
	struct fetch_blob blob = { .digest = (char *)digest, .from = (char *)path };
	struct fetch_request question = push->talk.request;
	int r;

	question.action = (char *)"find";
	question.blobs = &blob;
	question.n_blobs = 1;
	r = registry_query(&question, -1, &reply, err);
	if (r >= 0 && (!reply.digest || !*reply.digest))
		r = mount_failed(push, path, digest, err);
	return r;
}

/* Layers of windows may be where no registry has them. */
static int mount_member(const struct list_push *push, const struct manifest_member *member,
			const char *path, struct error *err)
{
	cleanup(manifest_release) struct manifest manifest = { 0 };
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	bool windows = strcmp(member->descriptor.platform->os, "windows") == 0;
	int r = manifest_member_text(member, &text, err);

	if (r >= 0)
		r = manifest_decode(strbuf_str(&text), text.len, &manifest, err);
	if (r >= 0)
		r = mount_blob(push, path, manifest.config.digest, err);
	for (size_t i = 0; r >= 0 && i < manifest.n_layers; i++) {
		r = mount_blob(push, path, manifest.layers[i].digest, windows ? NULL : err);
		if (windows)
			r = 0;
	}
	return r;
}

static int send_manifest(const struct list_push *push, const char *reference,
			 const char *media_type, const struct strbuf *text, struct error *err)
{
	cleanup(registry_reply_release) struct registry_reply reply = REGISTRY_REPLY_INIT;
	struct fetch_request question = push->talk.request;
	cleanup_fd int fd = -1;
	int r = fd_of_text(text->data, text->len, &fd);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "memory file");
	question.action = (char *)"manifest";
	question.reference = (char *)reference;
	question.media_type = (char *)media_type;
	question.size = (int64_t)text->len;
	return registry_query(&question, fd, &reply, err);
}

static int push_member(const struct list_push *push, const struct manifest_member *member,
		       struct error *err)
{
	const char *digest = member->descriptor.digest;
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT, line = STRBUF_INIT;
	int r = manifest_member_text(member, &text, err);

	if (r >= 0)
		r = send_manifest(push, digest, member->descriptor.media_type, &text, err);
	if (r < 0)
		return r;
	strbuf_adds(&line, "Pushed ref ");
	reference_name(&push->list, &line);
	strbuf_addf(&line, "@%s with digest: %s\n", digest, digest);
	return command_print(&line, err);
}

/* Members that the list's repository does not have, for all that we know. */
static int push_members(const struct list_push *push, char *const *paths, struct error *err)
{
	const struct manifest_members *members = &push->members;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < members->n; i++) {
		if (strcmp(paths[i], push->list.path) != 0)
			r = mount_member(push, &members->items[i], paths[i], err);
	}
	for (size_t i = 0; r >= 0 && i < members->n; i++) {
		if (strcmp(paths[i], push->list.path) != 0)
			r = push_member(push, &members->items[i], err);
	}
	return r;
}

static int push_list(struct list_push *push, bool insecure, struct error *err)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	cleanup(strv_release) char **from = NULL;
	cleanup(strv_release) char **paths = xcalloc(push->members.n + 1, sizeof(*paths));
	char digest[DIGEST_SIZE];
	const char *type = NULL;
	int r = registry_talk_open(&push->list, insecure, &push->talk, err);

	for (size_t i = 0; i < push->members.n; i++) {
		paths[i] = member_path(&push->members.items[i]);
		if (strcmp(paths[i], push->list.path) != 0 && !strv_contains(from, paths[i]))
			strv_push(&from, paths[i]);
	}
	if (r >= 0)
		r = manifest_list_encode(&push->members, &text, &type, err);
	if (r >= 0)
		r = registry_talk_push(&push->talk, from, err);
	if (r >= 0)
		r = push_members(push, paths, err);
	if (r >= 0)
		r = send_manifest(push, push->list.tag ? push->list.tag : push->list.digest, type,
				  &text, err);
	if (r < 0)
		return r;
	digest_of(text.data, text.len, digest);
	strbuf_reset(&text);
	strbuf_addf(&text, "%s\n", digest);
	return command_print(&text, err);
}

static int run_push(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	const struct push_flags *flags = options;
	cleanup(list_push_release) struct list_push push = { 0 };
	int r = manifest_ref_parse(argv[0], &push.list, err);

	if (r >= 0)
		r = manifest_list_read(&push.list, true, &push.members, err);
	if (r >= 0)
		r = manifest_list_check(&push.list, &push.members, err);
	if (r >= 0)
		r = push_list(&push, flags->insecure, err);
	if (r >= 0 && flags->purge)
		r = manifest_list_remove(&push.list, err);
	return r;
}

const struct command cmd_manifest_push = {
	.spec =
		{
			.usage = "[OPTIONS] MANIFEST_LIST",
			.summary = "Push a manifest list to a repository",
			ARG_OPTIONS(push_rows),
			.min_args = 1,
			.max_args = 1,
		},
	.options_size = sizeof(struct push_flags),
	.run = run_push,
};
