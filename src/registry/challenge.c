/* SPDX-License-Identifier: Apache-2.0 */
/* Small syntax of authentication: the WWW-Authenticate header, URL escapes. */
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "registry/registry.h"

void registry_challenge_release(struct registry_challenge *challenge)
{
	free(challenge->scheme);
	free(challenge->realm);
	free(challenge->service);
	free(challenge->scope);
	*challenge = (struct registry_challenge){ 0 };
}

/* A token or a quoted string at *p. */
static char *challenge_value(const char **p)
{
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;
	bool quoted = **p == '"';

	*p += quoted;
	while (**p != '\0' && (quoted ? **p != '"' : **p != ',' && **p != ' ')) {
		if (quoted && **p == '\\' && (*p)[1] != '\0')
			(*p)++;
		strbuf_addc(&out, *(*p)++);
	}
	*p += quoted && **p == '"';
	return out.data ? strbuf_take(&out) : xstrdup("");
}

static char **challenge_member(struct registry_challenge *c, const char *name, size_t len)
{
	if (len == 5 && strncasecmp(name, "realm", len) == 0)
		return &c->realm;
	if (len == 7 && strncasecmp(name, "service", len) == 0)
		return &c->service;
	if (len == 5 && strncasecmp(name, "scope", len) == 0)
		return &c->scope;
	return NULL;
}

int registry_challenge_parse(const char *text, struct registry_challenge *ret)
{
	struct registry_challenge c = { 0 };
	const char *p = text + strspn(text, " \t");
	size_t len = strcspn(p, " \t");

	if (len == 0)
		return -EINVAL;
	c.scheme = xstrndup(p, len);
	for (p += len; *(p += strspn(p, " \t,")) != '\0';) {
		const char *name = p;
		char *value, **member;

		len = strcspn(p, "= ,");
		if (p[len] != '=' || len == 0)
			break; /* another scheme's challenge begins */
		p += len + 1;
		value = challenge_value(&p);
		member = challenge_member(&c, name, len);
		if (member && !*member)
			*member = take_ptr(value);
		free(value);
	}
	*ret = c;
	return 0;
}

void registry_url_escape(const char *text, struct strbuf *out)
{
	for (; *text != '\0'; text++) {
		if (isalnum((unsigned char)*text) || strchr("-._~/:,", *text))
			strbuf_addc(out, *text);
		else
			strbuf_addf(out, "%%%02X", (unsigned int)(uint8_t)*text);
	}
}
