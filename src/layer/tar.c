/* SPDX-License-Identifier: Apache-2.0 */
/* The tar reader: from chunks to entries. A header block, the extended headers before it, its
 * data. */
#include "layer/tar.h"

#include <errno.h>
#include <string.h>

#include "base/strbuf.h"
#include "layer/tar-internal.h"

void tar_entry_release(struct tar_entry *entry)
{
	if (!entry)
		return;
	free(entry->path);
	free(entry->link);
	for (size_t i = 0; i < entry->n_xattrs; i++) {
		free(entry->xattrs[i].name);
		free(entry->xattrs[i].value);
	}
	free(entry->xattrs);
	free(entry->map);
	*entry = (struct tar_entry)TAR_ENTRY_INIT;
}

void tar_reader_init(struct tar_reader *reader, tar_source source, void *arg)
{
	*reader = (struct tar_reader){ .source = source, .arg = arg };
}

int tar_bad(struct error *err, const char *what)
{
	return error_set(err, ERR_INVALID, EINVAL, "invalid tar archive: %s", what);
}

/* Make sure that the chunk holds something; 0: the end of the archive. */
static int tar_fill(struct tar_reader *reader, struct error *err)
{
	int r;

	if (reader->chunk_len > 0)
		return 1;
	r = reader->source(reader->arg, &reader->chunk, &reader->chunk_len, err);
	return r < 0 ? r : reader->chunk_len > 0;
}

static void tar_consume(struct tar_reader *reader, size_t n)
{
	reader->chunk += n;
	reader->chunk_len -= n;
	reader->n_read += n;
}

static void tar_advance(struct tar_reader *reader, size_t n)
{
	if (reader->tap)
		reader->tap(reader->tap_arg, reader->chunk, n);
	tar_consume(reader, n);
}

/* 1, or 0 when the archive ends before the first byte. */
static int tar_take_or_end(struct tar_reader *reader, void *data, size_t len, struct error *err)
{
	uint8_t *p = data;
	size_t done = 0;

	while (done < len) {
		int r = tar_fill(reader, err);
		size_t n;

		if (r < 0)
			return r;
		if (r == 0 && done == 0)
			return 0;
		if (r == 0)
			return tar_bad(err, "unexpected end");
		n = reader->chunk_len < len - done ? reader->chunk_len : len - done;
		memcpy(p + done, reader->chunk, n);
		tar_advance(reader, n);
		done += n;
	}
	return 1;
}

int tar_take(struct tar_reader *reader, void *data, size_t len, struct error *err)
{
	int r = len > 0 ? tar_take_or_end(reader, data, len, err) : 1;

	if (r == 0)
		return tar_bad(err, "unexpected end");
	return r < 0 ? r : 0;
}

static int tar_skip(struct tar_reader *reader, uint64_t len, struct error *err)
{
	while (len > 0) {
		int r = tar_fill(reader, err);
		size_t n;

		if (r < 0)
			return r;
		if (r == 0)
			return tar_bad(err, "unexpected end");
		n = reader->chunk_len < len ? reader->chunk_len : (size_t)len;
		tar_advance(reader, n);
		len -= n;
	}
	return 0;
}

static uint32_t tar_padding(uint64_t size)
{
	return (uint32_t)(-size % TAR_BLOCK_SIZE);
}

/* The data of an extended header, and the padding behind it. */
static int tar_take_extended(struct tar_reader *reader, const struct tar_header *header,
			     struct strbuf *out, struct error *err)
{
	int64_t size;
	int r;

	if (tar_number(header->size, sizeof(header->size), &size) < 0 || size < 0)
		return tar_bad(err, "a malformed size");
	if (size > TAR_PAX_MAX)
		return tar_bad(err, "an extended header that is too long");
	strbuf_reset(out);
	strbuf_reserve(out, (size_t)size + 1);
	r = tar_take(reader, out->data, (size_t)size, err);
	if (r < 0)
		return r;
	out->len = (size_t)size;
	out->data[size] = '\0';
	return tar_skip(reader, tar_padding((uint64_t)size), err);
}

static int tar_long_name(struct strbuf *data, char **ret, struct error *err)
{
	if (strlen(strbuf_str(data)) > TAR_NAME_MAX)
		return tar_bad(err, "a name that is too long");
	free(*ret);
	*ret = xstrdup(strbuf_str(data));
	return 0;
}

/* One header that is not an entry itself: 1 when it was such a one. */
static int tar_extended(struct tar_reader *reader, const struct tar_header *header,
			struct tar_extra *extra, struct error *err)
{
	cleanup(strbuf_release) struct strbuf data = STRBUF_INIT;
	int r;

	if (header->type == '\0' || !strchr("xXgLK", header->type))
		return 0;
	r = tar_take_extended(reader, header, &data, err);
	if (r < 0)
		return r;
	if (header->type == 'L')
		r = tar_long_name(&data, &extra->path, err);
	else if (header->type == 'K')
		r = tar_long_name(&data, &extra->link, err);
	else if (header->type != 'g') /* global ones carry comments; nothing of theirs is taken */
		r = tar_pax_parse(strbuf_str(&data), data.len, extra, err);
	return r < 0 ? r : 1;
}

static char *field_str(const char *field, size_t max)
{
	return xstrndup(field, strnlen(field, max));
}

static char *header_path(const struct tar_header *h)
{
	cleanup_free char *name = field_str(h->name, sizeof(h->name));
	cleanup_free char *prefix = field_str(h->prefix, sizeof(h->prefix));

	/* GNU writes "ustar " and has other things where POSIX has the prefix */
	if (memcmp(h->magic, "ustar", 6) != 0 || *prefix == '\0')
		return take_ptr(name);
	return xasprintf("%s/%s", prefix, name);
}

static int header_type(const struct tar_header *h, const char *path, enum tar_type *ret,
		       struct error *err)
{
	static const char types[] = "0123456";
	static const enum tar_type meaning[] = { TAR_FILE,  TAR_HARDLINK, TAR_SYMLINK, TAR_CHAR,
						 TAR_BLOCK, TAR_DIR,	  TAR_FIFO };
	const char *at = h->type != '\0' ? strchr(types, h->type) : NULL;
	size_t len = strlen(path);

	if (at)
		*ret = meaning[at - types];
	else if (h->type == '\0' || h->type == '7' || h->type == 'S')
		*ret = TAR_FILE;
	else
		return error_set(err, ERR_INVALID, EINVAL,
				 "invalid tar archive: entry \"%.256s\" has unknown type 0x%02x",
				 path, (unsigned int)(uint8_t)h->type);
	if (h->type == '\0' && len > 0 && path[len - 1] == '/') /* V7 had no type for them */
		*ret = TAR_DIR;
	return 0;
}

/* The plain fields, where no extended header said otherwise. */
static int header_fields(const struct tar_header *h, const struct tar_extra *extra,
			 struct tar_entry *e, struct error *err)
{
	int64_t mode, mtime = extra->mtime;

	e->uid = extra->uid;
	e->gid = extra->gid;
	if (tar_number(h->mode, sizeof(h->mode), &mode) < 0 ||
	    (!extra->has_uid && tar_u32(h->uid, sizeof(h->uid), &e->uid) < 0) ||
	    (!extra->has_gid && tar_u32(h->gid, sizeof(h->gid), &e->gid) < 0) ||
	    (!extra->has_mtime && tar_number(h->mtime, sizeof(h->mtime), &mtime) < 0))
		return tar_bad(err, "a malformed number in a header");
	if ((e->type == TAR_CHAR || e->type == TAR_BLOCK) &&
	    (tar_u32(h->major, sizeof(h->major), &e->major) < 0 ||
	     tar_u32(h->minor, sizeof(h->minor), &e->minor) < 0))
		return tar_bad(err, "a malformed device number");
	e->mode = (uint32_t)mode & 07777;
	e->mtime = mtime;
	e->mtime_nsec = extra->has_mtime ? extra->mtime_nsec : 0;
	return 0;
}

static int header_names(const struct tar_header *h, struct tar_extra *extra, struct tar_entry *e,
			struct error *err)
{
	e->path = extra->sparse_name ? take_ptr(extra->sparse_name) : take_ptr(extra->path);
	if (!e->path)
		e->path = header_path(h);
	if (h->type == '1' || h->type == '2') {
		e->link = take_ptr(extra->link);
		if (!e->link)
			e->link = field_str(h->link, sizeof(h->link));
	}
	return header_type(h, e->path, &e->type, err);
}

/* The size of the data that follows; for a sparse file, its map. */
static int header_data(struct tar_reader *reader, const struct tar_header *h,
		       struct tar_extra *extra, struct tar_entry *e, struct error *err)
{
	int64_t field = 0;
	uint64_t size;
	int r = 0;

	if (!extra->has_size && (tar_number(h->size, sizeof(h->size), &field) < 0 || field < 0))
		return tar_bad(err, "a malformed size");
	size = extra->has_size ? extra->size : (uint64_t)field;
	if (e->type != TAR_FILE)
		size = 0; /* the others have no data, whatever their size says */
	reader->padding = tar_padding(size);
	e->size = size;
	if (h->type == 'S')
		r = tar_sparse_gnu(reader, h, extra, err);
	else if (extra->sparse && extra->sparse_major == 1 && e->type == TAR_FILE)
		r = tar_sparse_in_data(reader, extra, &size, err);
	if (r >= 0 && extra->sparse && e->type == TAR_FILE) {
		r = tar_sparse_check(extra, size, err);
		e->size = extra->real_size;
		e->n_map = extra->n_map;
		e->map = extra->map ? take_ptr(extra->map) : xcalloc(1, sizeof(*e->map));
	}
	reader->data_left = size;
	return r;
}

static int tar_entry_fill(struct tar_reader *reader, const struct tar_header *h,
			  struct tar_extra *extra, struct tar_entry *e, struct error *err)
{
	int r;

	r = header_names(h, extra, e, err);
	if (r >= 0)
		r = header_fields(h, extra, e, err);
	if (r >= 0)
		r = header_data(reader, h, extra, e, err);
	e->xattrs = take_ptr(extra->xattrs);
	e->n_xattrs = extra->n_xattrs;
	extra->n_xattrs = 0;
	reader->map = e->map;
	reader->n_map = e->n_map;
	reader->segment = 0;
	reader->segment_done = reader->offset = 0;
	return r;
}

/* 1: a header; 0: the end, by two blocks of zeros, or one, or the end of the stream. */
static int tar_header_next(struct tar_reader *reader, struct tar_header *h, struct error *err)
{
	int r = tar_take_or_end(reader, h, sizeof(*h), err);

	if (r <= 0)
		return r;
	if (tar_is_zero(h)) {
		r = tar_take_or_end(reader, h, sizeof(*h), err);
		if (r > 0 && !tar_is_zero(h))
			return tar_bad(err, "entries behind the end");
		return r < 0 ? r : 0;
	}
	if (!tar_checksum_ok(h))
		return tar_bad(err, "a header's checksum is wrong (not a tar archive?)");
	return 1;
}

int tar_next(struct tar_reader *reader, struct tar_entry *ret, struct error *err)
{
	cleanup(tar_extra_release) struct tar_extra extra = { 0 };
	struct tar_entry entry = TAR_ENTRY_INIT;
	struct tar_header header;
	int r;

	if (reader->ended)
		return 0;
	r = tar_skip(reader, reader->data_left, err);
	if (r >= 0)
		r = tar_skip(reader, reader->padding, err);
	reader->data_left = reader->padding = 0;
	for (int i = 0; r >= 0; i++) {
		if (i > TAR_EXTENDED_MAX)
			return tar_bad(err, "too many extended headers");
		r = tar_header_next(reader, &header, err);
		if (r <= 0) {
			reader->ended = true;
			return r;
		}
		r = tar_extended(reader, &header, &extra, err);
		if (r == 0)
			break;
	}
	if (r >= 0)
		r = tar_entry_fill(reader, &header, &extra, &entry, err);
	if (r < 0) {
		tar_entry_release(&entry);
		return r;
	}
	*ret = entry;
	return 1;
}

/* How much may be given at once, and where it belongs. */
static uint64_t tar_data_room(struct tar_reader *reader)
{
	if (!reader->map)
		return reader->data_left;
	while (reader->segment < reader->n_map &&
	       reader->segment_done == reader->map[reader->segment].len) {
		reader->segment++;
		reader->segment_done = 0;
	}
	if (reader->segment == reader->n_map)
		return 0;
	reader->offset = reader->map[reader->segment].offset + reader->segment_done;
	return reader->map[reader->segment].len - reader->segment_done;
}

int tar_data(struct tar_reader *reader, const uint8_t **ret_data, size_t *ret_len,
	     uint64_t *ret_offset, struct error *err)
{
	uint64_t room = tar_data_room(reader);
	size_t n;
	int r;

	if (reader->data_left == 0 || room == 0)
		return 0;
	r = tar_fill(reader, err);
	if (r < 0)
		return r;
	if (r == 0)
		return tar_bad(err, "unexpected end");
	n = reader->chunk_len < room ? reader->chunk_len : (size_t)room;
	*ret_data = reader->chunk;
	*ret_len = n;
	*ret_offset = reader->offset;
	tar_consume(reader, n);
	reader->data_left -= n;
	reader->segment_done += n;
	reader->offset += n;
	return 1;
}

int tar_drain(struct tar_reader *reader, struct error *err)
{
	int r;

	while ((r = tar_fill(reader, err)) > 0)
		tar_advance(reader, reader->chunk_len);
	return r;
}
