/* SPDX-License-Identifier: Apache-2.0 */
/* What a registry may send in its headers, and clients in theirs: challenges, Retry-After, Link,
 * Range, locations, credentials. */
#include <stdint.h>
#include <string.h>

#include "base/strbuf.h"
#include "image/auth.h"
#include "registry/registry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_challenge(const char *text)
{
	struct registry_challenge c = { 0 };

	if (registry_challenge_parse(text, &c) >= 0 && (!c.scheme || *c.scheme == '\0'))
		abort();
	registry_challenge_release(&c);
}

static void check_link(const char *text)
{
	cleanup_free char *next = registry_link_next(text);
	cleanup_free char *url = next ? registry_url_resolve("https://a.example/v2/", next) : NULL;

	if (next && !strstr(text, next))
		abort();
	if (url && strncmp(url, "https://", 8) != 0) /* never out of TLS */
		abort();
	if (url && registry_url_same_origin(url, "https://a.example") &&
	    !registry_url_same_host(url, "https://a.example"))
		abort();
}

static void check_header(const char *text, size_t len)
{
	cleanup(registry_answer_release) struct registry_answer answer = REGISTRY_ANSWER_INIT;

	registry_answer_header(&answer, text, len);
	if (answer.retry_after < -1)
		abort();
}

static void check_auth(const char *text)
{
	cleanup(auth_config_release) struct auth_config auth = { 0 };

	(void)!auth_config_decode(text, &auth, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = xstrndup((const char *)data, size);

	check_challenge(text);
	check_link(text);
	check_header(text, strlen(text));
	check_auth(text);
	if (registry_retry_after(text, 0) < -1 || registry_range_end(text) < -1)
		abort();
	return 0;
}
