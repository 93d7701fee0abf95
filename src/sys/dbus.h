/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A D-Bus client over a unix socket, as much as talking to systemd needs: method calls with basic
 * types, arrays, structs and variants; replies; signals. No thread, no main loop, no introspection.
 * -errno idiom. (D-Bus Specification: "Message Protocol", "Authentication Protocol".)
 *
 * What comes in is data of another process: messages are bounded, each length is checked against
 * what is there, strings end in NUL where they say they do.
 */
#pragma once

#include "base/macros.h"
#include "base/strbuf.h"

enum dbus_type { DBUS_CALL = 1, DBUS_RETURN = 2, DBUS_ERROR = 3, DBUS_SIGNAL = 4 };

enum { DBUS_MESSAGE_MAX = 1024 * 1024, DBUS_HEAD = 16 };

/* ---- writing: into a strbuf that begins at an offset that is a multiple of 8 ---- */

struct dbus_array {
	size_t length_at, start;
};

void dbus_put_byte(struct strbuf *b, uint8_t value);
void dbus_put_u32(struct strbuf *b, uint32_t value);
void dbus_put_u64(struct strbuf *b, uint64_t value);
void dbus_put_bool(struct strbuf *b, bool value);
void dbus_put_string(struct strbuf *b, const char *value); /* "s" and "o" */
void dbus_put_signature(struct strbuf *b, const char *value);
void dbus_put_struct(struct strbuf *b); /* then its members */
/* @element: the first character of the elements' signature. */
struct dbus_array dbus_array_begin(struct strbuf *b, char element);
void dbus_array_end(struct strbuf *b, const struct dbus_array *array);

/* A message of method @member, or a signal; NULL members are left out. */
struct dbus_header {
	enum dbus_type type;
	uint32_t serial, reply_serial;
	const char *destination, *path, *interface, *member, *error, *signature;
};
/* The whole message into @out, which must be empty; ready to be sent. */
void dbus_put_message(struct strbuf *out, const struct dbus_header *header,
		      const struct strbuf *body);

/* ---- reading ---- */

struct dbus_reader {
	const uint8_t *data;
	size_t len, pos;
};

/* -EPROTO: there is none. Strings point into the message. */
must_check int dbus_get_byte(struct dbus_reader *r, uint8_t *ret);
must_check int dbus_get_u32(struct dbus_reader *r, uint32_t *ret);
must_check int dbus_get_string(struct dbus_reader *r, const char **ret);
must_check int dbus_get_signature(struct dbus_reader *r, const char **ret);

struct dbus_message {
	uint8_t *data;		   /* owned; NULL: none */
	struct dbus_header header; /* its strings point into data */
	struct dbus_reader body;
};

/* From its first DBUS_HEAD bytes: how long a message is. -EPROTO, -EMSGSIZE. */
must_check ssize_t dbus_message_length(const uint8_t *head);
/* Takes @data (owned), a whole message. -EPROTO frees it. */
must_check int dbus_message_parse(uint8_t *data, size_t len, struct dbus_message *ret);
void dbus_message_release(struct dbus_message *m);

/* ---- a connection ---- */

struct dbus {
	int fd; /* -1: none */
	uint32_t serial;
	bool direct; /* the peer itself, no bus between: no names, no subscriptions */
	uint8_t in[4096];
	size_t in_pos, in_len;
};

#define DBUS_INIT                                                                                  \
	{                                                                                          \
		.fd = -1                                                                           \
	}

/* @address: "unix:path=…", "unix:abstract=…", several with ";". A bus is greeted. -EINVAL: none of
 * them is of a kind that is known; else why the last could not be reached. -EACCES: refused. */
must_check int dbus_connect(const char *address, bool direct, struct dbus *ret);
void dbus_close(struct dbus *d);

/* Call and wait for the answer, which may be of DBUS_ERROR: then the first string of its body is a
 * sentence. Signals meanwhile are dropped. */
must_check int dbus_call(struct dbus *d, const struct dbus_header *call, const struct strbuf *body,
			 struct dbus_message *ret);
/* The next signal of that name. */
must_check int dbus_wait_signal(struct dbus *d, const char *interface, const char *member,
				struct dbus_message *ret);
