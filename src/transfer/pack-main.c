/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hoy-pack: a stored layer (the directory fd 4) to its archive on fd 1, byte by byte what came in,
 * plain or gzip; or it is only looked through (check); or the digest of a file (hash).
 * wire/transfer.h has the protocol.
 *
 * Rights: what was unpacked has any owner and mode, so it may read everything, confined by Landlock
 * to that one directory; and by seccomp to harmless calls.
 */
#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "sys/fd.h"
#include "sys/sandbox.h"
#include "transfer/deflate.h"
#include "transfer/hash.h"
#include "transfer/record.h"
#include "transfer/seal.h"
#include "wire/transfer.h"

enum { REPORT_INTERVAL_NS = 100 * 1000 * 1000, PIECE = 1024 * 1024 };

struct pack {
	struct hash tar, blob;
	uint64_t tar_size, blob_size;
	struct deflater *deflater; /* NULL: plain */
	const char *check;	   /* the diff-id that it should have; NULL: something goes out */
	int64_t last_report;
};

/* dir: it may read what is below fd 4. */
static int confine(bool dir, struct error *err)
{
	static const int dirs[] = { TRANSFER_LAYER_FD };
	const struct sandbox sandbox = {
		.uid = TRANSFER_UNPACK_UID,
		.gid = TRANSFER_UNPACK_UID,
		.keep_caps = dir ? 1ULL << CAP_DAC_READ_SEARCH : 0,
		.readable_dirs = dirs,
		.n_readable_dirs = dir ? ARRAY_SIZE(dirs) : 0,
	};
	int r = sandbox_enter(&sandbox);

	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "hoy-pack: enter the sandbox") : 0;
}

static int put_blob(void *arg, const void *data, size_t len, struct error *err)
{
	struct pack *pack = arg;
	int r = fd_write_all(TRANSFER_BLOB_FD, data, len);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "write the layer's archive");
	if (pack->deflater)
		hash_add(&pack->blob, data, len);
	pack->blob_size += len;
	return 0;
}

static int report_progress(struct pack *pack, struct error *err)
{
	int64_t now = clock_monotonic();

	if (now - pack->last_report < REPORT_INTERVAL_NS)
		return 0;
	pack->last_report = now;
	if (transfer_send(TRANSFER_CONTROL_FD, TRANSFER_PROGRESS, &pack->tar_size,
			  sizeof(pack->tar_size)) < 0)
		return error_set(err, ERR_SYSTEM, ECANCELED, "pack");
	return 0;
}

static int put_tar(void *arg, const void *data, size_t len, struct error *err)
{
	struct pack *pack = arg;
	int r;

	hash_add(&pack->tar, data, len);
	pack->tar_size += len;
	if (pack->check)
		return report_progress(pack, err);
	r = pack->deflater ? deflater_add(pack->deflater, data, len, err)
			   : put_blob(pack, data, len, err);
	return r < 0 ? r : report_progress(pack, err);
}

static int send_done(struct pack *pack, struct error *err)
{
	char diff_id[DIGEST_SIZE], digest[DIGEST_SIZE];
	const struct transfer_done done = {
		.diff_id = diff_id,
		.size = (int64_t)pack->tar_size,
		.digest = digest,
		.blob_size = (int64_t)pack->blob_size,
	};
	int r = 0;

	hash_finish(&pack->tar, diff_id);
	if (pack->check && strcmp(pack->check, diff_id) == 0)
		r = seal_check(TRANSFER_LAYER_FD, diff_id, err);
	if (r < 0)
		return r;
	if (pack->deflater)
		hash_finish(&pack->blob, digest);
	else
		memcpy(digest, diff_id, sizeof(digest));
	if (transfer_send_json(TRANSFER_CONTROL_FD, TRANSFER_DONE, &transfer_done_shape, &done) < 0)
		return error_set(err, ERR_SYSTEM, ECANCELED, "pack");
	return 0;
}

static int pack_layer(struct pack *pack, struct error *err)
{
	int r;

	hash_init(&pack->tar);
	hash_init(&pack->blob);
	r = confine(true, err);
	if (r >= 0)
		r = record_play(TRANSFER_LAYER_FD, put_tar, pack, err);
	if (r >= 0 && pack->deflater)
		r = deflater_finish(pack->deflater, err);
	return r < 0 ? r : send_done(pack, err);
}

static int hash_file(struct pack *pack, struct error *err)
{
	cleanup_free char *buf = xmalloc(PIECE);
	ssize_t n = 0;
	int r = confine(false, err);

	hash_init(&pack->tar);
	while (r >= 0 && (n = read(TRANSFER_LAYER_FD, buf, PIECE)) > 0) {
		hash_add(&pack->tar, buf, (size_t)n);
		pack->tar_size += (uint64_t)n;
		r = report_progress(pack, err);
	}
	if (n < 0)
		return error_set(err, ERR_SYSTEM, errno, "read a file");
	return r < 0 ? r : send_done(pack, err);
}

static bool is_one_of(const char *text)
{
	return strcmp(text, "plain") == 0 || strcmp(text, "gzip") == 0 || strcmp(text, "hash") == 0;
}

int main(int argc, char **argv)
{
	cleanup(error_release) struct error err = ERROR_INIT;
	struct pack pack = { .last_report = clock_monotonic() };
	int r;

	log_init("hoy-pack", LOG_WARNING);
	(void)signal(SIGPIPE, SIG_IGN); /* a reader that is gone is an ordinary EPIPE */
	if (argc == 3 && strcmp(argv[1], "check") == 0 && digest_is_valid(argv[2]))
		pack.check = argv[2];
	else if (argc != 2 || !is_one_of(argv[1]))
		die(EXIT_FAILURE, "usage: hoy-pack plain|gzip|hash|check DIFF-ID");
	if (strcmp(argv[1], "gzip") == 0)
		pack.deflater = deflater_new(put_blob, &pack);
	r = strcmp(argv[1], "hash") == 0 ? hash_file(&pack, &err) : pack_layer(&pack, &err);
	if (r < 0)
		transfer_send_error(TRANSFER_CONTROL_FD, &err);
	deflater_free(pack.deflater);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
