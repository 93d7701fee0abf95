/* SPDX-License-Identifier: Apache-2.0 */
/* Inside image/: a program that runs (hoy-fetch, -unpack, -pack, -archive, -copy), and what it said
 * so far. */
#pragma once

#include "base/error.h"
#include "image/image.h"
#include "layer/layer.h"
#include "sys/process.h"
#include "wire/transfer.h"

struct transfer_child {
	int pidfd;	/* -1: not started, over, or a crew's */
	int control_fd; /* -1: not started, or over */
	struct transfer_reader reader;
	bool done; /* said so itself */
	uint64_t progress;
	struct error error; /* set when it failed */
	/* results */
	struct fetch_resolved resolved;
	struct strbuf index, manifest, config;
	char *diff_id;
	int64_t size;
	char *digest;
	int64_t blob_size;
	char *from, *identity_token;
	char **items;
	char **opaque;
	/* what hoy-archive tells; -errno ends it. NULL: it may not */
	int (*entry)(void *arg, enum transfer_type type, const char *data, size_t len);
	void *entry_arg;
};

#define TRANSFER_CHILD_INIT                                                                        \
	{                                                                                          \
		.pidfd = -1, .control_fd = -1                                                      \
	}

/*
 * A program that takes jobs, for several children: those that are made with it have no process of
 * their own, and end when it ends. Release them first or after it.
 */
struct transfer_crew {
	int pidfd, jobs_fd; /* -1: not started */
};

#define TRANSFER_CREW_INIT                                                                         \
	{                                                                                          \
		-1, -1                                                                             \
	}

must_check int transfer_crew_fetch(struct image_context *ctx, struct transfer_crew *ret,
				   struct error *err);
/* It may write below temp alone. */
must_check int transfer_crew_unpack(struct image_context *ctx, const struct layer_temp *temp,
				    struct transfer_crew *ret, struct error *err);
bool transfer_crew_is_there(const struct transfer_crew *crew);
/* Kills it. Safe twice. */
void transfer_crew_release(struct transfer_crew *crew);

/* fd: where a blob goes, or the file that is sent; -1 none. */
must_check int transfer_job_fetch(const struct transfer_crew *crew,
				  const struct fetch_request *request, int fd,
				  struct transfer_child *ret, struct error *err);
/* An action "blob": where it goes, and a file that gets a copy of it (layer/kept.h), -1 none. */
must_check int transfer_job_blob(const struct transfer_crew *crew,
				 const struct fetch_request *request, const int fds[2],
				 struct transfer_child *ret, struct error *err);
struct transfer_layer {
	int tar_fd;	  /* where it comes from … */
	int dirfd;	  /* … and where it goes: a directory below the crew's temp */
	bool blob_digest; /* the child's digest is that of what came in, even when it fails */
};
must_check int transfer_job_unpack(const struct transfer_crew *crew,
				   const struct transfer_layer *layer, struct transfer_child *ret,
				   struct error *err);

/* With a process of its own. fd: as above. */
must_check int transfer_child_fetch(struct image_context *ctx, const struct fetch_request *request,
				    int fd, struct transfer_child *ret, struct error *err);
/* temp's lock is held by it while it lives. */
must_check int transfer_child_unpack(struct image_context *ctx, const struct layer_temp *temp,
				     int tar_fd, int dirfd, struct transfer_child *ret,
				     struct error *err);
/*
 * A stored layer's archive, byte by byte what came in, to out_fd, as it is or compressed with gzip
 * (the same bytes each time). Works for every layer driver. When it is done, the child's diff_id,
 * size (of the archive), digest and blob_size (of what went out) are set: the caller compares
 * diff_id before he believes what he has. layer_tar_size tells the size before (layer/record.h).
 */
must_check int transfer_child_pack(struct image_context *ctx, const char *diff_id, bool gzip,
				   int out_fd, struct transfer_child *ret, struct error *err);
/* Likewise, but nothing goes out, and an index beside the archive is looked at, too. */
must_check int transfer_child_check(struct image_context *ctx, const char *diff_id,
				    struct transfer_child *ret, struct error *err);
/* The digest of a file: the child's diff_id, and its size. */
must_check int transfer_child_hash(struct image_context *ctx, int fd, struct transfer_child *ret,
				   struct error *err);
/* Take apart the archive of tar_fd; answer_fd is its end of the socket for answers. */
must_check int transfer_child_archive(struct image_context *ctx, int tar_fd, int answer_fd,
				      struct transfer_child *ret, struct error *err);
/* hoy-copy, with the fds of wire/copy.h; fds has room for one more. */
must_check int transfer_child_copy(struct image_context *ctx, struct fd_map *fds, size_t n,
				   struct transfer_child *ret, struct error *err);
/* control_fd is readable: take what is there. Afterwards control_fd may be -1: it is over, and
 * either done or error is set. */
void transfer_child_read(struct transfer_child *child);
/* Read until it is over. */
must_check int transfer_child_wait(struct transfer_child *child, struct error *err);
/* Kills it when it still runs. Safe twice. */
void transfer_child_release(struct transfer_child *child);
/* Move its error to err, with a result. */
int transfer_child_fail(struct transfer_child *child, struct error *err);
