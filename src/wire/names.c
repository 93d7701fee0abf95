/* SPDX-License-Identifier: Apache-2.0 */
/* Writing and reading the file of names. */
#include "wire/names.h"

#include <arpa/inet.h>
#include <string.h>

#define NETWORK_KEY "network "

bool names_word_is_clean(const char *word)
{
	const size_t len = strlen(word);

	if (len == 0 || len > NAMES_NAME_MAX)
		return false;
	for (; *word; word++) {
		if ((unsigned char)*word <= ' ' || *word == 0x7f)
			return false;
	}
	return true;
}

void names_add_network(struct strbuf *out, const char *network)
{
	/* A name with a blank in it can be no part of a host's name. */
	strbuf_addf(out, NETWORK_KEY "%s\n", names_word_is_clean(network) ? network : "-");
}

static void add_word(struct strbuf *out, const char *word)
{
	if (names_word_is_clean(word))
		strbuf_addf(out, " %s", word);
}

void names_add_endpoint(struct strbuf *out, const char *ip, const char *ip6, const char *name,
			const char *others)
{
	cleanup(strbuf_release) struct strbuf line = STRBUF_INIT;
	cleanup_free char *rest = xstrdup(others ? others : "");
	char *save = NULL;

	strbuf_addf(&line, "%s %s", ip ? ip : "-", ip6 ? ip6 : "-");
	if (name)
		add_word(&line, name);
	for (char *word = strtok_r(rest, " ", &save); word; word = strtok_r(NULL, " ", &save))
		add_word(&line, word);
	strbuf_addc(&line, '\n');
	if (out->len + line.len <= NAMES_FILE_MAX)
		strbuf_add(out, line.data, line.len);
}

void names_table_release(struct names_table *table)
{
	if (!table)
		return;
	free(table->text);
	free(table->words);
	free(table->endpoints);
	*table = (struct names_table){ 0 };
}

/* No more words than this can be in the text: each has a byte behind it. */
static void table_reserve(struct names_table *table, size_t len)
{
	size_t lines = 1, words = 1;

	for (size_t i = 0; i < len; i++) {
		lines += table->text[i] == '\n';
		words += table->text[i] == ' ' || table->text[i] == '\n';
	}
	table->endpoints = xcalloc(lines, sizeof(*table->endpoints));
	table->words = xcalloc(words + lines, sizeof(*table->words));
}

/* Take a line apart; returns where the next line's words go. */
static const char **line_parse(char *line, struct names_table *table, const char **words)
{
	struct names_endpoint *ep = &table->endpoints[table->n];
	const char *const *first = words;
	char *save = NULL, *word = strtok_r(line, " ", &save);
	char *six = word ? strtok_r(NULL, " ", &save) : NULL;

	if (!six)
		return words;
	*ep = (struct names_endpoint){ .names = first };
	ep->has_ip = inet_pton(AF_INET, word, ep->ip) == 1;
	ep->has_ip6 = inet_pton(AF_INET6, six, ep->ip6) == 1;
	for (word = strtok_r(NULL, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		if (strlen(word) <= NAMES_NAME_MAX)
			*words++ = word;
	}
	if (words == first || (!ep->has_ip && !ep->has_ip6))
		return (const char **)first;
	*words++ = NULL;
	table->n++;
	return words;
}

void names_table_parse(const char *text, size_t len, struct names_table *ret)
{
	struct names_table table = { .network = "-" };
	const char **words;
	char *save = NULL;

	table.text = xstrndup(text, len);
	len = strlen(table.text);
	table_reserve(&table, len);
	words = table.words;
	for (char *line = strtok_r(table.text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (strncmp(line, NETWORK_KEY, strlen(NETWORK_KEY)) == 0)
			table.network = line + strlen(NETWORK_KEY);
		else
			words = line_parse(line, &table, words);
	}
	*ret = table;
}
