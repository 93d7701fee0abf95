/* SPDX-License-Identifier: Apache-2.0 */
/* struct error: set once, prefixed on its way up, shown at the edge. */
#include "base/error.h"

#include <errno.h>
#include <string.h>

#include "base/strbuf.h"

static int error_result(int errnum)
{
	return errnum > 0 ? -errnum : -EINVAL;
}

int(error_set)(struct error *err, enum error_kind kind, int errnum, const char *fmt, ...)
{
	struct strbuf text = STRBUF_INIT;
	va_list ap;

	if (!err)
		return error_result(errnum);
	va_start(ap, fmt);
	strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	if (kind == ERR_SYSTEM && errnum > 0)
		strbuf_addf(&text, ": %s", strerror(errnum));
	free(err->text);
	*err = (struct error){ .kind = kind, .errnum = errnum, .text = strbuf_take(&text) };
	return error_result(errnum);
}

int(error_prefix)(struct error *err, const char *fmt, ...)
{
	struct strbuf text = STRBUF_INIT;
	va_list ap;

	if (!err)
		return -EINVAL;
	va_start(ap, fmt);
	strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	strbuf_addf(&text, ": %s", error_text(err));
	free(err->text);
	err->text = strbuf_take(&text);
	return error_result(err->errnum);
}

const char *error_text(const struct error *err)
{
	return err && err->text ? err->text : "";
}

void error_release(struct error *err)
{
	if (!err)
		return;
	free(err->text);
	*err = (struct error)ERROR_INIT;
}
