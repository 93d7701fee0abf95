/* SPDX-License-Identifier: Apache-2.0 */
/* Parsing and printing of image references, after the distribution project's grammar (its
 * reference package documents it). */
#include "oci/reference.h"

#include <errno.h>
#include <string.h>

#include "oci/digest.h"

static const char default_domain[] = "docker.io";
static const char default_prefix[] = "library/";
static const char bad_format[] = "invalid reference format";

/* "HOST[:PORT][/PREFIX]"; NULL: docker.io. Set once, before the first name. */
static char *default_registry;

void reference_set_default_registry(const char *registry)
{
	free(default_registry);
	default_registry = registry && *registry ? xstrdup(registry) : NULL;
}

const char *reference_default_registry(void)
{
	return default_registry;
}

void reference_release(struct reference *ref)
{
	if (!ref)
		return;
	free(ref->domain);
	free(ref->path);
	free(ref->tag);
	free(ref->digest);
	*ref = (struct reference)REFERENCE_INIT;
}

static bool is_lower_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_alnum(char c)
{
	return is_lower_alnum(c) || (c >= 'A' && c <= 'Z');
}

bool reference_tag_is_valid(const char *tag)
{
	size_t len = tag ? strlen(tag) : 0;

	if (len == 0 || len > REFERENCE_TAG_MAX || (!is_alnum(tag[0]) && tag[0] != '_'))
		return false;
	for (size_t i = 1; i < len; i++) {
		if (!is_alnum(tag[i]) && !strchr("_.-", tag[i]))
			return false;
	}
	return true;
}

/* Behind alphanumerics at p: the length of a separator ".", "_", "__" or any number of "-". */
static size_t separator_len(const char *p)
{
	size_t n = 0;

	if (*p == '.')
		return 1;
	if (*p == '_')
		return p[1] == '_' ? 2 : 1;
	while (p[n] == '-')
		n++;
	return n;
}

/* [a-z0-9]+ (separator [a-z0-9]+)*, joined by "/". */
static bool path_is_valid(const char *p)
{
	while (true) {
		if (!is_lower_alnum(*p))
			return false;
		while (is_lower_alnum(*p))
			p++;
		if (*p == '\0')
			return true;
		p += *p == '/' ? 1 : separator_len(p);
	}
}

static bool port_is_valid(const char *p)
{
	return *p == '\0' ||
	       (*p == ':' && p[1] != '\0' && strspn(p + 1, "0123456789") == strlen(p + 1));
}

/* [IPv6] or components of alphanumerics with inner hyphens joined by ".", then an optional port. */
bool reference_domain_is_valid(const char *p)
{
	if (*p == '[') {
		size_t n = strspn(p + 1, "0123456789abcdefABCDEF:");

		return n > 0 && p[n + 1] == ']' && port_is_valid(p + n + 2);
	}
	while (true) {
		if (!is_alnum(*p))
			return false;
		while (is_alnum(*p) ||
		       (*p == '-' && p[strspn(p, "-")] != '\0' && is_alnum(p[strspn(p, "-")])))
			p++;
		if (*p != '.')
			return port_is_valid(p);
		p++;
	}
}

static bool has_upper(const char *str, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (str[i] >= 'A' && str[i] <= 'Z')
			return true;
	}
	return false;
}

/* The first component is a domain when it looks like one; else all of it is a path on the hub. */
static void split_domain(const char *str, struct reference *ref, const char **ret_rest)
{
	const char *slash = strchr(str, '/');
	size_t len = slash ? (size_t)(slash - str) : 0;

	*ret_rest = str;
	if (slash && (memchr(str, '.', len) || memchr(str, ':', len) || has_upper(str, len) ||
		      (len == 9 && memcmp(str, "localhost", 9) == 0))) {
		ref->domain = xstrndup(str, len);
		*ret_rest = slash + 1;
	}
	ref->implied = !ref->domain;
	if (!ref->domain || strcmp(ref->domain, "index.docker.io") == 0) {
		free(ref->domain);
		ref->domain = xstrdup(default_domain);
	}
}

static int split_digest(char *rest, struct reference *ref, struct error *err)
{
	char *at = strchr(rest, '@');

	if (!at)
		return 0;
	*at = '\0';
	if (!digest_is_valid(at + 1)) {
		bool other = strncmp(at + 1, "sha512:", 7) == 0 ||
			     strncmp(at + 1, "sha384:", 7) == 0;

		return error_set(err, ERR_INVALID, EINVAL, "%s",
				 other ? "unsupported digest algorithm" : bad_format);
	}
	ref->digest = xstrdup(at + 1);
	return 0;
}

/* A name of one word, of docker.io: the official images. */
static bool in_library(const struct reference *ref, const char *path)
{
	return strcmp(ref->domain, default_domain) == 0 && !strchr(path, '/');
}

/* "path[:tag][@digest]" */
static int reference_parse_rest(const char *rest, struct reference *ref, struct error *err)
{
	cleanup_free char *buf = xstrdup(rest);
	size_t name_len = strcspn(rest, ":");
	char *colon;
	int r;

	if (has_upper(rest, name_len < strcspn(rest, "@") ? name_len : strcspn(rest, "@")))
		return error_set(
			err, ERR_INVALID, EINVAL,
			"invalid reference format: repository name (%s%.*s) must be lowercase",
			in_library(ref, rest) ? default_prefix : "", (int)name_len, rest);
	r = split_digest(buf, ref, err);
	if (r < 0)
		return r;
	colon = strchr(buf, ':');
	if (colon) {
		*colon = '\0';
		ref->tag = xstrdup(colon + 1);
	}
	if ((ref->tag && !reference_tag_is_valid(ref->tag)) || !path_is_valid(buf))
		return error_set(err, ERR_INVALID, EINVAL, "%s", bad_format);
	if (in_library(ref, buf))
		ref->path = xasprintf("%s%s", default_prefix, buf);
	else
		ref->path = xstrdup(buf);
	return 0;
}

int reference_parse_docker(const char *str, struct reference *ret, struct error *err)
{
	cleanup(reference_release) struct reference ref = REFERENCE_INIT;
	size_t len = strlen(str);
	const char *rest;
	int r;

	if (len == DIGEST_HEX_LEN && digest_is_hex(str, len))
		return error_set(
			err, ERR_INVALID, EINVAL,
			"invalid repository name (%s), cannot specify 64-byte hexadecimal strings",
			str);
	if (len == 0 || len > 2 * REFERENCE_NAME_MAX + DIGEST_LEN + REFERENCE_TAG_MAX)
		return error_set(err, ERR_INVALID, EINVAL, "%s", bad_format);
	split_domain(str, &ref, &rest);
	if (!reference_domain_is_valid(ref.domain))
		return error_set(err, ERR_INVALID, EINVAL, "%s", bad_format);
	r = reference_parse_rest(rest, &ref, err);
	if (r < 0)
		return r;
	if (strlen(ref.domain) + 1 + strlen(ref.path) > REFERENCE_NAME_MAX)
		return error_set(err, ERR_INVALID, EINVAL,
				 "repository name must not be more than %d characters",
				 REFERENCE_NAME_MAX);
	*ret = ref;
	ref = (struct reference)REFERENCE_INIT;
	return 0;
}

int reference_parse(const char *str, struct reference *ret, struct error *err)
{
	cleanup_free char *whole = NULL;
	int r = reference_parse_docker(str, ret, err);

	if (r < 0 || !ret->implied || !default_registry)
		return r;
	whole = xasprintf("%s/%s", default_registry, str);
	reference_release(ret);
	r = reference_parse_docker(whole, ret, err);
	ret->implied = true;
	return r;
}

void reference_set_default_tag(struct reference *ref)
{
	if (!ref->tag && !ref->digest)
		ref->tag = xstrdup("latest");
}

static void reference_suffix(const struct reference *ref, struct strbuf *out)
{
	if (ref->tag)
		strbuf_addf(out, ":%s", ref->tag);
	if (ref->digest)
		strbuf_addf(out, "@%s", ref->digest);
}

void reference_name(const struct reference *ref, struct strbuf *out)
{
	strbuf_addf(out, "%s/%s", ref->domain, ref->path);
}

void reference_familiar_name(const struct reference *ref, struct strbuf *out)
{
	size_t n = sizeof(default_prefix) - 1;

	if (strcmp(ref->domain, default_domain) != 0 || default_registry)
		reference_name(ref, out);
	else if (strncmp(ref->path, default_prefix, n) == 0 && !strchr(ref->path + n, '/'))
		strbuf_adds(out, ref->path + n);
	else
		strbuf_adds(out, ref->path);
}

void reference_string(const struct reference *ref, struct strbuf *out)
{
	reference_name(ref, out);
	reference_suffix(ref, out);
}

void reference_familiar(const struct reference *ref, struct strbuf *out)
{
	reference_familiar_name(ref, out);
	reference_suffix(ref, out);
}

const char *reference_registry_host(const struct reference *ref)
{
	return strcmp(ref->domain, default_domain) == 0 ? "registry-1.docker.io" : ref->domain;
}
