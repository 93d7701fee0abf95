/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting a process in a container: what parent and child of the one clone know, and who does
 *what.
 *
 *	parent (host)                            child (becomes the container's process)
 *	clone3(new namespaces)          ------>  stages of child.c, in the order of their table
 *	cgroup, limits, id maps, state  --GO-->  goes on when it needs them
 *	prestart, createRuntime hooks   <-HOOKS- asked for only when there are any
 *	result                          <------  {stage, errno, text} of a failure, "created", or
 *end of file: it runs
 */
#pragma once

#include <linux/filter.h>

#include "base/error.h"
#include "oci/runtime-spec.h"
#include "sys/cgroup.h"
#include "sys/namespace.h"

enum launch_message {
	MSG_MAPPED = 1, /* parent: the id maps are written                                        */
	MSG_GO,		/* parent: in its cgroup, limits set, state and pid file written          */
	MSG_HOOKS,	/* child: namespaces and mounts are there; parent: the hooks have run     */
	MSG_CREATED,	/* child: waits for start                                                 */
	MSG_EXECUTING,	/* child: nothing but execve is left; end of file now means success       */
	MSG_FAILED,	/* child: struct launch_failure                                           */
};

/* What the parent sends. */
struct launch_order {
	int32_t message;
	int32_t pid; /* of the child, as the host sees it */
};

enum { FAILURE_TEXT_MAX = 2048 };

struct launch_failure {
	int32_t message; /* MSG_FAILED */
	int32_t kind, errnum;
	char text[FAILURE_TEXT_MAX];
};

/* A compiled seccomp program. */
struct filter {
	struct sock_filter *insns;
	size_t n;
	unsigned int flags;
	void *mapped; /* what insns points into when it came from the cache */
	size_t mapped_len;
};

/* Links of the host that were moved: names[i] is the new name of linux.netDevices[i]. */
struct moved_links {
	int netns_fd; /* -1 none */
	char (*names)[16];
	size_t n;
};

struct launch {
	const char *id;
	const char *bundle;
	const char *root; /* --root, for the cache */
	const struct oci_spec *spec;
	const struct oci_process *process;
	const char *rootfs;  /* absolute, host */
	pid_t container_pid; /* exec: of its first process */
	bool init;	     /* false: exec into a running container */
	bool no_pivot, no_new_keyring;
	unsigned int preserve_fds;

	bool ns_new[NS_COUNT];
	int ns_fd[NS_COUNT];	   /* joined by fd; -1 none */
	int own_fd[NS_COUNT];	   /* parent: what it left to enter one for its child */
	bool ns_entered[NS_COUNT]; /* the child was born into it */
	bool userns_first;	   /* exec without root: only from there may the others be joined */

	int *mount_userns; /* of each mount of the config, 0 none; NULL: of no mount */
	int *mount_tree; /* likewise: what the parent has cloned, for a child without its rights */

	struct cgroup cgroup;
	bool in_unified;  /* the child was born in the v2 directory */
	bool attach_self; /* the child moves itself into the v1 directories */
	struct filter filter;
	int sync_fd;	 /* our end of the socket pair */
	int console_fd;	 /* connected socket for the terminal's master; -1 none */
	int listener_fd; /* connected to linux.seccomp.listenerPath; -1 none */
	int listen_fd;	 /* create: start connects here; -1: run at once */
	int start_fd;	 /* child: connection of start */

	/* child only */
	int root_fd;	     /* the root's mount */
	int proc_fd;	     /* private procfs; -1 not opened yet */
	bool gone_ahead;     /* MSG_GO was seen */
	bool cgroup_ns_done; /* the stage may run early, for a mount of type cgroup */
	char *exec_path;
	char **env; /* of the process, with HOME */

	struct moved_links links; /* parent only */
	pid_t pid; /* as the host sees it; the child is told by the parent's first order */
	int pidfd; /* parent only */
};

/* A namespace that is not the host's: new, or joined and not the one that we are in. */
static inline bool launch_has_own(const struct launch *launch, enum namespace_type type)
{
	return launch->ns_new[type] || launch->ns_fd[type] >= 0;
}

/* Everything -1 or zero. */
void launch_init(struct launch *launch);
void launch_release(struct launch *launch);

struct launch_callbacks {
	/* After the clone, the child's pid known, before it is told to go on: cgroup, limits,
	 * state. */
	int (*prepare)(struct launch *launch, void *arg, struct error *err);
	int (*hooks)(struct launch *launch, void *arg, struct error *err);
	void *arg;
};

/* Clone the child and bring it to "created" or to its execve. On failure it is dead and reaped. */
must_check int launch_run(struct launch *launch, const struct launch_callbacks *cb,
			  struct error *err);
/* 0: it runs. A positive enum launch_message: it asks for that. Failures come as its own words. */
must_check int launch_wait_result(int fd, struct launch_failure *buf, bool *executing,
				  struct error *err);
/* Take down what launch_run left running. */
void launch_kill(struct launch *launch);

/* The child's side; never returns. */
_Noreturn void child_main(struct launch *launch);
/* To the runtime that waits: the one that made us, or start. */
must_check int child_tell(struct launch *launch, int32_t message, struct error *err);
must_check int child_wait_go(struct launch *launch, struct error *err);
must_check int child_ask_hooks(struct launch *launch, struct error *err);
must_check int child_proc(struct launch *launch, struct error *err); /* opens proc_fd */
must_check int child_wait_mapped(struct launch *launch, struct error *err);
