/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file in which the engine tells hoy-dns who is called what on a network. Text, a line for each
 * endpoint: its IPv4 and IPv6 address ("-": none), then its names, the first the container's own.
 * The line before them names the network:
 *
 *	network web
 *	172.18.0.2 - shop 5f4dcc3b5aa7 frontend
 */
#pragma once

#include "base/strbuf.h"

enum {
	NAMES_FILE_MAX = 4 << 20, /* bytes: what does not fit in is left out by the engine */
	NAMES_NAME_MAX = 255,
};

#define NAMES_FILE "names"

/* A word that can stand in the file as a name. */
bool names_word_is_clean(const char *word);

void names_add_network(struct strbuf *out, const char *network);
/* ip, ip6: NULL none. name: the container's, NULL none; others: blanks between, may be NULL. Words
 * that are not clean are left out, and a line that would make the file too large is too. */
void names_add_endpoint(struct strbuf *out, const char *ip, const char *ip6, const char *name,
			const char *others);

/* One endpoint of a file that was read. */
struct names_endpoint {
	unsigned char ip[4], ip6[16];
	bool has_ip, has_ip6;
	const char *const *names; /* NULL-terminated, into the table; at least one */
};

struct names_table {
	const char *network;
	struct names_endpoint *endpoints;
	size_t n;
	/* inside */
	char *text;
	const char **words;
};

void names_table_release(struct names_table *table);
/* The text is copied. Lines that make no sense are left out. Never fails. */
void names_table_parse(const char *text, size_t len, struct names_table *ret);
