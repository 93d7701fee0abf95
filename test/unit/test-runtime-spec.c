/* SPDX-License-Identifier: Apache-2.0 */
/* config.json: the specification's own samples, what the tables cannot say, the default seccomp
 * profile. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "base/strv.h"
#include "oci/seccomp-default.h"
#include "sys/file.h"

static char *sample(const char *name, size_t *ret_len)
{
	cleanup_free char *path = xasprintf("data/oci/%s.json", name);
	char *text = NULL;

	assert_int_equal(file_read_at(AT_FDCWD, path, 1 << 20, &text, ret_len), 0);
	return text;
}

static void test_samples(void **state)
{
	static const struct {
		const char *name;
		int want;
	} cases[] = {
		{ "good/minimal", 0 },
		{ "good/minimal-for-start", 0 },
		{ "good/linux-netdevice", 0 },
		{ "good/linux-rdma", 0 },
		{ "good/spec-example", 0 },
		{ "bad/invalid-json", -EINVAL },
		{ "bad/linux-hugepage", -EINVAL },
		{ "bad/linux-netdevice", -EINVAL },
		{ "bad/linux-rdma", -EINVAL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct oci_spec spec = { 0 };
		struct error err = ERROR_INIT;
		size_t len;
		cleanup_free char *text = sample(cases[i].name, &len);
		int r = oci_spec_parse(text, len, &spec, &err);

		if (r != cases[i].want)
			fail_msg("%s: %d %s", cases[i].name, r, error_text(&err));
		assert_int_equal(r < 0, *error_text(&err) != '\0');
		oci_spec_release(&spec);
		error_release(&err);
	}
}

static void test_example(void **state)
{
	struct oci_spec spec = { 0 };
	size_t len;
	cleanup_free char *text = sample("good/spec-example", &len);

	assert_int_equal(oci_spec_parse(text, len, &spec, NULL), 0);
	assert_true(spec.process->terminal);
	assert_int_equal(spec.process->user.additional_gids[1], 6);
	assert_string_equal(spec.process->capabilities->ambient[0], "CAP_NET_BIND_SERVICE");
	assert_int_equal(spec.process->n_rlimits, 2);
	assert_int_equal(spec.n_mounts, 7);
	assert_int_equal(spec.hooks->n_prestart, 2);
	assert_int_equal(spec.hooks->poststart[0].timeout.value, 5);
	assert_int_equal(spec.linux_->devices[0].file_mode.value, 438);
	assert_int_equal(spec.linux_->resources->memory->swappiness.set, 1);
	assert_int_equal(spec.linux_->resources->memory->kernel.value, -1);
	assert_int_equal(spec.linux_->resources->block_io->weight_device[1].leaf_weight.set, 0);
	assert_int_equal(spec.linux_->time_offsets->boottime->secs, 604800);
	assert_string_equal(strmap_get(&spec.annotations, "com.example.key1"), "value1");
	oci_spec_release(&spec);
}

static void test_refused(void **state)
{
	static const struct {
		const char *process, *linux_, *want;
	} cases[] = {
		{ "\"user\":{\"uid\":-1}", "", "uid" },
		{ "\"user\":{\"uid\":4294967296}", "", "uid" },
		{ "\"user\":{\"uid\":\"0\"}", "", "uid" },
		{ "\"user\":{\"additionalGids\":[-1]}", "", "additional group" },
		{ "\"rlimits\":[{\"type\":\"x\",\"hard\":1,\"soft\":1}]", "", "rlimit" },
		{ "\"rlimits\":[{\"type\":\"RLIMIT_CORE\",\"hard\":1}]", "", "soft" },
		{ "", "\"namespaces\":[{\"type\":\"nope\"}]", "nope" },
		{ "", "\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"pid\"}]", "multiple" },
		{ "", "\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":0}]", "mapping" },
		{ "", "\"uidMappings\":[{\"containerID\":0,\"hostID\":4294967295,\"size\":2}]",
		  "mapping" },
		{ "", "\"devices\":[{\"type\":\"x\",\"path\":\"/dev/x\"}]", "type" },
		{ "\"user\":{\"umask\":512}", "", "process.user.umask" },
		{ "\"user\":{\"additionalGids\":[0,4294967295]}", "", "additionalGids[1]" },
		{ "\"env\":[\"A=b\",\"c\"]", "", "process.env[1]" },
		{ "\"rlimits\":[{\"type\":\"RLIMIT_CORE\",\"hard\":1,\"soft\":2}]", "", "soft" },
		{ "\"rlimits\":[{\"type\":\"RLIMIT_CORE\",\"hard\":1,\"soft\":1},{\"type\":"
		  "\"RLIMIT_CORE\",\"hard\":1,\"soft\":1}]",
		  "", "twice" },
		{ "\"oomScoreAdj\":-1001", "", "process.oomScoreAdj" },
		{ "\"scheduler\":{\"policy\":\"SCHED_RR\",\"priority\":-1}", "",
		  "process.scheduler.priority" },
		{ "\"scheduler\":{\"policy\":\"SCHED_RR\",\"deadline\":1}", "", "SCHED_DEADLINE" },
		{ "\"ioPriority\":{\"class\":\"IOPRIO_CLASS_X\"}", "", "process.ioPriority.class" },
		{ "\"execCPUAffinity\":{\"final\":\"1;2\"}", "", "execCPUAffinity.final" },
		{ "\"consoleSize\":{\"height\":1,\"width\":65536}", "", "consoleSize" },
		{ "", "\"namespaces\":[{\"type\":\"pid\",\"path\":\"ns\"}]", "absolute" },
		{ "", "\"devices\":[{\"type\":\"c\",\"path\":\"/dev/x\",\"major\":4096}]",
		  "major" },
		{ "", "\"netDevices\":{\"a/b\":{}}", "netDevices" },
		{ "", "\"netDevices\":{\"a\":{\"name\":\"b%s\"}}", "netDevices.a.name" },
		{ "",
		  "\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"action\":"
		  "\"SCMP_ACT_LOG\"}]}",
		  "names" },
		{ "", "\"timeOffsets\":{\"boottime\":{\"nanosecs\":1000000000}}",
		  "boottime.nanosecs" },
		{ "", "\"maskedPaths\":[\"proc\"]", "maskedPaths[0]" },
		{ "", "\"rootfsPropagation\":\"none\"", "rootfsPropagation" },
		{ "", "\"memoryPolicy\":{\"mode\":\"MPOL_LOCAL\",\"flags\":[\"x\"]}",
		  "memoryPolicy.flags" },
		{ "", "\"intelRdt\":{\"closID\":\"..\"}", "closID" },
		{ "", "\"resources\":{\"devices\":[{\"type\":\"c\"}]}", "allow" },
		{ "", "\"resources\":{\"devices\":[{\"allow\":true,\"access\":\"rwx\"}]}",
		  "access" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_free char *text = xasprintf(
			"{\"ociVersion\":\"1.0.0\",\"process\":{\"cwd\":\"/\"%s%s},\"linux\":{%s}}",
			*cases[i].process ? "," : "", cases[i].process, cases[i].linux_);
		struct oci_spec spec = { 0 };
		struct error err = ERROR_INIT;

		if (oci_spec_parse(text, strlen(text), &spec, &err) != -EINVAL)
			fail_msg("accepted: %s", text);
		if (!strstr(error_text(&err), cases[i].want))
			fail_msg("%s: %s", text, error_text(&err));
		error_release(&err);
	}
}

static void test_versions(void **state)
{
	static const struct {
		const char *version;
		bool good;
	} cases[] = {
		{ "1.0.0", true },   { "1.3.0", true },	    { "1.9.1-rc.1+dev", true },
		{ "0.6.0", true },   { "1.0.2-dev", true }, { "2.0.0", false },
		{ "", false },	     { "1.0", false },	    { "v1.0.0", false },
		{ "1.0.0 ", false }, { "1.00.0", false },   { "1.0.0.0", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_free char *text = xasprintf("{\"ociVersion\":\"%s\"}", cases[i].version);
		struct oci_spec spec = { 0 };
		struct error err = ERROR_INIT;
		int r = oci_spec_parse(text, strlen(text), &spec, &err);

		if ((r == 0) != cases[i].good)
			fail_msg("%s: %d %s", text, r, error_text(&err));
		assert_true(r == 0 || strstr(error_text(&err), "ociVersion"));
		oci_spec_release(&spec);
		error_release(&err);
	}
}

/* Optional and "" is as if it were not there; linux is always there afterwards. */
static void test_empty(void **state)
{
	static const char text[] =
		"{\"ociVersion\":\"1.0.0\",\"hostname\":\"\",\"process\":{\"cwd\":\"/\","
		"\"apparmorProfile\":\"\",\"selinuxLabel\":\"\"},\"linux\":{\"mountLabel\":\"\","
		"\"namespaces\":[{\"type\":\"pid\",\"path\":\"\"}]}}";
	struct oci_spec spec = { 0 };

	assert_int_equal(oci_spec_parse(text, strlen(text), &spec, NULL), 0);
	assert_null(spec.hostname);
	assert_null(spec.process->apparmor_profile);
	assert_null(spec.process->selinux_label);
	assert_null(spec.linux_->mount_label);
	assert_null(spec.linux_->namespaces[0].path);
	oci_spec_release(&spec);
	assert_int_equal(oci_spec_parse("{\"ociVersion\":\"1.0.0\"}", 22, &spec, NULL), 0);
	assert_non_null(spec.linux_);
	oci_spec_release(&spec);
}

static void test_unlimited(void **state)
{
	const char *text = "{\"cwd\":\"/\",\"rlimits\":[{\"type\":\"RLIMIT_CORE\","
			   "\"hard\":18446744073709551615,\"soft\":18446744073709551615}]}";
	struct oci_process process = { 0 };

	assert_int_equal(oci_process_parse(text, strlen(text), &process, NULL), 0);
	assert_true(process.rlimits[0].hard == UINT64_MAX);
	json_release(&oci_process_shape, &process);
}

static bool has_rule(const struct oci_seccomp *s, const char *name, const char *action)
{
	for (size_t i = 0; i < s->n_syscalls; i++) {
		if (!strcmp(s->syscalls[i].action, action) &&
		    strv_contains(s->syscalls[i].names, name))
			return true;
	}
	return false;
}

static void test_default_profile(void **state)
{
	char *none[] = { NULL }, *admin[] = { (char *)(uintptr_t) "CAP_SYS_ADMIN", NULL };
	struct oci_seccomp seccomp;

	seccomp_default(none, &seccomp);
	assert_string_equal(seccomp.default_action, "SCMP_ACT_ERRNO");
	assert_true(has_rule(&seccomp, "openat", "SCMP_ACT_ALLOW"));
	assert_false(has_rule(&seccomp, "mount", "SCMP_ACT_ALLOW"));
	assert_true(has_rule(&seccomp, "clone3", "SCMP_ACT_ERRNO"));
	assert_true(has_rule(&seccomp, "ptrace", "SCMP_ACT_ALLOW"));
	assert_true(strv_len(seccomp.architectures) >= 1);
	json_release(&oci_seccomp_shape, &seccomp);
	seccomp_default(admin, &seccomp);
	assert_true(has_rule(&seccomp, "mount", "SCMP_ACT_ALLOW"));
	assert_true(has_rule(&seccomp, "clone3", "SCMP_ACT_ALLOW"));
	assert_false(has_rule(&seccomp, "clone3", "SCMP_ACT_ERRNO"));
	json_release(&oci_seccomp_shape, &seccomp);
}

/* The table made at build time is what its file says. */
static void test_profile_file(void **state)
{
	cleanup(strbuf_release) struct strbuf a = STRBUF_INIT, b = STRBUF_INIT;
	char *caps[] = { (char *)(uintptr_t) "CAP_SYS_PTRACE", NULL };
	struct oci_seccomp table, file;
	struct error err = ERROR_INIT;
	char *text = NULL;
	size_t len;

	assert_int_equal(
		file_read_at(AT_FDCWD, "../src/oci/seccomp-default.json", 1 << 20, &text, &len), 0);
	assert_int_equal(seccomp_profile_parse(text, len, caps, &file, &err), 0);
	seccomp_default(caps, &table);
	json_encode(&oci_seccomp_shape, &table, &a);
	json_encode(&oci_seccomp_shape, &file, &b);
	assert_string_equal(a.data, b.data);
	json_release(&oci_seccomp_shape, &table);
	json_release(&oci_seccomp_shape, &file);
	free(text);
}

static void test_profile_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"[]",
		"{}",
		"{\"defaultAction\":1}",
		"{\"defaultAction\":\"A\",\"architectures\":[\"x\"],\"archMap\":[{\"architecture\":"
		"\"x\"}]}",
		"{\"defaultAction\":\"A\",\"syscalls\":[{\"name\":\"a\",\"names\":[\"b\"],"
		"\"action\":\"A\"}]}",
		"{\"defaultAction\":\"A\",\"syscalls\":[{\"names\":[\"b\"]}]}",
	};
	char *none[] = { NULL };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct oci_seccomp seccomp = { 0 };
		struct error err = ERROR_INIT;

		if (seccomp_profile_parse(texts[i], strlen(texts[i]), none, &seccomp, &err) !=
		    -EINVAL)
			fail_msg("accepted: %s", texts[i]);
		assert_true(*error_text(&err));
		error_release(&err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_samples),		cmocka_unit_test(test_example),
		cmocka_unit_test(test_refused),		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_empty),		cmocka_unit_test(test_unlimited),
		cmocka_unit_test(test_default_profile), cmocka_unit_test(test_profile_file),
		cmocka_unit_test(test_profile_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
