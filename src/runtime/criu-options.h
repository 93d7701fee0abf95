/* SPDX-License-Identifier: Apache-2.0 */
/* The options that checkpoint and restore share. */
#pragma once

#include "base/args.h"
#include "runtime/criu-rpc.h"

struct criu_options {
	char *image_path, *work_path, *cgroups_mode; /* NULL: the defaults that the rows tell */
	char **empty_ns;
	bool tcp_established, ext_unix_sk, shell_job, file_locks, auto_dedup, lazy_pages;
};

/* Rows of an arg_option table: member @m of struct @T is a struct criu_options. */
#define CRIU_OPTION_ROWS(T, m, image_path_text, auto_dedup_text)                                   \
	ARG_STR(T, m.image_path, "image-path", 0, "dir", image_path_text),                         \
		ARG_STR(T, m.work_path, "work-path", 0, "dir",                                     \
			"where criu's logs go (default: the images' directory)"),                  \
		ARG_STR(T, m.cgroups_mode, "manage-cgroups-mode", 0, "mode",                       \
			"soft, full or strict"),                                                   \
		ARG_LIST(T, m.empty_ns, "empty-ns", 0, "namespace",                                \
			 "leave out what is in it (network)"),                                     \
		ARG_BOOL(T, m.tcp_established, "tcp-established", 0, "with open TCP connections"), \
		ARG_BOOL(T, m.ext_unix_sk, "ext-unix-sk", 0,                                       \
			 "with unix sockets that lead out of the container"),                      \
		ARG_BOOL(T, m.shell_job, "shell-job", 0, "with a terminal of ours"),               \
		ARG_BOOL(T, m.file_locks, "file-locks", 0, "with file locks"),                     \
		ARG_BOOL(T, m.auto_dedup, "auto-dedup", 0, auto_dedup_text),                       \
		ARG_BOOL(T, m.lazy_pages, "lazy-pages", 0, "not supported", .flags = ARG_HIDDEN)

/* All but the directories. */
must_check int criu_options_apply(const struct criu_options *options, struct criu_request *req,
				  struct error *err);
/* Open the directory for images, and the one for logs. @make: when not there. */
must_check int criu_options_open(const struct criu_options *options, bool make,
				 struct criu_request *req, struct error *err);
