/* SPDX-License-Identifier: Apache-2.0 */
/* The local side of cp: files into an archive, an archive into files. */
#pragma once

#include "client/client.h"

/* What is told while and after it is done, unless quiet. */
struct cp_meter {
	const char *header; /* "Copying to container - "; NULL quiet */
	bool terminal;
	int64_t total; /* bytes of the archive */
	int64_t last;  /* when it was told */
};
#define CP_METER_INIT                                                                              \
	{                                                                                          \
		NULL, false, 0, 0                                                                  \
	}
void cp_meter_begin(struct cp_meter *meter, const char *header);
void cp_meter_add(struct cp_meter *meter, size_t len);
void cp_meter_end(struct cp_meter *meter);

/* A process that writes the archive of what is at path, called name in it. */
struct cp_packer {
	int pidfd, fd; /* fd: read the archive */
	int result_fd;
};
#define CP_PACKER_INIT                                                                             \
	{                                                                                          \
		-1, -1, -1                                                                         \
	}
must_check int cp_packer_start(const char *path, const char *name, struct cp_meter *meter,
			       struct cp_packer *ret, struct error *err);
/* Whether it was whole; meter->total is what it wrote. */
must_check int cp_packer_end(struct cp_packer *packer, struct cp_meter *meter, struct error *err);
void cp_packer_release(struct cp_packer *packer);

/* What stream brings into the directory dir: what is below @from in the archive (NULL: all) is
 * called name. Everything belongs to the caller. */
struct cp_unpack {
	const char *dir, *from, *name;
	struct cp_meter *meter;
};
must_check int cp_unpack(const struct cp_unpack *opts, struct client_stream *stream,
			 struct error *err);

/* Bytes of the regular files at path and below; best effort. */
int64_t cp_content_size(const char *path);
