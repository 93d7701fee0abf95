/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hoy-unpack: a layer from fd 0 into the directory of fd 4. wire/transfer.h has the protocol.
 *
 * Rights: it is started by root, and before it reads the first byte of the layer it becomes a uid
 * of its own that keeps what making other people's files needs (chown, any mode, device nodes,
 * file capabilities), confined by Landlock to that one directory and by seccomp to harmless
 * calls. It has no CAP_SYS_ADMIN: opaque marks are the engine's to set.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/clock.h"
#include "base/log.h"
#include "layer/index.h"
#include "oci/digest.h"
#include "sys/sandbox.h"
#include "transfer/record.h"
#include "transfer/stream.h"
#include "wire/transfer.h"

enum { REPORT_INTERVAL_NS = 100 * 1000 * 1000 };

struct reporter {
	struct stream *stream;
	int64_t last;
};

static int confine(struct error *err)
{
	static const int dirs[] = { TRANSFER_LAYER_FD };
	const struct sandbox sandbox = {
		.uid = TRANSFER_UNPACK_UID,
		.gid = TRANSFER_UNPACK_UID,
		.keep_caps = 1ULL << CAP_CHOWN | 1ULL << CAP_DAC_OVERRIDE | 1ULL << CAP_FOWNER |
			     1ULL << CAP_FSETID | 1ULL << CAP_MKNOD | 1ULL << CAP_SETFCAP,
		.writable_dirs = dirs,
		.n_writable_dirs = ARRAY_SIZE(dirs),
	};
	int r = sandbox_enter(&sandbox);

	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "hoy-unpack: enter the sandbox") : 0;
}

/* The tar reader's source: the stream, with a word on progress now and then. */
static int next_chunk(void *arg, const uint8_t **ret_data, size_t *ret_len, struct error *err)
{
	struct reporter *reporter = arg;
	int64_t now = clock_monotonic();

	if (now - reporter->last > REPORT_INTERVAL_NS) {
		uint64_t consumed = stream_consumed(reporter->stream);

		reporter->last = now;
		if (transfer_send(TRANSFER_CONTROL_FD, TRANSFER_PROGRESS, &consumed,
				  sizeof(consumed)) < 0)
			return error_set(err, ERR_SYSTEM, ECANCELED, "unpack");
	}
	return stream_next(reporter->stream, ret_data, ret_len, err);
}

static int report(char *diff_id, const struct unpack_result *result)
{
	const struct transfer_done done = { .diff_id = diff_id, .size = result->size };
	int r = 0;

	for (size_t i = 0; r >= 0 && result->opaque && result->opaque[i]; i++)
		r = transfer_send(TRANSFER_CONTROL_FD, TRANSFER_OPAQUE, result->opaque[i],
				  strlen(result->opaque[i]));
	if (r >= 0)
		r = transfer_send_json(TRANSFER_CONTROL_FD, TRANSFER_DONE, &transfer_done_shape,
				       &done);
	return r;
}

static int layer_open(const char *name, int flags)
{
	return openat(TRANSFER_LAYER_FD, name, flags | O_NOFOLLOW | O_CLOEXEC);
}

static int layer_fail(struct error *err)
{
	return error_set(err, ERR_SYSTEM, errno, "hoy-unpack: open the layer's files");
}

/* The file system is called by the layer's digest. */
static void layer_uuid(const char *diff_id, uint8_t ret[16])
{
	const char *hex = digest_hex(diff_id);

	for (size_t i = 0; i < 16; i++) {
		char byte[3] = { hex[2 * i], hex[2 * i + 1], '\0' };

		ret[i] = (uint8_t)strtoul(byte, NULL, 16);
	}
}

/* The layer is kept as it comes, with an index beside it. */
static int unpack_index(int tar_fd, struct reporter *reporter, char diff_id[DIGEST_SIZE],
			struct unpack_result *ret, struct error *err)
{
	cleanup(unpack_result_release) struct unpack_result result = { 0 };
	struct tar_keeper keeper = { next_chunk, reporter, tar_fd, 0, 0 };
	cleanup(index_release) struct index *index = index_new(TRANSFER_LAYER_FD);
	cleanup_fd int index_fd = layer_open("index", O_RDWR);
	struct tar_reader reader;
	uint8_t uuid[16];
	int r;

	if (index_fd < 0)
		return layer_fail(err);
	tar_reader_init(&reader, tar_keeper_next, &keeper);
	r = index_read(index, &reader, &result, err);
	if (r < 0)
		return r;
	stream_diff_id(reporter->stream, diff_id);
	layer_uuid(diff_id, uuid);
	r = index_write(index, index_fd, tar_fd, keeper.written, uuid, err);
	if (r < 0)
		return r;
	*ret = result;
	result = (struct unpack_result){ 0 };
	return 0;
}

/* The files, and beside them what the archive has more than they: the layer's record. */
static int unpack_tree(int fd, struct reporter *reporter, char diff_id[DIGEST_SIZE],
		       struct unpack_result *ret, struct error *err)
{
	cleanup(recorder_release) struct recorder *recorder = NULL;
	cleanup_fd int record_fd = layer_open(RECORD_NAME, O_RDWR);
	cleanup_fd int replaced_fd = layer_open(RECORD_REPLACED, O_RDONLY | O_DIRECTORY);
	struct tar_reader reader;
	int r;

	if (record_fd < 0 || replaced_fd < 0)
		return layer_fail(err);
	tar_reader_init(&reader, next_chunk, reporter);
	r = recorder_new(record_fd, replaced_fd, &recorder, err);
	if (r >= 0)
		r = unpack_tar(fd, &reader, recorder_attach(recorder, &reader), ret, err);
	if (r >= 0)
		r = recorder_finish(recorder, err);
	if (r >= 0)
		stream_diff_id(reporter->stream, diff_id);
	return r;
}

static int unpack(struct error *err)
{
	cleanup(unpack_result_release) struct unpack_result result = { 0 };
	cleanup(stream_release) struct stream *stream = NULL;
	struct reporter reporter = { .last = clock_monotonic() };
	cleanup_fd int tar_fd = -1, tree_fd = -1;
	char diff_id[DIGEST_SIZE];
	struct statvfs fs;
	int r;

	r = stream_new(STDIN_FILENO, &stream, err);
	if (r >= 0)
		r = confine(err);
	if (r < 0)
		return r;
	if (fstatvfs(TRANSFER_LAYER_FD, &fs) == 0)
		stream_limit(stream, (uint64_t)fs.f_bavail * fs.f_frsize);
	reporter.stream = stream;
	tar_fd = layer_open("tar", O_RDWR);
	tree_fd = layer_open("diff", O_RDONLY | O_DIRECTORY);
	if (tar_fd >= 0)
		r = unpack_index(tar_fd, &reporter, diff_id, &result, err);
	else if (tree_fd >= 0)
		r = unpack_tree(tree_fd, &reporter, diff_id, &result, err);
	else
		r = layer_fail(err);
	return r < 0 ? r : report(diff_id, &result);
}

int main(void)
{
	cleanup(error_release) struct error err = ERROR_INIT;

	log_init("hoy-unpack", LOG_WARNING);
	(void)signal(SIGPIPE, SIG_IGN); /* the engine gone is an ordinary EPIPE */
	if (unpack(&err) < 0) {
		transfer_send_error(TRANSFER_CONTROL_FD, &err);
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
