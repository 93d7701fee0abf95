/* SPDX-License-Identifier: Apache-2.0 */
/* Command lines: what lands where, which words a bad one gets, and the help page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/args.h"
#include "base/strv.h"

struct shared {
	char **env;
	bool tty;
};

struct options {
	struct shared shared;
	char *name, *pull;
	bool detach, interactive, proxy;
	int64_t shares, memory, interval;
	uint64_t weight;
	struct opt_i64 timeout;
	struct opt_bool init;
	int custom;
};

static int set_custom(void *target, const char *value, struct error *err)
{
	if (strcmp(value, "bad") == 0)
		return error_set(err, ERR_INVALID, 0, "that is bad");
	*(int *)target = (int)strlen(value);
	return 0;
}

static const struct arg_option shared_options[] = {
	ARG_LIST(struct shared, env, "env", 'e', "list", "Set environment variables"),
	ARG_BOOL(struct shared, tty, "tty", 't', "Allocate a pseudo-TTY"),
};
static const struct arg_spec shared_spec = { ARG_OPTIONS(shared_options) };

static const struct arg_option options[] = {
	ARG_STR(struct options, name, "name", 0, "string", "Assign a name to the container"),
	ARG_STR(struct options, pull, "pull", 0, "string",
		"Pull image before running (\"always\", \"missing\", \"never\")", .def = "missing"),
	ARG_BOOL(struct options, detach, "detach", 'd',
		 "Run container in background and print container ID"),
	ARG_BOOL(struct options, interactive, "interactive", 'i',
		 "Keep STDIN open even if not attached"),
	ARG_BOOL(struct options, proxy, "sig-proxy", 0, "Proxy received signals to the process",
		 .def = "true"),
	ARG_I64(struct options, shares, "cpu-shares", 'c', "int", "CPU shares (relative weight)"),
	ARG_BYTES(struct options, memory, "memory", 'm', "Memory limit"),
	ARG_DURATION(struct options, interval, "health-interval", 0,
		     "Time between running the check (ms|s|m|h) (default 0s)"),
	ARG_U64(struct options, weight, "weight", 0, "uint", "Weight", .flags = ARG_HIDDEN),
	ARG_OPT_I64(struct options, timeout, "stop-timeout", 0, "int",
		    "Timeout (in seconds) to stop a container"),
	ARG_OPT_BOOL(struct options, init, "init", 0,
		     "Run an init inside the container that forwards signals and reaps processes"),
	ARG_FUNC(struct options, custom, "custom", 0, "thing", set_custom, "Custom",
		 .def_text = "default []"),
	ARG_FUNC(struct options, custom, "switch", 'q', NULL, set_custom, "Switch"),
};

static const struct arg_spec spec = {
	.command = "hoy run",
	.usage = "[OPTIONS] IMAGE [COMMAND] [ARG...]",
	.summary = "Create and run a new container from an image",
	.aliases = "hoy container run, hoy run",
	ARG_OPTIONS(options),
	.parent = &shared_spec,
	.flags = ARGS_STOP_AT_FIRST,
	.min_args = 1,
	.max_args = -1,
};

static char **words(const char *line)
{
	return strv_split(line, ' ');
}

static void test_values(void **state)
{
	char **argv = words("run -itd -e A=1 -eB=2 -e=C=3 --env D --name x --name=y -c=5 -m 1g "
			    "--health-interval "
			    "1m --stop-timeout -1 --init=false --sig-proxy=0 --weight 7 --custom "
			    "abc IMAGE -x --name z");
	struct options o = { 0 };
	char **rest = NULL;

	assert_int_equal(args_parse(&spec, (int)strv_len(argv), argv, &o, &rest, NULL), ARGS_OK);
	assert_true(o.shared.tty && o.detach && o.interactive && !o.proxy);
	assert_int_equal(strv_len(o.shared.env), 4);
	assert_string_equal(o.shared.env[1], "B=2");
	assert_string_equal(o.shared.env[2], "C=3");
	assert_string_equal(o.name, "y");
	assert_string_equal(o.pull, "missing");
	assert_int_equal(o.shares, 5);
	assert_int_equal(o.memory, 1 << 30);
	assert_true(o.interval == 60000000000 && o.weight == 7 && o.custom == 3);
	assert_true(o.timeout.set && o.timeout.value == -1 && o.init.set && !o.init.value);
	assert_int_equal(strv_len(rest), 4);
	assert_string_equal(rest[0], "IMAGE");
	assert_string_equal(rest[1], "-x");
	free(rest);
	args_release(&spec, &o);
	args_release(&spec, &o);
	strv_free(argv);
}

static void test_anywhere(void **state)
{
	struct arg_spec anywhere = spec;
	char **argv = words("run a -t b -q - --name x -- --name c");
	struct options o = { 0 };
	char **rest = NULL;

	anywhere.flags = 0;
	assert_int_equal(args_parse(&anywhere, (int)strv_len(argv), argv, &o, &rest, NULL),
			 ARGS_OK);
	assert_int_equal(strv_len(rest), 5);
	assert_string_equal(rest[2], "-");
	assert_string_equal(rest[3], "--name");
	assert_true(o.shared.tty && o.custom == 4);
	free(rest);
	args_release(&anywhere, &o);
	strv_free(argv);
}

static void test_refused(void **state)
{
	static const struct {
		const char *line, *error;
	} cases[] = {
		{ "run --foo", "unknown flag: --foo" },
		{ "run --foo=1", "unknown flag: --foo" },
		{ "run --nam x", "unknown flag: --nam" },
		{ "run -x", "unknown shorthand flag: 'x' in -x" },
		{ "run -dxi", "unknown shorthand flag: 'x' in -xi" },
		{ "run --name", "flag needs an argument: --name" },
		{ "run -de", "flag needs an argument: 'e' in -e" },
		{ "run --=x", "bad flag syntax: --=x" },
		{ "run -c x", "invalid argument \"x\" for \"-c, --cpu-shares\" flag: "
			      "strconv.ParseInt: parsing \"x\": "
			      "invalid syntax" },
		{ "run --weight=99999999999999999999",
		  "invalid argument \"99999999999999999999\" for \"--weight\" flag: "
		  "strconv.ParseUint: parsing \"99999999999999999999\": value out of range" },
		{ "run --memory 5x",
		  "invalid argument \"5x\" for \"-m, --memory\" flag: invalid size: '5x'" },
		{ "run --detach=maybe",
		  "invalid argument \"maybe\" for \"-d, --detach\" flag: strconv.ParseBool: "
		  "parsing \"maybe\": invalid syntax" },
		{ "run --health-interval 5",
		  "invalid argument \"5\" for \"--health-interval\" flag: time: invalid "
		  "duration \"5\"" },
		{ "run --custom bad",
		  "invalid argument \"bad\" for \"--custom\" flag: that is bad" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char **argv = words(cases[i].line), **rest = NULL;
		struct error err = ERROR_INIT;
		struct options o = { 0 };

		assert_true(args_parse(&spec, (int)strv_len(argv), argv, &o, &rest, &err) < 0);
		assert_string_equal(error_text(&err), cases[i].error);
		assert_null(rest);
		error_release(&err);
		args_release(&spec, &o);
		strv_free(argv);
	}
}

static void test_counts(void **state)
{
	static const struct {
		int min, max;
		size_t n;
		const char *error;
	} cases[] = {
		{ 1, -1, 0, "'hoy x' requires at least 1 argument" },
		{ 2, 2, 1, "'hoy x' requires 2 arguments" },
		{ 1, 1, 2, "'hoy x' requires 1 argument" },
		{ 0, 0, 1, "'hoy x' accepts no arguments" },
		{ 0, 1, 2, "'hoy x' requires at most 1 argument" },
		{ 1, -1, 5, "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct arg_spec s = { .command = "hoy x",
					    .min_args = cases[i].min,
					    .max_args = cases[i].max };
		struct error err = ERROR_INIT;
		int r = args_check_count(&s, cases[i].n, &err);

		assert_int_equal(r < 0, cases[i].error[0] != '\0');
		assert_string_equal(error_text(&err), cases[i].error);
		error_release(&err);
	}
}

static const char help[] =
	"Usage:  hoy run [OPTIONS] IMAGE [COMMAND] [ARG...]\n"
	"\n"
	"Create and run a new container from an image\n"
	"\n"
	"Aliases:\n"
	"  hoy container run, hoy run\n"
	"\n"
	"Options:\n"
	"  -c, --cpu-shares int             CPU shares (relative weight)\n"
	"      --custom thing               Custom (default [])\n"
	"  -d, --detach                     Run container in background and print\n"
	"                                   container ID\n"
	"  -e, --env list                   Set environment variables\n"
	"      --health-interval duration   Time between running the check\n"
	"                                   (ms|s|m|h) (default 0s)\n"
	"      --init                       Run an init inside the container that\n"
	"                                   forwards signals and reaps processes\n"
	"  -i, --interactive                Keep STDIN open even if not attached\n"
	"  -m, --memory bytes               Memory limit\n"
	"      --name string                Assign a name to the container\n"
	"      --pull string                Pull image before running (\"always\",\n"
	"                                   \"missing\", \"never\") (default \"missing\")\n"
	"      --sig-proxy                  Proxy received signals to the process\n"
	"                                   (default true)\n"
	"      --stop-timeout int           Timeout (in seconds) to stop a container\n"
	"  -q, --switch                     Switch\n"
	"  -t, --tty                        Allocate a pseudo-TTY\n";

static void test_help(void **state)
{
	char **argv = words("run --help"), **short_argv = words("run -dh"), **rest = NULL;
	struct strbuf out = STRBUF_INIT;
	struct options o = { 0 };

	assert_int_equal(args_parse(&spec, 2, argv, &o, &rest, NULL), ARGS_HELP);
	args_release(&spec, &o);
	assert_int_equal(args_parse(&spec, 2, short_argv, &o, &rest, NULL), ARGS_HELP);
	args_release(&spec, &o);
	args_help(&spec, 79, &out);
	assert_string_equal(out.data, help);
	strbuf_release(&out);
	strv_free(argv);
	strv_free(short_argv);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),	cmocka_unit_test(test_anywhere),
		cmocka_unit_test(test_refused), cmocka_unit_test(test_counts),
		cmocka_unit_test(test_help),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
