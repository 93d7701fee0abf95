/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of a message: headers, head, status texts. */
#include "http/message.h"

#include <string.h>
#include <strings.h>

#include <http_parser.h>

void http_headers_add(struct http_headers *headers, const char *name, const char *value)
{
	headers->items = xrealloc(headers->items, headers->n + 1, sizeof(*headers->items));
	headers->items[headers->n++] = (struct http_header){ xstrdup(name), xstrdup(value) };
}

const char *http_headers_get(const struct http_headers *headers, const char *name)
{
	for (size_t i = 0; i < headers->n; i++)
		if (strcasecmp(headers->items[i].name, name) == 0)
			return headers->items[i].value;
	return NULL;
}

static bool list_has_token(const char *list, const char *token)
{
	size_t want = strlen(token);

	while (*list) {
		size_t len;

		list += strspn(list, " \t,");
		len = strcspn(list, " \t,");
		if (len == want && strncasecmp(list, token, len) == 0)
			return true;
		list += len;
	}
	return false;
}

bool http_headers_has_token(const struct http_headers *headers, const char *name, const char *token)
{
	for (size_t i = 0; i < headers->n; i++)
		if (strcasecmp(headers->items[i].name, name) == 0 &&
		    list_has_token(headers->items[i].value, token))
			return true;
	return false;
}

void http_headers_release(struct http_headers *headers)
{
	for (size_t i = 0; i < headers->n; i++) {
		free(headers->items[i].name);
		free(headers->items[i].value);
	}
	free(headers->items);
	*headers = (struct http_headers)HTTP_HEADERS_INIT;
}

void http_head_release(struct http_head *head)
{
	free(head->method);
	free(head->target);
	http_headers_release(&head->headers);
	*head = (struct http_head)HTTP_HEAD_INIT;
}

const char *http_status_text(int status)
{
	switch (status) {
#define STATUS_CASE(number, name, text)                                                            \
	case number:                                                                               \
		return #text;
		HTTP_STATUS_MAP(STATUS_CASE)
#undef STATUS_CASE
	default:
		return "";
	}
}
