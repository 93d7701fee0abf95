/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is said to criu and what it answers: protocol buffers, of which this writes and reads the
 * few messages that a checkpoint needs (docs/design/009-checkpoint.md says why by hand). The
 * numbers of the fields are those of criu's rpc.proto, valid since criu 3.16.
 */
#pragma once

#include "base/strbuf.h"

enum criu_type { CRIU_DUMP = 1, CRIU_RESTORE = 2, CRIU_PRE_DUMP = 4, CRIU_NOTIFY = 6 };
enum { CRIU_CGROUPS_DEFAULT = 0, CRIU_CGROUPS_SOFT = 3, CRIU_CGROUPS_FULL, CRIU_CGROUPS_STRICT };

struct criu_inherited {
	char *key;
	int fd; /* in the criu process */
};

struct criu_request {
	enum criu_type type;
	int images_fd, work_fd; /* ours: criu opens them by /proc/PID/fd */
	pid_t pid;		/* dump: the root of the tree */
	const char *log_file, *root;
	const char *parent_images; /* below the images' directory */
	const char *freeze_cgroup;
	const char *page_server; /* address */
	uint32_t page_server_port;
	const char *lsm_profile, *lsm_mount_context;
	bool leave_running, ext_unix_sk, tcp_established, shell_job, file_locks, auto_dedup;
	int cgroups_mode;
	uint32_t empty_ns; /* CLONE_NEW… */
	/* pairs, one after the other: mount point and what is there; controller and path */
	char **mounts, **cgroup_roots;
	char **external;
	struct criu_inherited *inherited; /* restore */
	size_t n_inherited;
};

struct criu_response {
	int type; /* enum criu_type */
	bool success;
	pid_t pid; /* of what was restored, or what a notification is about */
	int errnum;
	char script[32];   /* CRIU_NOTIFY: what happens now */
	char message[256]; /* of a failure */
};

void criu_request_encode(const struct criu_request *req, struct strbuf *out);
/* The answer that a notification waits for. */
void criu_notify_encode(bool success, struct strbuf *out);
/* -EBADMSG when it is not a whole message. Unknown fields are skipped. */
must_check int criu_response_decode(const void *data, size_t len, struct criu_response *ret);
void criu_request_release(struct criu_request *req); /* what it owns: lists, inherited */
