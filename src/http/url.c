/* SPDX-License-Identifier: Apache-2.0 */
/* Percent-encoding, query strings, engine addresses. */
#include "http/url.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int url_decode(const char *str, size_t len, bool plus, char **ret)
{
	cleanup_free char *out = xmalloc(len + 1);
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		char c = str[i];

		if (c == '%') {
			int high = len - i > 2 ? hex_digit(str[i + 1]) : -1;
			int low = len - i > 2 ? hex_digit(str[i + 2]) : -1;

			if (high < 0 || low < 0)
				return -EINVAL;
			c = (char)(high << 4 | low);
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		if (c == '\0')
			return -EINVAL;
		out[n++] = c;
	}
	out[n] = '\0';
	*ret = take_ptr(out);
	return 0;
}

static void encode(struct strbuf *out, const char *str, const char *keep)
{
	for (; *str; str++) {
		unsigned char c = (unsigned char)*str;

		if (isalnum(c) || strchr(keep, c))
			strbuf_addc(out, (char)c);
		else
			strbuf_addf(out, "%%%02X", c);
	}
}

void url_encode(struct strbuf *out, const char *str)
{
	encode(out, str, "-._~");
}

void url_encode_path(struct strbuf *out, const char *str)
{
	encode(out, str, "-._~/:@");
}

static int query_add(struct url_query *query, const char *item, size_t len)
{
	const char *equals = memchr(item, '=', len);
	size_t name_len = equals ? (size_t)(equals - item) : len;
	cleanup_free char *name = NULL, *value = NULL;

	if (url_decode(item, name_len, true, &name) < 0)
		return -EINVAL;
	if (!equals)
		value = xstrdup("");
	else if (url_decode(equals + 1, len - name_len - 1, true, &value) < 0)
		return -EINVAL;
	query->items = xrealloc(query->items, query->n + 1, sizeof(*query->items));
	query->items[query->n++] = (struct url_param){ take_ptr(name), take_ptr(value) };
	return 0;
}

int url_query_parse(const char *query, struct url_query *ret)
{
	struct url_query parsed = { NULL, 0 };

	while (query && *query) {
		size_t len = strcspn(query, "&");

		if (parsed.n >= URL_PARAMS_MAX || (len > 0 && query_add(&parsed, query, len) < 0)) {
			url_query_release(&parsed);
			return -EINVAL;
		}
		query += len + (query[len] == '&');
	}
	*ret = parsed;
	return 0;
}

const char *url_query_get(const struct url_query *query, const char *name)
{
	for (size_t i = 0; i < query->n; i++)
		if (strcmp(query->items[i].name, name) == 0)
			return query->items[i].value;
	return NULL;
}

void url_query_release(struct url_query *query)
{
	for (size_t i = 0; i < query->n; i++) {
		free(query->items[i].name);
		free(query->items[i].value);
	}
	free(query->items);
	*query = (struct url_query){ NULL, 0 };
}

void url_add(struct strbuf *target, const char *name, const char *value)
{
	if (!value)
		return;
	strbuf_addc(target, strchr(strbuf_str(target), '?') ? '&' : '?');
	url_encode(target, name);
	strbuf_addc(target, '=');
	url_encode(target, value);
}

void url_addf(struct strbuf *target, const char *name, const char *fmt, ...)
{
	struct strbuf value = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&value, fmt, ap);
	va_end(ap);
	url_add(target, name, strbuf_str(&value));
	strbuf_release(&value);
}

/* "host", "host:port", "[v6]:port"; what follows a '/' is ignored as docker does for tcp. */
static int parse_host_port(const char *str, const char *default_port, struct host_url *ret)
{
	size_t len = strcspn(str, "/");
	const char *end = str + len, *port = NULL, *host = str, *host_end = end;

	if (*str == '[') {
		host++;
		host_end = memchr(str, ']', len);
		if (!host_end || (host_end + 1 < end && host_end[1] != ':'))
			return -EINVAL;
		if (host_end + 1 < end)
			port = host_end + 2;
	} else {
		const char *colon = memchr(str, ':', len);

		if (colon) {
			host_end = colon;
			port = colon + 1;
		}
	}
	if (port &&
	    (port == end || strspn(port, "0123456789") != (size_t)(end - port) || end - port > 5))
		return -EINVAL;
	if (host_end == host && default_port == NULL)
		return -EINVAL;
	ret->host = host_end > host ? xstrndup(host, (size_t)(host_end - host))
				    : xstrdup("localhost");
	ret->port = port ? xstrndup(port, (size_t)(end - port)) : xstrdup(default_port);
	return 0;
}

static int parse_ssh(const char *str, struct host_url *ret)
{
	const char *slash = strchr(str, '/');

	if (parse_host_port(str, NULL, ret) < 0)
		return -EINVAL;
	ret->path = slash && slash[1] ? xstrdup(slash) : NULL;
	return 0;
}

static int parse_unix(const char *path, struct host_url *ret)
{
	if (*path != '/')
		return -EINVAL;
	ret->path = xstrdup(path);
	return 0;
}

int host_url_parse(const char *str, struct host_url *ret)
{
	struct host_url url = { 0 };
	int r;

	if (strncmp(str, "unix://", 7) == 0 || *str == '/') {
		url.scheme = HOST_UNIX;
		r = parse_unix(*str == '/' ? str : str + 7, &url);
	} else if (strncmp(str, "fd://", 5) == 0) {
		url.scheme = HOST_FD;
		url.path = xstrdup(str + 5);
		r = 0;
	} else if (strncmp(str, "ssh://", 6) == 0) {
		url.scheme = HOST_SSH;
		r = parse_ssh(str + 6, &url);
	} else if (strncmp(str, "tcp://", 6) == 0 || !strstr(str, "://")) {
		url.scheme = HOST_TCP;
		r = *str ? parse_host_port(strstr(str, "://") ? str + 6 : str, "2375", &url)
			 : -EINVAL;
	} else {
		r = -EINVAL;
	}
	if (r < 0) {
		host_url_release(&url);
		return r;
	}
	*ret = url;
	return 0;
}

void host_url_release(struct host_url *url)
{
	free(url->path);
	free(url->host);
	free(url->port);
	*url = (struct host_url){ 0 };
}
