/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hoy-unpack: layers, each a job, into their directories. wire/transfer.h has the protocol.
 *
 * Rights: it is started by root, and before it takes the first job it becomes a uid of its own that
 * keeps what making other people's files needs (chown, any mode, device nodes, file capabilities),
 * confined by Landlock to the one directory that the layers' are in and by seccomp to harmless
 * calls. It has no CAP_SYS_ADMIN: opaque marks are the engine's to set.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/clock.h"
#include "base/log.h"
#include "layer/index.h"
#include "sys/sandbox.h"
#include "transfer/jobs.h"
#include "transfer/record.h"
#include "transfer/seal.h"
#include "transfer/stream.h"
#include "wire/transfer.h"

enum { REPORT_INTERVAL_NS = 100 * 1000 * 1000 };

struct unpacking { /* a job */
	int control_fd, dirfd;
	bool blob_digest; /* is wanted */
	struct stream *stream;
	int64_t last; /* time of the last report */
};

static int prepare(const struct job *first, struct error *err)
{
	static const int dirs[] = { TRANSFER_TEMP_FD };
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
	struct unpacking *u = arg;
	int64_t now = clock_monotonic();

	if (now - u->last > REPORT_INTERVAL_NS) {
		uint64_t consumed = stream_consumed(u->stream);

		u->last = now;
		if (transfer_send(u->control_fd, TRANSFER_PROGRESS, &consumed, sizeof(consumed)) <
		    0)
			return error_set(err, ERR_SYSTEM, ECANCELED, "unpack");
	}
	return stream_next(u->stream, ret_data, ret_len, err);
}

static int report(const struct unpacking *u, char *diff_id, const struct unpack_result *result,
		  struct error *err)
{
	char digest[DIGEST_SIZE] = "";
	const struct transfer_done done = { .diff_id = diff_id,
					    .size = result->size,
					    .digest = digest };
	int r = u->blob_digest ? stream_blob_digest(u->stream, digest, err) : 0;

	if (r < 0)
		return r;
	for (size_t i = 0; r >= 0 && result->opaque && result->opaque[i]; i++)
		r = transfer_send(u->control_fd, TRANSFER_OPAQUE, result->opaque[i],
				  strlen(result->opaque[i]));
	if (r >= 0)
		r = transfer_send_json(u->control_fd, TRANSFER_DONE, &transfer_done_shape, &done);
	return r < 0 ? error_set(err, ERR_SYSTEM, ECANCELED, "unpack") : 0;
}

static int layer_open(const struct unpacking *u, const char *name, int flags)
{
	return openat(u->dirfd, name, flags | O_NOFOLLOW | O_CLOEXEC);
}

static int layer_fail(struct error *err)
{
	return error_set(err, ERR_SYSTEM, errno, "hoy-unpack: open the layer's files");
}

/* The layer is kept as it comes, with an index beside it. */
static int unpack_index(int tar_fd, struct unpacking *u, char diff_id[DIGEST_SIZE],
			struct unpack_result *ret, struct error *err)
{
	cleanup(unpack_result_release) struct unpack_result result = { 0 };
	struct tar_keeper keeper = { next_chunk, u, tar_fd, 0, 0 };
	cleanup(index_release) struct index *index = index_new(u->dirfd);
	cleanup_fd int index_fd = layer_open(u, "index", O_RDWR);
	struct tar_reader reader;
	uint8_t uuid[16];
	int r;

	if (index_fd < 0)
		return layer_fail(err);
	tar_reader_init(&reader, tar_keeper_next, &keeper);
	r = index_read(index, &reader, &result, err);
	if (r < 0)
		return r;
	stream_diff_id(u->stream, diff_id);
	seal_uuid(diff_id, uuid);
	r = index_write(index, index_fd, tar_fd, keeper.written, uuid, err);
	if (r >= 0)
		r = seal_write(index_fd, err);
	if (r < 0)
		return r;
	*ret = result;
	result = (struct unpack_result){ 0 };
	return 0;
}

/* The files, and beside them what the archive has more than they: the layer's record. */
static int unpack_tree(int fd, struct unpacking *u, char diff_id[DIGEST_SIZE],
		       struct unpack_result *ret, struct error *err)
{
	cleanup(recorder_release) struct recorder *recorder = NULL;
	cleanup_fd int record_fd = layer_open(u, RECORD_NAME, O_RDWR);
	cleanup_fd int replaced_fd = layer_open(u, RECORD_REPLACED, O_RDONLY | O_DIRECTORY);
	struct tar_reader reader;
	int r;

	if (record_fd < 0 || replaced_fd < 0)
		return layer_fail(err);
	tar_reader_init(&reader, next_chunk, u);
	r = recorder_new(record_fd, replaced_fd, &recorder, err);
	if (r >= 0)
		r = unpack_tar(fd, &reader, recorder_attach(recorder, &reader), ret, err);
	if (r >= 0)
		r = recorder_finish(recorder, err);
	if (r >= 0)
		stream_diff_id(u->stream, diff_id);
	return r;
}

static int unpack_into(struct unpacking *u, struct error *err)
{
	cleanup(unpack_result_release) struct unpack_result result = { 0 };
	cleanup_fd int tar_fd = layer_open(u, "tar", O_RDWR);
	cleanup_fd int tree_fd = layer_open(u, "diff", O_RDONLY | O_DIRECTORY);
	char diff_id[DIGEST_SIZE];
	struct statvfs fs;
	int r;

	if (fstatvfs(u->dirfd, &fs) == 0)
		stream_limit(u->stream, (uint64_t)fs.f_bavail * fs.f_frsize);
	if (tar_fd >= 0)
		r = unpack_index(tar_fd, u, diff_id, &result, err);
	else if (tree_fd >= 0)
		r = unpack_tree(tree_fd, u, diff_id, &result, err);
	else
		r = layer_fail(err);
	return r < 0 ? r : report(u, diff_id, &result, err);
}

/* It is not what it says: is it what the manifest names, or was it damaged on its way? */
static void report_digest(const struct unpacking *u)
{
	char digest[DIGEST_SIZE];

	if (stream_blob_digest(u->stream, digest, NULL) >= 0)
		(void)!transfer_send(u->control_fd, TRANSFER_DIGEST, digest, strlen(digest));
}

static struct hasher *hasher;

static int unpack(struct job *job, struct error *err)
{
	bool blob_digest = job->text[0] == TRANSFER_WITH_DIGEST;
	cleanup(stream_release) struct stream *stream = stream_new(job->fd, hasher, blob_digest);
	struct unpacking u = {
		.control_fd = job->control_fd,
		.dirfd = job->to_fd,
		.blob_digest = blob_digest,
		.stream = stream,
		.last = clock_monotonic(),
	};
	int r = unpack_into(&u, err);

	if (r < 0 && err->kind == ERR_INVALID && blob_digest)
		report_digest(&u);
	return r;
}

int main(void)
{
	cleanup(error_release) struct error err = ERROR_INIT;

	log_init("hoy-unpack", LOG_WARNING);
	(void)signal(SIGPIPE, SIG_IGN); /* the engine gone is an ordinary EPIPE */
	(void)umask(0);
	hasher = hasher_new();
	return jobs_serve(prepare, unpack, &err) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
