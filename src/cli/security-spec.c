/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of security, log and storage options -> HostConfig. */
#include "cli/security-spec.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/strv.h"
#include "cli/key-value.h"
#include "sys/fd.h"

enum { SECCOMP_FILE_MAX = 4 * 1024 * 1024 };

/* Any JSON value, as compact text. */
struct any_json {
	char *text;
};

static const struct json_field any_json_fields[] = { FIELD_RAW(struct any_json, text, "") };
static const struct json_shape any_json_shape = JSON_SHAPE(struct any_json, any_json_fields, 0);

static int read_seccomp(const char *path, struct host_config *hc, struct error *err)
{
	struct any_json profile = { NULL };
	cleanup_free char *text = NULL;
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len;
	int r;

	if (fd < 0)
		return error_set(err, ERR_INVALID, 0,
				 "opening seccomp profile (%s) failed: open %s: %s", path, path,
				 errno == ENOENT ? "no such file or directory" : strerror(errno));
	r = fd_read_all(fd, SECCOMP_FILE_MAX, &text, &len);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "opening seccomp profile (%s) failed", path);
	r = json_decode(&any_json_shape, text, len, &profile, err);
	if (r < 0)
		return error_prefix(err, "compacting json for seccomp profile (%s) failed", path);
	strv_pushf(&hc->security_opt, "seccomp=%s", profile.text);
	json_release(&any_json_shape, &profile);
	return 0;
}

static int configure_one(const char *opt, struct host_config *hc, struct error *err)
{
	size_t len = strcspn(opt, "=");
	const char *value;

	if (!opt[len] && strcmp(opt, "no-new-privileges") != 0)
		len = strcspn(opt, ":");
	value = opt[len] ? opt + len + 1 : "";
	if (!*value && strncmp(opt, "no-new-privileges", 17) != 0)
		return error_set(err, ERR_INVALID, 0, "Invalid --security-opt: \"%s\"", opt);
	if (strcmp(opt, "systempaths=unconfined") == 0) {
		if (!hc->masked_paths) {
			hc->masked_paths = xcalloc(1, sizeof(char *));
			hc->readonly_paths = xcalloc(1, sizeof(char *));
		}
		return 0;
	}
	if (len == 7 && strncmp(opt, "seccomp", 7) == 0 && strcmp(value, "unconfined") != 0 &&
	    strcmp(value, "builtin") != 0)
		return read_seccomp(value, hc, err);
	strv_push(&hc->security_opt, opt);
	return 0;
}

int security_opts_configure(char *const *opts, struct host_config *hc, struct error *err)
{
	int r = 0;

	for (; opts && *opts && r == 0; opts++)
		r = configure_one(*opts, hc, err);
	return r;
}

int log_opts_configure(char *const *opts, struct log_config *config, struct error *err)
{
	if (config->type && strcmp(config->type, "none") == 0 && opts)
		return error_set(err, ERR_INVALID, 0, "invalid logging opts for driver none");
	key_values_to_map(opts, &config->config);
	return 0;
}

int storage_opts_configure(char *const *opts, struct strmap *map, struct error *err)
{
	for (char *const *o = opts; o && *o; o++)
		if (!strchr(*o, '='))
			return error_set(err, ERR_INVALID, 0, "invalid storage option");
	key_values_to_map(opts, map);
	return 0;
}
