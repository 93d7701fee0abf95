/* SPDX-License-Identifier: Apache-2.0 */
/* Entries -> headers and PAX records (POSIX pax; GNU tar's manual, "Storing Sparse Files"). */
#include "layer/tar-write.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "layer/tar-internal.h"

enum {
	UID_MAX = 07777777,    /* seven octal digits */
	RECORDS_END = 2 * 512, /* of an archive      */
	PREFIX_MAX = 155,
	NAME_MAX_PLAIN = 100,
	PENDING_MAX = 64 * 1024,
};

static const int64_t number_max = 077777777777; /* eleven octal digits */

void tar_writer_init(struct tar_writer *writer, tar_sink sink, void *arg)
{
	*writer = (struct tar_writer){ .sink = sink, .arg = arg };
}

void tar_writer_release(struct tar_writer *writer)
{
	strbuf_release(&writer->pending);
}

static int send(struct tar_writer *w, const void *data, size_t len, struct error *err)
{
	int r = len > 0 ? w->sink(w->arg, data, len) : 0;

	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "write the archive") : 0;
}

static int flush(struct tar_writer *w, struct error *err)
{
	int r = send(w, w->pending.data, w->pending.len, err);

	strbuf_reset(&w->pending);
	return r;
}

static int put(struct tar_writer *w, const void *data, size_t len, struct error *err)
{
	int r = 0;

	if (w->pending.len + len > PENDING_MAX)
		r = flush(w, err);
	if (r >= 0 && len >= PENDING_MAX)
		return send(w, data, len, err);
	if (len > 0)
		strbuf_add(&w->pending, data, len);
	return r;
}

static int put_zeros(struct tar_writer *w, uint64_t len, struct error *err)
{
	static const char zeros[16 * 1024];
	int r = 0;

	while (r >= 0 && len > 0) {
		size_t n = len < sizeof(zeros) ? (size_t)len : sizeof(zeros);

		r = put(w, zeros, n, err);
		len -= n;
	}
	return r;
}

static uint32_t padding_of(uint64_t size)
{
	return (uint32_t)(-size % TAR_BLOCK_SIZE);
}

/* "LENGTH KEY=VALUE\n", where LENGTH counts itself. */
static void pax_add(struct strbuf *out, const char *key, const void *value, size_t len)
{
	size_t rest = strlen(key) + len + 3, total = rest + 1;
	char digits[24];

	while (rest + (size_t)snprintf(digits, sizeof(digits), "%zu", total) > total)
		total++;
	strbuf_addf(out, "%zu %s=", total, key);
	strbuf_add(out, value, len);
	strbuf_addc(out, '\n');
}

static void pax_adds(struct strbuf *out, const char *key, const char *value)
{
	pax_add(out, key, value, strlen(value));
}

static void pax_number(struct strbuf *out, const char *key, uint64_t value)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	pax_adds(out, key, text);
}

/* Before 1970 the fraction counts downwards: -1.5 is a second and a half before. */
static void pax_mtime(struct strbuf *out, const struct tar_entry *e)
{
	bool down = e->mtime < 0 && e->mtime_nsec > 0;
	int64_t seconds = down ? -(e->mtime + 1) : e->mtime < 0 ? -e->mtime : e->mtime;
	uint32_t nsec = down ? 1000000000 - e->mtime_nsec : e->mtime_nsec;
	char text[48];
	size_t len;

	(void)snprintf(text, sizeof(text), "%s%lld.%09u", e->mtime < 0 ? "-" : "",
		       (long long)seconds, nsec);
	len = strlen(text);
	while (text[len - 1] == '0')
		len--;
	text[text[len - 1] == '.' ? len - 1 : len] = '\0';
	pax_adds(out, "mtime", text);
}

static void octal(char *field, size_t size, uint64_t value)
{
	for (size_t i = size - 1; i-- > 0; value >>= 3)
		field[i] = (char)('0' + (value & 7));
	field[size - 1] = '\0';
}

static void checksum(struct tar_header *h)
{
	const uint8_t *bytes = (const uint8_t *)h;
	unsigned int sum = 0;

	memset(h->checksum, ' ', sizeof(h->checksum));
	for (size_t i = 0; i < sizeof(*h); i++)
		sum += bytes[i];
	octal(h->checksum, 7, sum);
}

/* Into name, or split at a slash into prefix and name; false: it fits neither way. */
static bool set_name(struct tar_header *h, const char *path)
{
	size_t len = strlen(path);

	if (len <= NAME_MAX_PLAIN) {
		memcpy(h->name, path, len);
		return true;
	}
	if (len > PREFIX_MAX + 1 + NAME_MAX_PLAIN)
		return false;
	for (size_t i = len - NAME_MAX_PLAIN - 1; i <= PREFIX_MAX && i + 1 < len; i++) {
		if (path[i] != '/' || i == 0)
			continue;
		memcpy(h->prefix, path, i);
		memcpy(h->name, path + i + 1, len - i - 1);
		return true;
	}
	return false;
}

/* A name that only those show who do not read PAX. */
static void set_name_cut(struct tar_header *h, const char *dir, const char *path)
{
	char text[NAME_MAX_PLAIN + 1];
	const char *slash = strrchr(path, '/');

	if (slash && slash[1] == '\0') /* a directory: the part before its slash */
		for (slash--; slash > path && *slash != '/'; slash--)
			;
	(void)snprintf(text, sizeof(text), "%s/%s", dir, slash && slash > path ? slash + 1 : path);
	memcpy(h->name, text, strlen(text));
}

static void header_init(struct tar_header *h, char type)
{
	memset(h, 0, sizeof(*h));
	h->type = type;
	memcpy(h->magic, "ustar", 6);
	memcpy(h->version, "00", 2);
	octal(h->major, sizeof(h->major), 0);
	octal(h->minor, sizeof(h->minor), 0);
}

/* GNU's version 1.0: the map stands before the data, filled up to a block. */
static void sparse_map(const struct tar_entry *e, struct strbuf *out)
{
	strbuf_addf(out, "%zu\n", e->n_map);
	for (size_t i = 0; i < e->n_map; i++)
		strbuf_addf(out, "%llu\n%llu\n", (unsigned long long)e->map[i].offset,
			    (unsigned long long)e->map[i].len);
	for (uint32_t n = padding_of(out->len); n > 0; n--)
		strbuf_addc(out, '\0');
}

static uint64_t data_size(const struct tar_entry *e)
{
	uint64_t size = 0;

	if (e->type != TAR_FILE)
		return 0;
	if (!e->map)
		return e->size;
	for (size_t i = 0; i < e->n_map; i++)
		size += e->map[i].len;
	return size;
}

/* What the header cannot hold goes to pax, and the header gets the nearest it can. */
static void header_numbers(struct tar_header *h, const struct tar_entry *e, uint64_t size,
			   struct strbuf *pax)
{
	if (e->uid > UID_MAX)
		pax_number(pax, "uid", e->uid);
	if (e->gid > UID_MAX)
		pax_number(pax, "gid", e->gid);
	if (size > (uint64_t)number_max)
		pax_number(pax, "size", size);
	if (e->mtime < 0 || e->mtime > number_max || e->mtime_nsec > 0)
		pax_mtime(pax, e);
	octal(h->mode, sizeof(h->mode), e->mode & 07777);
	octal(h->uid, sizeof(h->uid), e->uid > UID_MAX ? 0 : e->uid);
	octal(h->gid, sizeof(h->gid), e->gid > UID_MAX ? 0 : e->gid);
	octal(h->size, sizeof(h->size), size > (uint64_t)number_max ? 0 : size);
	octal(h->mtime, sizeof(h->mtime),
	      e->mtime < 0 || e->mtime > number_max ? 0 : (uint64_t)e->mtime);
	octal(h->major, sizeof(h->major), e->major);
	octal(h->minor, sizeof(h->minor), e->minor);
}

static void header_names(struct tar_header *h, const struct tar_entry *e, struct strbuf *pax)
{
	if (e->map) {
		pax_adds(pax, "GNU.sparse.major", "1");
		pax_adds(pax, "GNU.sparse.minor", "0");
		pax_adds(pax, "GNU.sparse.name", e->path);
		pax_number(pax, "GNU.sparse.realsize", e->size);
		set_name_cut(h, "GNUSparseFile.0", e->path);
	} else if (!set_name(h, e->path)) {
		pax_adds(pax, "path", e->path);
		set_name_cut(h, ".", e->path);
	}
	if (!e->link)
		return;
	if (strlen(e->link) > sizeof(h->link))
		pax_adds(pax, "linkpath", e->link);
	memcpy(h->link, e->link, strnlen(e->link, sizeof(h->link)));
}

static void add_xattrs(const struct tar_entry *e, struct strbuf *pax)
{
	for (size_t i = 0; i < e->n_xattrs; i++) {
		cleanup_free char *key = xasprintf("SCHILY.xattr.%s", e->xattrs[i].name);

		pax_add(pax, key, e->xattrs[i].value, e->xattrs[i].len);
	}
}

static int put_pax(struct tar_writer *w, const struct tar_entry *e, const struct strbuf *pax,
		   struct error *err)
{
	struct tar_header h;
	int r;

	if (pax->len > TAR_PAX_MAX)
		return error_set(err, ERR_INVALID, E2BIG,
				 "the attributes of \"%.256s\" are too long for an archive",
				 e->path);
	header_init(&h, 'x');
	set_name_cut(&h, "PaxHeaders.0", e->path);
	octal(h.mode, sizeof(h.mode), 0644);
	octal(h.uid, sizeof(h.uid), 0);
	octal(h.gid, sizeof(h.gid), 0);
	octal(h.size, sizeof(h.size), pax->len);
	octal(h.mtime, sizeof(h.mtime), 0);
	checksum(&h);
	r = put(w, &h, sizeof(h), err);
	if (r >= 0)
		r = put(w, pax->data, pax->len, err);
	return r < 0 ? r : put_zeros(w, padding_of(pax->len), err);
}

int tar_write_entry(struct tar_writer *w, const struct tar_entry *e, struct error *err)
{
	static const char types[] = {
		[TAR_FILE] = '0',  [TAR_HARDLINK] = '1', [TAR_SYMLINK] = '2', [TAR_CHAR] = '3',
		[TAR_BLOCK] = '4', [TAR_DIR] = '5',	 [TAR_FIFO] = '6'
	};
	cleanup(strbuf_release) struct strbuf pax = STRBUF_INIT, map = STRBUF_INIT;
	struct tar_header h;
	int r = tar_write_rest(w, err);

	if (r < 0)
		return r;
	header_init(&h, types[e->type]);
	if (e->map)
		sparse_map(e, &map);
	w->left = data_size(e);
	w->padding = padding_of(w->left);
	header_names(&h, e, &pax);
	header_numbers(&h, e, w->left + map.len, &pax);
	add_xattrs(e, &pax);
	if (pax.len > 0)
		r = put_pax(w, e, &pax, err);
	checksum(&h);
	if (r >= 0)
		r = put(w, &h, sizeof(h), err);
	return r < 0 ? r : put(w, map.data, map.len, err);
}

int tar_write_data(struct tar_writer *w, const void *data, size_t len, struct error *err)
{
	int r;

	if (len > w->left)
		len = (size_t)w->left; /* a file that grew meanwhile */
	r = put(w, data, len, err);
	w->left -= len;
	return r;
}

int tar_write_rest(struct tar_writer *w, struct error *err)
{
	uint64_t n = w->left + w->padding;

	w->left = w->padding = 0;
	return put_zeros(w, n, err);
}

int tar_write_end(struct tar_writer *w, struct error *err)
{
	int r = tar_write_rest(w, err);

	if (r >= 0)
		r = put_zeros(w, RECORDS_END, err);
	return r < 0 ? r : flush(w, err);
}

int tar_write_file(struct tar_writer *w, const struct tar_file *file, struct error *err)
{
	const struct tar_entry e = { .type = TAR_FILE,
				     .path = (char *)file->path,
				     .mode = 0644,
				     .mtime = file->mtime,
				     .size = file->len };
	int r = tar_write_entry(w, &e, err);

	return r < 0 ? r : tar_write_data(w, file->data, file->len, err);
}
