/* SPDX-License-Identifier: Apache-2.0 */
/* One line of GET /events. */
#pragma once

#include "wire/shape.h"

struct event_actor {
	char *id;
	struct strmap attributes;
};
WIRE_SHAPE(event_actor)

struct event_message {
	/* Of containers and images before API 1.52: Action, Actor.ID, image; else NULL. */
	char *status, *id, *from;
	char *type;   /* "container" "image" "network" … */
	char *action; /* "start", "exec_create: sh" … */
	struct event_actor actor;
	char *scope;		 /* "local" */
	int64_t time, time_nano; /* unix seconds; nanoseconds */
};
WIRE_SHAPE(event_message)
