/* SPDX-License-Identifier: Apache-2.0 */
/* A D-Bus connection: address, authentication, calls and signals, one after the other. */
#include "sys/dbus.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/strv.h"

enum { LINE_MAX_LEN = 512 };

/* "%20" and the like. -EINVAL. */
static int unescape(const char *text, size_t len, char *buf, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned int byte = (unsigned char)text[i];
		char hex[3] = { 0 };

		if (byte == '%') {
			char *end;

			if (len - i < 3)
				return -EINVAL;
			memcpy(hex, text + i + 1, 2);
			byte = (unsigned int)strtoul(hex, &end, 16);
			if (*end || !byte)
				return -EINVAL;
			i += 2;
		}
		if (n + 1 >= size)
			return -ENAMETOOLONG;
		buf[n++] = (char)byte;
	}
	buf[n] = '\0';
	return (int)n;
}

/* The value of @key in "unix:key=value,key=value". */
static const char *address_value(const char *address, const char *key, size_t *ret_len)
{
	size_t key_len = strlen(key);

	if (strncmp(address, "unix:", 5) != 0)
		return NULL;
	for (const char *p = address + 5; *p; p += strcspn(p, ","), p += *p == ',') {
		if (strncmp(p, key, key_len) || p[key_len] != '=')
			continue;
		*ret_len = strcspn(p + key_len + 1, ",");
		return p + key_len + 1;
	}
	return NULL;
}

static int connect_one(const char *address)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	size_t len, skip = 0;
	const char *value = address_value(address, "path", &len);
	cleanup_fd int fd = -1;
	int n;

	if (!value) {
		value = address_value(address, "abstract", &len);
		skip = 1;
	}
	if (!value)
		return -EINVAL;
	n = unescape(value, len, sun.sun_path + skip, sizeof(sun.sun_path) - skip);
	if (n < 0)
		return n;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	/* An abstract name has no NUL at its end, and its length counts. */
	if (fd < 0 ||
	    connect(fd, (struct sockaddr *)&sun,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)n + 1)) < 0)
		return -errno;
	return take_fd(&fd);
}

static int send_all(struct dbus *d, const void *data, size_t len)
{
	const char *p = data;

	while (len) {
		ssize_t n = send(d->fd, p, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static int fill(struct dbus *d)
{
	ssize_t n;

	do
		n = recv(d->fd, d->in, sizeof(d->in), 0);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return n < 0 ? -errno : -ECONNRESET;
	d->in_pos = 0;
	d->in_len = (size_t)n;
	return 0;
}

static int read_all(struct dbus *d, void *data, size_t len)
{
	uint8_t *p = data;

	while (len) {
		size_t n = d->in_len - d->in_pos;

		if (!n) {
			int r = fill(d);

			if (r < 0)
				return r;
			continue;
		}
		if (n > len)
			n = len;
		memcpy(p, d->in + d->in_pos, n);
		d->in_pos += n;
		p += n;
		len -= n;
	}
	return 0;
}

static int read_line(struct dbus *d, char *line)
{
	for (size_t n = 0; n < LINE_MAX_LEN; n++) {
		int r = read_all(d, &line[n], 1);

		if (r < 0)
			return r;
		if (line[n] == '\n') {
			line[n && line[n - 1] == '\r' ? n - 1 : n] = '\0';
			return 0;
		}
	}
	return -EPROTO;
}

/* EXTERNAL without an identity: the peer takes the one that the socket has, which is right in a
 * user namespace too, where our number for it is not theirs. All in one piece, as libsystemd does:
 * systemd leaves a call that it has read together with BEGIN lying until more comes. So nothing
 * follows before its OK, which tells that BEGIN was read. */
static int authenticate(struct dbus *d)
{
	static const char hello[] = "\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n";
	char line[LINE_MAX_LEN];
	int r = send_all(d, hello, sizeof(hello) - 1);

	if (!r)
		r = read_line(d, line);
	if (!r && !strncmp(line, "DATA", 4))
		r = read_line(d, line);
	if (r < 0)
		return r;
	return strncmp(line, "OK", 2) == 0 ? 0 : -EACCES;
}

/* A bus gives us a name, and takes nothing before. */
static int greet(struct dbus *d)
{
	static const struct dbus_header hello = {
		.destination = "org.freedesktop.DBus",
		.path = "/org/freedesktop/DBus",
		.interface = "org.freedesktop.DBus",
		.member = "Hello",
	};
	cleanup(dbus_message_release) struct dbus_message reply = { 0 };
	int r = dbus_call(d, &hello, NULL, &reply);

	return r < 0 ? r : reply.header.type == DBUS_RETURN ? 0 : -EACCES;
}

int dbus_connect(const char *address, bool direct, struct dbus *ret)
{
	cleanup(strv_release) char **list = strv_split(address, ';');
	int r = -EINVAL;

	for (char **a = list; *a; a++) {
		cleanup(dbus_close) struct dbus d = { .fd = connect_one(*a), .direct = direct };

		r = d.fd < 0 ? d.fd : authenticate(&d);
		if (!r && !direct)
			r = greet(&d);
		if (r < 0)
			continue;
		*ret = d;
		d.fd = -1;
		return 0;
	}
	return r;
}

void dbus_close(struct dbus *d)
{
	macros_close_fd(&d->fd);
	d->in_pos = d->in_len = 0;
}

static int receive(struct dbus *d, struct dbus_message *ret)
{
	uint8_t head[DBUS_HEAD];
	uint8_t *data;
	ssize_t len;
	int r = read_all(d, head, sizeof(head));

	if (r < 0)
		return r;
	len = dbus_message_length(head);
	if (len < 0)
		return (int)len;
	data = xmalloc((size_t)len);
	memcpy(data, head, sizeof(head));
	r = read_all(d, data + sizeof(head), (size_t)len - sizeof(head));
	if (r < 0) {
		free(data);
		return r;
	}
	return dbus_message_parse(data, (size_t)len, ret);
}

int dbus_call(struct dbus *d, const struct dbus_header *call, const struct strbuf *body,
	      struct dbus_message *ret)
{
	struct dbus_header header = *call;
	struct strbuf out = STRBUF_INIT;
	int r;

	header.type = DBUS_CALL;
	header.serial = ++d->serial;
	if (d->direct)
		header.destination = NULL;
	dbus_put_message(&out, &header, body);
	r = send_all(d, out.data, out.len);
	strbuf_release(&out);
	while (!r) {
		cleanup(dbus_message_release) struct dbus_message m = { 0 };

		r = receive(d, &m);
		if (r < 0 || m.header.reply_serial != header.serial ||
		    (m.header.type != DBUS_RETURN && m.header.type != DBUS_ERROR))
			continue;
		*ret = m;
		m.data = NULL;
		return 0;
	}
	return r;
}

int dbus_wait_signal(struct dbus *d, const char *interface, const char *member,
		     struct dbus_message *ret)
{
	for (;;) {
		cleanup(dbus_message_release) struct dbus_message m = { 0 };
		int r = receive(d, &m);

		if (r < 0)
			return r;
		if (m.header.type != DBUS_SIGNAL || !m.header.interface || !m.header.member ||
		    strcmp(m.header.interface, interface) || strcmp(m.header.member, member))
			continue;
		*ret = m;
		m.data = NULL;
		return 0;
	}
}
