/* SPDX-License-Identifier: Apache-2.0 */
/* What the client shows: tables, ports, progress bars; and what it reads: detach keys, files of
 * variables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/strv.h"
#include "cli/escape-keys.h"
#include "cli/key-value.h"
#include "cli/listing.h"
#include "cli/port-text.h"
#include "cli/progress.h"
#include "cli/table.h"

static void test_table(void **state)
{
	cleanup(table_release) struct table table = TABLE_INIT;
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;

	table_add_line(&table, "ID\tA LONG HEADER\tLAST");
	table_add_line(&table, "c0ffee000000\t…\tx");
	table_add_line(&table, "\t\t");
	table_render(&table, &out);
	assert_string_equal(strbuf_str(&out), "ID             A LONG HEADER   LAST\n"
					      "c0ffee000000   …               x\n"
					      "                               \n");
}

static const struct listing_column columns[] = { { "ID", "THE ID" }, { "Name", "NAME" } };
static const struct listing listing = { LISTING_COLUMNS(columns), .table = "{{.ID}}\t{{.Name}}" };

static void check_listing(const char *format, bool quiet, const char *expect)
{
	char one[] = "{\"ID\":\"1\",\"Name\":\"a\"}";
	char *rows[] = { one, NULL };
	cleanup(listing_view_release) struct listing_view view = { NULL };
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;

	assert_int_equal(listing_view_init(&view, &listing, format, quiet, NULL), 0);
	assert_int_equal(listing_render(&view, rows, &out, NULL), 0);
	assert_string_equal(strbuf_str(&out), expect);
}

static void test_listing(void **state)
{
	cleanup(listing_view_release) struct listing_view view = { NULL };

	check_listing(NULL, false, "THE ID    NAME\n1         a\n");
	check_listing("table {{.Name}}", false, "NAME\na\n");
	check_listing("{{.Name}}-{{.ID}}", false, "a-1\n");
	check_listing("json", false, "{\"ID\":\"1\",\"Name\":\"a\"}\n");
	check_listing(NULL, true, "1\n");
	assert_true(listing_view_init(&view, &listing, "{{", false, NULL) < 0);
}

static void test_ports(void **state)
{
	char any[] = "0.0.0.0", v6[] = "::", tcp[] = "tcp", udp[] = "udp";
	struct port_summary ports[] = {
		{ any, 80, 8080, tcp }, { NULL, 443, 0, tcp }, { NULL, 444, 0, tcp },
		{ v6, 80, 8080, tcp },	{ any, 53, 53, udp },  { any, 54, 54, udp },
	};
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;

	ports_text(ports, ARRAY_SIZE(ports), &out);
	assert_string_equal(strbuf_str(&out),
			    "0.0.0.0:53-54->53-54/udp, 443-444/tcp, 0.0.0.0:8080->80/tcp, "
			    "[::]:8080->80/tcp");
}

static void test_ellipsis(void **state)
{
	cleanup_free char *cut = text_ellipsis("abcdef", 4), *whole = text_ellipsis("abcd", 4);
	cleanup_free char *wide = text_ellipsis("äöüß", 3);

	assert_string_equal(cut, "abc…");
	assert_string_equal(whole, "abcd");
	assert_string_equal(wide, "äö…");
}

static void test_bar(void **state)
{
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;
	struct progress_detail half = { .current = 500000, .total = 1000000 };
	struct progress_detail none = { .current = 0 };

	progress_bar(&none, 200, &out);
	assert_string_equal(strbuf_str(&out), "");
	progress_bar(&half, 200, &out);
	assert_string_equal(strbuf_str(&out),
			    "[=========================>                         ]    500kB/1MB");
	strbuf_reset(&out);
	progress_bar(&half, 80, &out);
	assert_string_equal(strbuf_str(&out), "   500kB/1MB");
}

/* On a terminal a line that is known is drawn again where it stands; a pipe gets the lines without
 * bars. */
static void test_progress(void **state)
{
	char id[] = "aaa", down[] = "Downloading", done[] = "Pull complete";
	struct progress_detail half = { .current = 1, .total = 2 }, nothing = { .current = 0 };
	struct progress_message moving = { .id = id, .status = down, .progress_detail = &half };
	struct progress_message ended = { .id = id, .status = done, .progress_detail = &nothing };
	struct progress_view screen = { .fd = -1, .terminal = true, .width = 80 },
			     pipe = { .fd = -1 };
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;

	assert_int_equal(progress_render(&screen, &moving, &out, NULL), 0);
	assert_int_equal(progress_render(&screen, &ended, &out, NULL), 0);
	assert_string_equal(strbuf_str(&out),
			    "\n\033[1A\033[2K\raaa: Downloading       1B/2B\r\033[1B"
			    "\033[1A\033[2K\raaa: Pull complete \r\033[1B");
	strbuf_reset(&out);
	assert_int_equal(progress_render(&pipe, &moving, &out, NULL), 0);
	assert_int_equal(progress_render(&pipe, &ended, &out, NULL), 0);
	assert_string_equal(strbuf_str(&out), "aaa: Pull complete\n");
	progress_view_release(&screen);
	progress_view_release(&pipe);
}

static void check_keys(const char *keys, const char *typed, const char *passed, bool detached)
{
	struct escape_keys k;
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;
	bool got = false;

	assert_int_equal(escape_keys_parse(keys, &k, NULL), 0);
	for (; *typed && !got; typed++)
		got = escape_keys_feed(&k, typed, 1, &out);
	assert_int_equal(got, detached);
	assert_string_equal(strbuf_str(&out), passed);
}

static void test_detach_keys(void **state)
{
	struct escape_keys k;

	check_keys(NULL, "ab\x10\x11", "ab", true);
	check_keys(NULL, "\x10x\x11", "\x10x\x11", false);
	check_keys(NULL, "\x10\x10\x11z", "\x10", true);
	check_keys("ctrl-@", "a", "a", false);
	check_keys("a,b", "aab", "a", true);
	check_keys("ctrl-a", "x\x01y", "x", true);
	assert_true(escape_keys_parse("ctrl-", &k, NULL) < 0);
	assert_true(escape_keys_parse("ab", &k, NULL) < 0);
	assert_true(escape_keys_parse("ctrl-1", &k, NULL) < 0);
	assert_true(escape_keys_parse("a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a", &k, NULL) < 0);
}

static void test_key_values(void **state)
{
	static const char text[] = "\xef\xbb\xbf"
				   "A=1\r\n# no\n\n  B=2 x\nNOT_SET_ANYWHERE\nC=";
	cleanup(strv_release) char **list = NULL, **labels = NULL;
	cleanup_free char *joined = NULL;

	assert_int_equal(key_values_parse(text, sizeof(text) - 1, true, &list, NULL), 0);
	joined = strv_join(list, "|");
	assert_string_equal(joined, "A=1|B=2 x|C=");
	assert_int_equal(key_values_parse("x", 1, false, &labels, NULL), 0);
	assert_string_equal(labels[0], "x");
	assert_true(key_values_parse("=x", 2, true, &list, NULL) < 0);
	assert_true(key_values_parse("A B=x", 5, true, &list, NULL) < 0);
	assert_true(key_values_parse("A\0B", 3, true, &list, NULL) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),	    cmocka_unit_test(test_listing),
		cmocka_unit_test(test_ports),	    cmocka_unit_test(test_ellipsis),
		cmocka_unit_test(test_bar),	    cmocka_unit_test(test_progress),
		cmocka_unit_test(test_detach_keys), cmocka_unit_test(test_key_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
