/* SPDX-License-Identifier: Apache-2.0 */
/* Progress messages (wire/progress.h) for a person: bars that move on a terminal, plain lines
 * elsewhere. */
#pragma once

#include "client/client.h"
#include "wire/progress.h"

struct progress_view {
	int fd; /* -1: nothing is shown, errors are still found */
	bool terminal;
	unsigned int width;			  /* of the terminal */
	char **ids;				  /* of the bars, one line each, from the top */
	void (*aux)(void *arg, const char *json); /* NULL: such messages are left out */
	void *aux_arg;
};

void progress_view_init(struct progress_view *view, int fd);
void progress_view_release(struct progress_view *view);

/* Append what one message changes on the screen. An error message sets err. */
must_check int progress_render(struct progress_view *view, const struct progress_message *msg,
			       struct strbuf *out, struct error *err);
/* Show all messages of a stream as they come. */
must_check int progress_show(struct progress_view *view, struct client_stream *stream,
			     struct error *err);

/* Make the call and show its progress on fd (-1: nothing, errors are still found). */
must_check int progress_call(struct client *client, const struct client_call *call, int fd,
			     struct error *err);

/* "[=====>     ]  1.2MB/3MB"; "" when nothing is known. */
void progress_bar(const struct progress_detail *detail, unsigned int width, struct strbuf *out);
