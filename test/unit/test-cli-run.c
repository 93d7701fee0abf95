/* SPDX-License-Identifier: Apache-2.0 */
/* Options of run and create -> the request: what each puts into it, and the words of what is
 * refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/strv.h"
#include "cli/run-options.h"

struct run_case {
	const char *line;  /* options and arguments, split at blanks */
	const char *part;  /* is in the request's JSON; NULL: refused */
	const char *error; /* is in the error's text */
};

static const struct run_case cases[] = {
	{ "x", "\"Image\":\"x\"", NULL },
	{ "x true a", "\"Cmd\":[\"true\",\"a\"]", NULL },
	{ "x -t", "\"Cmd\":[\"-t\"]", NULL },
	{ "--entrypoint sh x", "\"Entrypoint\":[\"sh\"]", NULL },
	{ "--entrypoint= x", "\"Entrypoint\":[\"\"]", NULL },
	{ "-e A=1 -e B= x", "\"Env\":[\"A=1\",\"B=\"]", NULL },
	{ "--label a=b --label c x", "\"Labels\":{\"a\":\"b\",\"c\":\"\"}", NULL },
	{ "-p 80 x", "\"PortBindings\":{\"80/tcp\":[{\"HostIp\":\"\",\"HostPort\":\"\"}]}", NULL },
	{ "-p 1:80 -p 2:80 x",
	  "[{\"HostIp\":\"\",\"HostPort\":\"1\"},{\"HostIp\":\"\",\"HostPort\":\"2\"}]", NULL },
	{ "--expose 90 x", "\"ExposedPorts\":{\"90/tcp\":{}}", NULL },
	{ "-v /a:/b -v /c x", "\"Binds\":[\"/a:/b\"]", NULL },
	{ "-v /a:/b -v /c x", "\"Volumes\":{\"/c\":{}}", NULL },
	{ "--network host x", "\"NetworkMode\":\"host\"", NULL },
	{ "x", "\"NetworkMode\":\"default\"", NULL },
	{ "--network n --ip 10.0.0.2 x", "\"IPAMConfig\":{\"IPv4Address\":\"10.0.0.2\"", NULL },
	{ "--cpus 1.5 x", "\"NanoCpus\":1500000000", NULL },
	{ "-m 512m --memory-swap -1 x", "\"MemorySwap\":-1", NULL },
	{ "-m 512m x", "\"Memory\":536870912", NULL },
	{ "--ulimit nofile=10:20 x", "{\"Name\":\"nofile\",\"Hard\":20,\"Soft\":10}", NULL },
	{ "--device /dev/null:/dev/x:r x",
	  "\"PathInContainer\":\"/dev/x\",\"CgroupPermissions\":\"r\"", NULL },
	{ "--restart on-failure:3 x", "{\"Name\":\"on-failure\",\"MaximumRetryCount\":3}", NULL },
	{ "--init x", "\"Init\":true", NULL },
	{ "--rm -t x", "\"AutoRemove\":true", NULL },
	{ "-i x", "\"StdinOnce\":true", NULL },
	{ "--cap-add net_raw --cap-drop ALL x", "\"CapAdd\":[\"CAP_NET_RAW\"]", NULL },
	{ "--tmpfs /t:size=1m x", "\"Tmpfs\":{\"/t\":\"size=1m\"}", NULL },
	{ "--security-opt systempaths=unconfined x", "\"MaskedPaths\":[]", NULL },
	{ "--health-cmd c --health-interval 1s x",
	  "\"Test\":[\"CMD-SHELL\",\"c\"],\"Interval\":1000000000", NULL },
	{ "--rootfs /r bash", "\"Rootfs\":\"/r\"", NULL },
	{ "--rootfs /r bash", "\"Cmd\":[\"bash\"]", NULL },
	{ "--add-host a:1.2.3.4 x", "\"ExtraHosts\":[\"a:1.2.3.4\"]", NULL },
	{ "--stop-timeout 0 x", "\"StopTimeout\":0", NULL },

	{ "UPPER", NULL, "must be lowercase" },
	{ "--pull foo x", NULL, "invalid pull option: 'foo'" },
	{ "--rm --restart always x", NULL, "cannot specify both --restart and --rm" },
	{ "--restart :1 x", NULL, "no policy provided before colon" },
	{ "--restart a:b x", NULL, "maximum retry count must be an integer" },
	{ "--cpus x y", NULL, "failed to parse x as a rational number" },
	{ "--cpus 0.0000000001 y", NULL, "value is too precise" },
	{ "--ulimit nofile=5:2 x", NULL, "soft limit must be less than or equal to hard limit" },
	{ "--ulimit foo=1 x", NULL, "invalid ulimit type: foo" },
	{ "--device foo x", NULL, "foo is not an absolute path" },
	{ "--device /dev/null:/x:rr x", NULL, "bad mode specified: rr" },
	{ "--network a --network host x", NULL,
	  "cannot attach both user-defined and non-user-defined" },
	{ "--network-alias a x", NULL, "only supported for user-defined networks" },
	{ "--pid foo x", NULL, "--pid: invalid PID mode" },
	{ "--sysctl kernel.foo=1 x", NULL, "sysctl 'kernel.foo=1' is not allowed" },
	{ "--memory-swappiness 101 x", NULL, "Valid memory swappiness range is 0-100" },
	{ "-e =a x", NULL, "invalid environment variable: =a" },
	{ "--log-driver none --log-opt a=b x", NULL, "invalid logging opts for driver none" },
	{ "--health-cmd a --no-healthcheck x", NULL,
	  "--no-healthcheck conflicts with --health-* options" },
	{ "--env-file /nonexistent x", NULL, "open /nonexistent: no such file or directory" },
	{ "--mac-address foo x", NULL, "foo is not a valid mac address" },
	{ "--use-api-socket x", NULL, "not supported" },
	{ "--rootfs /r -a foo x", NULL, "valid streams are STDIN, STDOUT and STDERR" },
};

static int build(const char *line, struct strbuf *out, struct error *err)
{
	struct arg_spec spec = run_options_spec;
	cleanup_free char *text = xasprintf("run %s", line);
	cleanup(strv_release) char **argv = strv_split(text, ' ');
	cleanup_free char **rest = NULL;
	cleanup(run_options_release) struct run_options o = { .name = NULL };
	int r;

	spec.command = "hoy run";
	spec.flags = ARGS_STOP_AT_FIRST;
	spec.max_args = -1;
	r = args_parse(&spec, (int)strv_len(argv), argv, &o, &rest, err);
	if (r == 0)
		r = run_options_finish(&o, rest, err);
	if (r == 0)
		json_encode(&container_create_request_shape, &o.request, out);
	return r;
}

static void test_cases(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;
		cleanup(error_release) struct error err = ERROR_INIT;
		int r = build(cases[i].line, &out, &err);

		print_message("%s\n", cases[i].line);
		assert_int_equal(r < 0, cases[i].error != NULL);
		if (cases[i].error)
			assert_non_null(strstr(error_text(&err), cases[i].error));
		else if (!strstr(strbuf_str(&out), cases[i].part))
			fail_msg("%s is not in %s", cases[i].part, strbuf_str(&out));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_cases) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
