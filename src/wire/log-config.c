/* SPDX-License-Identifier: Apache-2.0 */
/* Names of log drivers and of their options, and what is common to them. */
#include "wire/log-config.h"

#include <errno.h>
#include <string.h>

#include "base/parse.h"
#include "base/strv.h"

enum { BUFFER_DEFAULT = 1 << 20, SIZE_DEFAULT = 20 * 1000 * 1000, FILES_DEFAULT = 5 };

const char *const log_driver_names[] = { "fluentd", "gelf",   "journald", "json-file",
					 "local",   "syslog", NULL };

#define ATTRIBUTES "labels", "labels-regex", "env", "env-regex", "tag"

struct driver_row {
	const char *name;
	enum log_driver driver;
	const char *unknown; /* the sentence about an option that it does not have */
	const char *options[20];
};

static const struct driver_row drivers[] = {
	{ "none", LOG_DRIVER_NONE, "", { NULL } },
	{ "json-file",
	  LOG_DRIVER_JSON_FILE,
	  "unknown log opt '%s' for json-file log driver",
	  { ATTRIBUTES, "max-file", "max-size", "compress" } },
	{ "local",
	  LOG_DRIVER_LOCAL,
	  "unknown log opt '%s' for log driver local",
	  { ATTRIBUTES, "max-file", "max-size", "compress" } },
	{ "journald",
	  LOG_DRIVER_JOURNALD,
	  "unknown log opt '%s' for journald log driver",
	  { ATTRIBUTES } },
	{ "syslog",
	  LOG_DRIVER_SYSLOG,
	  "unknown log opt '%s' for syslog log driver",
	  { ATTRIBUTES, "syslog-address", "syslog-facility", "syslog-tls-ca-cert",
	    "syslog-tls-cert", "syslog-tls-key", "syslog-tls-skip-verify", "syslog-format" } },
	{ "fluentd",
	  LOG_DRIVER_FLUENTD,
	  "unknown log opt '%s' for fluentd log driver",
	  { ATTRIBUTES, "fluentd-address", "fluentd-async", "fluentd-async-connect",
	    "fluentd-async-reconnect-interval", "fluentd-buffer-limit", "fluentd-max-retries",
	    "fluentd-request-ack", "fluentd-retry-wait", "fluentd-sub-second-precision",
	    "fluentd-write-timeout", "fluentd-read-timeout" } },
	{ "gelf",
	  LOG_DRIVER_GELF,
	  "unknown log opt \"%s\" for gelf log driver",
	  { ATTRIBUTES, "gelf-address", "gelf-compression-level", "gelf-compression-type",
	    "gelf-tcp-max-reconnect", "gelf-tcp-reconnect-delay" } },
};

/* Of every driver. */
static const char *const common_options[] = {
	"mode",		  "max-buffer-size", "cache-disabled", "cache-max-size",
	"cache-max-file", "cache-compress",  "cache-labels",   "cache-labels-regex",
	"cache-env",	  "cache-env-regex", "cache-tag",      NULL,
};

static const struct driver_row *find_driver(const char *name)
{
	if (!name || !name[0])
		name = "json-file";
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
		if (strcmp(drivers[i].name, name) == 0)
			return &drivers[i];
	return NULL;
}

int log_driver_parse(const char *name, enum log_driver *ret)
{
	const struct driver_row *row = find_driver(name);

	if (!row)
		return -ENOENT;
	*ret = row->driver;
	return 0;
}

bool log_driver_is_remote(enum log_driver driver)
{
	return driver >= LOG_DRIVER_JOURNALD;
}

static bool listed(const char *const *names, size_t max, const char *name)
{
	for (size_t i = 0; i < max && names[i]; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static int check_names(const struct driver_row *row, const struct strmap *opts, struct error *err)
{
	for (size_t i = 0; i < opts->n; i++) {
		const char *key = opts->entries[i].key;
		const char *quote = strchr(row->unknown, '%');

		if (listed(common_options, ARRAY_SIZE(common_options), key) ||
		    listed(row->options, ARRAY_SIZE(row->options), key))
			continue;
		return error_set(err, ERR_INVALID, EINVAL, "%.*s%s%s", (int)(quote - row->unknown),
				 row->unknown, key, quote + 2);
	}
	return 0;
}

/* Docker reads no value of the drivers that keep files before they start. */
static int check_values(enum log_driver driver, const struct strmap *opts, struct error *err)
{
	struct log_endpoint endpoint cleanup(log_endpoint_release) = { 0 };
	struct fluentd_options fluentd;
	struct gelf_options gelf;
	enum syslog_format format;
	int facility, r = 0;

	if (driver == LOG_DRIVER_SYSLOG || driver == LOG_DRIVER_GELF ||
	    driver == LOG_DRIVER_FLUENTD)
		r = log_endpoint_parse(driver, opts, &endpoint, err);
	if (r >= 0 && driver == LOG_DRIVER_SYSLOG)
		r = syslog_options_parse(opts, &format, &facility, err);
	if (r >= 0 && driver == LOG_DRIVER_GELF)
		r = gelf_options_parse(opts, &gelf, err);
	if (r >= 0 && driver == LOG_DRIVER_FLUENTD)
		r = fluentd_options_parse(opts, &fluentd, err);
	return r;
}

int log_options_check(const char *driver, const struct strmap *opts, struct error *err)
{
	const struct driver_row *row = find_driver(driver);
	struct log_mode mode;
	int r;

	if (row && row->driver == LOG_DRIVER_NONE)
		return 0;
	r = log_mode_parse(opts, &mode, err);
	if (r < 0)
		return r;
	if (!row)
		return error_set(err, ERR_INVALID, EINVAL,
				 "logger: no log driver named '%s' is registered", driver);
	r = check_names(row, opts, err);
	return r < 0 ? r : check_values(row->driver, opts, err);
}

int log_mode_parse(const struct strmap *opts, struct log_mode *ret, struct error *err)
{
	const char *mode = strmap_get(opts, "mode"), *size = strmap_get(opts, "max-buffer-size");
	const char *disabled = strmap_get(opts, "cache-disabled");
	struct log_mode out = { .buffer = BUFFER_DEFAULT };
	bool off = false;

	if (mode && strcmp(mode, "non-blocking") == 0)
		out.non_blocking = true;
	else if (mode && mode[0] && strcmp(mode, "blocking") != 0)
		return error_set(err, ERR_INVALID, EINVAL, "logger: logging mode not supported: %s",
				 mode);
	if (size && !out.non_blocking)
		return error_set(err, ERR_INVALID, EINVAL,
				 "logger: max-buffer-size option is only supported with "
				 "'mode=non-blocking'");
	if (size && (parse_size(size, &out.buffer) < 0 || out.buffer < 0))
		return error_set(err, ERR_INVALID, EINVAL,
				 "error parsing option max-buffer-size: invalid size: '%s'", size);
	if (disabled && disabled[0] && parse_bool(disabled, &off) < 0)
		return error_set(err, ERR_INVALID, EINVAL,
				 "invalid value for option cache-disabled: %s", disabled);
	out.cache = !off;
	*ret = out;
	return 0;
}

static const char *get_prefixed(const struct strmap *opts, const char *prefix, const char *name)
{
	cleanup_free char *key = xasprintf("%s%s", prefix, name);

	return strmap_get(opts, key);
}

int log_rotation_parse(const struct strmap *opts, enum log_driver driver, const char *prefix,
		       struct log_rotation *ret, struct error *err)
{
	const char *size = get_prefixed(opts, prefix, "max-size");
	const char *files = get_prefixed(opts, prefix, "max-file");
	const char *compress = get_prefixed(opts, prefix, "compress");
	bool json = driver == LOG_DRIVER_JSON_FILE;
	/* 20 MB x 5 unless asked otherwise: an endless log is nobody's wish. */
	struct log_rotation out = { SIZE_DEFAULT, json && size && !files ? 1 : FILES_DEFAULT,
				    !json };

	if (size && strcmp(size, "-1") == 0)
		out.max_size = -1;
	else if (size && (parse_size_decimal(size, &out.max_size) < 0 || out.max_size <= 0))
		return error_set(err, ERR_INVALID, EINVAL, "invalid %smax-size: %s", prefix, size);
	if (files && (parse_u32(files, &out.max_file) < 0 || out.max_file < 1))
		return error_set(err, ERR_INVALID, EINVAL, "invalid %smax-file: %s", prefix, files);
	if (out.max_file == 1 || out.max_size < 0)
		out.compress = false;
	if (compress && parse_bool(compress, &out.compress) < 0)
		return error_set(err, ERR_INVALID, EINVAL, "invalid %scompress: %s", prefix,
				 compress);
	if (out.compress && (out.max_file == 1 || out.max_size < 0))
		return error_set(err, ERR_INVALID, EINVAL,
				 "compress cannot be true when max-file is less than 2 or max-size "
				 "is not set");
	*ret = out;
	return 0;
}

static const struct json_field log_forward_fields[] = {
	FIELD_STR(struct log_forward, driver, "driver"),
	FIELD_STR(struct log_forward, container_id, "container-id"),
	FIELD_STR(struct log_forward, container_name, "container-name"),
	FIELD_STR(struct log_forward, image_id, "image-id"),
	FIELD_STR(struct log_forward, image_name, "image-name"),
	FIELD_STR(struct log_forward, command, "command"),
	FIELD_STR(struct log_forward, created, "created"),
	FIELD_STR(struct log_forward, tag, "tag"),
	FIELD_STR(struct log_forward, host_name, "host-name"),
	FIELD_STR(struct log_forward, tls_program, "tls-program"),
	FIELD_BOOL(struct log_forward, json, "json"),
	FIELD_MAP(struct log_forward, opts, "options"),
	FIELD_MAP(struct log_forward, extra, "extra"),
};
const struct json_shape log_forward_shape =
	JSON_SHAPE(struct log_forward, log_forward_fields, JSON_SHAPE_STRICT);
