/* SPDX-License-Identifier: Apache-2.0 */
/* Templates: what each gives, or the words in which it is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/template.h"

static const char data[] =
	"{\"Id\":\"abc\",\"Name\":\"/"
	"web\",\"State\":{\"Pid\":12345678901,\"Running\":true,\"Health\":null},"
	"\"Args\":[\"a\",\"b "
	"c\",\"d\"],\"Empty\":[],\"Labels\":{\"z\":\"1\",\"a\":\"2\"},\"None\":null,\"F\":1.5,"
	"\"Big\":1e21,\"Ports\":{\"80/tcp\":[{\"HostIp\":\"0.0.0.0\",\"HostPort\":\"8080\"}],\"90/"
	"tcp\":null},"
	"\"Mixed\":{\"a\":1,\"b\":[1,\"x\",null]},\"Zero\":0,\"Uni\":\"h\xc3\xa9llo\",\"Label()\":{"
	"\"k\":\"v\"}}";

static const struct {
	const char *text, *want;
} gives[] = {
	{ "", "" },
	{ "plain {} }} text", "plain {} }} text" },
	{ "{{.Id}} {{ .Name }}", "abc /web" },
	{ "{{.ID}} {{.STATE.pid}}", "abc 12345678901" },
	{ "{{.State.Running}} {{.None}} {{.Missing}}", "true <no value> <no value>" },
	{ "{{.Args}} {{.Empty}} {{.Labels}}", "[a b c d] [] map[a:2 z:1]" },
	{ "{{.Mixed}} {{.F}} {{.Big}}", "map[a:1 b:[1 x <nil>]] 1.5 1e+21" },
	{ "{{json .Args}} {{json .State}} {{json .None}} {{.Id|json}}",
	  "[\"a\",\"b c\",\"d\"] {\"Pid\":12345678901,\"Running\":true,\"Health\":null} null "
	  "\"abc\"" },
	{ "{{range .Args}}<{{.}}>{{end}}", "<a><b c><d>" },
	{ "{{range $i, $e := .Args}}{{if $i}}, {{end}}{{$i}}={{$e}}{{end}}", "0=a, 1=b c, 2=d" },
	{ "{{range $k, $v := .Labels}}{{$k}}:{{$v}} {{end}}", "a:2 z:1 " },
	{ "{{range .Empty}}x{{else}}none{{end}} {{range .None}}x{{else}}nil{{end}}", "none nil" },
	{ "{{range 3}}{{.}}{{end}}", "012" },
	{ "{{range .Args}}{{if eq . \"b c\"}}{{continue}}{{end}}{{.}}{{end}}", "ad" },
	{ "{{range .Args}}{{if eq . \"b c\"}}{{break}}{{end}}{{.}}{{end}}", "a" },
	{ "{{if .Zero}}a{{else if .F}}b{{else}}c{{end}}", "b" },
	{ "{{if .Zero}}a{{else if .None}}b{{else}}c{{end}}", "c" },
	{ "{{with .State}}{{.Pid}}{{end}}{{with .None}}x{{else}}y{{end}}", "12345678901y" },
	{ "{{with $x := .Name}}{{$x}}{{$.Id}}{{end}}", "/webabc" },
	{ "{{$x := 1}}{{range .Args}}{{$x = .}}{{end}}{{$x}}", "d" },
	{ "a {{- /* note */ -}} b{{/* x */}}c", "abc" },
	{ "a  {{- .Zero -}}  b {{.Zero -}}\n c", "a0b 0c" },
	{ "{{(index .Args 1)}} {{index .Args 0}} {{index .Labels \"z\"}}-{{index .Labels "
	  "\"no\"}}-{{index .None \"q\"}}-",
	  "b c a 1---" },
	{ "{{(index (index .Ports \"80/tcp\") 0).HostPort}}", "8080" },
	{ "{{range $p, $c := .Ports}}{{$p}}->{{if $c}}{{(index $c 0).HostPort}}{{else}}none{{end}} "
	  "{{end}}",
	  "80/tcp->8080 90/tcp->none " },
	{ "{{len .Args}} {{len .Id}} {{len .Labels}}", "3 3 2" },
	{ "{{slice .Id 1}} {{slice .Id 0 2}} {{slice .Args 1 3}}", "bc ab [b c d]" },
	{ "{{join .Args \", \"}} {{split \"a,b\" \",\"}} {{split \"ab\" \"\"}} {{json (split \"\" "
	  "\",\")}}",
	  "a, b c, d [a b] [a b] [\"\"]" },
	{ "{{upper .Id}} {{lower \"ABC\"}} {{title \"hello big world\"}}",
	  "ABC abc Hello Big World" },
	{ "{{pad .Id 1 2}}| {{truncate .Id 2}} {{truncate .Id 9}}", " abc  | ab abc" },
	{ "{{print 1 2 \"x\" 3}} {{println \"a\" 1}}", "1 2x3 a 1\n" },
	{ "{{printf \"%s %v %q %d %x %t\" .Id .Args \"q\" 5 255 true}}",
	  "abc [a b c d] \"q\" 5 ff true" },
	{ "{{printf \"%5d|%-5d|%05d|%+d|%x|%X|%o|%b|%c\" 42 42 -42 1 \"hi\" 255 8 5 65}}",
	  "   42|42   |-0042|+1|6869|FF|10|101|A" },
	{ "{{printf \"%.2f %5.1f|%e|%g|%.3s|%6s|%-6s|\" .F 2.25 1.5 0.1 .Uni \"x\" \"y\"}}",
	  "1.50   2.2|1.500000e+00|0.1|h\xc3\xa9l|     x|y     |" },
	{ "{{printf \"%d %s %z\" \"x\" 1 2}} {{printf \"%s\"}} {{printf \"a\" 1}} {{printf "
	  "\"100%%\"}}",
	  "%!d(string=x) %!s(int=1) %!z(int=2) %!s(MISSING) a%!(EXTRA int=1) 100%" },
	{ "{{printf \"%v %d\" nil .None}}", "<nil> %!d(<nil>)" },
	{ "{{eq 1 1.0}} {{eq .Id \"x\" \"abc\"}} {{ne 1 2}} {{lt 1 2}} {{le 2 2}} {{gt \"b\" "
	  "\"a\"}} {{ge 1 2}}",
	  "true true true true true true false" },
	{ "{{and 1 0 2}} {{or 0 \"\" \"x\"}} {{not .None}} {{and true .Id}} {{or .Zero .None}}",
	  "0 x true abc <no value>" },
	{ "{{if and .State .State.Running}}up{{end}}", "up" },
	{ "{{if or (not .Args) (gt (len .Args) 2)}}yes{{end}}", "yes" },
	{ "{{.Id | printf \"%s-%s\" \"x\" | upper}}", "X-ABC" },
	{ "{{\"a\\tb\\u00e9\\x41\\101\"}} {{`raw\\n`}} {{'a'}} {{0x1f}} {{1_000}} {{0b11}} {{-3}} "
	  "{{1e3}} {{.5}}",
	  "a\tb\xc3\xa9"
	  "AA raw\\n 97 31 1000 3 -3 1000 0.5" },
	{ "{{.Label \"k\"}}{{.Label \"none\"}} {{.Label}}", "v <no value>" },
	{ "{{$}}", NULL },
	{ "{{ (.State).Pid }} {{$.State.Pid}}", "12345678901 12345678901" },
	{ "{{if eq .State.Health nil}}none{{end}}", "none" },
};

static void test_gives(void **state)
{
	for (size_t i = 0; i < sizeof(gives) / sizeof(gives[0]); i++) {
		cleanup(template_release) struct template *tmpl = NULL;
		cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;
		cleanup(error_release) struct error err = ERROR_INIT;
		int r = template_compile(gives[i].text, &tmpl, &err);

		if (r >= 0)
			r = template_execute(tmpl, 0, data, sizeof(data) - 1, &out, &err);
		if (r < 0 || (gives[i].want && strcmp(strbuf_str(&out), gives[i].want) != 0))
			fail_msg("%s\n gives %s\n wanted %s\n %s", gives[i].text, strbuf_str(&out),
				 gives[i].want, error_text(&err));
	}
}

static const struct {
	const char *text, *error;
} refused[] = {
	{ "{{.Id", ":1: unclosed action" },
	{ "a\n{{.Id", ":2: unclosed action" },
	{ "{{if .Id}}x", ":1: unexpected EOF" },
	{ "{{end}}", ":1: unexpected {{end}}" },
	{ "{{else}}", ":1: unexpected {{else}}" },
	{ "{{if 1}}{{else}}{{else}}{{end}}", ":1: expected end; found {{else}}" },
	{ "{{foo .Id}}", ":1: function \"foo\" not defined" },
	{ "{{$x}}", ":1: undefined variable \"$x\"" },
	{ "{{$x = 1}}", ":1: undefined variable \"$x\"" },
	{ "{{if 1}}{{$x := 1}}{{end}}{{$x}}", ":1: undefined variable \"$x\"" },
	{ "{{}}", ":1: missing value for command" },
	{ "{{if}}x{{end}}", ":1: missing value for if" },
	{ "{{.Id | }}", ":1: missing value for command" },
	{ "{{\"abc}}", ":1: unterminated quoted string" },
	{ "{{/* x }}", ":1: unclosed comment" },
	{ "{{(.Id}}", ":1: unclosed left paren" },
	{ "{{1x}}", ":1: bad number syntax: \"1x\"" },
	{ "{{.Id}", ":1: bad character U+007D '}'" },
	{ "{{break}}", ":1: {{break}} outside {{range}}" },
	{ "{{define \"x\"}}{{end}}", ":1: {{define}} is not supported" },
	{ "{{.Id.Foo}}",
	  ":1:5: executing \"\" at <.Id.Foo>: can't evaluate field Foo in type string" },
	{ "{{.None.Foo}}",
	  ":1:7: executing \"\" at <.None.Foo>: nil pointer evaluating interface {}.Foo" },
	{ "{{index .Args 9}}",
	  ":1:2: executing \"\" at <index .Args 9>: error calling index: index out of range: 9" },
	{ "{{len 3}}", ":1:2: executing \"\" at <len 3>: error calling len: len of type int" },
	{ "{{join .Id}}",
	  ":1:2: executing \"\" at <join .Id>: wrong number of args for join: want 2 got 1" },
	{ "{{range .Id}}{{end}}", ":1:8: executing \"\" at <.Id>: range can't iterate over abc" },
	{ "{{.Id 1}}", ":1:2: executing \"\" at <.Id>: Id is not a method but has arguments" },
	{ "{{1 2}}", ":1:2: executing \"\" at <1>: can't give argument to non-function 1" },
	{ "{{lt 1 \"a\"}}", ":1:2: executing \"\" at <lt 1 \"a\">: error calling lt: incompatible "
			    "types for comparison" },
	{ "{{$x := \"aaaaaaaa\"}}{{range 99}}{{$x = print $x $x}}{{end}}",
	  ":1:39: executing \"\" at <print $x $x>: too much memory" },
	{ "{{range 9999}}{{range 9999}}{{end}}{{end}}",
	  ":1:22: executing \"\" at <9999>: too much work" },
};

static void test_refused(void **state)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		cleanup(template_release) struct template *tmpl = NULL;
		cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;
		cleanup(error_release) struct error err = ERROR_INIT;
		static const char prefix[] = "template parsing error: template: ";
		int r = template_compile(refused[i].text, &tmpl, &err);

		if (r >= 0)
			r = template_execute(tmpl, 0, data, sizeof(data) - 1, &out, &err);
		if (r >= 0 || strncmp(error_text(&err), prefix, sizeof(prefix) - 1) != 0 ||
		    strcmp(error_text(&err) + sizeof(prefix) - 1, refused[i].error) != 0)
			fail_msg("%s\n fails with %s\n wanted %s%s", refused[i].text,
				 error_text(&err), prefix, refused[i].error);
	}
}

static void test_strict(void **state)
{
	struct template *tmpl = NULL;
	struct strbuf out = STRBUF_INIT;
	struct error err = ERROR_INIT;

	assert_int_equal(template_compile("{{.State.Foo}}", &tmpl, NULL), 0);
	assert_true(template_execute(tmpl, TEMPLATE_STRICT, data, sizeof(data) - 1, &out, &err) <
		    0);
	assert_string_equal(error_text(&err),
			    "template parsing error: template: :1:8: executing \"\" at "
			    "<.State.Foo>: map has no entry for key \"Foo\"");
	error_release(&err);
	strbuf_release(&out);
	template_free(tmpl);
}

struct part {
	char *name;
	char **list;
};
static const struct json_field part_fields[] = {
	FIELD_STR_OMIT(struct part, name, "Name"),
	FIELD_STRV_NULL(struct part, list, "List"),
};
static const struct json_shape part_shape = JSON_SHAPE(struct part, part_fields, 0);

struct whole {
	struct part first, *health;
	struct part *parts;
	size_t n_parts;
	struct opt_i64 limit;
};
static const struct json_field whole_fields[] = {
	FIELD_OBJ(struct whole, first, "First", &part_shape),
	FIELD_OBJP_FLAGS(struct whole, health, "Health", &part_shape, JSON_OMIT_EMPTY),
	FIELD_ARRAY(struct whole, parts, n_parts, "Parts", &part_shape),
	FIELD_OPT_I64(struct whole, limit, "Limit"),
};
static const struct json_shape whole_shape = JSON_SHAPE(struct whole, whole_fields, 0);

/* What a table leaves out is there for those who ask, and for nobody else. */
static void test_shape(void **state)
{
	static const char text[] = "{\"Parts\":[{\"List\":null},{\"Name\":\"n\",\"List\":[\"a\"]}],"
				   "\"First\":{\"List\":null,\"Extra\":1},\"Limit\":null}";
	static const char tmpl_text[] =
		"{{if .Health}}h{{else}}no{{end}} {{.Health}} {{.Limit}} [{{.First.Name}}] "
		"{{.First}} {{.First.List}} {{range .Parts}}{{.}}{{len .List}};{{end}} "
		"{{json .First}} {{len .First}}";
	struct template *tmpl = NULL;
	struct strbuf out = STRBUF_INIT;

	assert_int_equal(template_compile(tmpl_text, &tmpl, NULL), 0);
	assert_int_equal(template_execute_as(tmpl, TEMPLATE_STRICT, &whole_shape, text,
					     sizeof(text) - 1, &out, NULL),
			 0);
	assert_string_equal(
		out.data,
		"no <nil> <nil> [] { [] 1} [] { []}0;{n [a]}1; {\"List\":null,\"Extra\":1} 3");
	strbuf_release(&out);
	template_free(tmpl);
}

static void test_depth(void **state)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	cleanup(error_release) struct error err = ERROR_INIT;
	struct template *tmpl = NULL;

	strbuf_adds(&text, "{{");
	for (int i = 0; i < 1000; i++)
		strbuf_addc(&text, '(');
	assert_true(template_compile(text.data, &tmpl, &err) < 0);
	assert_non_null(strstr(error_text(&err), "nested too deeply"));
}

static void test_format(void **state)
{
	static const struct {
		const char *format;
		bool table;
		const char *text;
	} cases[] = {
		{ NULL, true, NULL },
		{ "", true, NULL },
		{ "table", true, NULL },
		{ "json", false, "{{json .}}" },
		{ "table {{.A}}\\t{{.B}}", true, "{{.A}}\\t{{.B}}" },
		{ "{{\"\\n\"}}", false, "{{\"\\n\"}}" },
		{ "tables", false, "tables" },
		{ "table ", true, NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text = NULL;
		bool table = false;

		template_format(cases[i].format, &table, &text);
		assert_int_equal(table, cases[i].table);
		if (cases[i].text)
			assert_string_equal(text, cases[i].text);
		else
			assert_null(text);
		free(text);
	}
}

static void test_unescape(void **state)
{
	char text[] = "a\\tb\\n\\x\\";

	template_unescape(text);
	assert_string_equal(text, "a\tb\n\\x\\");
}

/* "text|.Field|…", NULL: it is more than that */
static void expect_pieces(const char *text, size_t max, const char *want)
{
	struct template_piece pieces[8];
	cleanup(strbuf_release) struct strbuf got = STRBUF_INIT;
	struct template *tmpl = NULL;
	size_t n;

	assert_int_equal(template_compile(text, &tmpl, NULL), 0);
	n = template_pieces(tmpl, pieces, max);
	for (size_t i = 0; i < n; i++) {
		if (pieces[i].field)
			strbuf_addf(&got, "%s.%s", i ? "|" : "", pieces[i].field);
		else
			strbuf_addf(&got, "%s%.*s", i ? "|" : "", (int)pieces[i].len,
				    pieces[i].text);
	}
	assert_string_equal(strbuf_str(&got), want ? want : "");
	assert_int_equal(n == 0, !want);
	template_free(tmpl);
}

static void test_pieces(void **state)
{
	(void)state;
	expect_pieces("{{.ID}}\t{{ .Names }}!", 8, ".ID|\t|.Names|!");
	expect_pieces("{{/* said */}}{{.ID}}", 8, ".ID");
	expect_pieces("a{{- .ID -}} b", 8, "a|.ID|b");
	expect_pieces("{{.A}}{{.B}}{{.C}}", 3, ".A|.B|.C");
	expect_pieces("{{.A}}{{.B}}{{.C}}", 2, NULL);
	expect_pieces("{{.}}", 8, NULL);
	expect_pieces("{{.A.B}}", 8, NULL);
	expect_pieces("{{json .A}}", 8, NULL);
	expect_pieces("{{.A | upper}}", 8, NULL);
	expect_pieces("{{.Label \"x\"}}", 8, NULL);
	expect_pieces("{{$x := .A}}", 8, NULL);
	expect_pieces("{{\"A\"}}", 8, NULL);
	expect_pieces("{{if .A}}{{.A}}{{end}}", 8, NULL);
	expect_pieces("{{range .A}}{{end}}", 8, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gives),	 cmocka_unit_test(test_refused),
		cmocka_unit_test(test_strict),	 cmocka_unit_test(test_depth),
		cmocka_unit_test(test_shape),	 cmocka_unit_test(test_format),
		cmocka_unit_test(test_unescape), cmocka_unit_test(test_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
