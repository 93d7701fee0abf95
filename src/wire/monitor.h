/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the engine and hoy-monitor say to each other: the monitor's argv, its state file, and the frames on its socket.
 *
 * Directory of a container while it may run, <run>/containers/<id>/, 0700:
 *
 *	lock		held (sys/lock.h) by the monitor for its whole life: "is running" means exactly this
 *	mutex		held by whoever changes the container (start, stop, remove …)
 *	config.json	the OCI bundle's config, written by engine/spec
 *	rootfs/		mount point of the root, mounted only in the monitor's mount namespace
 *	monitor.sock	SOCK_SEQPACKET, the frames below
 *	pending/N.sock	listening sockets of engine workers that attached or wait before the start: the monitor connects
 *			to each before the container's first instruction, so no byte of output is missed
 *	state		one line a transition, rewritten atomically: see struct monitor_state
 *	exec/<execid>/	the same files for an exec session (lock, monitor.sock, pending/, state, process.json)
 *
 * A frame is one SEQPACKET message: struct monitor_frame and at most MONITOR_DATA_MAX bytes.
 */
#pragma once

#include <sys/types.h>

#include "base/macros.h"

enum { MONITOR_DATA_MAX = 32 * 1024 };

enum monitor_frame_type {
	/* client -> monitor */
	MONITOR_HELLO = 1,	/* flags: MONITOR_WANT_*; first frame of every client                              */
	MONITOR_STDIN,		/* data                                                                            */
	MONITOR_STDIN_EOF,	/* this client's input ended; closes the container's stdin when --stdin-once       */
	MONITOR_RESIZE,		/* arg: height << 16 | width                                                       */
	MONITOR_SIGNAL,		/* arg: signal for the container's init, by pidfd; flags: MONITOR_NO_RESTART        */
	/* monitor -> client */
	MONITOR_OUTPUT = 64,	/* stream: 1 stdout (and terminal), 2 stderr; data                                  */
	MONITOR_STARTED,	/* arg: host pid of init                                                           */
	MONITOR_EXIT,		/* arg: exit code; flags: MONITOR_OOM_KILLED, MONITOR_WILL_RESTART                  */
	MONITOR_DONE,		/* arg: result (0 or -errno) of a SIGNAL or RESIZE                                 */
};

enum {
	MONITOR_WANT_STDIN = 1 << 0,
	MONITOR_WANT_STDOUT = 1 << 1,
	MONITOR_WANT_STDERR = 1 << 2,
	MONITOR_WANT_EXIT = 1 << 3,	/* STARTED and EXIT frames                                                 */
	MONITOR_WILL_REAP = 1 << 4,	/* this client folds the record after EXIT: no need to run the exit command */
	MONITOR_NO_RESTART = 1 << 8,
	MONITOR_OOM_KILLED = 1 << 9,
	MONITOR_WILL_RESTART = 1 << 10,
};

struct monitor_frame {
	uint8_t type;		/* enum monitor_frame_type */
	uint8_t stream;
	uint16_t flags;
	uint32_t arg;
	uint8_t data[];
};

enum monitor_status { MONITOR_STARTING, MONITOR_RUNNING, MONITOR_RESTARTING, MONITOR_STOPPED };

/* The state file, text, one line: "v1 STATUS PID PIDSTART STARTED_NS FINISHED_NS EXITCODE OOM RESTARTS\n" behind which
 * an optional second line holds the error of a start that failed. Read by anyone, written by the monitor alone. */
struct monitor_state {
	enum monitor_status status;
	pid_t pid;		/* 0 when none                                  */
	uint64_t pid_start;	/* process_start_time of pid                    */
	int64_t started, finished; /* ns since 1970, 0 never                    */
	int exit_code;		/* of the last run                              */
	bool oom_killed;
	unsigned int restarts;
	char *error;		/* owned, NULL when none                        */
};

must_check int monitor_state_read_at(int dirfd, struct monitor_state *ret);	/* -ENOENT, -EBADMSG */
must_check int monitor_state_write_at(int dirfd, const struct monitor_state *state);
void monitor_state_release(struct monitor_state *state);

/* What the engine asks of hoy-monitor. As argv (monitor_args_to_argv / _from_argv are each other's inverse). */
struct monitor_args {
	const char *id;			/* container id                                                           */
	const char *exec_id;		/* NULL: run the container; else an exec session in it                    */
	const char *dir;		/* the directory above (of the container, or of the exec session)          */
	const char *bundle;		/* has config.json; for exec: process.json                                */
	const char *runtime;		/* path of hoy-runtime, runc, …                                           */
	const char *runtime_root;	/* --root of it                                                           */
	char *const *runtime_args;	/* further global options of it                                           */
	char *const *lower;		/* overlay lower directories, uppermost first; NULL: rootfs is not overlay  */
	const char *upper, *work;	/* NULL: no upper (read-only overlay)                                     */
	const char *rootfs_bind;	/* --rootfs DIR: bind this as it is                                       */
	bool volatile_upper;		/* --rm: nothing of upper outlives the container                          */
	const char *log_driver;		/* "json-file", "none"                                                    */
	const char *log_path;
	int64_t log_max_size;		/* bytes; -1 unlimited                                                    */
	unsigned int log_max_file;
	bool terminal, stdin_open, stdin_once;
	uint16_t height, width;		/* initial console size, 0 unknown                                        */
	const char *restart;		/* "no" "always" "unless-stopped" "on-failure"                            */
	unsigned int restart_max;	/* on-failure:N, 0 unlimited                                              */
	char *const *exit_command;	/* argv run after each end when no client will reap; NULL none            */
	int ready_fd;			/* one message: "ok PID\n" or "error TEXT\n"                              */
	int lock_fd;			/* the held lock, inherited                                               */
	int netns_fd;			/* held for the life of the monitor; -1 none                              */
};

char **monitor_args_to_argv(const struct monitor_args *args, const char *program);
must_check int monitor_args_from_argv(int argc, char **argv, struct monitor_args *ret, const char **ret_bad);
