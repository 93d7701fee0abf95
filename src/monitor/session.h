/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one monitor keeps: a container's runs one after the other, or one exec session.
 *
 * STARTING -> RUNNING: session_start.  RUNNING -> RESTARTING or STOPPED: session_ended, when the
 * init was reaped and its output drained.  RESTARTING -> RUNNING: session_start at restart_at.
 * RESTARTING -> STOPPED: session_cancel.
 * (1) init_pidfd >= 0 exactly in RUNNING.  (2) restart_at is set exactly in RESTARTING.
 * (3) Each transition is in the state file before anyone is told of it.
 */
#pragma once

#include "monitor/clients.h"
#include "monitor/health-timer.h"
#include "monitor/oom.h"
#include "monitor/output-log.h"
#include "monitor/resolver-watch.h"
#include "monitor/restart.h"
#include "monitor/rootfs.h"
#include "monitor/streams.h"
#include "wire/monitor.h"

struct session {
	struct monitor_args args;
	struct mount_home home; /* where we came from */
	struct layer_mounts layers;
	int dirfd;
	int signal_fd; /* SIGCHLD */
	struct clients clients;
	struct streams io;
	struct output_log log;
	struct restart restart;
	struct health_timer health;
	struct resolver_watch resolver;
	struct monitor_state state;
	struct oom oom;
	int init_pidfd;
	bool reaped;	    /* init has ended with state.exit_code; its output is being drained */
	int64_t restart_at; /* clock_monotonic; 0: not waiting */
};

#define SESSION_INIT                                                                               \
	{                                                                                          \
		.args = MONITOR_ARGS_INIT, .home = MOUNT_HOME_INIT, .layers = LAYER_MOUNTS_INIT,   \
		.dirfd = -1, .signal_fd = -1, .clients = CLIENTS_INIT, .io = STREAMS_INIT,         \
		.log = OUTPUT_LOG_INIT, .resolver = RESOLVER_WATCH_INIT, .oom = OOM_INIT,          \
		.init_pidfd = -1                                                                   \
	}

/* Everything that stays over restarts: directory, socket, log, signals; as s->args say. */
must_check int session_open(struct session *s, struct error *err);
void session_release(struct session *s);

/* One run begins. On failure the state is STOPPED and says why. */
must_check int session_start(struct session *s, struct error *err);
/* Wait for children that ended; notes when the init is among them. */
void session_reap(struct session *s);
/* The run is over: record it, tell the clients, remove the runtime's part; decide what follows. */
void session_ended(struct session *s);
/* Start a check of health beside the container. */
void session_probe(struct session *s);
/* Have the engine start another hoy-dns, when that is due; the container runs. */
void session_renew_resolver(struct session *s);
/* Become another program, outside of our mount namespace. Returns when that cannot be. */
void session_exec(const struct session *s, char *const *argv);
/* No restart any more, also not the one that is waited for. */
void session_cancel(struct session *s);
