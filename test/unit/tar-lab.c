/* SPDX-License-Identifier: Apache-2.0 */
/* Archives made by hand, for tests. */
#include "tar-lab.h"

#include <stdio.h>
#include <string.h>

void put_field(char *field, size_t len, uint64_t value)
{
	(void)snprintf(field, len, "%0*llo", (int)len - 1, (unsigned long long)value);
}

void put_checksum(struct tar_header *h)
{
	unsigned int sum = 0;

	memset(h->checksum, ' ', sizeof(h->checksum));
	for (size_t i = 0; i < sizeof(*h); i++)
		sum += ((const uint8_t *)h)[i];
	(void)snprintf(h->checksum, sizeof(h->checksum), "%06o", sum);
}

void put_entry(struct strbuf *out, char type, const char *name, const char *link, const void *data,
	       size_t len)
{
	static const char zero[TAR_BLOCK_SIZE];
	struct tar_header h = { .type = type };

	memcpy(h.magic, "ustar", 6);
	memcpy(h.version, "00", 2);
	memcpy(h.name, name, strnlen(name, sizeof(h.name)));
	if (link)
		memcpy(h.link, link, strnlen(link, sizeof(h.link)));
	put_field(h.mode, sizeof(h.mode), type == '5' ? 0755 : 0644);
	put_field(h.uid, sizeof(h.uid), 0);
	put_field(h.gid, sizeof(h.gid), 0);
	put_field(h.size, sizeof(h.size), len);
	put_field(h.mtime, sizeof(h.mtime), 1000000000);
	put_checksum(&h);
	strbuf_add(out, &h, sizeof(h));
	strbuf_add(out, data, len);
	strbuf_add(out, zero, -len % TAR_BLOCK_SIZE);
}

void put_pax(struct strbuf *out, const char *key, const void *value, size_t len)
{
	cleanup(strbuf_release) struct strbuf record = STRBUF_INIT;
	size_t n = strlen(key) + len + 3, digits = 1;

	while (snprintf(NULL, 0, "%zu", n + digits) != (int)digits)
		digits++;
	strbuf_addf(&record, "%zu %s=", n + digits, key);
	strbuf_add(&record, value, len);
	strbuf_addc(&record, '\n');
	put_entry(out, 'x', "pax", NULL, record.data, record.len);
}

void put_end(struct strbuf *out)
{
	static const char zero[2 * TAR_BLOCK_SIZE];

	strbuf_add(out, zero, sizeof(zero));
}

int next_chunk(void *arg, const uint8_t **ret_data, size_t *ret_len, struct error *err)
{
	struct chunks *c = arg;
	size_t n = c->len < c->size ? c->len : c->size;

	*ret_data = (const uint8_t *)c->data;
	*ret_len = n;
	c->data += n;
	c->len -= n;
	return 0;
}
