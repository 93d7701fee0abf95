/* SPDX-License-Identifier: Apache-2.0 */
/* Archives made by hand, for tests. */
#pragma once

#include "base/strbuf.h"
#include "layer/tar-internal.h"

void put_field(char *field, size_t len, uint64_t value);
void put_checksum(struct tar_header *h);
/* Header, data and padding: root's, 0644 (directories 0755), of 2001. */
void put_entry(struct strbuf *out, char type, const char *name, const char *link, const void *data,
	       size_t len);
void put_pax(struct strbuf *out, const char *key, const void *value, size_t len);
void put_end(struct strbuf *out);

struct chunks { /* what next_chunk, a tar_source, gives: pieces of size */
	const char *data;
	size_t len, size;
};
int next_chunk(void *arg, const uint8_t **ret_data, size_t *ret_len, struct error *err);
