/* SPDX-License-Identifier: Apache-2.0 */
/* Two rounds of samples over a few connections. */
#include "cli/stats-rounds.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "cli/stats-sample.h"
#include "client/containers.h"

enum { ROUND_MS = 1000, NS_PER_MS = 1000000, ONE_SHOT_MINOR = 41 };

/* What is kept of a container between the rounds. */
struct before {
	uint64_t used, all;
};

struct rounds {
	struct cli *cli;
	char *const *refs;
	size_t n;
	bool no_trunc, may_go;
	struct before *before;
	char **rows;
	bool second;
};

bool stats_rounds_possible(const struct client *client)
{
	unsigned int minor = 0;

	return sscanf(client->api_version, "1.%u", &minor) == 1 && minor >= ONE_SHOT_MINOR;
}

static void take(struct rounds *rounds, size_t i, struct container_stats *s)
{
	struct before *b = &rounds->before[i];

	if (!rounds->second) {
		b->used = s->cpu_stats.cpu_usage.total_usage;
		b->all = s->cpu_stats.system_cpu_usage;
		return;
	}
	s->precpu_stats.cpu_usage.total_usage = b->used;
	s->precpu_stats.system_cpu_usage = b->all;
	/* A container that does not run answers with zeros. */
	rounds->rows[i] = stats_row(rounds->refs[i], s->read ? s : NULL, rounds->no_trunc);
}

static int ask(struct rounds *rounds, size_t i, struct http_client *http, struct error *err)
{
	cleanup(strbuf_release) struct strbuf target = STRBUF_INIT;
	struct client_call call = { .method = "GET" };

	client_container_target(&target, rounds->refs[i], "/stats?stream=0&one-shot=1");
	call.target = strbuf_str(&target);
	return client_begin(&rounds->cli->client, &call, http, err);
}

static int hear(struct rounds *rounds, size_t i, struct http_client *http, struct error *err)
{
	cleanup(client_stream_release) struct client_stream stream = CLIENT_STREAM_INIT;
	cleanup(container_stats_release) struct container_stats s = { NULL };
	char *line = NULL, *end = NULL;
	int r = client_stream_finish(http, &stream, err);

	if (r < 0 && rounds->may_go && err->kind == ERR_NOT_FOUND) {
		error_release(err);
		return 0;
	}
	if (r >= 0)
		r = client_stream_line(&stream, &line, err);
	if (r > 0)
		r = json_decode(&container_stats_shape, line, strlen(line), &s, err);
	if (r < 0)
		return r;
	if (line)
		take(rounds, i, &s);
	r = client_stream_line(&stream, &end, err);
	if (r == 0)
		client_stream_done(&rounds->cli->client, &stream);
	return r < 0 ? r : 0;
}

/* A question is always under way on each connection while an answer is read. */
static int one_round(struct rounds *rounds, struct error *err)
{
	struct http_client https[CLIENT_IDLE_MAX] = { HTTP_CLIENT_INIT, HTTP_CLIENT_INIT,
						      HTTP_CLIENT_INIT, HTTP_CLIENT_INIT };
	int r = 0;

	_Static_assert(CLIENT_IDLE_MAX == 4, "an initializer for each");
	for (size_t i = 0; r >= 0 && i < rounds->n + CLIENT_IDLE_MAX; i++) {
		struct http_client *http = &https[i % CLIENT_IDLE_MAX];

		if (i >= CLIENT_IDLE_MAX)
			r = hear(rounds, i - CLIENT_IDLE_MAX, http, err);
		if (r >= 0 && i < rounds->n)
			r = ask(rounds, i, http, err);
	}
	for (size_t i = 0; i < ARRAY_SIZE(https); i++)
		http_client_release(&https[i]);
	return r < 0 ? r : 0;
}

int stats_rounds(struct cli *cli, char *const *refs, size_t n, bool no_trunc, bool may_go,
		 char **rows, struct error *err)
{
	cleanup_free struct before *before = xcalloc(n, sizeof(*before));
	struct rounds rounds = { .cli = cli,
				 .refs = refs,
				 .n = n,
				 .no_trunc = no_trunc,
				 .may_go = may_go,
				 .before = before,
				 .rows = rows };
	int64_t start = clock_monotonic(), left;
	int r = one_round(&rounds, err);

	left = ROUND_MS - (clock_monotonic() - start) / NS_PER_MS;
	if (r >= 0 && left > 0)
		(void)poll(NULL, 0, (int)left);
	rounds.second = true;
	return r < 0 ? r : one_round(&rounds, err);
}
