/* SPDX-License-Identifier: Apache-2.0 */
/* Resolves a profile with conditions (capabilities, architecture, kernel) to linux.seccomp of one
 * container. */
#include "oci/seccomp-default.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/strv.h"
#include "oci/seccomp-profile.h"

#if defined(__x86_64__)
#define NATIVE_GO_ARCH "amd64"
#define NATIVE_SECCOMP_ARCH "SCMP_ARCH_X86_64"
#elif defined(__aarch64__)
#define NATIVE_GO_ARCH "arm64"
#define NATIVE_SECCOMP_ARCH "SCMP_ARCH_AARCH64"
#elif defined(__riscv)
#define NATIVE_GO_ARCH "riscv64"
#define NATIVE_SECCOMP_ARCH "SCMP_ARCH_RISCV64"
#elif defined(__powerpc64__)
#define NATIVE_GO_ARCH "ppc64le"
#define NATIVE_SECCOMP_ARCH "SCMP_ARCH_PPC64LE"
#elif defined(__s390x__)
#define NATIVE_GO_ARCH "s390x"
#define NATIVE_SECCOMP_ARCH "SCMP_ARCH_S390X"
#else
#error "name this architecture here"
#endif

static const struct json_field condition_fields[] = {
	FIELD_STRV(struct profile_condition, caps, "caps"),
	FIELD_STRV(struct profile_condition, arches, "arches"),
	FIELD_STR(struct profile_condition, min_kernel, "minKernel"),
};
static const struct json_shape condition_shape =
	JSON_SHAPE(struct profile_condition, condition_fields, 0);

static const struct json_field arg_fields[] = {
	FIELD_U32(struct oci_seccomp_arg, index, "index"),
	FIELD_U64(struct oci_seccomp_arg, value, "value"),
	FIELD_U64(struct oci_seccomp_arg, value_two, "valueTwo"),
	FIELD_STR(struct oci_seccomp_arg, op, "op"),
};
static const struct json_shape arg_shape = JSON_SHAPE(struct oci_seccomp_arg, arg_fields, 0);

static const struct json_field rule_fields[] = {
	FIELD_STR(struct profile_rule, name, "name"),
	FIELD_STRV(struct profile_rule, names, "names"),
	FIELD_FLAGS(struct profile_rule, action, "action", JSON_STR, char *, JSON_REQUIRED),
	FIELD_OPT_I64(struct profile_rule, errno_ret, "errnoRet"),
	FIELD_ARRAY(struct profile_rule, args, n_args, "args", &arg_shape),
	FIELD_OBJ(struct profile_rule, includes, "includes", &condition_shape),
	FIELD_OBJ(struct profile_rule, excludes, "excludes", &condition_shape),
};
static const struct json_shape rule_shape = JSON_SHAPE(struct profile_rule, rule_fields, 0);

static const struct json_field arch_fields[] = {
	FIELD_STR(struct profile_arch, architecture, "architecture"),
	FIELD_STRV(struct profile_arch, sub_architectures, "subArchitectures"),
};
static const struct json_shape arch_shape = JSON_SHAPE(struct profile_arch, arch_fields, 0);

static const struct json_field profile_fields[] = {
	FIELD_FLAGS(struct profile, default_action, "defaultAction", JSON_STR, char *,
		    JSON_REQUIRED),
	FIELD_OPT_I64(struct profile, default_errno_ret, "defaultErrnoRet"),
	FIELD_STRV(struct profile, architectures, "architectures"),
	FIELD_STRV(struct profile, flags, "flags"),
	FIELD_STR(struct profile, listener_path, "listenerPath"),
	FIELD_STR(struct profile, listener_metadata, "listenerMetadata"),
	FIELD_ARRAY(struct profile, arch_map, n_arch_map, "archMap", &arch_shape),
	FIELD_ARRAY(struct profile, syscalls, n_syscalls, "syscalls", &rule_shape),
};
static const struct json_shape profile_shape = JSON_SHAPE(struct profile, profile_fields, 0);

static bool kernel_at_least(const char *min)
{
	unsigned int want_major, want_minor, major, minor;
	struct utsname name;

	if (sscanf(min, "%u.%u", &want_major, &want_minor) != 2 || uname(&name) < 0 ||
	    sscanf(name.release, "%u.%u", &major, &minor) != 2)
		return false;
	return major > want_major || (major == want_major && minor >= want_minor);
}

static bool rule_applies(const struct profile_rule *rule, char *const *caps)
{
	const struct profile_condition *in = &rule->includes, *out = &rule->excludes;

	if (in->arches && !strv_contains(in->arches, NATIVE_GO_ARCH))
		return false;
	if (out->arches && strv_contains(out->arches, NATIVE_GO_ARCH))
		return false;
	for (char **cap = in->caps; cap && *cap; cap++) {
		if (!strv_contains(caps, *cap))
			return false;
	}
	for (char **cap = out->caps; cap && *cap; cap++) {
		if (strv_contains(caps, *cap))
			return false;
	}
	if (in->min_kernel && !kernel_at_least(in->min_kernel))
		return false;
	return !out->min_kernel || !kernel_at_least(out->min_kernel);
}

static void rule_copy(const struct profile_rule *rule, struct oci_seccomp_rule *dst)
{
	dst->names = strv_copy(rule->names);
	if (rule->name)
		strv_push(&dst->names, rule->name);
	dst->action = xstrdup(rule->action);
	dst->errno_ret = rule->errno_ret;
	dst->n_args = rule->n_args;
	if (rule->n_args)
		dst->args = xcalloc(rule->n_args, sizeof(*dst->args));
	for (size_t i = 0; i < rule->n_args; i++) {
		dst->args[i] = rule->args[i];
		dst->args[i].op = xstrdup(rule->args[i].op);
	}
}

static char **resolve_architectures(const struct profile *profile)
{
	char **archs = strv_copy(profile->architectures);

	for (size_t i = 0; i < profile->n_arch_map; i++) {
		if (strcmp(profile->arch_map[i].architecture, NATIVE_SECCOMP_ARCH))
			continue;
		strv_push(&archs, NATIVE_SECCOMP_ARCH);
		strv_extend(&archs, profile->arch_map[i].sub_architectures);
	}
	return archs;
}

static void profile_resolve(const struct profile *profile, char *const *caps,
			    struct oci_seccomp *ret)
{
	*ret = (struct oci_seccomp){
		.default_action = xstrdup(profile->default_action),
		.default_errno_ret = profile->default_errno_ret,
		.architectures = resolve_architectures(profile),
		.flags = strv_copy(profile->flags),
		.listener_path = xstrdup(profile->listener_path),
		.listener_metadata = xstrdup(profile->listener_metadata),
	};
	if (profile->n_syscalls)
		ret->syscalls = xcalloc(profile->n_syscalls, sizeof(*ret->syscalls));
	for (size_t i = 0; i < profile->n_syscalls; i++) {
		if (rule_applies(&profile->syscalls[i], caps))
			rule_copy(&profile->syscalls[i], &ret->syscalls[ret->n_syscalls++]);
	}
}

void seccomp_default(char *const *caps, struct oci_seccomp *ret)
{
	profile_resolve(&seccomp_default_profile, caps, ret);
}

static int profile_check(const struct profile *profile, struct error *err)
{
	if (profile->architectures && profile->n_arch_map)
		return error_set(err, ERR_INVALID, 0,
				 "both 'architectures' and 'archMap' were specified in the seccomp "
				 "profile, use either 'architectures' or 'archMap'");
	for (size_t i = 0; i < profile->n_arch_map; i++) {
		if (!profile->arch_map[i].architecture)
			return error_set(err, ERR_INVALID, 0,
					 "archMap[%zu].architecture is required", i);
	}
	for (size_t i = 0; i < profile->n_syscalls; i++) {
		const struct profile_rule *rule = &profile->syscalls[i];

		if (rule->name && rule->names)
			return error_set(err, ERR_INVALID, 0,
					 "both 'name' and 'names' were specified in the seccomp "
					 "profile, use either 'name' or 'names'");
		for (size_t a = 0; a < rule->n_args; a++) {
			if (!rule->args[a].op)
				return error_set(err, ERR_INVALID, 0,
						 "syscalls[%zu].args[%zu].op is required", i, a);
		}
	}
	return 0;
}

int seccomp_profile_parse(const char *text, size_t len, char *const *caps, struct oci_seccomp *ret,
			  struct error *err)
{
	struct profile profile;
	int r = json_decode(&profile_shape, text, len, &profile, err);

	if (r < 0)
		return error_prefix(err, "decode seccomp profile");
	r = profile_check(&profile, err);
	if (!r)
		profile_resolve(&profile, caps, ret);
	json_release(&profile_shape, &profile);
	return r;
}
