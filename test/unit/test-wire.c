/* SPDX-License-Identifier: Apache-2.0 */
/* The Engine API's bodies: requests as clients send them come through unchanged, answers look as
 * clients expect them. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/strv.h"
#include "wire/container.h"
#include "wire/event.h"
#include "wire/exec.h"
#include "wire/image.h"
#include "wire/progress.h"
#include "wire/system.h"

static void read_data(const char *name, struct strbuf *out)
{
	cleanup_free char *path = xasprintf("data/wire/%s", name);
	FILE *file = fopen(path, "re");
	char block[4096];
	size_t n;

	assert_non_null(file);
	while ((n = fread(block, 1, sizeof(block), file)) > 0)
		strbuf_add(out, block, n);
	(void)fclose(file);
}

/* Decode, encode, and the same through a copy: byte for byte what it was. */
static void check_unchanged(const struct json_shape *shape, const char *text, size_t len)
{
	void *obj = xcalloc(1, shape->size), *copy = xcalloc(1, shape->size);
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;
	cleanup(error_release) struct error err = ERROR_INIT;

	if (json_decode(shape, text, len, obj, &err) < 0)
		fail_msg("%s", error_text(&err));
	json_copy(shape, obj, copy);
	json_release(shape, obj);
	json_encode(shape, copy, &out);
	json_release(shape, copy);
	strbuf_addc(&out, '\n');
	if (text[len - 1] != '\n')
		out.data[--out.len] = '\0';
	assert_string_equal(strbuf_str(&out), text);
	free(obj);
	free(copy);
}

static void test_requests(void **state)
{
	static const char *const names[] = { "create-plain.json", "create-full.json" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct strbuf text = STRBUF_INIT;

		read_data(names[i], &text);
		check_unchanged(&container_create_request_shape, text.data, text.len);
		strbuf_release(&text);
	}
}

static void test_create_members(void **state)
{
	struct container_create_request req;
	struct strbuf text = STRBUF_INIT;

	read_data("create-full.json", &text);
	assert_int_equal(
		json_decode(&container_create_request_shape, text.data, text.len, &req, NULL), 0);
	assert_string_equal(req.config.image, "nginx");
	assert_int_equal(req.config.stop_timeout.value, 5);
	assert_int_equal(req.host_config.memory, 512 << 20);
	assert_int_equal(req.host_config.n_mounts, 2);
	assert_int_equal(req.host_config.mounts[0].tmpfs_options->mode, 0700);
	assert_string_equal(req.host_config.port_bindings[0].key, "80/tcp");
	assert_string_equal(req.networking_config.endpoints_config[0].key, "foo");
	assert_true(req.host_config.init.set && req.host_config.init.value);
	container_create_request_release(&req);
	strbuf_release(&text);
}

/* Older clients: a string for a list, other case, members that are gone. */
static void test_create_old(void **state)
{
	static const char text[] =
		"{\"image\":\"busybox\",\"Cmd\":\"true\",\"Entrypoint\":[],\"KernelMemory\":5,"
		"\"HostConfig\":{\"networkmode\":\"host\",\"PortBindings\":{\"80/tcp\":null},"
		"\"KernelMemory\":0}}";
	struct container_create_request req;

	assert_int_equal(
		json_decode(&container_create_request_shape, text, strlen(text), &req, NULL), 0);
	assert_string_equal(req.config.image, "busybox");
	assert_string_equal(req.config.cmd[0], "true");
	assert_true(req.config.entrypoint && !req.config.entrypoint[0]);
	assert_string_equal(req.host_config.network_mode, "host");
	assert_int_equal(req.host_config.n_port_bindings, 1);
	assert_int_equal(req.host_config.port_bindings[0].n_bindings, 0);
	container_create_request_release(&req);
}

static const struct {
	const struct json_shape *shape;
	const char *text;
} answers[] = {
	{ &container_create_response_shape, "{\"Id\":\"abc\",\"Warnings\":[]}" },
	{ &container_wait_response_shape, "{\"StatusCode\":0}" },
	{ &container_wait_response_shape, "{\"Error\":{\"Message\":\"gone\"},\"StatusCode\":1}" },
	{ &container_top_shape, "{\"Processes\":[[\"root\",\"1\"]],\"Titles\":[\"UID\",\"PID\"]}" },
	{ &port_map_entry_shape, "null" },
	{ &error_response_shape, "{\"message\":\"No such container: x\"}" },
	{ &progress_message_shape,
	  "{\"status\":\"Pulling fs layer\",\"progressDetail\":{},\"id\":\"abc\"}" },
	{ &progress_message_shape, "{\"status\":\"Downloading\",\"progressDetail\":{\"current\":1,"
				   "\"total\":2},\"progress\":\"[=>]\",\"id\":\"a\"}" },
	{ &progress_message_shape, "{\"errorDetail\":{\"message\":\"no\"},\"error\":\"no\"}" },
	{ &progress_message_shape, "{\"stream\":\"Step 1\\n\",\"aux\":{\"ID\":\"sha256:1\"}}" },
	{ &exec_create_request_shape, "{\"User\":\"\",\"Privileged\":false,\"Tty\":false,"
				      "\"AttachStdin\":false,\"AttachStderr\":false,"
				      "\"AttachStdout\":false,\"Detach\":true,\"DetachKeys\":\"\","
				      "\"Env\":null,\"WorkingDir\":\"\",\"Cmd\":[\"ls\"]}" },
	{ &exec_start_request_shape, "{\"Detach\":true,\"Tty\":false}" },
	{ &exec_start_request_shape, "{\"Detach\":false,\"Tty\":true,\"ConsoleSize\":[24,80]}" },
	{ &exec_inspect_shape,
	  "{\"ID\":\"e\",\"Running\":true,\"ExitCode\":null,\"ProcessConfig\":{\"tty\":false,"
	  "\"entrypoint\":\"sh\","
	  "\"arguments\":[],\"privileged\":false},\"OpenStdin\":false,\"OpenStderr\":true,"
	  "\"OpenStdout\":true,"
	  "\"CanRemove\":false,\"ContainerID\":\"c\",\"DetachKeys\":\"\",\"Pid\":5}" },
	{ &event_message_shape, "{\"status\":\"start\",\"id\":\"c\",\"from\":\"nginx\",\"Type\":"
				"\"container\",\"Action\":\"start\",\"Actor\":{"
				"\"ID\":\"c\",\"Attributes\":{\"image\":\"nginx\"}},\"scope\":"
				"\"local\",\"time\":5,\"timeNano\":5000000001}" },
	{ &image_delete_item_shape, "{\"Untagged\":\"a:latest\"}" },
	{ &image_history_item_shape, "{\"Comment\":\"\",\"Created\":1,\"CreatedBy\":\"sh\",\"Id\":"
				     "\"<missing>\",\"Size\":0,\"Tags\":null}" },
	{ &image_summary_shape, "{\"Containers\":-1,\"Created\":1,\"Id\":\"sha256:1\",\"Labels\":"
				"null,\"ParentId\":\"\",\"RepoDigests\":[],"
				"\"RepoTags\":[\"a:latest\"],\"SharedSize\":-1,\"Size\":5}" },
	{ &port_summary_shape,
	  "{\"IP\":\"0.0.0.0\",\"PrivatePort\":80,\"PublicPort\":8080,\"Type\":\"tcp\"}" },
	{ &port_summary_shape, "{\"PrivatePort\":80,\"Type\":\"tcp\"}" },
	{ &container_state_shape, "{\"Status\":\"running\",\"Running\":true,\"Paused\":false,"
				  "\"Restarting\":false,\"OOMKilled\":false,"
				  "\"Dead\":false,\"Pid\":7,\"ExitCode\":0,\"Error\":\"\","
				  "\"StartedAt\":\"2024-02-29T12:00:00.5Z\","
				  "\"FinishedAt\":\"0001-01-01T00:00:00Z\"}" },
	{ &container_memory_stats_shape,
	  "{\"usage\":5,\"stats\":{\"anon\":1,\"file\":0},\"limit\":18446744073709551615}" },
	{ &system_swarm_shape, "{\"NodeID\":\"\",\"NodeAddr\":\"\",\"LocalNodeState\":\"inactive\","
			       "\"ControlAvailable\":false,\"Error\":\"\"}" },
};

static void test_answers(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++)
		check_unchanged(answers[i].shape, answers[i].text, strlen(answers[i].text));
}

/* What an answer with nothing in it looks like: null, [] and {} where clients rely on them. */
static const struct {
	const struct json_shape *shape;
	const char *text;
} empty[] = {
	{ &container_config_shape, "{\"Hostname\":\"\",\"Domainname\":\"\",\"User\":\"\","
				   "\"AttachStdin\":false,\"AttachStdout\":false,"
				   "\"AttachStderr\":false,\"Tty\":false,\"OpenStdin\":false,"
				   "\"StdinOnce\":false,\"Env\":null,\"Cmd\":null,"
				   "\"Image\":\"\",\"Volumes\":null,\"WorkingDir\":\"\","
				   "\"Entrypoint\":null,\"OnBuild\":null,\"Labels\":{}}" },
	{ &endpoint_settings_shape,
	  "{\"IPAMConfig\":null,\"Links\":null,\"Aliases\":null,\"MacAddress\":\"\",\"DriverOpts\":"
	  "null,\"GwPriority\":0,"
	  "\"NetworkID\":\"\",\"EndpointID\":\"\",\"Gateway\":\"\",\"IPAddress\":\"\","
	  "\"IPPrefixLen\":0,\"IPv6Gateway\":"
	  "\"\",\"GlobalIPv6Address\":\"\",\"GlobalIPv6PrefixLen\":0,\"DNSNames\":null}" },
	{ &container_summary_shape, "{\"Id\":\"\",\"Names\":[],\"Image\":\"\",\"ImageID\":\"\","
				    "\"Command\":\"\",\"Created\":0,\"Ports\":[],"
				    "\"Labels\":{},\"State\":\"\",\"Status\":\"\",\"HostConfig\":{}"
				    ",\"NetworkSettings\":{\"Networks\":{}},"
				    "\"Mounts\":[]}" },
	{ &container_blkio_stats_shape, "{\"io_service_bytes_recursive\":null,\"io_serviced_"
					"recursive\":null,\"io_queue_recursive\":null,"
					"\"io_service_time_recursive\":null,\"io_wait_time_"
					"recursive\":null,\"io_merged_recursive\":null,"
					"\"io_time_recursive\":null,\"sectors_recursive\":null}" },
	{ &mount_point_shape, "{\"Source\":\"\",\"Destination\":\"\",\"Mode\":\"\",\"RW\":false,"
			      "\"Propagation\":\"\"}" },
	{ &image_inspect_config_shape, "{}" },
	{ &mount_shape, "{}" },
};

static void test_empty(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(empty); i++) {
		void *obj = xcalloc(1, empty[i].shape->size);
		struct strbuf out = STRBUF_INIT;

		json_encode(empty[i].shape, obj, &out);
		assert_string_equal(out.data, empty[i].text);
		strbuf_release(&out);
		free(obj);
	}
}

/* Every table reads back what it writes, from nothing. */
static void test_all_shapes(void **state)
{
	static const struct json_shape *const shapes[] = {
		&container_create_request_shape,
		&container_inspect_shape,
		&container_stats_shape,
		&image_inspect_shape,
		&system_info_shape,
		&system_version_shape,
		&health_shape,
		&device_request_shape,
	};

	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
		void *obj = xcalloc(1, shapes[i]->size);
		struct strbuf out = STRBUF_INIT;

		json_encode(shapes[i], obj, &out);
		check_unchanged(shapes[i], out.data, out.len);
		strbuf_release(&out);
		free(obj);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests),   cmocka_unit_test(test_create_members),
		cmocka_unit_test(test_create_old), cmocka_unit_test(test_answers),
		cmocka_unit_test(test_empty),	   cmocka_unit_test(test_all_shapes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
