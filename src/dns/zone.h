/* SPDX-License-Identifier: Apache-2.0 */
/* The names of the container's networks, from the files that the engine writes (wire/names.h). A
 * file is looked at with each question and read again when it is another one. */
#pragma once

#include <sys/stat.h>

#include "dns/message.h"
#include "wire/names.h"

enum { ZONES_MAX = 64 };

struct zone {
	int dirfd;
	struct stat seen;
	struct names_table table;
};

struct zones {
	struct zone items[ZONES_MAX];
	size_t n;
	char **links; /* "ALIAS=NAME": what the container calls others by itself; NULL none */
};

void zones_refresh(struct zones *zones);

/* Answer from the names: true; the answer is in *ret_len bytes at out (max of them). False: not
 * ours to say. */
bool zones_answer(const struct zones *zones, const unsigned char *query,
		  const struct dns_question *q, unsigned char *out, size_t max, size_t *ret_len);
