/* SPDX-License-Identifier: Apache-2.0 */
/* Options of the drivers that send logs away: addresses, formats, times. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/parse.h"
#include "wire/log-config.h"

enum { MS_NS = 1000000, GELF_LEVEL = 1, GELF_RECONNECTS = 3, RECONNECT_MS = 1000 };

static const char *get(const struct strmap *opts, const char *name)
{
	const char *value = strmap_get(opts, name);

	return value && value[0] ? value : NULL;
}

static int bad(struct error *err, const char *name, const char *value)
{
	return error_set(err, ERR_INVALID, EINVAL, "invalid value for %s: %s", name, value);
}

void log_endpoint_release(struct log_endpoint *endpoint)
{
	free(endpoint->host);
	free(endpoint->port);
	free(endpoint->path);
	*endpoint = (struct log_endpoint){ 0 };
}

static bool is_port(const char *text, size_t len)
{
	cleanup_free char *port = xstrndup(text, len);
	uint16_t number;

	return parse_port(port, &number) >= 0;
}

/* "host", "host:port", "[::1]:port", ":port". default_port NULL: it must be there. -EINVAL */
static int read_host(const char *text, const char *default_port, struct log_endpoint *out)
{
	const char *end = text + strlen(text), *colon = strrchr(text, ':');
	const char *host = text, *host_end = end;

	if (text[0] == '[') {
		host = text + 1;
		host_end = strchr(host, ']');
		if (!host_end || (host_end[1] && host_end[1] != ':'))
			return -EINVAL;
		colon = host_end[1] ? host_end + 1 : NULL;
	} else if (colon) {
		if (strchr(text, ':') != colon)
			return -EINVAL;
		host_end = colon;
	}
	if ((!colon && !default_port) || (colon && !is_port(colon + 1, (size_t)(end - colon - 1))))
		return -EINVAL;
	out->host = host_end > host ? xstrndup(host, (size_t)(host_end - host))
				    : xstrdup("localhost");
	out->port = xstrdup(colon ? colon + 1 : default_port);
	return 0;
}

static const struct {
	const char *scheme;
	enum log_transport transport;
	unsigned int drivers; /* 1 << enum log_driver */
} schemes[] = {
	{ "udp", LOG_UDP, 1 << LOG_DRIVER_SYSLOG | 1 << LOG_DRIVER_GELF },
	{ "tcp", LOG_TCP, 1 << LOG_DRIVER_SYSLOG | 1 << LOG_DRIVER_GELF | 1 << LOG_DRIVER_FLUENTD },
	{ "tcp+tls", LOG_TLS, 1 << LOG_DRIVER_SYSLOG },
	{ "tls", LOG_TLS, 1 << LOG_DRIVER_FLUENTD },
	{ "unix", LOG_UNIX, 1 << LOG_DRIVER_SYSLOG | 1 << LOG_DRIVER_FLUENTD },
	{ "unixgram", LOG_UNIXGRAM, 1 << LOG_DRIVER_SYSLOG },
};

/* -ENOENT: the driver has no such scheme. *ret_rest: what stands behind "://". */
static int read_scheme(enum log_driver driver, const char *address, enum log_transport *ret,
		       const char **ret_rest)
{
	const char *mark = strstr(address, "://");
	size_t len = mark ? (size_t)(mark - address) : 0;

	for (size_t i = 0; mark && i < ARRAY_SIZE(schemes); i++) {
		if (strlen(schemes[i].scheme) != len ||
		    strncmp(schemes[i].scheme, address, len) != 0 ||
		    !(schemes[i].drivers & 1U << driver))
			continue;
		*ret = schemes[i].transport;
		*ret_rest = mark + 3;
		return 0;
	}
	return -ENOENT;
}

static int syslog_endpoint(const char *address, struct log_endpoint *out, struct error *err)
{
	const char *rest;
	struct stat st;

	out->transport = LOG_UNIXGRAM;
	if (!address)
		return 0;
	if (read_scheme(LOG_DRIVER_SYSLOG, address, &out->transport, &rest) < 0)
		return error_set(err, ERR_INVALID, EINVAL,
				 "syslog-address should be in form proto://address, got %s",
				 address);
	if (out->transport == LOG_UNIX || out->transport == LOG_UNIXGRAM) {
		if (stat(rest, &st) < 0)
			return error_set(err, ERR_INVALID, EINVAL, "stat %s: %s", rest,
					 errno == ENOENT ? "no such file or directory"
							 : strerror(errno));
		out->path = xstrdup(rest);
		return 0;
	}
	if (read_host(rest, out->transport == LOG_TLS ? "6514" : "514", out) < 0)
		return error_set(err, ERR_INVALID, EINVAL, "invalid syslog-address: %s", address);
	return 0;
}

static int gelf_endpoint(const char *address, struct log_endpoint *out, struct error *err)
{
	const char *rest;

	if (!address)
		return error_set(err, ERR_INVALID, EINVAL, "gelf-address is a required parameter");
	if (!strstr(address, "://"))
		return error_set(err, ERR_INVALID, EINVAL,
				 "gelf-address should be in form proto://address, got %s", address);
	if (read_scheme(LOG_DRIVER_GELF, address, &out->transport, &rest) < 0)
		return error_set(err, ERR_INVALID, EINVAL, "gelf: endpoint needs to be TCP or UDP");
	if (read_host(rest, NULL, out) < 0)
		return error_set(err, ERR_INVALID, EINVAL,
				 "gelf: please provide gelf-address as proto://host:port");
	return 0;
}

static int fluentd_endpoint(const char *address, struct log_endpoint *out, struct error *err)
{
	const char *rest = address, *why = NULL;

	out->transport = LOG_TCP;
	if (!address) {
		out->host = xstrdup("127.0.0.1");
		out->port = xstrdup("24224");
		return 0;
	}
	if (strstr(address, "://") &&
	    read_scheme(LOG_DRIVER_FLUENTD, address, &out->transport, &rest) < 0)
		return error_set(err, ERR_INVALID, EINVAL,
				 "invalid fluentd-address (%s): unsupported scheme: '%.*s'",
				 address, (int)strcspn(address, ":"), address);
	if (out->transport == LOG_UNIX) {
		out->path = xstrdup(rest);
		why = rest[strspn(rest, "/")] ? NULL : "path is empty";
	} else if (strchr(rest, '/')) {
		why = "should not contain a path element";
	} else if (read_host(rest, "24224", out) < 0) {
		why = "invalid port";
	}
	return why ? error_set(err, ERR_INVALID, EINVAL, "invalid fluentd-address (%s): %s",
			       address, why)
		   : 0;
}

int log_endpoint_parse(enum log_driver driver, const struct strmap *opts, struct log_endpoint *ret,
		       struct error *err)
{
	struct log_endpoint out cleanup(log_endpoint_release) = { 0 };
	int r;

	switch (driver) {
	case LOG_DRIVER_SYSLOG:
		r = syslog_endpoint(get(opts, "syslog-address"), &out, err);
		break;
	case LOG_DRIVER_GELF:
		r = gelf_endpoint(get(opts, "gelf-address"), &out, err);
		break;
	case LOG_DRIVER_FLUENTD:
		r = fluentd_endpoint(get(opts, "fluentd-address"), &out, err);
		break;
	default:
		out.transport = LOG_UNIXGRAM;
		out.path = xstrdup("/run/systemd/journal/socket");
		r = 0;
	}
	if (r < 0)
		return r;
	*ret = out;
	out = (struct log_endpoint){ 0 };
	return 0;
}

static int read_facility(const char *text, int *ret, struct error *err)
{
	static const char *const names[] = { "kern",	 "user",   "mail",   "daemon", "auth",
					     "syslog",	 "lpr",	   "news",   "uucp",   "cron",
					     "authpriv", "ftp",	   NULL,     NULL,     NULL,
					     NULL,	 "local0", "local1", "local2", "local3",
					     "local4",	 "local5", "local6", "local7" };
	uint32_t number;

	if (!text)
		text = "daemon";
	if (parse_u32(text, &number) >= 0 && number < ARRAY_SIZE(names)) {
		*ret = (int)number;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!names[i] || strcmp(names[i], text) != 0)
			continue;
		*ret = (int)i;
		return 0;
	}
	return error_set(err, ERR_INVALID, EINVAL, "invalid syslog facility");
}

int syslog_options_parse(const struct strmap *opts, enum syslog_format *ret_format,
			 int *ret_facility, struct error *err)
{
	static const char *const formats[] = { "", "rfc3164", "rfc5424", "rfc5424micro" };
	const char *format = get(opts, "syslog-format");
	int r = read_facility(get(opts, "syslog-facility"), ret_facility, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		if (strcmp(format ? format : "", formats[i]) != 0)
			continue;
		*ret_format = (enum syslog_format)i;
		return 0;
	}
	return error_set(err, ERR_INVALID, EINVAL, "Invalid syslog format");
}

static int gelf_unknown(struct error *err, const char *name, const char *value)
{
	return error_set(err, ERR_INVALID, EINVAL,
			 "unknown value \"%s\" for log opt \"%s\" for gelf log driver", value,
			 name);
}

/* Numbers that only a connection has. */
static int gelf_reconnect(const struct strmap *opts, struct gelf_options *out, struct error *err)
{
	static const char *const names[] = { "gelf-tcp-max-reconnect", "gelf-tcp-reconnect-delay" };
	const char *address = get(opts, "gelf-address");
	bool tcp = address && strncmp(address, "tcp://", 6) == 0;
	int64_t values[] = { GELF_RECONNECTS, RECONNECT_MS / 1000 };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *text = get(opts, names[i]);

		if (!text)
			continue;
		if (!tcp)
			return error_set(err, ERR_INVALID, EINVAL,
					 "%s option can only be used with TCP", names[i]);
		if (parse_i64(text, &values[i]) < 0 || values[i] < 0 || values[i] > INT32_MAX)
			return error_set(err, ERR_INVALID, EINVAL,
					 "\"%s\" must be a positive integer", names[i]);
	}
	out->max_reconnect = values[0];
	out->reconnect_delay_ms = values[1] * 1000;
	return 0;
}

int gelf_options_parse(const struct strmap *opts, struct gelf_options *ret, struct error *err)
{
	static const char *const types[] = { "gzip", "zlib", "none" };
	const char *type = get(opts, "gelf-compression-type");
	const char *level = get(opts, "gelf-compression-level");
	const char *address = get(opts, "gelf-address");
	struct gelf_options out = { .level = GELF_LEVEL };
	int64_t number;
	size_t i = 0;
	int r;

	if ((type || level) && address && strncmp(address, "udp://", 6) != 0)
		return error_set(err, ERR_INVALID, EINVAL, "compression is only supported on UDP");
	while (type && i < ARRAY_SIZE(types) && strcmp(type, types[i]) != 0)
		i++;
	if (i == ARRAY_SIZE(types))
		return gelf_unknown(err, "gelf-compression-type", type);
	out.compression = (enum gelf_compression)i;
	if (level && (parse_i64(level, &number) < 0 || number < -1 || number > 9))
		return gelf_unknown(err, "gelf-compression-level", level);
	if (level)
		out.level = (int)number;
	r = gelf_reconnect(opts, &out, err);
	if (r >= 0)
		*ret = out;
	return r;
}

static int read_flag(const struct strmap *opts, const char *name, bool *ret, struct error *err)
{
	const char *text = get(opts, name);

	return text && parse_bool(text, ret) < 0 ? bad(err, name, text) : 0;
}

static int read_ms(const struct strmap *opts, const char *name, int64_t *ret, struct error *err)
{
	const char *text = get(opts, name);
	int64_t ns;

	if (!text)
		return 0;
	if (parse_duration(text, &ns) < 0 || ns < 0)
		return bad(err, name, text);
	*ret = ns / MS_NS;
	return 0;
}

static int fluentd_flags(const struct strmap *opts, struct fluentd_options *out, struct error *err)
{
	int r = 0;

	if (get(opts, "fluentd-async") && get(opts, "fluentd-async-connect"))
		return error_set(err, ERR_INVALID, EINVAL,
				 "conflicting options: cannot specify both 'fluentd-async' and "
				 "'fluentd-async-connect'");
	r = read_flag(opts, "fluentd-async", &out->async, err);
	if (r >= 0)
		r = read_flag(opts, "fluentd-async-connect", &out->async, err);
	if (r >= 0)
		r = read_flag(opts, "fluentd-request-ack", &out->ack, err);
	return r < 0 ? r : read_flag(opts, "fluentd-sub-second-precision", &out->sub_second, err);
}

static int fluentd_times(const struct strmap *opts, struct fluentd_options *out, struct error *err)
{
	static const char interval[] = "fluentd-async-reconnect-interval";
	int64_t ms;
	int r = read_ms(opts, "fluentd-retry-wait", &out->retry_wait_ms, err);

	if (r >= 0)
		r = read_ms(opts, "fluentd-write-timeout", &out->write_timeout_ms, err);
	if (r >= 0)
		r = read_ms(opts, "fluentd-read-timeout", &out->read_timeout_ms, err);
	if (r >= 0)
		r = read_ms(opts, interval, &out->reconnect_interval_ms, err);
	ms = out->reconnect_interval_ms;
	if (r >= 0 && ms != 0 && (ms < 100 || ms > 10000))
		return error_set(err, ERR_INVALID, EINVAL,
				 "invalid value for %s: value (%s) must be between 100ms and 10s",
				 interval, get(opts, interval));
	return r;
}

int fluentd_options_parse(const struct strmap *opts, struct fluentd_options *ret, struct error *err)
{
	const char *buffer = get(opts, "fluentd-buffer-limit");
	const char *retries = get(opts, "fluentd-max-retries");
	struct fluentd_options out = { .buffer = 1 << 20,
				       .max_retries = INT32_MAX,
				       .retry_wait_ms = RECONNECT_MS };
	int r = fluentd_flags(opts, &out, err);

	if (r >= 0)
		r = fluentd_times(opts, &out, err);
	if (r < 0)
		return r;
	if (buffer && (parse_size(buffer, &out.buffer) < 0 || out.buffer <= 0))
		return bad(err, "fluentd-buffer-limit", buffer);
	if (retries && (parse_i64(retries, &out.max_retries) < 0 || out.max_retries < 0))
		return bad(err, "fluentd-max-retries", retries);
	*ret = out;
	return 0;
}
