/* SPDX-License-Identifier: Apache-2.0 */
/* `--change`: Dockerfile instructions on a config. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/strv.h"
#include "image/changes.h"

static void check(const char *const *lines, const char *json)
{
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;
	cleanup(error_release) struct error err = ERROR_INIT;
	struct image_run_config config = { 0 };

	if (image_changes_apply((char *const *)lines, &config, &err) < 0)
		fail_msg("%s: %s", lines[0], error_text(&err));
	json_encode(&image_run_config_shape, &config, &out);
	assert_string_equal(strbuf_str(&out), json);
	json_release(&image_run_config_shape, &config);
}

#define CHECK(json, ...) check((const char *const[]){ __VA_ARGS__, NULL }, json)

static void test_commands(void **state)
{
	CHECK("{\"Cmd\":[\"a\",\"b c\"]}", "CMD [\"a\", \"b c\"]");
	CHECK("{\"Cmd\":[\"/bin/sh\",\"-c\",\"echo $A  b\"]}", "cmd echo $A  b");
	CHECK("{\"Entrypoint\":[\"/x\"],\"Cmd\":[\"y\"]}", "CMD [\"y\"]", "ENTRYPOINT [\"/x\"]");
	CHECK("{\"Cmd\":[\"/bin/sh\",\"-c\",\"[ -e x ]\"]}", "CMD [ -e x ]");
}

static void test_environment(void **state)
{
	CHECK("{\"Env\":[\"A=1\",\"B=two words\",\"C=x\"]}", "ENV A=1 B=\"two words\" C='x'");
	CHECK("{\"Env\":[\"A=the whole rest\"]}", "ENV A the whole rest");
	CHECK("{\"Env\":[\"A=2\"]}", "ENV A=1", "ENV A=2");
	CHECK("{\"Env\":[\"P=/bin\",\"Q=/x:/bin:d\"]}", "ENV P=/bin",
	      "ENV Q=/x:${P}:${NOPE:-d}$NOPE");
	CHECK("{\"Env\":[\"A=$B\\\\\"]}", "ENV A='$B\\'");
	CHECK("{\"Env\":[\"A=a b\"]}", "ENV A=a\\ b");
}

static void test_sets(void **state)
{
	CHECK("{\"ExposedPorts\":{\"80/tcp\":{},\"53/udp\":{},\"8000/tcp\":{},\"8001/tcp\":{}}}",
	      "EXPOSE 80 53/UDP", "EXPOSE 8000-8001 80/tcp");
	CHECK("{\"Volumes\":{\"/a\":{},\"/b c\":{}}}", "VOLUME [\"/a\", \"/b c\"]", "VOLUME /a");
	CHECK("{\"Volumes\":{\"/a\":{},\"b\":{}}}", "VOLUME /a\vb");
	CHECK("{\"Labels\":{\"a\":\"1\",\"b.c\":\"x y\"}}", "LABEL a=1 b.c=\"x y\"");
}

static void test_others(void **state)
{
	CHECK("{\"User\":\"1:2\",\"WorkingDir\":\"/a/b\",\"StopSignal\":\"SIGQUIT\"}", "USER 1:2",
	      "WORKDIR /a", "WORKDIR b", "STOPSIGNAL SIGQUIT", "");
	CHECK("{\"OnBuild\":[\"RUN x y\"]}", "ONBUILD RUN x y");
	CHECK("{\"Healthcheck\":{\"Test\":[\"CMD\",\"x\"],\"Interval\":5000000000,\"Retries\":3}}",
	      "HEALTHCHECK --interval=5s --retries=3 CMD [\"x\"]");
	CHECK("{\"Healthcheck\":{\"Test\":[\"CMD-SHELL\",\"x || y\"]}}", "HEALTHCHECK CMD x || y");
	CHECK("{\"Healthcheck\":{\"Test\":[\"NONE\"]}}", "HEALTHCHECK NONE");
}

static void test_refused(void **state)
{
	static const struct {
		const char *line, *error;
	} cases[] = {
		{ "RUN x", "RUN is not a valid change command" },
		{ "ENV", "ENV requires at least one argument" },
		{ "ENV A", "ENV must have two arguments" },
		{ "ENV A=1 B", "Syntax error - can't find = in \"B\". Must be of the form: "
			       "name=value" },
		{ "ENV A=\"x", "unterminated quote" },
		{ "ENV A=${x", "unsupported or unterminated ${…}" },
		{ "EXPOSE http", "invalid containerPort: http" },
		{ "EXPOSE 80/icmp", "invalid proto: icmp" },
		{ "EXPOSE 9-1", "invalid containerPort: 9-1" },
		{ "STOPSIGNAL NOPE", "invalid signal: NOPE" },
		{ "ONBUILD FROM x", "FROM isn't allowed as an ONBUILD trigger" },
		{ "HEALTHCHECK --interval=x CMD y", "invalid duration: --interval=x" },
		{ "HEALTHCHECK RUN", "Unknown type \"RUN\" in HEALTHCHECK (try CMD)" },
		{ "VOLUME []", "VOLUME requires at least one argument" },
		{ "USER", "USER requires exactly one argument" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *lines[] = { cases[i].line, NULL };
		cleanup(error_release) struct error err = ERROR_INIT;
		struct image_run_config config = { 0 };

		if (image_changes_apply((char *const *)lines, &config, &err) >= 0)
			fail_msg("%s was taken", cases[i].line);
		assert_string_equal(error_text(&err), cases[i].error);
		json_release(&image_run_config_shape, &config);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commands), cmocka_unit_test(test_environment),
		cmocka_unit_test(test_sets),	 cmocka_unit_test(test_others),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
