/* SPDX-License-Identifier: Apache-2.0 */
/* hoy events */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "base/strv.h"
#include "base/template.h"
#include "cli/command.h"
#include "cli/filters.h"
#include "cli/listing.h"
#include "cli/times.h"
#include "http/url.h"
#include "wire/event.h"

struct events_flags {
	char **filters, *format, *since, *until;
};

static const struct arg_option events_rows[] = {
	ARG_FUNC(struct events_flags, filters, "filter", 'f', "filter", set_filter,
		 "Show only what meets the conditions"),
	ARG_STR(struct events_flags, format, "format", 0, "string", FORMAT_HELP),
	ARG_STR(struct events_flags, since, "since", 0, "string",
		"Show all events since this time"),
	ARG_STR(struct events_flags, until, "until", 0, "string", "Show events until this time"),
};

static int compare_entries(const void *a, const void *b)
{
	return strcmp(((const struct strmap_entry *)a)->key, ((const struct strmap_entry *)b)->key);
}

/* Local time with nine digits behind the second, and the zone as "Z" or "+02:00". */
static void add_time(struct strbuf *out, int64_t ns)
{
	time_t seconds = (time_t)(ns / 1000000000);
	char date[32] = "", zone[8] = "";
	struct tm tm;

	if (!localtime_r(&seconds, &tm))
		return;
	(void)strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	(void)strftime(zone, sizeof(zone), "%z", &tm);
	strbuf_addf(out, "%s.%09lld", date, (long long)(ns % 1000000000));
	if (strcmp(zone, "+0000") == 0)
		strbuf_addc(out, 'Z');
	else
		strbuf_addf(out, "%.3s:%s", zone, zone + 3);
}

static int add_text(const char *line, struct strbuf *out, struct error *err)
{
	cleanup(event_message_release) struct event_message event = { NULL };
	struct strmap *attributes = &event.actor.attributes;
	int r = json_decode(&event_message_shape, line, strlen(line), &event, err);

	if (r < 0)
		return r;
	add_time(out, event.time_nano ? event.time_nano : event.time * 1000000000);
	strbuf_addf(out, " %s %s %s", event.type ? event.type : "",
		    event.action ? event.action : "", event.actor.id ? event.actor.id : "");
	if (attributes->n)
		qsort(attributes->entries, attributes->n, sizeof(*attributes->entries),
		      compare_entries);
	for (size_t i = 0; i < attributes->n; i++)
		strbuf_addf(out, "%s%s=%s", i ? ", " : " (", attributes->entries[i].key,
			    attributes->entries[i].value);
	strbuf_adds(out, attributes->n ? ")\n" : "\n");
	return 0;
}

static int show_events(struct client_stream *stream, const struct template *tmpl, struct error *err)
{
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;
	char *line;
	int r;

	for (;;) {
		r = client_stream_line(stream, &line, err);
		if (r <= 0)
			return r;
		if (!*line)
			continue;
		strbuf_reset(&out);
		if (tmpl) {
			r = template_execute(tmpl, 0, line, strlen(line), &out, err);
			strbuf_addc(&out, '\n');
		} else {
			r = add_text(line, &out, err);
		}
		if (r == 0)
			r = command_print(&out, err);
		if (r < 0)
			return r;
	}
}

static int run_events(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	struct events_flags *flags = options;
	cleanup(client_stream_release) struct client_stream stream = CLIENT_STREAM_INIT;
	cleanup(template_release) struct template *tmpl = NULL;
	cleanup(strbuf_release) struct strbuf target = STRBUF_INIT;
	cleanup_free char *text = NULL;
	struct client_call call = { .method = "GET" };
	bool table;
	int r = 0;

	template_format(flags->format, &table, &text);
	if (text)
		r = template_compile(text, &tmpl, err);
	strbuf_adds(&target, "/events");
	filters_add(&target, flags->filters);
	strv_release(&flags->filters);
	if (r == 0)
		r = times_add(&target, "since", flags->since, err);
	if (r == 0)
		r = times_add(&target, "until", flags->until, err);
	if (r < 0)
		return r;
	call.target = strbuf_str(&target);
	r = client_stream_open(&cli->client, &call, &stream, err);
	return r < 0 ? r : show_events(&stream, tmpl, err);
}

const struct command cmd_events = {
	.spec =
		{
			.usage = "[OPTIONS]",
			.summary = "Get real time events from the server",
			ARG_OPTIONS(events_rows),
		},
	.options_size = sizeof(struct events_flags),
	.run = run_events,
};
