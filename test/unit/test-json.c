/* SPDX-License-Identifier: Apache-2.0 */
/* JSON by table: what is read, what is refused and in which words, and that what is written
 * reads back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json-scan.h"
#include "base/json-array.h"
#include "base/strv.h"

struct item {
	char *key;
	int64_t number;
};
static const struct json_field item_fields[] = { FIELD_I64(struct item, number, "n") };
static const struct json_shape item_shape = JSON_SHAPE(struct item, item_fields, JSON_SHAPE_KEYED);

struct row {
	char **cells;
};
static const struct json_field row_fields[] = { FIELD_STRV(struct row, cells, "") };
static const struct json_shape row_shape = JSON_SHAPE(struct row, row_fields, 0);

struct part {
	char *name;
	uint32_t id;
};
static const struct json_field part_fields[] = {
	FIELD_STR(struct part, name, "name"),
	FIELD_FLAGS(struct part, id, "id", JSON_U32, uint32_t, JSON_REQUIRED),
};
static const struct json_shape part_shape = JSON_SHAPE(struct part, part_fields, JSON_SHAPE_STRICT);

struct embedded {
	char *inner;
};
static const struct json_field embedded_fields[] = { FIELD_STR(struct embedded, inner, "Inner") };
static const struct json_shape embedded_shape = JSON_SHAPE(struct embedded, embedded_fields, 0);

struct all {
	char *str;
	bool yes;
	int64_t i64, time;
	uint64_t u64;
	uint32_t u32;
	double f64;
	struct opt_bool ob;
	struct opt_i64 oi;
	char **strv, **one, **set;
	struct strmap map;
	struct part part, *partp;
	struct part *parts;
	size_t n_parts;
	int64_t *numbers;
	size_t n_numbers;
	struct item *items;
	size_t n_items;
	struct row *rows;
	size_t n_rows;
	struct embedded embedded;
	char *raw;
};
static const struct json_field all_fields[] = {
	FIELD_STR(struct all, str, "Str"),
	FIELD_BOOL(struct all, yes, "Yes"),
	FIELD_I64(struct all, i64, "I64"),
	FIELD_TIME(struct all, time, "Time"),
	FIELD_U64(struct all, u64, "U64"),
	FIELD_U32(struct all, u32, "U32"),
	FIELD_F64(struct all, f64, "F64"),
	FIELD_OPT_BOOL(struct all, ob, "OB"),
	FIELD_OPT_I64(struct all, oi, "OI"),
	FIELD_STRV_NULL(struct all, strv, "Strv"),
	FIELD_STR_OR_STRV(struct all, one, "One"),
	FIELD_SET(struct all, set, "Set"),
	FIELD_MAP_NULL(struct all, map, "Map"),
	FIELD_OBJ(struct all, part, "Part", &part_shape),
	FIELD_OBJP(struct all, partp, "PartP", &part_shape),
	FIELD_ARRAY(struct all, parts, n_parts, "Parts", &part_shape),
	FIELD_ARRAY_I64(struct all, numbers, n_numbers, "Numbers"),
	FIELD_OBJMAP(struct all, items, n_items, "Items", &item_shape),
	FIELD_ARRAY(struct all, rows, n_rows, "Rows", &row_shape),
	FIELD_OBJ(struct all, embedded, "", &embedded_shape),
	FIELD_RAW(struct all, raw, "Raw"),
};
static const struct json_shape all_shape = JSON_SHAPE(struct all, all_fields, JSON_SHAPE_ANYCASE);

static const char full[] =
	"{\"Str\":\"a\\\"\\u00e9\\n\",\"Yes\":true,\"I64\":-9223372036854775808,"
	"\"Time\":\"2024-02-29T12:00:00.5Z\",\"U64\":18446744073709551615,\"U32\":4294967295,"
	"\"F64\":0.1,"
	"\"OB\":false,\"OI\":0,\"Strv\":[\"x\",\"\"],\"One\":[\"one\"],\"Set\":{\"80/tcp\":{}},"
	"\"Map\":{\"k\":\"v\",\"e\":\"\"},\"Part\":{\"name\":\"p\",\"id\":0},\"PartP\":{\"name\":"
	"\"q\",\"id\":7},"
	"\"Parts\":[{\"name\":\"r\",\"id\":1},{\"name\":\"\",\"id\":2}],\"Numbers\":[1,-2],"
	"\"Items\":{\"a\":{\"n\":1},\"b\":{\"n\":0}},\"Rows\":[[\"1\",\"2\"],[]],\"Inner\":\"in\","
	"\"Raw\":{\"a\":[1,2,\" x\\\" \"]}}";

static void check_encodes(const struct all *obj, const char *want)
{
	struct strbuf out = STRBUF_INIT;

	json_encode(&all_shape, obj, &out);
	assert_string_equal(strbuf_str(&out), want);
	strbuf_release(&out);
}

static void test_round_trip(void **state)
{
	static const char escaped[] = "\\u00e9";
	struct all obj, copy;
	struct strbuf want = STRBUF_INIT;
	const char *at = strstr(full, escaped);

	assert_int_equal(json_decode(&all_shape, full, strlen(full), &obj, NULL), 0);
	assert_true(obj.oi.set && obj.ob.set && obj.u64 == UINT64_MAX && obj.n_rows == 2);
	strbuf_add(&want, full, (size_t)(at - full));
	strbuf_adds(&want, "\xc3\xa9");
	strbuf_adds(&want, at + strlen(escaped));
	check_encodes(&obj, want.data);
	json_copy(&all_shape, &obj, &copy);
	json_release(&all_shape, &obj);
	json_release(&all_shape, &obj);
	check_encodes(&copy, want.data);
	json_release(&all_shape, &copy);
	strbuf_release(&want);
}

static void test_absent(void **state)
{
	struct all obj = { 0 };

	check_encodes(
		&obj,
		"{\"Str\":\"\",\"Yes\":false,\"I64\":0,\"Time\":\"0001-01-01T00:00:00Z\",\"U64\":0,"
		"\"U32\":0,\"F64\":0,\"OB\":null,\"OI\":null,\"Strv\":null,\"One\":[],\"Set\":{},"
		"\"Map\":null,\"Part\":{\"name\":\"\",\"id\":0},\"PartP\":null,\"Parts\":[],"
		"\"Numbers\":[],\"Items\":{},\"Rows\":[],\"Inner\":\"\",\"Raw\":null}");
}

static void test_lenient(void **state)
{
	static const char text[] =
		" { \"str\" : \"x\" , \"STR\":\"y\",\"unknown\":[{}],\"One\":\"single\","
		"\"Map\":{},\"Strv\":[],\"Items\":{\"k\":null},\"Raw\": [ 1 , \"a b\" ] } ";
	struct all obj;

	assert_int_equal(json_decode(&all_shape, text, strlen(text), &obj, NULL), 0);
	assert_string_equal(obj.str, "y");
	assert_int_equal(strv_len(obj.one), 1);
	assert_true(obj.map.present && obj.strv && !obj.strv[0]);
	assert_string_equal(obj.items[0].key, "k");
	assert_string_equal(obj.raw, "[1,\"a b\"]");
	json_release(&all_shape, &obj);
}

static const struct {
	const char *text, *error;
} refused[] = {
	{ "", "invalid JSON at byte 0: unexpected end" },
	{ "[]", "the JSON value must be an object" },
	{ "{\"Str\":1}", "Str must be a string" },
	{ "{\"Str\":\"\\u0000\"}", "Str must not contain a NUL character" },
	{ "{\"U32\":4294967296}", "U32 is out of range" },
	{ "{\"U32\":-1}", "U32 is out of range" },
	{ "{\"I64\":1.5}", "I64 must be an integer" },
	{ "{\"I64\":9223372036854775808}", "I64 is out of range" },
	{ "{\"F64\":1e999}", "F64 is out of range" },
	{ "{\"Yes\":\"true\"}", "Yes must be true or false" },
	{ "{\"Time\":\"yesterday\"}", "Time must be a time as in RFC 3339" },
	{ "{\"Strv\":[\"a\",{}]}", "Strv[1] must be a string" },
	{ "{\"Parts\":[{\"id\":1},{\"id\":\"x\"}]}", "Parts[1].id must be a number" },
	{ "{\"Parts\":[{}]}", "Parts[0].id is required" },
	{ "{\"Parts\":[{\"id\":null}]}", "Parts[0].id is required" },
	{ "{\"PartP\":{\"id\":0,\"what\":1}}", "PartP.what is not known here" },
	{ "{\"Items\":{\"a\":{\"n\":true}}}", "Items.a.n must be a number" },
	{ "{\"Map\":{\"k\":1}}", "Map.k must be a string" },
	{ "{\"Str\":\"a\"", "invalid JSON at byte 10: unexpected end" },
	{ "{\"Str\":\"a\"}x", "invalid JSON at byte 11: something follows the value" },
	{ "{\"Str\":\"a\",}",
	  "invalid JSON at byte 11: a comma stands before the closing bracket" },
	{ "{\"Str\":\"a\n\"}", "invalid JSON at byte 9: a control character in a string" },
	{ "{\"Numbers\":[01]}",
	  "invalid JSON at byte 13: a comma or the closing bracket is expected" },
	{ "{\"x\":tru}", "invalid JSON at byte 5: a value is expected" },
	{ "{\"x\":\"\\q\"}", "invalid JSON at byte 7: no such escape in a string" },
};

static void test_refused(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct error err = ERROR_INIT;
		struct all obj;

		print_message("%s\n", refused[i].text);
		assert_true(json_decode(&all_shape, refused[i].text, strlen(refused[i].text), &obj,
					&err) < 0);
		assert_string_equal(error_text(&err), refused[i].error);
		assert_null(obj.str);
		error_release(&err);
	}
}

static void test_limits(void **state)
{
	struct strbuf text = STRBUF_INIT;
	struct error err = ERROR_INIT;
	struct all obj;

	strbuf_adds(&text, "{\"Raw\":");
	for (int i = 0; i < 100; i++)
		strbuf_addc(&text, '[');
	assert_true(json_decode(&all_shape, text.data, text.len, &obj, &err) < 0);
	assert_non_null(strstr(error_text(&err), "nested too deeply"));
	error_release(&err);
	strbuf_reset(&text);
	strbuf_adds(&text, "{\"Map\":{\"\":\"\"");
	for (int i = 0; i < 20000; i++)
		strbuf_addf(&text, ",\"%d\":\"\"", i);
	strbuf_adds(&text, "}}");
	assert_true(json_decode(&all_shape, text.data, text.len, &obj, &err) < 0);
	assert_string_equal(error_text(&err), "Map has too many members");
	error_release(&err);
	strbuf_release(&text);
}

/* Long enough that time to the square of its length would be noticed: 2 MB in 500,000 strings. */
static void test_long_strv(void **state)
{
	enum { COUNT = 500000 };
	struct strbuf text = STRBUF_INIT;
	struct all obj;

	strbuf_adds(&text, "{\"Strv\":[\"first\"");
	for (int i = 1; i < COUNT; i++)
		strbuf_adds(&text, i % 3 ? ",\"\"" : ",null");
	strbuf_adds(&text, ",\"a\\tb\"]}");
	assert_int_equal(json_decode(&all_shape, text.data, text.len, &obj, NULL), 0);
	assert_int_equal(strv_len(obj.strv), COUNT + 1);
	assert_string_equal(obj.strv[0], "first");
	assert_string_equal(obj.strv[3], "");
	assert_string_equal(obj.strv[COUNT], "a\tb");
	json_release(&all_shape, &obj);
	strbuf_release(&text);
}

static const struct {
	const char *text, *want;
} quoted[] = {
	{ "plain", "\"plain\"" },
	{ "\"\\\b\f\n\r\t\x01\x7f", "\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001\x7f\"" },
	{ "<&>", "\"<&>\"" },
	{ "\xe2\x80\xa8\xe2\x80\xa9", "\"\\u2028\\u2029\"" },
	{ "a\xffz\xc3", "\"a\\ufffdz\\ufffd\"" },
	{ "\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"" },
	{ "\xf0\x9f\x90\xb3", "\"\xf0\x9f\x90\xb3\"" },
};

static void test_quote(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(quoted); i++) {
		struct strbuf out = STRBUF_INIT;

		json_quote(&out, quoted[i].text, strlen(quoted[i].text));
		assert_string_equal(out.data, quoted[i].want);
		strbuf_release(&out);
	}
}

static const struct {
	double value;
	const char *want;
} floats[] = {
	{ 0, "0" },
	{ 1, "1" },
	{ -1.5, "-1.5" },
	{ 0.1, "0.1" },
	{ 1e21, "1e+21" },
	{ 1e20, "100000000000000000000" },
	{ 1e-7, "1e-7" },
	{ 1e-6, "0.000001" },
	{ 123456789.25, "123456789.25" },
	{ 1.0 / 3, "0.3333333333333333" },
};

static void test_f64(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(floats); i++) {
		struct strbuf out = STRBUF_INIT;

		json_add_f64(&out, floats[i].value);
		assert_string_equal(out.data, floats[i].want);
		strbuf_release(&out);
	}
}

static void test_surrogates(void **state)
{
	static const char text[] = "{\"Str\":\"\\ud83d\\udc33 \\ud83d \\udc33\\ud83d\\u0041\"}";
	struct all obj;

	assert_int_equal(json_decode(&all_shape, text, strlen(text), &obj, NULL), 0);
	assert_string_equal(obj.str, "\xf0\x9f\x90\xb3 \xef\xbf\xbd \xef\xbf\xbd\xef\xbf\xbd"
				     "A");
	json_release(&all_shape, &obj);
}

static void test_array(void **state)
{
	static const char text[] = "[{\"name\":\"a\",\"id\":1},{\"name\":\"b\",\"id\":2}]";
	struct strbuf out = STRBUF_INIT;
	struct part *parts = NULL;
	size_t n = 0;

	assert_int_equal(json_decode_array(&part_shape, text, strlen(text), &parts, &n, NULL), 0);
	assert_int_equal(n, 2);
	json_encode_array(&part_shape, parts, n, &out);
	assert_string_equal(out.data, text);
	json_release_array(&part_shape, parts, n);
	assert_true(json_decode_array(&part_shape, "[1]", 3, &parts, &n, NULL) < 0);
	strbuf_release(&out);
}

/* In pieces of so many bytes: what comes out, written again, or the complaint. */
static void expect_pieces(const char *text, size_t size, const char *want)
{
	struct json_array_reader array = JSON_ARRAY_READER_INIT(&part_shape);
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;
	cleanup(error_release) struct error err = ERROR_INIT;
	struct part *parts = NULL;
	size_t n = 0, len = strlen(text);
	int r = 0;

	for (size_t i = 0; r >= 0 && i < len; i += size)
		r = json_array_add(&array, text + i, len - i < size ? len - i : size, &err);
	if (r >= 0)
		r = json_array_end(&array, &parts, &n, &err);
	assert_int_equal(parts != NULL, r >= 0);
	if (r >= 0)
		json_encode_array(&part_shape, parts, n, &out);
	else
		strbuf_adds(&out, error_text(&err));
	assert_string_equal(strbuf_str(&out), want);
	json_release_array(&part_shape, parts, n);
	json_array_release(&array);
}

static void test_array_in_pieces(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ " [ ] \n", "[]" },
		{ "[{\"name\":\"a\",\"id\":1},{\"name\":\"b\",\"id\":2}]\n",
		  "[{\"name\":\"a\",\"id\":1},{\"name\":\"b\",\"id\":2}]" },
		/* what looks like an end is none */
		{ "[{\"name\":\"},]\\\\\\\"{\",\"id\":1} , null]",
		  "[{\"name\":\"},]\\\\\\\"{\",\"id\":1},{\"name\":\"\",\"id\":0}]" },
		{ "", "invalid JSON at byte 0: unexpected end" },
		{ "[{\"id\":1}", "invalid JSON at byte 9: unexpected end" },
		{ "{}", "the JSON value must be an array" },
		{ "[{\"id\":1},{\"id\":\"2\"}]", "[1].id must be a number" },
		{ "[{\"id\":1},{\"id\" 2}]",
		  "invalid JSON at byte 16: a colon is expected behind a name" },
		{ "[null,]", "invalid JSON at byte 6: a value is expected" },
		{ "[,null]", "invalid JSON at byte 1: a value is expected" },
		{ "[null}]", "invalid JSON at byte 5: something follows the value" },
		{ "[null]x", "invalid JSON at byte 6: something follows the value" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		for (size_t size = 1; size <= strlen(cases[i].text) + 1; size++)
			expect_pieces(cases[i].text, size, cases[i].want);
}

static void test_pretty(void **state)
{
	static const char text[] = "{ \"z\":[1,{\"a\" : {} }, []],\"\\u0061\":\"x  y\" }";
	struct strbuf out = STRBUF_INIT;
	struct error err = ERROR_INIT;

	assert_int_equal(json_pretty(text, strlen(text), 2, &out, NULL), 0);
	assert_string_equal(out.data,
			    "{\n  \"z\": [\n    1,\n    {\n      \"a\": {}\n    },\n    []\n  ],\n"
			    "  \"\\u0061\": \"x  y\"\n}");
	assert_true(json_pretty("{\"a\":1,2}", 9, 2, &out, &err) < 0);
	assert_string_equal(error_text(&err), "invalid JSON at byte 7: a string is expected");
	error_release(&err);
	strbuf_release(&out);
}

/* Whatever stands wherever, in runs shorter and longer than a step. */
static void test_run(void **state)
{
	char text[40];

	(void)state;
	for (int c = 1; c < 256; c++) {
		bool plain = c >= 0x20 && c < 0x7f && c != '"' && c != '\\';

		for (size_t at = 0; at < sizeof(text); at++) {
			memset(text, 'a', sizeof(text));
			text[at] = (char)c;
			assert_int_equal(json_scan_run(text, sizeof(text)),
					 plain ? sizeof(text) : at);
			assert_int_equal(json_scan_run(text, at), at);
		}
	}
}

struct numbers {
	int64_t i;
	uint64_t u;
	uint32_t w;
};

static const struct json_field numbers_fields[] = {
	FIELD_I64(struct numbers, i, "i"),
	FIELD_U64(struct numbers, u, "u"),
	FIELD_U32(struct numbers, w, "w"),
};
static const struct json_shape numbers_shape = JSON_SHAPE(struct numbers, numbers_fields, 0);

static void test_numbers(void **state)
{
	const struct {
		struct numbers value;
		const char *text;
	} rows[] = {
		{ { 0, 0, 0 }, "{\"i\":0,\"u\":0,\"w\":0}" },
		{ { INT64_MIN, UINT64_MAX, UINT32_MAX },
		  "{\"i\":-9223372036854775808,\"u\":18446744073709551615,\"w\":4294967295}" },
		{ { INT64_MAX, 10, 9 }, "{\"i\":9223372036854775807,\"u\":10,\"w\":9}" },
		{ { -1, 1, 100 }, "{\"i\":-1,\"u\":1,\"w\":100}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;
		struct numbers back;

		json_encode(&numbers_shape, &rows[i].value, &out);
		assert_string_equal(out.data, rows[i].text);
		assert_int_equal(json_decode(&numbers_shape, out.data, out.len, &back, NULL), 0);
		assert_int_equal(back.i, rows[i].value.i);
		assert_true(back.u == rows[i].value.u && back.w == rows[i].value.w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip), cmocka_unit_test(test_absent),
		cmocka_unit_test(test_lenient),	   cmocka_unit_test(test_refused),
		cmocka_unit_test(test_limits),	   cmocka_unit_test(test_quote),
		cmocka_unit_test(test_f64),	   cmocka_unit_test(test_surrogates),
		cmocka_unit_test(test_array),	   cmocka_unit_test(test_pretty),
		cmocka_unit_test(test_long_strv),  cmocka_unit_test(test_run),
		cmocka_unit_test(test_numbers),	   cmocka_unit_test(test_array_in_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
