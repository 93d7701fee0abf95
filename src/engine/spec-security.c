/* SPDX-License-Identifier: Apache-2.0 */
/* Rights: capabilities, seccomp, no-new-privileges, masked and read-only paths. */
#include "engine/apparmor.h"
#include "engine/spec-parts.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/parse.h"
#include "base/strv.h"
#include "oci/seccomp-default.h"
#include "sys/caps.h"
#include "sys/lsm.h"

static const char *const default_caps[] = {
	"CAP_CHOWN",   "CAP_DAC_OVERRIDE", "CAP_FSETID",	   "CAP_FOWNER",
	"CAP_MKNOD",   "CAP_NET_RAW",	   "CAP_SETGID",	   "CAP_SETUID",
	"CAP_SETFCAP", "CAP_SETPCAP",	   "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT",
	"CAP_KILL",    "CAP_AUDIT_WRITE",
};

const char *const spec_masked_paths[] = {
	"/proc/acpi",
	"/proc/asound",
	"/proc/interrupts",
	"/proc/kcore",
	"/proc/keys",
	"/proc/latency_stats",
	"/proc/sched_debug",
	"/proc/scsi",
	"/proc/timer_list",
	"/proc/timer_stats",
	"/sys/devices/virtual/powercap",
	"/sys/firmware",
	NULL,
};

const char *const spec_readonly_paths[] = {
	"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger", NULL,
};

static bool cap_known(const char *name)
{
	uint64_t bit;

	return caps_bit(name, &bit) >= 0;
}

static bool cap_is_default(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(default_caps); i++) {
		if (strcmp(default_caps[i], name) == 0)
			return true;
	}
	return false;
}

/* "net_admin" -> "CAP_NET_ADMIN"; "all" -> "ALL". */
static int caps_normalize(char *const *in, const char *option, char ***ret, struct error *err)
{
	cleanup(strv_release) char **out = NULL;

	for (size_t i = 0; in && in[i]; i++) {
		cleanup_free char *name = xstrdup(in[i]);

		for (char *c = name; *c; c++)
			*c = (char)toupper((unsigned char)*c);
		if (strcmp(name, "ALL") == 0 || strncmp(name, "CAP_", 4) == 0)
			strv_push(&out, name);
		else
			strv_pushf(&out, "CAP_%s", name);
		if (strcmp(name, "ALL") != 0 && !cap_known(out[strv_len(out) - 1]))
			return error_set(err, ERR_INVALID, EINVAL,
					 "invalid %s: unknown capability: \"%s\"", option,
					 out[strv_len(out) - 1]);
	}
	*ret = take_ptr(out);
	return 0;
}

int spec_capabilities(char *const *add, char *const *drop, bool privileged, char ***ret,
		      struct error *err)
{
	cleanup(strv_release) char **adds = NULL, **drops = NULL;
	uint64_t known = caps_known(), ours = known;
	char **caps = NULL;
	bool add_all, drop_all;
	int r;

	r = caps_normalize(add, "CapAdd", &adds, err);
	if (r >= 0)
		r = caps_normalize(drop, "CapDrop", &drops, err);
	if (r < 0)
		return r;
	add_all = privileged || strv_contains(adds, "ALL");
	/* "All" are those that we have ourselves; one that is named is given or refused. */
	if (add_all && caps_permitted(&ours) < 0)
		ours = known;
	drop_all = !privileged && strv_contains(drops, "ALL");
	for (unsigned int i = 0; i < 64; i++) {
		const char *name = known >> i & 1 ? caps_name(i) : NULL;
		bool has = name && !drop_all &&
			   ((add_all && ours >> i & 1) || cap_is_default(name));

		if (has && !privileged && strv_contains(drops, name))
			has = false;
		else if (name && !has && strv_contains(adds, name))
			has = true;
		if (has)
			strv_push(&caps, name);
	}
	*ret = caps ? caps : xcalloc(1, sizeof(*caps));
	return 0;
}

struct oci_capabilities *spec_capability_sets(char *const *caps)
{
	struct oci_capabilities *sets = xcalloc(1, sizeof(*sets));

	sets->bounding = strv_copy(caps);
	sets->effective = strv_copy(caps);
	sets->permitted = strv_copy(caps);
	return sets;
}

void security_options_release(struct security_options *opts)
{
	free(opts->seccomp);
	free(opts->apparmor);
	*opts = (struct security_options){ 0 };
}

static int security_bare(const char *opt, size_t index, struct security_options *ret,
			 struct error *err)
{
	if (strcmp(opt, "no-new-privileges") == 0)
		ret->no_new_privileges = true;
	else if (strcmp(opt, "disable") != 0)
		return error_set(err, ERR_INVALID, EINVAL, "invalid --security-opt %zu: \"%s\"",
				 index + 1, opt);
	return 0;
}

/* A label is data for a module that most kernels do not have: without it Docker ignores the option,
 * and so does hoy. With it, nothing else than "disable" is honoured. */
static int security_label(const char *value, const char *opt, struct error *err)
{
	static const char *const parts[] = { "user:", "role:", "type:", "level:", "filetype:" };
	bool known = strcmp(value, "disable") == 0 || strcmp(value, "nested") == 0;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		known = known || strncmp(value, parts[i], strlen(parts[i])) == 0;
	if (!known)
		return error_set(err, ERR_INVALID, EINVAL,
				 "invalid --security-opt: bad SELinux option \"%s\"", opt);
	if (strcmp(value, "disable") != 0 && lsm_has_selinux())
		return error_set(err, ERR_NOT_IMPLEMENTED, ENOSYS,
				 "SELinux labels are not supported: --security-opt %s", opt);
	return 0;
}

static int security_pair(const char *key, const char *value, const char *opt,
			 struct security_options *ret, struct error *err)
{
	if (strcmp(key, "no-new-privileges") == 0) {
		if (parse_bool(value, &ret->no_new_privileges) < 0)
			return error_set(err, ERR_INVALID, EINVAL, "invalid --security-opt: \"%s\"",
					 opt);
	} else if (strcmp(key, "seccomp") == 0) {
		free(ret->seccomp);
		ret->seccomp_unconfined = strcmp(value, "unconfined") == 0;
		ret->seccomp = ret->seccomp_unconfined || strcmp(value, "builtin") == 0
				       ? NULL
				       : xstrdup(value);
	} else if (strcmp(key, "apparmor") == 0) {
		free(ret->apparmor);
		ret->apparmor = xstrdup(value);
	} else if (strcmp(key, "systempaths") == 0 && strcmp(value, "unconfined") == 0) {
		ret->systempaths_unconfined = true;
	} else if (strcmp(key, "label") == 0) {
		return security_label(value, opt, err);
	} else {
		return error_set(err, ERR_INVALID, EINVAL, "invalid --security-opt: \"%s\"", opt);
	}
	return 0;
}

int security_options_read(char *const *opts, struct security_options *ret, struct error *err)
{
	cleanup(security_options_release) struct security_options out = { 0 };
	int r = 0;

	for (size_t i = 0; r >= 0 && opts && opts[i]; i++) {
		size_t len = strcspn(opts[i], "=");
		cleanup_free char *key = NULL;

		if (opts[i][len] == '\0')
			len = strcspn(opts[i], ":"); /* the older spelling */
		key = xstrndup(opts[i], len);
		if (opts[i][len] == '\0')
			r = security_bare(opts[i], i, &out, err);
		else
			r = security_pair(key, opts[i] + len + 1, opts[i], &out, err);
	}
	if (r < 0)
		return r;
	*ret = out;
	out = (struct security_options){ 0 };
	return 0;
}

static int security_seccomp(struct spec_build *b, char *const *caps, struct error *err)
{
	const struct security_options *s = &b->security;
	int r;

	if (s->seccomp_unconfined || (b->in->host->privileged && !s->seccomp))
		return 0;
	b->spec.linux_->seccomp = xcalloc(1, sizeof(*b->spec.linux_->seccomp));
	if (!s->seccomp) {
		seccomp_default(caps, b->spec.linux_->seccomp);
		return 0;
	}
	r = seccomp_profile_parse(s->seccomp, strlen(s->seccomp), caps, b->spec.linux_->seccomp,
				  err);
	return r < 0 ? error_prefix(err, "invalid seccomp profile") : 0;
}

static void security_paths(char *const *asked, const char *const *defaults, char ***ret)
{
	if (asked) {
		*ret = strv_copy(asked);
		return;
	}
	for (size_t i = 0; defaults[i]; i++)
		strv_push(ret, defaults[i]);
}

int spec_security(struct spec_build *b, struct error *err)
{
	const struct host_config *host = b->in->host;
	cleanup(strv_release) char **caps = NULL;
	const char *profile = NULL;
	int r;

	r = security_options_read(host->security_opt, &b->security, err);
	if (r >= 0)
		r = spec_capabilities(host->cap_add, host->cap_drop, host->privileged, &caps, err);
	if (r < 0)
		return r;
	b->spec.process->capabilities = spec_capability_sets(caps);
	b->spec.process->no_new_privileges = b->security.no_new_privileges;
	r = apparmor_choose(b->security.apparmor, host->privileged, &profile, err);
	if (r >= 0)
		r = apparmor_load(profile, err);
	if (r < 0)
		return r;
	b->spec.process->apparmor_profile = xstrdup(profile);
	if (!host->privileged && !b->security.systempaths_unconfined) {
		security_paths(host->masked_paths, spec_masked_paths,
			       &b->spec.linux_->masked_paths);
		security_paths(host->readonly_paths, spec_readonly_paths,
			       &b->spec.linux_->readonly_paths);
	}
	return security_seccomp(b, caps, err);
}
