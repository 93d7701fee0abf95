/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the engine and hoy-monitor say to each other: the monitor's argv, its state file, and the
 * frames on its socket.
 *
 * Directory of a container while it may run, <run>/containers/<id>/, 0700:
 *
 *	lock		held (sys/lock.h) by the monitor for its whole life: "is running" means this
 *	mutex		held by whoever changes the container (start, stop, remove …)
 *	config.json	the OCI bundle's config, written by engine/spec
 *	rootfs/		mount point of the root, mounted only in the monitor's mount namespace
 *	netns		the network namespace, where --netns-bind asks for it, mounted likewise
 *	monitor.sock	SOCK_SEQPACKET, the frames below
 *	pending/F-N.sock listening sockets (SOCK_SEQPACKET) of engine workers that attach or
 *			wait before the start. F, hexadecimal, is what HELLO's flags would be, N any
 *			unique text. The monitor listens on monitor.sock, then connects to each of
 *			these, all before the container's first instruction, so no byte of output is
 *			missed and no slow worker is waited for
 *	state		what it does now: see struct monitor_state
 *	pid console.sock runtime.log	what the monitor and the runtime tell each other
 *	exec/<execid>/	the same files for an exec session (lock, monitor.sock, pending/, state,
 *			process.json)
 *
 * A frame is one SEQPACKET message: struct monitor_frame and at most MONITOR_DATA_MAX bytes.
 *
 * A slow client: the monitor keeps no queue. A client whose socket is full holds back the reading
 * of the container's output (back-pressure, as a pipe would); one that takes nothing for
 * MONITOR_STALL_S seconds is disconnected, one that came through monitor.sock after
 * MONITOR_LATE_STALL_S: it only looks on.
 */
#pragma once

#include <sys/types.h>

#include "wire/monitor-args.h"

enum {
	MONITOR_DATA_MAX = 32 * 1024,
	MONITOR_CLIENTS_MAX = 4096, /* a further client gets DONE with -EMFILE, and is closed */
	MONITOR_STALL_S = 300,
	MONITOR_LATE_STALL_S = 5, /* of one that came when the container ran already */
	MONITOR_READY_MAX = 4096, /* longest message on the ready fd */
	MONITOR_LAYERS_MAX = 16,  /* asked for at once: UNIXSOCK_FDS_MAX */
};

enum monitor_frame_type {
	/* client -> monitor */
	MONITOR_HELLO = 1, /* flags: MONITOR_WANT_*; first frame of every client of monitor.sock */
	MONITOR_STDIN,	   /* data */
	MONITOR_STDIN_EOF, /* this client's input ended; with stdin-once closes the container's */
	MONITOR_RESIZE,	   /* arg: height << 16 | width. Answered by DONE */
	MONITOR_SIGNAL,	   /* arg: signal for the container's init, by pidfd, 0: none; flags:
			    * MONITOR_NO_RESTART: this run is the last. Answered by DONE */
	MONITOR_POLICY,	   /* data: restart policy from now on, arg: its most restarts. By DONE */
	MONITOR_RESOLVER,  /* data: "PID START" of the container's hoy-dns from now on. By DONE */
	MONITOR_LAYERS, /* data: struct monitor_layer, MONITOR_LAYERS_MAX at most. From the monitor
			    * of another container. Answered by TREES */
	/* monitor -> client */
	MONITOR_OUTPUT = 64, /* stream: 1 stdout (and terminal), 2 stderr; data */
	MONITOR_STARTED, /* arg: host pid of init; sent at once to one that comes while it runs */
	MONITOR_EXIT,	 /* arg: exit code; flags: MONITOR_OOM_KILLED, MONITOR_WILL_RESTART. All
			  * output was sent before it. End of file without it: the start failed or
			  * the monitor was killed */
	MONITOR_DONE,	 /* arg: result (0 or -errno) of SIGNAL, RESIZE, POLICY, RESOLVER */
	MONITOR_LOG,	 /* the log has grown; not sent to one who has yet to read earlier ones */
	MONITOR_TREES,	 /* arg: bit i is set when a clone of the i-th layer's mount comes along, as
			  * an fd, in their order */
};

enum {
	MONITOR_WANT_STDIN = 1 << 0,
	MONITOR_WANT_STDOUT = 1 << 1,
	MONITOR_WANT_STDERR = 1 << 2,
	MONITOR_WANT_EXIT = 1 << 3, /* STARTED and EXIT frames */
	MONITOR_WILL_REAP = 1 << 4, /* with WANT_EXIT: this client folds the record after EXIT and
				     * end of file (the monitor is gone then, the lock free): no
				     * exit command is run */
	MONITOR_WANT_LOG = 1 << 5,  /* LOG frames */
	MONITOR_HELLO_FLAGS = (1 << 6) - 1,
	MONITOR_NO_RESTART = 1 << 8,
	MONITOR_OOM_KILLED = 1 << 9,
	MONITOR_WILL_RESTART = 1 << 10,
};

/* A layer of the driver erofs: its LOWER_INDEX, which stays the same file while it is mounted. */
struct monitor_layer {
	uint64_t dev, ino;
};

struct monitor_frame {
	uint8_t type; /* enum monitor_frame_type */
	uint8_t stream;
	uint16_t flags;
	uint32_t arg;
};

/* Send one frame; msg_flags as send(2) (MSG_DONTWAIT …; SIGPIPE is never raised). -EAGAIN, -EPIPE,
 * -ECONNRESET. */
must_check int monitor_frame_send(int fd, const struct monitor_frame *frame, const void *data,
				  size_t len, int msg_flags);
/* Receive one frame, its data into data[MONITOR_DATA_MAX]. 1: a frame, 0: end of file; -EAGAIN;
 * -EBADMSG: not a frame of the side that @from_client names, the connection is of no more use. */
must_check int monitor_frame_recv(int fd, bool from_client, struct monitor_frame *ret, void *data,
				  size_t *ret_len, int msg_flags);
/* The check of the above: 0 or -EBADMSG. len: bytes behind the head. */
must_check int monitor_frame_check(const struct monitor_frame *frame, size_t len, bool from_client);

/* Names in pending/: written into ret_name[MONITOR_PENDING_NAME_MAX] (unique: at most 40 bytes),
 * and the flags of one (-EINVAL: not such a name). */
enum { MONITOR_PENDING_NAME_MAX = 64 };
void monitor_pending_name(unsigned int flags, const char *unique, char *ret_name);
must_check int monitor_pending_flags(const char *name, unsigned int *ret_flags);

enum monitor_status { MONITOR_STARTING, MONITOR_RUNNING, MONITOR_RESTARTING, MONITOR_STOPPED };

/* The state file, text of three lines: "v1 STATUS PID PIDSTART STARTED_NS FINISHED_NS EXITCODE OOM
 * RESTARTS CLEANED STAMP", the error of a start that failed or nothing, STAMP again; what is behind
 * them does not count. Written by the monitor alone, in place by one write(2) (a rename costs
 * milliseconds on a disk); a reader that sees two different stamps reads again. A free lock beside
 * STARTING, RUNNING, RESTARTING, or a STOPPED that is not cleaned, means that the monitor was
 * killed: whoever finds that ends the container by the runtime's `delete --force` (engine_reap). */
struct monitor_state {
	enum monitor_status status;
	pid_t pid;		   /* 0 when none                                  */
	uint64_t pid_start;	   /* process_start_time of pid                    */
	int64_t started, finished; /* ns since 1970, 0 never                       */
	int exit_code;		   /* of the last run                              */
	bool oom_killed;
	unsigned int restarts;
	bool cleaned; /* STOPPED: the runtime's part (cgroup, its state) is removed */
	char *error;  /* owned, NULL when none                       */
};

/* name: "state", or a path to one. -ENOENT, -EBADMSG */
must_check int monitor_state_read_at(int dirfd, const char *name, struct monitor_state *ret);
must_check int monitor_state_write_at(int dirfd, const struct monitor_state *state);
void monitor_state_release(struct monitor_state *state);
