/* SPDX-License-Identifier: Apache-2.0 */
/* What goes to criu, byte by byte, and what comes back, whole or damaged. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/strv.h"
#include "runtime/criu-rpc.h"

static void test_notify(void **state)
{
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;

	criu_notify_encode(true, &out);
	assert_int_equal(out.len, 4);
	assert_memory_equal(out.data, "\x08\x06\x18\x01", 4);
	strbuf_reset(&out);
	criu_notify_encode(false, &out);
	assert_memory_equal(out.data, "\x08\x06\x18\x00", 4);
}

/* Find a field of two bytes of key (number and kind) and its bytes. */
static bool has(const struct strbuf *message, const char *bytes, size_t len)
{
	return memmem(message->data, message->len, bytes, len) != NULL;
}

static void test_request(void **state)
{
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;
	cleanup(criu_request_release) struct criu_request req = {
		.type = CRIU_DUMP,
		.images_fd = 5,
		.work_fd = 300,
		.pid = 70000,
		.log_file = "dump.log",
		.root = "/r",
		.leave_running = true,
		.cgroups_mode = CRIU_CGROUPS_STRICT,
		.page_server = "::1",
		.page_server_port = 27000,
	};

	strv_push(&req.mounts, "/a");
	strv_push(&req.mounts, "/b");
	strv_push(&req.external, "net[7]:x");
	criu_request_encode(&req, &out);
	assert_memory_equal(out.data, "\x08\x01\x12", 3);
	assert_true(has(&out, "\x08\x05", 2));	       /* images_dir_fd 5 */
	assert_true(has(&out, "\x88\x01\xac\x02", 4)); /* work_dir_fd 300 */
	assert_true(has(&out, "\x10\xf0\xa2\x04", 4)); /* pid 70000 */
	assert_true(has(&out, "\x18\x01", 2));	       /* leave_running */
	assert_true(has(&out,
			"\x52\x08"
			"dump.log",
			10));						   /* log_file */
	assert_true(has(&out, "\x6a\x02/r", 4));			   /* root */
	assert_true(has(&out, "\xba\x01\x08\x0a\x02/a\x12\x02/b", 11));	   /* ext_mnt */
	assert_true(has(&out, "\x90\x02\x05", 3));			   /* manage_cgroups_mode */
	assert_true(has(&out, "\xaa\x02\x08net[7]:x", 11));		   /* external */
	assert_true(has(&out, "\x5a\x09\x0a\x03::1\x10\xf8\xd2\x01", 11)); /* ps */
	assert_false(has(&out, "\xd0\x01\x01", 3)); /* rst_sibling: not of a dump */
}

static void test_response(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		int r;
		struct criu_response want;
	} cases[] = {
		{ "", 0, -EBADMSG, { 0 } },
		{ "\x10\x01", 2, -EBADMSG, { 0 } }, /* no type */
		{ "\x08\x01\x10\x01", 4, 0, { .type = CRIU_DUMP, .success = true } },
		{ "\x08\x02\x10\x00\x38\x03\x4a\x02no",
		  10,
		  0,
		  { .type = CRIU_RESTORE, .errnum = 3, .message = "no" } },
		{ "\x08\x02\x10\x01\x22\x03\x08\xf0\x01",
		  9,
		  0,
		  { .type = CRIU_RESTORE, .success = true, .pid = 240 } },
		{ "\x08\x06\x10\x01\x2a\x06\x0a\x02xy\x10\x07",
		  12,
		  0,
		  { .type = CRIU_NOTIFY, .success = true, .script = "xy", .pid = 7 } },
		/* unknown fields of each kind */
		{ "\x08\x01\x98\x06\x05\x9a\x06\x01z\x9d\x06"
		  "abcd\x99\x06"
		  "abcdefgh\x10\x01",
		  27,
		  0,
		  { .type = CRIU_DUMP, .success = true } },
		{ "\x08\x01\x10", 3, -EBADMSG, { 0 } },	      /* cut */
		{ "\x08\x01\x4a\x7fno", 6, -EBADMSG, { 0 } }, /* longer than the message */
		{ "\x08\x01\x2a\x02\x0a\x05", 6, -EBADMSG, { 0 } },
		{ "\x08\x01\x0b", 3, -EBADMSG, { 0 } }, /* a kind that is none */
		{ "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12, -EBADMSG, { 0 } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct criu_response *want = &cases[i].want;
		struct criu_response got = { 0 };

		assert_int_equal(criu_response_decode(cases[i].bytes, cases[i].len, &got),
				 cases[i].r);
		assert_int_equal(got.type, want->type);
		assert_int_equal(got.success, want->success);
		assert_int_equal(got.pid, want->pid);
		assert_int_equal(got.errnum, want->errnum);
		assert_string_equal(got.script, want->script);
		assert_string_equal(got.message, want->message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_notify),
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_response),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
