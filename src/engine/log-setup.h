/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A container's log driver: where its files are, and what hoy-monitor is told of it at a start. A
 * remote driver keeps a copy of what goes away for `logs`, unless cache-disabled is set.
 */
#pragma once

#include "engine/instance.h"
#include "wire/log-config.h"

/* Where `logs` reads. */
struct log_place {
	char *dir, *name; /* owned; NULL: nothing is kept here */
	bool local;	  /* the format: wire/local-log.h, not wire/json-log.h */
};

must_check int log_place_find(const struct engine *e, const char *id, const struct log_config *log,
			      struct log_place *ret, struct error *err);
void log_place_release(struct log_place *place);

struct log_setup {
	char *path, *attrs, *forward, *program; /* owned; NULL none */
	struct log_rotation rotation;
	bool local, drop;
};

/* Read the options, make directories and hoy-log's file (in the run directory). Errors are those of
 * a start: "failed to initialize logging driver: …". */
must_check int log_setup(struct engine *e, const struct instance *in,
			 const struct container_config *config, const struct log_config *log,
			 struct log_setup *ret, struct error *err);
/* args point into setup. */
void log_setup_arguments(const struct log_setup *setup, struct monitor_args *args);
void log_setup_release(struct log_setup *setup);
