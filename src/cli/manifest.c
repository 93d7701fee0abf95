/* SPDX-License-Identifier: Apache-2.0 */
/* hoy manifest inspect */
#include <errno.h>

#include "cli/command.h"
#include "cli/json-text.h"
#include "cli/manifest-list.h"

struct inspect_flags {
	bool insecure, referrers, verbose;
};

static const struct arg_option inspect_rows[] = {
	ARG_BOOL(struct inspect_flags, insecure, "insecure", 0,
		 "Allow communication with an insecure registry"),
	ARG_BOOL(struct inspect_flags, referrers, "referrers", 0,
		 "Display what refers to NAME@DIGEST instead: signatures, attestations"),
	ARG_BOOL(struct inspect_flags, verbose, "verbose", 'v',
		 "Output additional info including layers and platform"),
};

static int print_with_tabs(const struct strbuf *json, struct error *err)
{
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;
	int r = json_with_tabs(strbuf_str(json), json->len, &out, err);

	if (r < 0)
		return r;
	strbuf_addc(&out, '\n');
	return command_print(&out, err);
}

/* Which list it belongs to is ours to know. */
static int print_verbose(const struct manifest_members *members, bool is_list, struct error *err)
{
	cleanup(strbuf_release) struct strbuf json = STRBUF_INIT;

	for (size_t i = 0; i < members->n; i++) {
		struct manifest_member member = members->items[i];

		member.list = NULL;
		strbuf_adds(&json, !is_list ? "" : i > 0 ? "," : "[");
		json_encode(&manifest_member_shape, &member, &json);
	}
	strbuf_adds(&json, is_list ? "]" : "");
	return print_with_tabs(&json, err);
}

static int print_member(const struct manifest_member *member, bool verbose, struct error *err)
{
	const struct manifest_members one = { (struct manifest_member *)member, 1 };
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r;

	if (verbose)
		return print_verbose(&one, false, err);
	r = manifest_member_text(member, &text, err);
	return r < 0 ? r : print_with_tabs(&text, err);
}

static int print_list(const struct manifest_members *members, bool verbose, struct error *err)
{
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;
	const char *type;
	int r;

	if (verbose)
		return print_verbose(members, true, err);
	r = manifest_list_encode(members, &out, &type, err);
	if (r < 0)
		return r;
	strbuf_addc(&out, '\n');
	return command_print(&out, err);
}

struct index_entries {
	struct image_descriptor *manifests;
	size_t n_manifests;
};

static const struct json_field index_entries_fields[] = {
	FIELD_ARRAY(struct index_entries, manifests, n_manifests, "manifests",
		    &image_descriptor_shape),
};
static const struct json_shape index_entries_shape =
	JSON_SHAPE(struct index_entries, index_entries_fields, 0);

static void index_entries_release(struct index_entries *entries)
{
	json_release(&index_entries_shape, entries);
}

/* One entry of a registry's index, its platform as the index has it. */
static int ask_entry(const struct registry_talk *talk, const struct reference *list,
		     struct image_descriptor *entry, struct manifest_members *members,
		     struct error *err)
{
	cleanup(registry_reply_release) struct registry_reply reply = REGISTRY_REPLY_INIT;
	struct manifest_member *member = manifest_members_add(members);
	struct reference ref = *list;
	struct image_platform *own;
	int r = registry_talk_ask(talk, "describe", entry->digest, &reply, err);

	ref.digest = entry->digest;
	if (r >= 0)
		r = manifest_member_fill(&ref, &reply, member, err);
	if (r < 0)
		return r;
	own = member->descriptor.platform;
	member->descriptor.platform = entry->platform;
	entry->platform = own;
	return 0;
}

static int print_index(const struct registry_talk *talk, const struct reference *ref,
		       const struct strbuf *index, bool verbose, struct error *err)
{
	cleanup(manifest_members_release) struct manifest_members members = { 0 };
	cleanup(index_entries_release) struct index_entries entries = { 0 };
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;
	int r = 0;

	if (!verbose) {
		r = manifest_list_pretty(index->data, index->len, &out, err);
		strbuf_addc(&out, '\n');
		return r < 0 ? r : command_print(&out, err);
	}
	r = json_decode(&index_entries_shape, index->data, index->len, &entries, err);
	for (size_t i = 0; r >= 0 && i < entries.n_manifests; i++)
		r = ask_entry(talk, ref, &entries.manifests[i], &members, err);
	return r < 0 ? r : print_verbose(&members, true, err);
}

static int inspect_at_registry(const struct reference *ref, const struct inspect_flags *flags,
			       struct error *err)
{
	cleanup(registry_talk_release) struct registry_talk talk = { 0 };
	cleanup(registry_reply_release) struct registry_reply reply = REGISTRY_REPLY_INIT;
	cleanup(manifest_member_release) struct manifest_member member = { 0 };
	int r = registry_talk_open(ref, flags->insecure, &talk, err);

	if (r >= 0)
		r = manifest_ask(&talk, ref, &reply, err);
	if (r < 0)
		return r;
	if (reply.index.len > 0)
		return print_index(&talk, ref, &reply.index, flags->verbose, err);
	if (!flags->verbose)
		return print_with_tabs(&reply.manifest, err);
	r = manifest_member_fill(ref, &reply, &member, err);
	return r < 0 ? r : print_member(&member, true, err);
}

static int print_referrers(const struct reference *ref, const struct inspect_flags *flags,
			   struct error *err)
{
	cleanup(registry_talk_release) struct registry_talk talk = { 0 };
	cleanup(registry_reply_release) struct registry_reply reply = REGISTRY_REPLY_INIT;
	int r;

	if (!ref->digest)
		return error_set(err, ERR_INVALID, EINVAL,
				 "--referrers wants a name with a digest: NAME@sha256:…");
	r = registry_talk_open(ref, flags->insecure, &talk, err);
	if (r >= 0)
		r = registry_talk_ask(&talk, "referrers", ref->digest, &reply, err);
	return r < 0 ? r : print_with_tabs(&reply.index, err);
}

static int inspect_member(const struct reference *list, const struct reference *ref,
			  const struct inspect_flags *flags, struct error *err)
{
	cleanup(manifest_members_release) struct manifest_members members = { 0 };
	const struct manifest_member *member;
	int r = manifest_list_read(list, false, &members, err);

	if (r < 0)
		return r;
	member = manifest_members_find(&members, ref);
	return member ? print_member(member, flags->verbose, err) : manifest_no_such(ref, err);
}

static int run_inspect(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	const struct inspect_flags *flags = options;
	cleanup(manifest_members_release) struct manifest_members local = { 0 };
	cleanup(reference_release) struct reference ref = REFERENCE_INIT, list = REFERENCE_INIT;
	int r = manifest_ref_parse(argv[argc - 1], &ref, err);

	if (r >= 0 && argc > 1)
		r = manifest_ref_parse(argv[0], &list, err);
	if (r < 0)
		return r;
	if (flags->referrers)
		return print_referrers(&ref, flags, err);
	if (argc > 1)
		return inspect_member(&list, &ref, flags, err);
	r = manifest_list_read(&ref, false, &local, err);
	if (r != 0)
		return r < 0 ? r : print_list(&local, flags->verbose, err);
	return inspect_at_registry(&ref, flags, err);
}

const struct command cmd_manifest_inspect = {
	.spec =
		{
			.usage = "[OPTIONS] [MANIFEST_LIST] MANIFEST",
			.summary = "Display an image manifest, or manifest list",
			ARG_OPTIONS(inspect_rows),
			.min_args = 1,
			.max_args = 2,
		},
	.options_size = sizeof(struct inspect_flags),
	.run = run_inspect,
};
