/* SPDX-License-Identifier: Apache-2.0 */
/* --log and --log-format: {"level":"error","msg":"…","time":"…"}, or the same as words. */
#include "runtime/journal.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/strbuf.h"

static const char *journal_path;
static bool journal_json;

void journal_open(const char *path, bool json)
{
	journal_path = path;
	journal_json = json;
}

static void journal_write(const char *level, const char *text)
{
	cleanup(strbuf_release) struct strbuf line = STRBUF_INIT, now = STRBUF_INIT;
	cleanup_fd int fd = -1;

	if (!journal_path)
		return;
	fd = open(journal_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0644);
	if (fd < 0)
		return;
	clock_format(clock_now(), &now);
	if (journal_json)
		strbuf_addf(&line, "{\"level\":\"%s\",\"msg\":", level);
	else
		strbuf_addf(&line, "time=\"%s\" level=%s msg=", strbuf_str(&now), level);
	json_quote(&line, text, strlen(text));
	if (journal_json)
		strbuf_addf(&line, ",\"time\":\"%s\"}", strbuf_str(&now));
	strbuf_addc(&line, '\n');
	ignore_result(write(fd, line.data, line.len)); /* there is nowhere else to say it */
}

void journal_error(const char *text)
{
	journal_write("error", text);
}

void journal_warning(const char *fmt, ...)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	journal_write("warning", strbuf_str(&text));
	if (!journal_path)
		(void)fprintf(stderr, "hoy-runtime: warning: %s\n", strbuf_str(&text));
}
