/* SPDX-License-Identifier: Apache-2.0 */
/* Answers' header lines, and the addresses in them. */
#include <ctype.h>
#include <curl/curl.h>
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/clock.h"
#include "base/parse.h"
#include "registry/http.h"

enum { SECOND_NS = 1000000000 };

int64_t registry_retry_after(const char *text, int64_t now)
{
	struct tm tm = { 0 };
	int64_t value;
	const char *end;

	text += strspn(text, " \t");
	if (parse_i64(text, &value) >= 0)
		return value >= 0 ? value : -1;
	end = strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
	if (!end || end[strspn(end, " \t")] != '\0')
		return -1;
	value = (int64_t)timegm(&tm) - now;
	return value > 0 ? value : 0;
}

int64_t registry_range_end(const char *text)
{
	const char *dash;
	int64_t value;

	text += strspn(text, " \t");
	if (strncmp(text, "bytes=", 6) == 0)
		text += 6;
	dash = strchr(text, '-');
	if (!dash || parse_i64(dash + 1, &value) < 0 || value < 0)
		return -1;
	return value;
}

/* The parameters behind <…>: whether one is rel=next. */
static bool is_next(const char *p, size_t len)
{
	static const char *const spellings[] = { "rel=\"next\"", "rel=next" };

	for (size_t i = 0; i < len; i++) {
		for (size_t k = 0; k < ARRAY_SIZE(spellings); k++) {
			size_t n = strlen(spellings[k]);

			if (len - i >= n && strncasecmp(p + i, spellings[k], n) == 0)
				return true;
		}
	}
	return false;
}

char *registry_link_next(const char *text)
{
	while (text) {
		const char *begin = strchr(text, '<'), *end, *stop;

		end = begin ? strchr(begin, '>') : NULL;
		if (!end)
			return NULL;
		stop = strchr(end, '<'); /* of the next one: its '<' stands behind a comma */
		if (is_next(end, stop ? (size_t)(stop - end) : strlen(end)))
			return xstrndup(begin + 1, (size_t)(end - begin - 1));
		text = stop;
	}
	return NULL;
}

/* The header's value when the line is that header; owned. */
static bool take(const char *line, size_t len, const char *name, char **member)
{
	size_t n = strlen(name);

	if (len <= n || line[n] != ':' || strncasecmp(line, name, n) != 0)
		return false;
	line += n + 1;
	len -= n + 1;
	while (len > 0 && isspace((unsigned char)line[len - 1]))
		len--;
	while (len > 0 && isspace((unsigned char)*line)) {
		line++;
		len--;
	}
	free(*member);
	*member = xstrndup(line, len);
	return true;
}

/* Each answer of a chain of redirects begins with a clean sheet. */
static void forget(struct registry_answer *answer)
{
	char **const members[] = { &answer->challenge, &answer->location, &answer->range,
				   &answer->link, &answer->digest };

	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		free(*members[i]);
		*members[i] = NULL;
	}
	answer->retry_after = -1;
}

void registry_answer_header(struct registry_answer *answer, const char *line, size_t len)
{
	cleanup_free char *retry = NULL;

	if (len > 5 && memcmp(line, "HTTP/", 5) == 0)
		forget(answer);
	else if (take(line, len, "Retry-After", &retry))
		answer->retry_after = registry_retry_after(retry, clock_now() / SECOND_NS);
	else if (!take(line, len, "WWW-Authenticate", &answer->challenge) &&
		 !take(line, len, "Location", &answer->location) &&
		 !take(line, len, "Range", &answer->range) &&
		 !take(line, len, "Link", &answer->link))
		(void)take(line, len, "Docker-Content-Digest", &answer->digest);
}

static void url_release(CURLU **url)
{
	curl_url_cleanup(*url);
}

char *registry_url_resolve(const char *base, const char *text)
{
	cleanup(url_release) CURLU *url = curl_url();
	char *all = NULL, *ret = NULL;
	bool tls = strncmp(base, "https:", 6) == 0;

	if (!url || curl_url_set(url, CURLUPART_URL, base, 0) != CURLUE_OK ||
	    curl_url_set(url, CURLUPART_URL, text, 0) != CURLUE_OK ||
	    curl_url_get(url, CURLUPART_URL, &all, 0) != CURLUE_OK)
		return NULL;
	if (strncmp(all, "https://", 8) == 0 || (!tls && strncmp(all, "http://", 7) == 0))
		ret = xstrdup(all);
	curl_free(all);
	return ret;
}

/* "https://host:443"; owned, NULL when it is no address. */
static char *origin(const char *text)
{
	cleanup(url_release) CURLU *url = curl_url();
	char *scheme = NULL, *host = NULL, *port = NULL, *ret = NULL;

	if (url && curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK &&
	    curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
	    curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
	    curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK)
		ret = xasprintf("%s://%s:%s", scheme, host, port);
	curl_free(scheme);
	curl_free(host);
	curl_free(port);
	return ret;
}

bool registry_url_same_host(const char *a, const char *b)
{
	cleanup(url_release) CURLU *x = curl_url(), *y = curl_url();
	char *m = NULL, *n = NULL;
	bool same;

	same = x && y && curl_url_set(x, CURLUPART_URL, a, 0) == CURLUE_OK &&
	       curl_url_set(y, CURLUPART_URL, b, 0) == CURLUE_OK &&
	       curl_url_get(x, CURLUPART_HOST, &m, 0) == CURLUE_OK &&
	       curl_url_get(y, CURLUPART_HOST, &n, 0) == CURLUE_OK && strcasecmp(m, n) == 0;
	curl_free(m);
	curl_free(n);
	return same;
}

bool registry_url_same_origin(const char *a, const char *b)
{
	cleanup_free char *x = origin(a), *y = origin(b);

	return x && y && strcasecmp(x, y) == 0;
}
