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
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "layer/unpack.h"
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

static int report(struct stream *stream, const struct unpack_result *result)
{
	char diff_id[DIGEST_SIZE];
	const struct transfer_done done = { .diff_id = diff_id, .size = result->size };
	int r = 0;

	stream_diff_id(stream, diff_id);
	for (size_t i = 0; r >= 0 && result->opaque && result->opaque[i]; i++)
		r = transfer_send(TRANSFER_CONTROL_FD, TRANSFER_OPAQUE, result->opaque[i],
				  strlen(result->opaque[i]));
	if (r >= 0)
		r = transfer_send_json(TRANSFER_CONTROL_FD, TRANSFER_DONE, &transfer_done_shape,
				       &done);
	return r;
}

/* The files, and beside them what the archive has more than they: the layer's record. */
static int unpack_tree(struct tar_reader *reader, struct unpack_result *ret, struct error *err)
{
	const int flags = O_NOFOLLOW | O_CLOEXEC, dir = O_RDONLY | O_DIRECTORY;
	cleanup(recorder_release) struct recorder *recorder = NULL;
	cleanup_fd int fd = openat(TRANSFER_LAYER_FD, "diff", dir | flags);
	cleanup_fd int record_fd = openat(TRANSFER_LAYER_FD, RECORD_NAME, O_RDWR | flags);
	cleanup_fd int replaced_fd = openat(TRANSFER_LAYER_FD, RECORD_REPLACED, dir | flags);
	int r;

	if (fd < 0 || record_fd < 0 || replaced_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "hoy-unpack: open the layer's directory");
	r = recorder_new(record_fd, replaced_fd, &recorder, err);
	if (r >= 0)
		r = unpack_tar(fd, reader, recorder_attach(recorder, reader), ret, err);
	return r < 0 ? r : recorder_finish(recorder, err);
}

static int unpack(struct error *err)
{
	cleanup(unpack_result_release) struct unpack_result result = { 0 };
	cleanup(stream_release) struct stream *stream = NULL;
	struct reporter reporter = { .last = clock_monotonic() };
	struct tar_reader reader;
	int r;

	r = stream_new(STDIN_FILENO, &stream, err);
	if (r < 0)
		return r;
	r = confine(err);
	if (r < 0)
		return r;
	reporter.stream = stream;
	tar_reader_init(&reader, next_chunk, &reporter);
	r = unpack_tree(&reader, &result, err);
	if (r < 0)
		return r;
	return report(stream, &result);
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
