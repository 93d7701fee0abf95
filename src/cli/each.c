/* SPDX-License-Identifier: Apache-2.0 */
/* All calls of a batch are under way at once, each on a connection of its own: stopping ten
 * containers takes the time of the slowest, not of all. */
#include "cli/each.h"

#include <stdio.h>

#include "http/url.h"

enum { EACH_BATCH = 50 };

struct each_job {
	const char *name;
	struct strbuf target;
	struct client_call call;
	struct http_client http;
	struct error err;
};

static void job_begin(struct cli *cli, const struct each_call *each, const char *name,
		      struct each_job *job)
{
	*job = (struct each_job){ .name = name,
				  .http = HTTP_CLIENT_INIT,
				  .call.method = each->method };
	strbuf_adds(&job->target, each->prefix);
	url_encode(&job->target, name);
	strbuf_adds(&job->target, each->suffix);
	job->call.target = strbuf_str(&job->target);
	if (client_begin(&cli->client, &job->call, &job->http, &job->err) < 0)
		http_client_release(&job->http);
}

/* Returns the exit code that this job asks for. */
static int job_finish(struct cli *cli, const struct each_call *each, struct each_job *job)
{
	bool begun = job->err.kind == ERR_NONE;
	bool good = begun &&
		    client_finish(&cli->client, &job->call, &job->http, NULL, &job->err) >= 0;
	int code = 0;

	if (good) {
		puts(job->name);
	} else {
		(void)fflush(stdout);
		fprintf(stderr, "%s\n", error_text(&job->err));
		code = each->missing_is_fine && job->err.kind == ERR_NOT_FOUND ? 0 : 1;
	}
	http_client_release(&job->http);
	strbuf_release(&job->target);
	error_release(&job->err);
	return code;
}

int each_run(struct cli *cli, const struct each_call *each, char **argv, struct error *err)
{
	struct each_job jobs[EACH_BATCH];
	int code = 0;

	while (*argv) {
		size_t n = 0;

		for (; n < EACH_BATCH && *argv; n++)
			job_begin(cli, each, *argv++, &jobs[n]);
		for (size_t i = 0; i < n; i++)
			if (job_finish(cli, each, &jobs[i]) != 0)
				code = 1;
	}
	return code;
}
