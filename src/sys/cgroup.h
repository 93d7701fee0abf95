/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control groups, v1, v2 and both: a container's cgroup is the same path in every hierarchy. -errno
 * idiom.
 *
 * CGROUP_V2: /sys/fs/cgroup is cgroup2: one directory, controller names are ignored.
 * CGROUP_V1: /sys/fs/cgroup/<controllers> is a hierarchy each, "cpu,cpuacct" possibly mounted
 * together; when /sys/fs/cgroup/unified is there too (hybrid) the container's directory is also
 * made in it: it has no controllers, but kills and tells of emptiness in one go.
 */
#pragma once

#include <sys/types.h>

#include "base/macros.h"

enum cgroup_mode { CGROUP_V1, CGROUP_V2 };

enum { CGROUP_DIRS_MAX = 24 };

struct cgroup_dir {
	char *controllers; /* as /proc/self/cgroup has it: "memory", "name=systemd", "" (v2) */
	char *path;	   /* "/sys/fs/cgroup/memory/hoy/ID" */
	int mount_len;	   /* length of path's part up to the hierarchy's mount point */
};

/* Zero-filled is empty. */
struct cgroup {
	enum cgroup_mode mode;
	struct cgroup_dir dirs[CGROUP_DIRS_MAX];
	size_t n_dirs;
};

enum cgroup_mode cgroup_mode(void); /* one statfs(2) */

/* Find the directories of @path, the linux.cgroupsPath of a config; always from each hierarchy's
 * root, so that it names the same whoever asks. Nothing is created and nothing need exist. -EINVAL:
 * ".." in it. */
must_check int cgroup_find(const char *path, struct cgroup *ret);
/* The directories that a process is in. -ESRCH. */
must_check int cgroup_of_pid(pid_t pid, struct cgroup *ret);
void cgroup_release(struct cgroup *cg); /* frees memory only */

/* mkdir -p in each hierarchy (v1 cpuset: inherits cpus and mems; v2: enables controllers on the way
 * down). v1 hierarchies that are not mounted are dropped from @cg. */
must_check int cgroup_create(struct cgroup *cg);
/* The same without root: v1 hierarchies in which we may not are dropped too; -EACCES or -EROFS when
 * that leaves none. */
must_check int cgroup_create_allowed(struct cgroup *cg);
bool cgroup_exists(const struct cgroup *cg); /* in any hierarchy */
/* Only the directory in the v2 hierarchy. -ENOENT when there is none. */
must_check int cgroup_create_unified(const struct cgroup *cg);
/* Move a process into every hierarchy; @in_unified: it is in the v2 one already. After a while of
 * idling this waits some milliseconds for an RCU grace period, which the two other ways in do not:
 * to be born there (cgroup_open_unified) and, on v1, to go there oneself. */
must_check int cgroup_attach(const struct cgroup *cg, pid_t pid, bool in_unified);
/* The same for the caller, which must have one thread: a single thread that moves itself needs no
 * lock on all forks (cgroup_procs_write_start in the kernel, Linux 5.10). */
must_check int cgroup_attach_self(const struct cgroup *cg, bool in_unified);
/* A fd of the v2 directory for CLONE_INTO_CGROUP; -ENOENT when there is no v2 hierarchy. */
must_check int cgroup_open_unified(const struct cgroup *cg);

/* The directory that has @controller ("memory", "systemd"; v2: the only one); NULL when the
 * hierarchy is not there. */
const struct cgroup_dir *cgroup_dir_of(const struct cgroup *cg, const char *controller);
/* One file: -ENODEV no such hierarchy, -ENOENT no such file. */
must_check int cgroup_write(const struct cgroup *cg, const char *controller, const char *file,
			    const char *value);
must_check int cgroup_read(const struct cgroup *cg, const char *controller, const char *file,
			   char **ret);
must_check int cgroup_read_u64(const struct cgroup *cg, const char *controller, const char *file,
			       uint64_t *ret);

/* Freeze waits until the kernel says frozen. v1 tells of no change: -EBUSY when some process cannot
 * be stopped for long, and then it is thawed again. */
must_check int cgroup_freeze(const struct cgroup *cg, bool frozen);
bool cgroup_is_frozen(const struct cgroup *cg);
/* Somebody is in it or below. */
bool cgroup_is_populated(const struct cgroup *cg);
/* Host pids of all processes in it and below; *ret is owned. */
must_check int cgroup_pids(const struct cgroup *cg, pid_t **ret, size_t *ret_n);
/* Signal all processes in it and below; SIGKILL thaws too and leaves none that forks away. */
must_check int cgroup_signal(const struct cgroup *cg, int sig);
/* SIGKILL everything in it and wait until nobody is there. */
must_check int cgroup_empty(const struct cgroup *cg);
/* SIGKILL everything in it, wait for emptiness, rmdir it and what is below it in every hierarchy.
 * Absent: success. */
must_check int cgroup_remove(const struct cgroup *cg);

/* Processes that the OOM killer took, ever. 0 when it cannot be told. */
uint64_t cgroup_oom_kills(const struct cgroup *cg);

struct cgroup_blkio_entry {
	unsigned int major, minor;
	char op[16]; /* "read" "write" "sync" "async" "discard" "total" */
	uint64_t value;
};

struct cgroup_throttle {
	uint64_t periods, throttled_periods, throttled_ns;
};

struct cgroup_stats {
	enum cgroup_mode mode;
	uint64_t cpu_total_ns, cpu_user_ns, cpu_system_ns;
	uint64_t *percpu_ns; /* v1 only; owned */
	size_t n_percpu;
	struct cgroup_throttle throttle;
	uint64_t memory_usage, memory_max_usage, memory_failcnt;
	uint64_t memory_limit; /* UINT64_MAX: none */
	struct {
		char *key;
		uint64_t value;
	} * memory_stat; /* the lines of memory.stat; owned */
	size_t n_memory_stat;
	uint64_t pids_current, pids_limit;	      /* limit 0: none */
	struct cgroup_blkio_entry *io_bytes, *io_ops; /* owned */
	size_t n_io_bytes, n_io_ops;
};

/* Everything that can be read now; what is not there stays zero. -ENOENT: the cgroup is gone. */
must_check int cgroup_stats_read(const struct cgroup *cg, struct cgroup_stats *ret);
void cgroup_stats_release(struct cgroup_stats *stats);
