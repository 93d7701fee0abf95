/* SPDX-License-Identifier: Apache-2.0 */
/* hoy-monitor's argv, a part of wire/monitor.h. */
#pragma once

#include <sys/types.h>

#include "base/macros.h"

/* A lower of a root is a directory, or this file of a layer of the driver erofs: its index, with
 * the tar of the files' data beside it. */
#define LOWER_INDEX "index"
#define LOWER_DATA "tar"
bool lower_is_index(const char *path);

/* What the engine asks of hoy-monitor. As argv (monitor_args_to_argv and _from_argv are each
 * other's inverse). The strings belong to whoever filled it in. */
struct monitor_args {
	const char *id;		   /* container id                                           */
	const char *exec_id;	   /* NULL: run the container; else an exec session in it    */
	const char *dir;	   /* the directory above (container's or exec session's)    */
	const char *bundle;	   /* has config.json; for exec: process.json                */
	const char *runtime;	   /* path of hoy-runtime, runc, …                           */
	const char *runtime_root;  /* --root of it                                           */
	char *const *runtime_args; /* further global options of it; NULL none                */
	char *const *lower;	   /* overlay lowers, uppermost first; NULL: none           */
	const char *upper, *work;  /* NULL: no upper (read-only overlay)                     */
	const char *users_dir;	   /* <run>/layers: who has which layer mounted; NULL: not shared */
	const char *rootfs_bind;   /* --rootfs DIR: bind this as it is                       */
	bool root_only;		   /* mount the root, say "ok", hold it until killed: for copies */
	bool volatile_upper;	   /* --rm: nothing of upper outlives the container          */
	const char *log_driver;	   /* of the files here: "json-file", "local", "none"        */
	const char *log_path;
	int64_t log_max_size; /* bytes; -1 unlimited                                    */
	unsigned int log_max_file;
	const char *log_attrs;	  /* JSON object of strings for every record; NULL none     */
	const char *log_compress; /* hoy-log, for rotated files; NULL: they stay as they are */
	/* hoy-log, which carries the output away as the file log_forward says (wire/log-config.h);
	 * NULL: nobody does. Without log_drop the container waits for it */
	const char *log_program, *log_forward;
	bool log_drop;
	bool terminal, stdin_open, stdin_once;
	const char *restart;	   /* "no" "always" "unless-stopped" "on-failure"            */
	unsigned int restart_max;  /* on-failure:N, 0 unlimited                              */
	char *const *exit_command; /* argv run at the end when no client will reap; NULL none */
	/* Checks of health: argv run outside, which exits 0 when it found healthy or unhealthy; the
	 * times in ns, interval 0: none */
	char *const *health_command;
	int64_t health_interval, health_start_interval, health_start_period;
	/* The container's hoy-dns, "PID START" (process_find), NULL: none yet; and argv run outside
	 * when it has ended while the container runs */
	const char *resolver;
	char *const *resolver_command;
	int ready_fd;  /* one message: "ok PID\n" or "error TEXT\n"; -1 none     */
	int lock_fd;   /* the held lock, inherited; -1 none                      */
	int netns_fd;  /* held for the life of the monitor; -1 none. The runtime gets it as the same
		       * number, so config.json may say /proc/self/fd/N */
	int userns_fd; /* likewise; the ids of lower and rootfs_bind are mapped by it. With one
			  * there is a netns_fd, which belongs to it */
	int pidns_fd, ipcns_fd; /* likewise, of another container; -1 none */
	bool netns_bind; /* for a runtime that closes what it inherits: it is at <dir>/netns too */
};

#define MONITOR_ARGS_INIT                                                                          \
	{                                                                                          \
		.log_max_size = -1, .log_max_file = 1, .ready_fd = -1, .lock_fd = -1,              \
		.netns_fd = -1, .userns_fd = -1, .pidns_fd = -1, .ipcns_fd = -1                    \
	}

/* Owned (strv_free). The fds keep their numbers: whoever spawns the monitor maps each to itself. */
char **monitor_args_to_argv(const struct monitor_args *args, const char *program);
/* Strings point into argv, the vectors are made: monitor_args_release. -EINVAL: *ret_bad says
 * which argument is wrong or missing. */
must_check int monitor_args_from_argv(int argc, char **argv, struct monitor_args *ret,
				      const char **ret_bad);
void monitor_args_release(struct monitor_args *args);
