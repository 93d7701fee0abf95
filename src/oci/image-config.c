/* SPDX-License-Identifier: Apache-2.0 */
/* The image config: JSON tables and checks. */
#include "oci/image-config.h"

#include <errno.h>
#include <string.h>

#include "base/strv.h"
#include "oci/digest.h"
#include "oci/manifest.h"

static const struct json_field health_fields[] = {
	FIELD_STRV_OMIT(struct image_health, test, "Test"),
	FIELD_I64_OMIT(struct image_health, interval, "Interval"),
	FIELD_I64_OMIT(struct image_health, timeout, "Timeout"),
	FIELD_I64_OMIT(struct image_health, start_period, "StartPeriod"),
	FIELD_I64_OMIT(struct image_health, start_interval, "StartInterval"),
	FIELD_I64_OMIT(struct image_health, retries, "Retries"),
};
static const struct json_shape health_shape =
	JSON_SHAPE(struct image_health, health_fields, JSON_SHAPE_ANYCASE);

#define SET_OMIT(m, name)                                                                          \
	FIELD_FLAGS(struct image_run_config, m, name, JSON_SET, char **, JSON_OMIT_EMPTY)

static const struct json_field run_config_fields[] = {
	FIELD_STR_OMIT(struct image_run_config, hostname, "Hostname"),
	FIELD_STR_OMIT(struct image_run_config, domainname, "Domainname"),
	FIELD_STR_OMIT(struct image_run_config, user, "User"),
	SET_OMIT(exposed_ports, "ExposedPorts"),
	FIELD_STRV_OMIT(struct image_run_config, env, "Env"),
	FIELD_FLAGS(struct image_run_config, entrypoint, "Entrypoint", JSON_STR_OR_STRV, char **,
		    JSON_OMIT_EMPTY),
	FIELD_FLAGS(struct image_run_config, cmd, "Cmd", JSON_STR_OR_STRV, char **,
		    JSON_OMIT_EMPTY),
	SET_OMIT(volumes, "Volumes"),
	FIELD_STR_OMIT(struct image_run_config, working_dir, "WorkingDir"),
	FIELD_FLAGS(struct image_run_config, labels, "Labels", JSON_MAP, struct strmap,
		    JSON_OMIT_EMPTY),
	FIELD_STR_OMIT(struct image_run_config, stop_signal, "StopSignal"),
	FIELD_FLAGS(struct image_run_config, stop_timeout, "StopTimeout", JSON_OPT_I64,
		    struct opt_i64, JSON_OMIT_EMPTY),
	FIELD_OBJP_FLAGS(struct image_run_config, healthcheck, "Healthcheck", &health_shape,
			 JSON_OMIT_EMPTY),
	FIELD_STRV_OMIT(struct image_run_config, on_build, "OnBuild"),
	FIELD_STRV_OMIT(struct image_run_config, shell, "Shell"),
	FIELD_BOOL_OMIT(struct image_run_config, args_escaped, "ArgsEscaped"),
};
const struct json_shape image_run_config_shape =
	JSON_SHAPE(struct image_run_config, run_config_fields, JSON_SHAPE_ANYCASE);

static const struct json_field rootfs_fields[] = {
	FIELD_STR(struct image_rootfs, type, "type"),
	FIELD_STRV(struct image_rootfs, diff_ids, "diff_ids"),
};
static const struct json_shape rootfs_shape =
	JSON_SHAPE(struct image_rootfs, rootfs_fields, JSON_SHAPE_ANYCASE);

static const struct json_field history_fields[] = {
	FIELD_FLAGS(struct image_history, created, "created", JSON_TIME, int64_t, JSON_OMIT_EMPTY),
	FIELD_STR_OMIT(struct image_history, created_by, "created_by"),
	FIELD_STR_OMIT(struct image_history, author, "author"),
	FIELD_STR_OMIT(struct image_history, comment, "comment"),
	FIELD_BOOL_OMIT(struct image_history, empty_layer, "empty_layer"),
};
static const struct json_shape history_shape =
	JSON_SHAPE(struct image_history, history_fields, JSON_SHAPE_ANYCASE);

static const struct json_field image_config_fields[] = {
	FIELD_FLAGS(struct image_config, created, "created", JSON_TIME, int64_t, JSON_OMIT_EMPTY),
	FIELD_STR_OMIT(struct image_config, author, "author"),
	FIELD_STR(struct image_config, architecture, "architecture"),
	FIELD_STR_OMIT(struct image_config, variant, "variant"),
	FIELD_STR(struct image_config, os, "os"),
	FIELD_STR_OMIT(struct image_config, os_version, "os.version"),
	FIELD_STRV_OMIT(struct image_config, os_features, "os.features"),
	FIELD_OBJ(struct image_config, config, "config", &image_run_config_shape),
	FIELD_OBJ(struct image_config, rootfs, "rootfs", &rootfs_shape),
	FIELD_LIST_FLAGS(struct image_config, history, n_history, "history", JSON_ARRAY,
			 &history_shape, JSON_OMIT_EMPTY),
};
const struct json_shape image_config_shape =
	JSON_SHAPE(struct image_config, image_config_fields, JSON_SHAPE_ANYCASE);

static int image_config_check(const struct image_config *config, struct error *err)
{
	char *const *diff_ids = config->rootfs.diff_ids;

	if (config->rootfs.type && *config->rootfs.type &&
	    strcmp(config->rootfs.type, "layers") != 0)
		return error_set(err, ERR_INVALID, EINVAL,
				 "image config: unknown rootfs type \"%s\"", config->rootfs.type);
	if (strv_len(diff_ids) > MANIFEST_LAYERS_MAX)
		return error_set(err, ERR_INVALID, EINVAL, "image config: more than %d layers",
				 MANIFEST_LAYERS_MAX);
	for (size_t i = 0; diff_ids && diff_ids[i]; i++) {
		if (!digest_is_valid(diff_ids[i]))
			return error_set(
				err, ERR_INVALID, EINVAL,
				"image config: diff-id %zu is an invalid or unsupported digest",
				i + 1);
	}
	return 0;
}

int image_config_decode(const char *text, size_t len, struct image_config *ret, struct error *err)
{
	struct image_config config;
	int r;

	if (len > IMAGE_CONFIG_MAX)
		return error_set(err, ERR_INVALID, EFBIG, "image config: more than %d bytes",
				 IMAGE_CONFIG_MAX);
	r = json_decode(&image_config_shape, text, len, &config, err);
	if (r < 0)
		return error_prefix(err, "image config");
	r = image_config_check(&config, err);
	if (r < 0) {
		image_config_release(&config);
		return r;
	}
	*ret = config;
	return 0;
}

void image_config_release(struct image_config *config)
{
	if (config)
		json_release(&image_config_shape, config);
}
