/* SPDX-License-Identifier: Apache-2.0 */
/* From "ro,nosuid,mode=755" to attributes, propagation and data. */
#include "runtime/mount-options.h"

#include <string.h>
#include <sys/mount.h>

#include "base/strv.h"

enum option_kind {
	OPT_SET,
	OPT_CLEAR,
	OPT_REC_SET,
	OPT_REC_CLEAR,
	OPT_PROPAGATION,
	OPT_FLAG,
	OPT_NONE,
	OPT_DATA
};

struct option {
	const char *name;
	enum option_kind kind;
	uint64_t value;
	size_t flag; /* OPT_FLAG: offset of a bool */
};

#define FLAG(name, member)                                                                         \
	{                                                                                          \
		name, OPT_FLAG, 0, offsetof(struct mount_options, member)                          \
	}

/* MS_REC in an OPT_PROPAGATION row: recursive. Sorted by name. */
static const struct option options[] = {
	{ "acl", OPT_DATA, 0, 0 },
	{ "async", OPT_DATA, 0, 0 },
	{ "atime", OPT_CLEAR, MOUNT_ATTR_NOATIME, 0 },
	FLAG("bind", bind),
	{ "defaults", OPT_NONE, 0, 0 },
	{ "dev", OPT_CLEAR, MOUNT_ATTR_NODEV, 0 },
	{ "diratime", OPT_CLEAR, MOUNT_ATTR_NODIRATIME, 0 },
	{ "dirsync", OPT_DATA, 0, 0 },
	{ "exec", OPT_CLEAR, MOUNT_ATTR_NOEXEC, 0 },
	FLAG("idmap", idmap),
	{ "iversion", OPT_DATA, 0, 0 },
	{ "lazytime", OPT_DATA, 0, 0 },
	{ "loud", OPT_NONE, 0, 0 },
	{ "mand", OPT_DATA, 0, 0 },
	{ "noacl", OPT_DATA, 0, 0 },
	{ "noatime", OPT_SET, MOUNT_ATTR_NOATIME, 0 },
	{ "nodev", OPT_SET, MOUNT_ATTR_NODEV, 0 },
	{ "nodiratime", OPT_SET, MOUNT_ATTR_NODIRATIME, 0 },
	{ "noexec", OPT_SET, MOUNT_ATTR_NOEXEC, 0 },
	{ "noiversion", OPT_DATA, 0, 0 },
	{ "nolazytime", OPT_DATA, 0, 0 },
	{ "nomand", OPT_DATA, 0, 0 },
	{ "norelatime", OPT_CLEAR, MOUNT_ATTR_RELATIME, 0 },
	{ "nostrictatime", OPT_CLEAR, MOUNT_ATTR_STRICTATIME, 0 },
	{ "nosuid", OPT_SET, MOUNT_ATTR_NOSUID, 0 },
	{ "nosymfollow", OPT_SET, MOUNT_ATTR_NOSYMFOLLOW, 0 },
	{ "private", OPT_PROPAGATION, MS_PRIVATE, 0 },
	{ "ratime", OPT_REC_CLEAR, MOUNT_ATTR_NOATIME, 0 },
	{ "rbind", OPT_FLAG, 0, offsetof(struct mount_options, recursive) },
	{ "rdev", OPT_REC_CLEAR, MOUNT_ATTR_NODEV, 0 },
	{ "rdiratime", OPT_REC_CLEAR, MOUNT_ATTR_NODIRATIME, 0 },
	{ "relatime", OPT_SET, MOUNT_ATTR_RELATIME, 0 },
	FLAG("remount", remount),
	{ "rexec", OPT_REC_CLEAR, MOUNT_ATTR_NOEXEC, 0 },
	FLAG("ridmap", idmap_recursive),
	{ "rnoatime", OPT_REC_SET, MOUNT_ATTR_NOATIME, 0 },
	{ "rnodev", OPT_REC_SET, MOUNT_ATTR_NODEV, 0 },
	{ "rnodiratime", OPT_REC_SET, MOUNT_ATTR_NODIRATIME, 0 },
	{ "rnoexec", OPT_REC_SET, MOUNT_ATTR_NOEXEC, 0 },
	{ "rnorelatime", OPT_REC_CLEAR, MOUNT_ATTR_RELATIME, 0 },
	{ "rnostrictatime", OPT_REC_CLEAR, MOUNT_ATTR_STRICTATIME, 0 },
	{ "rnosuid", OPT_REC_SET, MOUNT_ATTR_NOSUID, 0 },
	{ "rnosymfollow", OPT_REC_SET, MOUNT_ATTR_NOSYMFOLLOW, 0 },
	{ "ro", OPT_SET, MOUNT_ATTR_RDONLY, 0 },
	{ "rprivate", OPT_PROPAGATION, MS_PRIVATE | MS_REC, 0 },
	{ "rrelatime", OPT_REC_SET, MOUNT_ATTR_RELATIME, 0 },
	{ "rro", OPT_REC_SET, MOUNT_ATTR_RDONLY, 0 },
	{ "rrw", OPT_REC_CLEAR, MOUNT_ATTR_RDONLY, 0 },
	{ "rshared", OPT_PROPAGATION, MS_SHARED | MS_REC, 0 },
	{ "rslave", OPT_PROPAGATION, MS_SLAVE | MS_REC, 0 },
	{ "rstrictatime", OPT_REC_SET, MOUNT_ATTR_STRICTATIME, 0 },
	{ "rsuid", OPT_REC_CLEAR, MOUNT_ATTR_NOSUID, 0 },
	{ "rsymfollow", OPT_REC_CLEAR, MOUNT_ATTR_NOSYMFOLLOW, 0 },
	{ "runbindable", OPT_PROPAGATION, MS_UNBINDABLE | MS_REC, 0 },
	{ "rw", OPT_CLEAR, MOUNT_ATTR_RDONLY, 0 },
	{ "shared", OPT_PROPAGATION, MS_SHARED, 0 },
	{ "silent", OPT_NONE, 0, 0 },
	{ "slave", OPT_PROPAGATION, MS_SLAVE, 0 },
	{ "strictatime", OPT_SET, MOUNT_ATTR_STRICTATIME, 0 },
	{ "suid", OPT_CLEAR, MOUNT_ATTR_NOSUID, 0 },
	{ "symfollow", OPT_CLEAR, MOUNT_ATTR_NOSYMFOLLOW, 0 },
	{ "sync", OPT_DATA, 0, 0 },
	FLAG("tmpcopyup", copy_up),
	{ "unbindable", OPT_PROPAGATION, MS_UNBINDABLE, 0 },
};

static const struct option *option_find(const char *name)
{
	size_t low = 0, high = ARRAY_SIZE(options);

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = strcmp(name, options[mid].name);

		if (order == 0)
			return &options[mid];
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

/* The later word wins; the access time modes exclude each other. */
static void attr_apply(uint64_t *set, uint64_t *clear, uint64_t attr, bool on)
{
	const uint64_t modes = MOUNT_ATTR__ATIME;

	if (on && (attr & modes || attr == MOUNT_ATTR_RELATIME)) {
		*set &= ~modes;
		*clear |= modes;
	}
	*set = on ? *set | attr : *set & ~attr;
	if (!(attr & modes))
		*clear = on ? *clear & ~attr : *clear | attr;
	else if (!on)
		*clear |= modes;
}

static void option_apply(const struct option *option, const char *word, struct mount_options *ret)
{
	switch (option->kind) {
	case OPT_SET:
	case OPT_CLEAR:
		attr_apply(&ret->set, &ret->clear, option->value, option->kind == OPT_SET);
		break;
	case OPT_REC_SET:
	case OPT_REC_CLEAR:
		attr_apply(&ret->rec_set, &ret->rec_clear, option->value,
			   option->kind == OPT_REC_SET);
		break;
	case OPT_PROPAGATION:
		ret->propagation = option->value & ~(uint64_t)MS_REC;
		ret->propagation_recursive = option->value & MS_REC;
		break;
	case OPT_FLAG:
		*(bool *)((char *)ret + option->flag) = true;
		break;
	case OPT_DATA:
		strv_push(&ret->data, word);
		break;
	case OPT_NONE:
		break;
	}
}

void mount_options_parse(char *const *words, struct mount_options *ret)
{
	*ret = (struct mount_options){ 0 };
	for (; words && *words; words++) {
		const struct option *option = option_find(*words);

		if (option)
			option_apply(option, *words, ret);
		else if (**words)
			strv_push(&ret->data, *words);
	}
	ret->bind |= ret->recursive;
	ret->idmap |= ret->idmap_recursive;
}

void mount_options_release(struct mount_options *ret)
{
	strv_release(&ret->data);
}

const char *const *mount_options_known(void)
{
	static const char *names[ARRAY_SIZE(options) + 1];

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		names[i] = options[i].name;
	return names;
}
