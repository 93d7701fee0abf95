/* SPDX-License-Identifier: Apache-2.0 */
/* Words of a Dockerfile instruction. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/strv.h"
#include "image/changes.h"

enum { WORD_MAX = 64 * 1024 };

#define BLANKS " \t\r\n\v\f"

struct json_list {
	char **items;
};

static const struct json_field json_list_fields[] = {
	FIELD_STRV(struct json_list, items, "items"),
};
static const struct json_shape json_list_shape = JSON_SHAPE(struct json_list, json_list_fields, 0);

bool change_json_list(const char *line, char ***ret)
{
	cleanup_free char *text = NULL;
	struct json_list list = { NULL };

	line += strspn(line, " \t");
	if (*line != '[')
		return false;
	text = xasprintf("{\"items\": %s}", line);
	if (json_decode(&json_list_shape, text, strlen(text), &list, NULL) < 0)
		return false;
	*ret = list.items ? list.items : xcalloc(1, sizeof(**ret));
	return true;
}

/* $NAME or ${NAME}, ${NAME:-word}, ${NAME:+word} at *p (which is behind the "$"). */
static int expand(const char **p, char *const *env, struct strbuf *out, struct error *err)
{
	bool braces = **p == '{';
	const char *name = *p + braces, *end = name, *value;
	cleanup_free char *key = NULL, *word = NULL;
	char op = '\0';

	while (isalnum((unsigned char)*end) || *end == '_')
		end++;
	key = xstrndup(name, (size_t)(end - name));
	if (braces && end[0] == ':' && (end[1] == '-' || end[1] == '+')) {
		op = end[1];
		word = xstrndup(end + 2, strcspn(end + 2, "}"));
		end += 2 + strlen(word);
	}
	if (braces && *end != '}')
		return error_set(err, ERR_INVALID, EINVAL, "unsupported or unterminated ${…}");
	*p = end + braces;
	if (!braces && *key == '\0') { /* a lone dollar */
		strbuf_addc(out, '$');
		return 0;
	}
	value = strv_env_get(env, key);
	if (op == '-' && (!value || !*value))
		value = word;
	else if (op == '+')
		value = value && *value ? word : NULL;
	strbuf_adds(out, value ? value : "");
	return 0;
}

/* One word from *p on; quotes may stand anywhere in it. */
static int next_word(const char **p, char *const *env, struct strbuf *out, struct error *err)
{
	char quote = '\0';
	int r;

	for (; **p != '\0' && (quote || !strchr(BLANKS, **p));) {
		char c = *(*p)++;

		if (quote && c == quote) {
			quote = '\0';
		} else if (!quote && (c == '"' || c == '\'')) {
			quote = c;
		} else if (c == '\\' && quote != '\'' && **p != '\0') {
			/* in double quotes it escapes only what is special there */
			if (quote == '"' && !strchr("\"\\$", **p))
				strbuf_addc(out, c);
			strbuf_addc(out, *(*p)++);
		} else if (c == '$' && quote != '\'') {
			r = expand(p, env, out, err);
			if (r < 0)
				return r;
		} else {
			strbuf_addc(out, c);
		}
		if (out->len > WORD_MAX)
			return error_set(err, ERR_INVALID, E2BIG, "a word is too long");
	}
	return quote ? error_set(err, ERR_INVALID, EINVAL, "unterminated quote") : 0;
}

int change_words(const char *line, char *const *env, char ***ret, struct error *err)
{
	cleanup(strv_release) char **words = xcalloc(1, sizeof(*words));

	while (*(line += strspn(line, BLANKS)) != '\0') {
		cleanup(strbuf_release) struct strbuf word = STRBUF_INIT;
		int r = next_word(&line, env, &word, err);

		if (r < 0)
			return r;
		strv_push(&words, strbuf_str(&word));
	}
	*ret = take_ptr(words);
	return 0;
}
