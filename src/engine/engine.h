/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine: what the API's handlers call. One struct engine per worker process; nothing here
 * prints or knows HTTP.
 *
 * Container states: created -> running <-> restarting, running -> exited, any stopped -> removing
 * -> gone; dead when a removal failed. (1) RUNNING implies that the monitor holds
 * <run>/containers/<id>/lock. (2) exit_code and finished are valid only in EXITED. created/exited
 * -> running: engine_start; running -> exited: reap.
 * Lock order: container mutex, then network lock, then database.
 */
#pragma once

#include "engine/engine-config.h"
#include "image/image.h"
#include "layer/layer.h"
#include "network/network.h"
#include "store/db.h"
#include "wire/container.h"
#include "wire/event.h"
#include "wire/exec.h"
#include "wire/system.h"

struct engine {
	struct engine_config *config;
	struct store store; /* opened by the worker itself, after fork */
	struct image_context images;
	struct network_config network;
	int run_fd;		 /* O_PATH, <run_root>/containers */
	struct layer_temp temps; /* files of volumes that went with a container: engine_tidy */
	char **trash; /* ids of deleted containers whose directories engine_tidy removes */
	/* closed by engine_tidy: closing an inotify fd waits for the kernel, 10 ms and more */
	int *late_fds;
	size_t n_late_fds;
	/* engine_tidy: looks for what a crash left; keeps summaries that a list missed */
	bool sweep_due, summaries_due;
	bool images_loose; /* a deleted container may have been its layers' last user */
};

must_check int engine_open(struct engine_config *config, struct engine *ret, struct error *err);
void engine_release(struct engine *engine);
/* What an answer need not wait for: directories of removed containers, unused layers. The API
 * calls it between requests, after the answer was sent; engine_release does too. */
void engine_tidy(struct engine *engine);
/* Whether engine_tidy has anything to do. */
bool engine_is_untidy(const struct engine *engine);
/* Hand fd (-1: none) over to be closed by engine_tidy. */
void engine_close_late(struct engine *engine, int fd);

/* Members may be NULL or "". */
struct engine_create_options {
	const char *name;     /* none: a random one */
	const char *platform; /* what the image must be for; none: any, with a warning if foreign */
};
must_check int engine_create(struct engine *e, const struct engine_create_options *opts,
			     const struct container_create_request *req,
			     struct container_create_response *ret, struct error *err);
/* A ref: full id, unambiguous prefix of it, or name with or without "/". ERR_NOT_FOUND. */
must_check int engine_start(struct engine *e, const char *ref,
			    struct error *err); /* -EALREADY, err unset: 304 */
struct engine_stop_options {
	const char *signal;	/* NULL: the container's own */
	struct opt_i64 timeout; /* seconds; unset: the container's own; -1 for ever */
};
must_check int engine_stop(struct engine *e, const char *ref,
			   const struct engine_stop_options *opts, struct error *err);
must_check int engine_restart(struct engine *e, const char *ref,
			      const struct engine_stop_options *opts, struct error *err);
must_check int engine_kill(struct engine *e, const char *ref, const char *signal,
			   struct error *err);
must_check int engine_pause(struct engine *e, const char *ref, struct error *err);
must_check int engine_unpause(struct engine *e, const char *ref, struct error *err);
/* Of change only Resources and RestartPolicy count: members that are not zero (not set, "") replace
 * those of the record, and of the container when it runs. */
must_check int engine_update(struct engine *e, const char *ref, const struct host_config *change,
			     struct error *err);
must_check int engine_rename(struct engine *e, const char *ref, const char *new_name,
			     struct error *err);
struct engine_remove_options {
	bool force, volumes, link;
};
must_check int engine_remove(struct engine *e, const char *ref,
			     const struct engine_remove_options *opts, struct error *err);

enum wait_condition { WAIT_NOT_RUNNING, WAIT_NEXT_EXIT, WAIT_REMOVED };
/* armed() is called once, when no later exit can be missed (the API then sends the response's
 * header). cancel_fd: gives up with -ECANCELED when it reads EOF (client gone). */
must_check int engine_wait(struct engine *e, const char *ref, enum wait_condition condition,
			   int cancel_fd, int (*armed)(void *arg), void *arg, int *ret_code,
			   struct error *err);

struct container_list_options {
	bool all, size, no_annotations, no_health; /* no_: for older versions of the API */
	bool brief;		  /* without Labels, HostConfig, NetworkSettings and Mounts */
	int64_t limit;		  /* 0: none */
	const char *filters_json; /* NULL none */
	/* Takes what there is of a long list and empties text, while the rest is being made. NULL:
	 * all of it is returned. Below 0 ends the list with that, without an error's text. */
	int (*send)(void *arg, struct strbuf *text);
	void *send_arg;
};
/* A JSON array of container_summary, newest first, or what was not sent of it; owned. */
must_check int engine_list(struct engine *e, const struct container_list_options *opts,
			   struct strbuf *ret, struct error *err);
must_check int engine_inspect(struct engine *e, const char *ref, bool size,
			      struct container_inspect *ret, struct error *err);
must_check int engine_top(struct engine *e, const char *ref, const char *ps_args,
			  struct container_top *ret, struct error *err);
/* One sample; the API streams by calling it each second. previous: the sample before it
 * (precpu_stats), or NULL. */
must_check int engine_stats(struct engine *e, const char *ref,
			    const struct container_stats *previous, struct container_stats *ret,
			    struct error *err);

/* A byte stream to and from the client: the API gives the hijacked connection or a chunked body. */
struct engine_stream {
	int in_fd;     /* client's bytes for stdin; -1 none. Also polled to see the client go */
	bool in_takes; /* write sends to in_fd: by POLLOUT it need not wait */
	const char *in_early; /* bytes for stdin that came before those of in_fd; NULL none */
	size_t in_early_len;
	int (*write)(void *arg, int stream, const void *data,
		     size_t len); /* stream 1, 2; the API frames */
	void *arg;
};

struct attach_options {
	bool logs, stream, want_stdin, want_stdout, want_stderr;
	bool start;		 /* engine_attach_start follows */
	const char *detach_keys; /* NULL default ctrl-p,ctrl-q */
};
/* Prepared first (errors become an HTTP status), then run after the upgrade. */
struct attachment;
must_check int engine_attach_open(struct engine *e, const char *ref,
				  const struct attach_options *opts, struct attachment **ret,
				  bool *ret_tty, struct error *err);
/* Between open and run: start it. Its end is on record when run returns. ERR_CONFLICT: it runs. */
must_check int engine_attach_start(struct attachment *at, struct error *err);
must_check int engine_attach_run(struct attachment *at, struct engine_stream *stream,
				 struct error *err);
/* Behind run, of an exec or what was started here: whether the end is on record. */
bool engine_attach_ended(const struct attachment *at, int *ret_exit_code);
void engine_attach_free(struct attachment *at);
must_check int engine_resize(struct engine *e, const char *ref, unsigned int height,
			     unsigned int width, struct error *err);

struct logs_options {
	bool follow, want_stdout, want_stderr, timestamps, details;
	int64_t since, until; /* ns, 0 none */
	int64_t tail;	      /* lines, -1 all */
};
must_check int engine_logs_check(struct engine *e, const char *ref, bool *ret_tty,
				 struct error *err);
must_check int engine_logs(struct engine *e, const char *ref, const struct logs_options *opts,
			   struct engine_stream *stream, struct error *err);

must_check int engine_exec_create(struct engine *e, const char *ref,
				  const struct exec_create_request *req, char **ret_exec_id,
				  struct error *err);
must_check int engine_exec_inspect(struct engine *e, const char *exec_id, struct exec_inspect *ret,
				   struct error *err);
/* detached: returns when the process runs. Else like attach; run starts it too. */
must_check int engine_exec_start_detached(struct engine *e, const char *exec_id, struct error *err);
must_check int engine_exec_open(struct engine *e, const char *exec_id,
				const struct exec_start_request *req, struct attachment **ret,
				bool *ret_tty, struct error *err);
must_check int engine_exec_resize(struct engine *e, const char *exec_id, unsigned int height,
				  unsigned int width, struct error *err);

/* Fold what the kernel and the monitors tell into the records: one container, or all. Idempotent;
 * takes the container's mutex itself. Removes --rm containers that ended. */
must_check int engine_reap(struct engine *e, const char *id, struct error *err);
must_check int engine_reap_all(struct engine *e, struct error *err);
/* Check a running container's health once. settled: it is healthy or unhealthy now, not "starting"
 * any more. ERR_CONFLICT: it does not run, or is paused. */
must_check int engine_probe(struct engine *e, const char *id, bool *ret_settled, struct error *err);

/* Layers to the driver of that name; progress to sink. ERR_CONFLICT while a container runs. */
must_check int engine_migrate(struct engine *e, const char *driver, progress_sink sink, void *arg,
			      struct error *err);
must_check int engine_info(struct engine *e, struct system_info *ret, struct error *err);
must_check int engine_version(struct engine *e, struct system_version *ret, struct error *err);

/* Events since (0: none of the past) until (0: for ever), filtered; sink < 0 ends. cancel_fd as
 * in engine_wait. The check is of the filters alone. */
typedef int (*event_sink)(void *arg, const struct event_message *event);
must_check int engine_events_check(const char *filters_json, struct error *err);
must_check int engine_events(struct engine *e, int64_t since, int64_t until,
			     const char *filters_json, int cancel_fd, event_sink sink, void *arg,
			     struct error *err);
