/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and writing resolv.conf(5). */
#include "network/resolv-conf.h"

#include <string.h>

#include "base/strv.h"
#include "network/address.h"

void resolv_conf_release(struct resolv_conf *conf)
{
	if (!conf)
		return;
	strv_free(conf->nameservers);
	strv_free(conf->search);
	strv_free(conf->options);
	*conf = (struct resolv_conf){ 0 };
}

static const char *skip_blanks(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t' || *at == '\r'))
		at++;
	return at;
}

static const char *skip_word(const char *at, const char *end)
{
	while (at < end && *at != ' ' && *at != '\t' && *at != '\r')
		at++;
	return at;
}

/* Words up to the end of the line, no more than max in all. */
static void words_add(char ***list, const char *at, const char *end, size_t max)
{
	for (at = skip_blanks(at, end); at < end && max > 0; at = skip_blanks(at, end), max--) {
		const char *stop = skip_word(at, end);

		if (strv_len(*list) >= RESOLV_CONF_ITEMS_MAX)
			return;
		strv_push_take(list, xstrndup(at, (size_t)(stop - at)));
		at = stop;
	}
}

static bool word_is(const char *at, const char *stop, const char *word)
{
	return (size_t)(stop - at) == strlen(word) && strncmp(at, word, strlen(word)) == 0;
}

static void line_parse(const char *at, const char *end, struct resolv_conf *conf)
{
	const char *key = skip_blanks(at, end);
	const char *rest = skip_word(key, end);

	if (key == end || *key == '#' || *key == ';')
		return;
	if (word_is(key, rest, "nameserver")) {
		words_add(&conf->nameservers, rest, end, 1);
	} else if (word_is(key, rest, "search") || word_is(key, rest, "domain")) {
		/* the last of these lines counts */
		strv_free(take_ptr(conf->search));
		words_add(&conf->search, rest, end, RESOLV_CONF_ITEMS_MAX);
	} else if (word_is(key, rest, "options")) {
		words_add(&conf->options, rest, end, RESOLV_CONF_ITEMS_MAX);
	}
}

void resolv_conf_parse(const char *text, struct resolv_conf *ret)
{
	struct resolv_conf conf = { 0 };

	while (*text) {
		const char *end = strchrnul(text, '\n');

		line_parse(text, end, &conf);
		text = *end ? end + 1 : end;
	}
	*ret = conf;
}

static bool server_is_loopback(const char *server)
{
	struct link_address addr;

	return address_parse(server, &addr) >= 0 && address_is_loopback(&addr);
}

static bool server_is_usable(const char *server, bool ipv6)
{
	struct link_address addr;

	/* One with a zone (fe80::1%eth0) fails here: the zone is the host's. */
	return address_parse(server, &addr) >= 0 && !address_is_loopback(&addr) &&
	       (addr.family == AF_INET || ipv6);
}

void resolv_conf_filter(struct resolv_conf *conf, bool ipv6)
{
	char **kept = NULL;

	for (char **s = conf->nameservers; s && *s; s++) {
		if (server_is_usable(*s, ipv6))
			strv_push(&kept, *s);
	}
	strv_free(conf->nameservers);
	conf->nameservers = kept;
}

bool resolv_conf_is_stub(const struct resolv_conf *conf)
{
	if (strv_len(conf->nameservers) == 0)
		return false;
	for (char **s = conf->nameservers; *s; s++) {
		if (!server_is_loopback(*s))
			return false;
	}
	return true;
}

static void print_words(const char *key, char *const *words, struct strbuf *out)
{
	if (strv_len(words) == 0)
		return;
	strbuf_adds(out, key);
	for (; *words; words++) {
		strbuf_addc(out, ' ');
		strbuf_adds(out, *words);
	}
	strbuf_addc(out, '\n');
}

void resolv_conf_print(const struct resolv_conf *conf, struct strbuf *out)
{
	for (char **s = conf->nameservers; s && *s; s++)
		strbuf_addf(out, "nameserver %s\n", *s);
	print_words("search", conf->search, out);
	print_words("options", conf->options, out);
}
