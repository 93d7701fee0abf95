/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the engine runs hoy-fetch (registry to pipe), hoy-unpack (pipe to directory) and hoy-pack
 * (directory to archive).
 *
 *	hoy-fetch	0 jobs
 *	hoy-unpack	0 jobs
 *			4 the temporary directory that all of the layers' are in
 *			5 the lock of the temporary directory: held until both sides are gone
 *	hoy-pack hash	4 a file: its digest and size, as diff_id and size
 *	hoy-pack plain|gzip|check DIFF-ID
 *			1 where the layer's archive goes; check: nowhere
 *			3 frames to the engine
 *			4 the directory of a stored layer: diff/ and record, or tar
 *	hoy-archive	0 an archive of images (docker save, OCI layout), plain or compressed
 *			3 frames to the engine
 *			6 a socket: for each layer that it told (TRANSFER_ENTRY) the engine's
 *			  answer, one byte, with TRANSFER_TAKE a pipe to write the layer into
 *
 * Jobs come over a SOCK_SEQPACKET socket, a message each, up to its end; they run beside each
 * other. With a message come fds: first the one for the job's frames to the engine, closed at its
 * end; then
 *
 *	hoy-fetch	struct fetch_request as JSON; where a blob goes, or the file of what is
 *			sent; a file for a copy of the blob, when one is wanted (keep)
 *	hoy-unpack	one byte; the layer: a tar, plain, gzip, zstd or xz; and its directory. What
 *			it fills stands there, empty: diff/ for a tree, with record and replaced/
 *			(layer/record.h), or the files tar and index (layer/index.h)
 *
 * All give up their rights before they read the first byte from outside. The last frame is
 * TRANSFER_DONE or TRANSFER_ERROR; a stream that ends without one is a crash. The engine trusts
 * neither: it checks the digests of manifest and config itself, and those that hoy-unpack reports
 * against manifest (of what came) and config (diff-id).
 *
 * A frame: u32 type, u32 length (machine's order: same machine), data.
 */
#pragma once

#include "base/json.h"

enum {
	TRANSFER_JOBS_FD = 0,
	TRANSFER_BLOB_FD = 1,
	TRANSFER_CONTROL_FD = 3,
	TRANSFER_LAYER_FD = 4,
	TRANSFER_TEMP_FD = 4,
	TRANSFER_LOCK_FD = 5,
	TRANSFER_ANSWER_FD = 6,
	TRANSFER_JOB_MAX = 60 * 1024,
	TRANSFER_FRAME_MAX = 16 * 1024 * 1024,
	TRANSFER_PIPE_SIZE = 1024 * 1024,
	/* who they are when root starts them: nobody else's, one each */
	TRANSFER_FETCH_UID = 0x7fff0001,
	TRANSFER_UNPACK_UID = 0x7fff0002,
	TRANSFER_ARCHIVE_UID = 0x7fff0004,
};

enum transfer_type {
	TRANSFER_PROGRESS = 1, /* uint64_t bytes so far */
	TRANSFER_RESOLVED,     /* struct fetch_resolved as JSON; then: */
	TRANSFER_INDEX,	       /* bytes of the index, when the reference names one */
	TRANSFER_MANIFEST,     /* bytes of the image's manifest */
	TRANSFER_CONFIG,       /* the image config's bytes */
	TRANSFER_OPAQUE,       /* path of an opaque directory */
	TRANSFER_ITEM,	       /* one of a list: a tag; struct fetch_found as JSON */
	TRANSFER_DONE,	       /* struct transfer_done as JSON */
	TRANSFER_ERROR,	       /* struct transfer_error as JSON */
	TRANSFER_ENTRY,	       /* struct transfer_entry as JSON; of a document then: */
	TRANSFER_DOCUMENT,     /* its bytes */
	TRANSFER_DIGEST,       /* before an error: of all that came in, as text */
};
enum { TRANSFER_TYPE_MAX = TRANSFER_DIGEST };

/* The message of a job of hoy-unpack: whether the digest of what comes in is wanted, too. */
enum { TRANSFER_PLAINLY = 'u', TRANSFER_WITH_DIGEST = 'd' };

/* Answers to hoy-archive. */
enum { TRANSFER_SKIP = 's', TRANSFER_TAKE = 't' };

struct transfer_frame {
	uint32_t type, len;
};

/* A blob that may be there already, under a name that a repository of the same registry has for
 * it. */
struct fetch_blob {
	char *digest, *from; /* from: "" none known */
	int64_t size;
};
extern const struct json_shape fetch_blob_shape;

/*
 * What is asked, by action:
 *	resolve		manifest (through an index) and config
 *	describe	what the reference names: an index, or manifest and config
 *	blob		one blob, to the job's fd
 *	begin		log in and find the way: struct fetch_resolved, for the others
 *	find		the first of blobs that the repository has or takes over from another one
 *	upload		the job's fd, of size bytes and digest reference, as a blob
 *	manifest	the job's fd, of size bytes and media_type, by reference
 *	tags		of the repository, each a TRANSFER_ITEM
 *	referrers	of the digest reference: an index
 *	login		are the credentials good? TRANSFER_DONE may have an identity token
 *	search		repositories for the term reference, each a TRANSFER_ITEM
 */
struct fetch_request {
	char *action;
	char *host;	  /* "localhost:5000": what to connect to, and what errors name */
	char *repository; /* "library/nginx" */
	char *reference;  /* tag or digest; of a blob its digest */
	char *familiar;	  /* the name as people know it, for errors: "nginx:latest" */
	int64_t size;	  /* blob: bytes expected */
	bool insecure;	  /* plain HTTP and unverified TLS are allowed */
	char *os, *architecture, *variant;
	char *user, *password, *identity_token; /* credentials, "" none */
	char *base_url, *authorization;		/* blob: from fetch_resolved, saves asking again */
	int64_t stall_seconds;			/* no byte for so long is a failure */
	bool keep;				/* blob: a copy stays on the disk */
	bool push;				/* the login is for writing */
	char **from;				/* repositories that it must be able to read, too */
	char *media_type;			/* of a manifest that is sent */
	struct fetch_blob *blobs;
	size_t n_blobs;
	int64_t limit;				   /* of a search; 0 the server's */
	char *http_proxy, *https_proxy, *no_proxy; /* NULL, "": the environment's */
};
extern const struct json_shape fetch_request_shape;

struct fetch_resolved {
	char *digest;	     /* of what the reference names: an index's, where it is one */
	char *base_url;	     /* "https://localhost:5000" */
	char *authorization; /* header value for the blobs, "" none */
	char *manifest_digest, *manifest_type;
};
extern const struct json_shape fetch_resolved_shape;

struct transfer_done {
	char *diff_id; /* hoy-unpack, hoy-pack: digest of the uncompressed tar */
	int64_t size;  /* hoy-unpack: bytes of the files in it; hoy-pack: of the tar */
	char *digest;  /* hoy-pack: of what went to fd 1; hoy-unpack: of what came in, or "" */
	int64_t blob_size;
	char *from;	      /* find: the repository that it came from, "" it was there */
	char *identity_token; /* login: instead of the password from now on, "" none */
};
extern const struct json_shape transfer_done_shape;

struct fetch_found { /* search */
	char *name, *description;
	int64_t star_count;
	bool is_official, is_automated;
};
extern const struct json_shape fetch_found_shape;

struct transfer_entry { /* of an archive */
	char *kind;	/* "layer", "document", "link", "other" */
	char *name;	/* below the archive's root, cleaned */
	char *target;	/* link: likewise */
	int64_t size;
};
extern const struct json_shape transfer_entry_shape;
enum {
	TRANSFER_DOCUMENT_MAX = 8 * 1024 * 1024,   /* bytes of one … */
	TRANSFER_DOCUMENTS_MAX = 64 * 1024 * 1024, /* … and of all */
	TRANSFER_ENTRIES_MAX = 64 * 1024,
};

struct transfer_error {
	int64_t kind, errnum; /* as in struct error */
	char *text;
};
extern const struct json_shape transfer_error_shape;

must_check int transfer_send(int fd, enum transfer_type type, const void *data, size_t len);
must_check int transfer_send_json(int fd, enum transfer_type type, const struct json_shape *shape,
				  const void *obj);
/* A job, as above: its message and, with it, those of fds that are there (-1: there are no more).
 * *ret_control_fd is where its frames come; owned. */
must_check int transfer_send_job(int jobs_fd, const void *text, size_t len, const int fds[2],
				 int *ret_control_fd);
/* Report err as the last frame. */
void transfer_send_error(int fd, const struct error *err);

/* Frames out of a stream that comes in pieces. */
struct transfer_reader {
	struct strbuf buf;
	size_t used; /* bytes of buf that were given out */
};
#define TRANSFER_READER_INIT                                                                       \
	{                                                                                          \
		STRBUF_INIT, 0                                                                     \
	}

void transfer_reader_release(struct transfer_reader *reader);
/* Read once from fd: bytes, 0 at the end, -errno. */
must_check int transfer_read(struct transfer_reader *reader, int fd);
/* 1: the next whole frame is *ret_type, *ret_data[*ret_len], valid until the next call of any of
 * these; 0: not there yet; -EBADMSG. */
must_check int transfer_next(struct transfer_reader *reader, enum transfer_type *ret_type,
			     const char **ret_data, size_t *ret_len);
