/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hoy-archive: takes an archive of images (fd 0) apart. wire/transfer.h has the protocol.
 *
 * What an archive is good for is only known at its end (manifest.json, index.json), and it is read
 * once: so each file in it is told to the engine as it comes. What looks like a layer (a tar, or
 * compressed) is written into the pipe of a hoy-unpack that the engine starts for it; small files
 * go to the engine whole; it puts them together when all has been read.
 *
 * Rights: none. Before it reads the first byte it becomes a uid of its own without capabilities,
 * files or network.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "layer/tar-internal.h"
#include "layer/unpack.h"
#include "sys/fd.h"
#include "sys/sandbox.h"
#include "sys/unixsock.h"
#include "transfer/stream.h"
#include "wire/transfer.h"

enum { HEAD_SIZE = TAR_BLOCK_SIZE, REPORT_INTERVAL_NS = 100 * 1000 * 1000 };

struct archive {
	struct tar_reader reader;
	size_t n_entries, documents_len;
};

/* A file in the archive while it is read. */
struct member {
	struct archive *archive;
	const char *name;
	uint64_t size;
	uint8_t head[HEAD_SIZE]; /* its first bytes */
	size_t head_len;
	const uint8_t *rest; /* read with the head, behind it */
	size_t rest_len;
};

static int confine(struct error *err)
{
	const struct sandbox sandbox = { .uid = TRANSFER_ARCHIVE_UID, .gid = TRANSFER_ARCHIVE_UID };
	int r = sandbox_enter(&sandbox);

	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "hoy-archive: enter the sandbox") : 0;
}

static int engine_gone(struct error *err)
{
	return error_set(err, ERR_SYSTEM, ECANCELED, "the engine is gone");
}

static int refuse(struct error *err, const char *name, const char *why)
{
	return error_set(err, ERR_INVALID, EINVAL, "refused archive entry \"%.512s\": %s", name,
			 why);
}

static int tell(const char *kind, const char *name, const char *target, uint64_t size,
		struct error *err)
{
	const struct transfer_entry entry = {
		.kind = (char *)kind,
		.name = (char *)name,
		.target = (char *)target,
		.size = (int64_t)size,
	};

	if (transfer_send_json(TRANSFER_CONTROL_FD, TRANSFER_ENTRY, &transfer_entry_shape, &entry) <
	    0)
		return engine_gone(err);
	return 0;
}

static int read_head(struct member *m, struct error *err)
{
	int r = 1;

	while (m->head_len < HEAD_SIZE && m->rest_len == 0) {
		uint64_t offset;
		size_t n;

		r = tar_data(&m->archive->reader, &m->rest, &m->rest_len, &offset, err);
		if (r <= 0)
			break;
		n = HEAD_SIZE - m->head_len;
		n = m->rest_len < n ? m->rest_len : n;
		memcpy(m->head + m->head_len, m->rest, n);
		m->head_len += n;
		m->rest += n;
		m->rest_len -= n;
	}
	return r < 0 ? r : 0;
}

/* Compressed, or with a tar's header, or the zeros of an empty one. */
static bool looks_like_layer(const struct member *m)
{
	static const struct {
		const char *magic;
		size_t len;
	} magics[] = {
		{ "\x1f\x8b", 2 },
		{ "\x28\xb5\x2f\xfd", 4 },
		{ "\xfd"
		  "7zXZ",
		  5 },
		{ "BZh", 3 },
	};
	struct tar_header header;

	for (size_t i = 0; i < ARRAY_SIZE(magics); i++) {
		if (m->head_len >= magics[i].len &&
		    memcmp(m->head, magics[i].magic, magics[i].len) == 0)
			return true;
	}
	if (m->head_len < sizeof(header))
		return false;
	memcpy(&header, m->head, sizeof(header));
	return tar_is_zero(&header) || tar_checksum_ok(&header);
}

/* Takes the pieces of a file's data; 1: has enough, the rest is passed over. */
typedef int (*member_sink)(void *arg, const void *data, size_t len, struct error *err);

static int read_member(struct member *m, member_sink sink, void *arg, struct error *err)
{
	const uint8_t *data;
	uint64_t offset;
	size_t len;
	int r = sink(arg, m->head, m->head_len, err);

	if (r == 0)
		r = sink(arg, m->rest, m->rest_len, err);
	while (r == 0) {
		r = tar_data(&m->archive->reader, &data, &len, &offset, err);
		if (r <= 0)
			break;
		r = sink(arg, data, len, err);
	}
	return r < 0 ? r : 0;
}

struct layer_pipe {
	int fd;
	uint64_t done;
	int64_t last; /* time of the last report */
};

static int write_layer(void *arg, const void *data, size_t len, struct error *err)
{
	struct layer_pipe *pipe = arg;
	int64_t now = clock_monotonic();
	int r = fd_write_all(pipe->fd, data, len);

	pipe->done += len;
	if (r == -EPIPE)
		return 1; /* its hoy-unpack gave up, and tells the engine why */
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "hand a layer on");
	if (now - pipe->last < REPORT_INTERVAL_NS)
		return 0;
	pipe->last = now;
	r = transfer_send(TRANSFER_CONTROL_FD, TRANSFER_PROGRESS, &pipe->done, sizeof(pipe->done));
	return r < 0 ? engine_gone(err) : 0;
}

static int member_layer(struct member *m, struct error *err)
{
	cleanup_fd int fd = -1;
	struct layer_pipe pipe = { .last = clock_monotonic() };
	char answer = 0;
	int r = tell("layer", m->name, NULL, m->size, err);

	if (r < 0)
		return r;
	if (unixsock_recv_fd(TRANSFER_ANSWER_FD, &answer, 1, &fd) != 1)
		return engine_gone(err);
	if (answer != TRANSFER_TAKE || fd < 0)
		return 0;
	pipe.fd = fd;
	return read_member(m, write_layer, &pipe, err);
}

static int add_piece(void *arg, const void *data, size_t len, struct error *err)
{
	strbuf_add(arg, data, len);
	return 0;
}

static int member_document(struct member *m, struct error *err)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r;

	m->archive->documents_len += m->size;
	if (m->archive->documents_len > TRANSFER_DOCUMENTS_MAX)
		return error_set(err, ERR_INVALID, EFBIG,
				 "invalid archive: more than %d MiB of documents",
				 TRANSFER_DOCUMENTS_MAX >> 20);
	r = read_member(m, add_piece, &text, err);
	if (r >= 0)
		r = tell("document", m->name, NULL, m->size, err);
	if (r < 0)
		return r;
	if (transfer_send(TRANSFER_CONTROL_FD, TRANSFER_DOCUMENT, text.data, text.len) < 0)
		return engine_gone(err);
	return 0;
}

static int take_file(struct archive *a, const struct tar_entry *e, const char *name,
		     struct error *err)
{
	struct member m = { .archive = a, .name = name, .size = e->size };
	int r;

	if (e->map)
		return refuse(err, name, "a sparse file");
	r = read_head(&m, err);
	if (r < 0)
		return r;
	if (looks_like_layer(&m))
		return member_layer(&m, err);
	if (m.size <= TRANSFER_DOCUMENT_MAX)
		return member_document(&m, err);
	return tell("other", name, NULL, m.size, err);
}

/* Old archives have a layer that several images share once, and symbolic links to it. */
static int take_link(const struct tar_entry *e, const char *name, struct error *err)
{
	const char *slash = e->type == TAR_SYMLINK ? strrchr(name, '/') : NULL;
	cleanup_free char *path =
		xasprintf("%.*s%s", slash ? (int)(slash - name) + 1 : 0, name, e->link);
	cleanup_free char *target = NULL;

	if ((e->type == TAR_SYMLINK && e->link[0] == '/') || unpack_clean_path(path, &target) < 0)
		return refuse(err, name, "a link out of the archive");
	return tell("link", name, target, 0, err);
}

static int take_entry(struct archive *a, const struct tar_entry *e, struct error *err)
{
	cleanup_free char *name = NULL;

	if (++a->n_entries > TRANSFER_ENTRIES_MAX)
		return error_set(err, ERR_INVALID, EFBIG, "invalid archive: more than %d entries",
				 TRANSFER_ENTRIES_MAX);
	if (unpack_clean_path(e->path, &name) < 0)
		return refuse(err, e->path, "it is outside of the archive");
	switch (e->type) {
	case TAR_DIR:
		return 0;
	case TAR_FILE:
		return take_file(a, e, name, err);
	case TAR_SYMLINK:
	case TAR_HARDLINK:
		return take_link(e, name, err);
	case TAR_CHAR:
	case TAR_BLOCK:
	case TAR_FIFO:
		break;
	}
	return refuse(err, e->path, "a device");
}

static int take_archive(struct error *err)
{
	cleanup(stream_release) struct stream *stream = stream_new(STDIN_FILENO, NULL, false);
	struct archive a = { .n_entries = 0 };
	int r;

	r = confine(err);
	if (r < 0)
		return r;
	tar_reader_init(&a.reader, stream_next, stream);
	for (;;) {
		cleanup(tar_entry_release) struct tar_entry e = TAR_ENTRY_INIT;

		r = tar_next(&a.reader, &e, err);
		if (r > 0)
			r = take_entry(&a, &e, err);
		else
			break;
		if (r < 0)
			break;
	}
	return r < 0 ? r : tar_drain(&a.reader, err);
}

int main(void)
{
	cleanup(error_release) struct error err = ERROR_INIT;
	const struct transfer_done done = { .diff_id = NULL };

	log_init("hoy-archive", LOG_WARNING);
	(void)signal(SIGPIPE, SIG_IGN);
	if (take_archive(&err) < 0) {
		transfer_send_error(TRANSFER_CONTROL_FD, &err);
		return EXIT_FAILURE;
	}
	return transfer_send_json(TRANSFER_CONTROL_FD, TRANSFER_DONE, &transfer_done_shape, &done) <
			       0
		       ? EXIT_FAILURE
		       : EXIT_SUCCESS;
}
