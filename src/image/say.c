/* SPDX-License-Identifier: Apache-2.0 */
/* Progress messages. */
#include "image/say.h"

#include <errno.h>

static int say(const struct say *say, char *status, const char *id, struct progress_detail *detail,
	       struct error *err)
{
	const struct progress_message message = { .status = status,
						  .id = (char *)id,
						  .progress_detail = detail };
	int r = say->sink ? say->sink(say->arg, &message) : 0;

	return r < 0 ? error_set(err, ERR_SYSTEM, ECANCELED, "the client is gone") : 0;
}

int say_status(const struct say *to, const char *id, struct error *err, const char *fmt, ...)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	return say(to, text.data, id, NULL, err);
}

int say_progress(const struct say *to, const char *id, const char *status, int64_t current,
		 int64_t total, struct error *err)
{
	struct progress_detail detail = { .current = current, .total = total };

	return say(to, (char *)status, id, &detail, err);
}

int say_aux(const struct say *to, const char *json, struct error *err)
{
	const struct progress_message message = { .aux = (char *)json };
	int r = to->sink ? to->sink(to->arg, &message) : 0;

	return r < 0 ? error_set(err, ERR_SYSTEM, ECANCELED, "the client is gone") : 0;
}

int say_stream(const struct say *to, struct error *err, const char *fmt, ...)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct progress_message message = { .stream = NULL };
	va_list ap;
	int r;

	va_start(ap, fmt);
	strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	message.stream = text.data;
	r = to->sink ? to->sink(to->arg, &message) : 0;
	return r < 0 ? error_set(err, ERR_SYSTEM, ECANCELED, "the client is gone") : 0;
}
