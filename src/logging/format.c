/* SPDX-License-Identifier: Apache-2.0 */
/* What the formats share. */
#include "logging/format.h"

#include <string.h>
#include <sys/random.h>

void packets_end(struct packets *packets)
{
	packets->ends = xrealloc(packets->ends, packets->n + 1, sizeof(*packets->ends));
	packets->ends[packets->n++] = packets->data.len;
}

void packets_reset(struct packets *packets)
{
	strbuf_reset(&packets->data);
	packets->n = 0;
	packets->chunk[0] = '\0';
}

void packets_release(struct packets *packets)
{
	strbuf_release(&packets->data);
	free(packets->ends);
	*packets = (struct packets){ .data = STRBUF_INIT };
}

void random_hex(char *ret, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		unsigned char byte = 0;

		ignore_result(getrandom(&byte, 1, GRND_NONBLOCK));
		ret[2 * i] = digits[byte >> 4];
		ret[2 * i + 1] = digits[byte & 15];
	}
	ret[2 * n] = '\0';
}

static int read_options(struct log_format *format, struct error *err)
{
	const struct strmap *opts = &format->conf->opts;

	switch (format->driver) {
	case LOG_DRIVER_SYSLOG:
		return syslog_options_parse(opts, &format->syslog, &format->facility, err);
	case LOG_DRIVER_GELF:
		return gelf_options_parse(opts, &format->gelf, err);
	case LOG_DRIVER_FLUENTD:
		return fluentd_options_parse(opts, &format->fluentd, err);
	default:
		return 0;
	}
}

int log_format_init(const struct log_forward *conf, struct log_format *ret, struct error *err)
{
	struct log_endpoint endpoint cleanup(log_endpoint_release) = { 0 };
	struct log_format format = { .conf = conf };
	int r;

	if (log_driver_parse(conf->driver, &format.driver) < 0 ||
	    !log_driver_is_remote(format.driver))
		return error_set(err, ERR_INVALID, 0, "%s is no driver that sends logs away",
				 conf->driver ? conf->driver : "");
	r = log_endpoint_parse(format.driver, &conf->opts, &endpoint, err);
	if (r >= 0)
		r = read_options(&format, err);
	if (r < 0)
		return r;
	format.transport = endpoint.transport;
	if (format.driver == LOG_DRIVER_GELF)
		gelf_fixed(&format);
	else if (format.driver == LOG_DRIVER_FLUENTD)
		fluentd_fixed(&format);
	else if (format.driver == LOG_DRIVER_JOURNALD)
		journald_fixed(&format);
	*ret = format;
	return 0;
}

void log_format_message(const struct log_format *format, const struct log_message *message,
			struct packets *out)
{
	switch (format->driver) {
	case LOG_DRIVER_SYSLOG:
		return syslog_message(format, message, out);
	case LOG_DRIVER_GELF:
		return gelf_message(format, message, out);
	case LOG_DRIVER_FLUENTD:
		return fluentd_message(format, message, out);
	default:
		return journald_message(format, message, out);
	}
}

void log_format_release(struct log_format *format)
{
	strbuf_release(&format->fixed);
}
