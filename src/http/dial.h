/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A TCP connection to a name, by hoy-dial: names are looked up by modules of the machine's name
 * service, which a static program cannot load. hoy is one, for it starts with every command.
 *
 *	argv	hoy-dial HOST PORT
 *	fd 3	one message: struct dial_answer, with the connected socket when errnum is 0
 */
#pragma once

#include <stdint.h>

#include "base/error.h"

enum { DIAL_ANSWER_FD = 3 };

struct dial_answer {
	int32_t errnum;
	char text[252]; /* why not */
};

/* program: path of hoy-dial. ERR_UNAVAILABLE with its errnum when nobody answers there. */
must_check int dial_tcp(const char *program, const char *host, const char *port, int *ret_fd,
			struct error *err);
