/* SPDX-License-Identifier: Apache-2.0 */
/* hoy system check */
#include <stdio.h>

#include "base/clock.h"
#include "base/json.h"
#include "cli/command.h"
#include "wire/system-check.h"

struct check_flags {
	bool repair;
};

static const struct arg_option check_rows[] = {
	ARG_BOOL(struct check_flags, repair, "repair", 0,
		 "Remove what belongs to nothing, pull again what is damaged"),
};

static const char *plural(int64_t n)
{
	return n == 1 ? "" : "s";
}

/* 1 when something is still wrong. */
static int print_check(const struct system_check *check)
{
	cleanup(strbuf_release) struct strbuf size = STRBUF_INIT;
	size_t repaired = 0;

	for (size_t i = 0; i < check->n_problems; i++) {
		const struct system_problem *p = &check->problems[i];

		(void)printf("%s %s: %s%s\n", p->kind, p->name, p->text,
			     p->repaired ? " (repaired)" : "");
		repaired += p->repaired;
	}
	size_human((double)check->bytes, &size);
	(void)printf("Checked %lld image%s and %lld layer%s (%s): %zu problem%s",
		     (long long)check->images, plural(check->images), (long long)check->layers,
		     plural(check->layers), strbuf_str(&size), check->n_problems,
		     plural((int64_t)check->n_problems));
	(void)(repaired > 0 ? printf(", %zu repaired\n", repaired) : printf("\n"));
	return repaired < check->n_problems;
}

static int run_check(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	const struct check_flags *flags = options;
	cleanup(system_check_release) struct system_check check = { 0 };
	cleanup(strbuf_release) struct strbuf answer = STRBUF_INIT;
	struct client_call call = { .method = "POST",
				    .target = flags->repair ? "/system/check?repair=1"
							    : "/system/check" };
	int r = client_call(&cli->client, &call, &answer, err);

	if (r >= 0)
		r = json_decode(&system_check_shape, strbuf_str(&answer), answer.len, &check, err);
	return r < 0 ? r : print_check(&check);
}

const struct command cmd_system_check = {
	.spec =
		{
			.usage = "[OPTIONS]",
			.summary = "Check images and layers, and what lies about",
			ARG_OPTIONS(check_rows),
		},
	.options_size = sizeof(struct check_flags),
	.run = run_check,
};
