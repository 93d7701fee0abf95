/* SPDX-License-Identifier: Apache-2.0 */
/* Checked option values: names, addresses, maps, small numbers. */
#include "cli/flag-values.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/parse.h"
#include "base/strbuf.h"
#include "wire/host-config.h"
#include "base/strmap.h"
#include "base/strv.h"

int set_env(void *target, const char *value, struct error *err)
{
	char ***list = target;
	const char *eq = strchr(value, '='), *own;

	if (!*value || eq == value)
		return error_set(err, ERR_INVALID, 0, "invalid environment variable: %s", value);
	own = eq ? NULL : getenv(value);
	if (own)
		strv_pushf(list, "%s=%s", value, own);
	else
		strv_push(list, value);
	return 0;
}

int set_attach(void *target, const char *value, struct error *err)
{
	static const char *const streams[] = { "stdin", "stdout", "stderr" };

	for (size_t i = 0; i < ARRAY_SIZE(streams); i++) {
		if (strcasecmp(value, streams[i]) != 0)
			continue;
		strv_push(target, streams[i]);
		return 0;
	}
	return error_set(err, ERR_INVALID, 0, "valid streams are STDIN, STDOUT and STDERR");
}

int set_capability(void *target, const char *value, struct error *err)
{
	cleanup_free char *name = xstrdup(value);

	for (char *p = name; *p; p++)
		*p = (char)toupper((unsigned char)*p);
	if (strcmp(name, "ALL") == 0 || strncmp(name, "CAP_", 4) == 0)
		strv_push(target, name);
	else
		strv_pushf(target, "CAP_%s", name);
	return 0;
}

int set_label(void *target, const char *value, struct error *err)
{
	if (!*value || *value == '=')
		return error_set(err, ERR_INVALID, 0, "invalid label '%s': empty name", value);
	strv_push(target, value);
	return 0;
}

int set_map_pair(void *target, const char *value, struct error *err)
{
	struct strmap *map = target;
	const char *eq = strchr(value, '=');
	cleanup_free char *key = eq ? xstrndup(value, eq - value) : xstrdup(value);

	strmap_set(map, key, eq ? eq + 1 : "");
	map->present = true;
	return 0;
}

/* Only what belongs to a namespace: the rest of sysctl is the host's. */
static bool sysctl_allowed(const char *name)
{
	static const char *const exact[] = {
		"kernel.msgmax", "kernel.msgmnb",	   "kernel.msgmni",
		"kernel.sem",	 "kernel.shmall",	   "kernel.shmmax",
		"kernel.shmmni", "kernel.shm_rmid_forced", "kernel.domainname",
	};

	if (strncmp(name, "net.", 4) == 0 || strncmp(name, "fs.mqueue.", 10) == 0)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(exact); i++)
		if (strcmp(name, exact[i]) == 0)
			return true;
	return false;
}

int set_sysctl(void *target, const char *value, struct error *err)
{
	const char *eq = strchr(value, '=');
	cleanup_free char *key = eq ? xstrndup(value, eq - value) : NULL;

	if (!key || !sysctl_allowed(key))
		return error_set(err, ERR_INVALID, 0, "sysctl '%s' is not allowed", value);
	return set_map_pair(target, value, err);
}

int set_tmpfs(void *target, const char *value, struct error *err)
{
	struct strmap *map = target;
	const char *colon = strchr(value, ':');
	cleanup_free char *path = colon ? xstrndup(value, colon - value) : xstrdup(value);

	strmap_set(map, path, colon ? colon + 1 : "");
	map->present = true;
	return 0;
}

static bool is_ip(const char *text)
{
	struct in6_addr addr;

	return inet_pton(AF_INET, text, &addr) == 1 || inet_pton(AF_INET6, text, &addr) == 1;
}

int set_dns(void *target, const char *value, struct error *err)
{
	if (!is_ip(value))
		return error_set(err, ERR_INVALID, 0, "IP address is not correctly formatted: %s",
				 value);
	strv_push(target, value);
	return 0;
}

int set_dns_search(void *target, const char *value, struct error *err)
{
	bool any = false;

	for (const char *p = value; *p; p++) {
		if (!isalnum((unsigned char)*p) && !strchr("-_.", *p))
			return error_set(err, ERR_INVALID, 0, "%s is not a valid domain", value);
		any = any || isalpha((unsigned char)*p);
	}
	if (!any && strcmp(value, ".") != 0)
		return error_set(err, ERR_INVALID, 0, "%s is not a valid domain", value);
	strv_push(target, value);
	return 0;
}

int set_add_host(void *target, const char *value, struct error *err)
{
	size_t len = strcspn(value, "=");
	const char *ip;
	cleanup_free char *bare = NULL;

	if (!value[len])
		len = strcspn(value, ":");
	if (len == 0 || !value[len])
		return error_set(err, ERR_INVALID, 0, "bad format for add-host: \"%s\"", value);
	ip = value + len + 1;
	if (*ip == '[' && ip[strlen(ip) - 1] == ']')
		bare = xstrndup(ip + 1, strlen(ip) - 2);
	else
		bare = xstrdup(ip);
	if (strcmp(bare, "host-gateway") != 0 && !is_ip(bare))
		return error_set(err, ERR_INVALID, 0, "invalid IP address in add-host: \"%s\"", ip);
	strv_pushf(target, "%.*s:%s", (int)len, value, bare);
	return 0;
}

int set_link(void *target, const char *value, struct error *err)
{
	const char *colon = strchr(value, ':');

	if (!*value)
		return error_set(err, ERR_INVALID, 0, "empty string specified for links");
	if (colon && strchr(colon + 1, ':'))
		return error_set(err, ERR_INVALID, 0, "bad format for links: %s", value);
	strv_push(target, value);
	return 0;
}

int set_link_local(void *target, const char *value, struct error *err)
{
	return set_dns(target, value, err);
}

static int set_ip(int family, char **target, const char *value, struct error *err)
{
	struct in6_addr addr;

	if (inet_pton(family, value, &addr) != 1)
		return error_set(err, ERR_INVALID, 0, "invalid IPv%d address: %s",
				 family == AF_INET ? 4 : 6, value);
	free(*target);
	*target = xstrdup(value);
	return 0;
}

int set_ip4(void *target, const char *value, struct error *err)
{
	return set_ip(AF_INET, target, value, err);
}

int set_ip6(void *target, const char *value, struct error *err)
{
	return set_ip(AF_INET6, target, value, err);
}

/* Nine digits behind the point at most: a nano CPU is the smallest share. */
int set_cpus(void *target, const char *value, struct error *err)
{
	const char *point = strchr(value, '.');
	cleanup_free char *whole = point ? xstrndup(value, point - value) : xstrdup(value);
	uint64_t cpus = 0, nanos = 0, scale = 1000000000;

	if (*whole && parse_u64(whole, &cpus) < 0)
		return error_set(err, ERR_INVALID, 0, "failed to parse %s as a rational number",
				 value);
	for (const char *p = point ? point + 1 : ""; *p; p++) {
		if (*p < '0' || *p > '9')
			return error_set(err, ERR_INVALID, 0,
					 "failed to parse %s as a rational number", value);
		scale /= 10;
		if (scale == 0 && *p != '0')
			return error_set(err, ERR_INVALID, 0, "value is too precise");
		nanos += scale * (uint64_t)(*p - '0');
	}
	if (!*value || strcmp(value, ".") == 0 || cpus > 1000000)
		return error_set(err, ERR_INVALID, 0, "failed to parse %s as a rational number",
				 value);
	*(int64_t *)target = (int64_t)(cpus * 1000000000 + nanos);
	return 0;
}

int set_memory_swap(void *target, const char *value, struct error *err)
{
	if (strcmp(value, "-1") == 0) {
		*(int64_t *)target = -1;
		return 0;
	}
	if (parse_size(value, target) < 0)
		return error_set(err, ERR_INVALID, 0, "invalid size: '%s'", value);
	return 0;
}

int set_blkio_weight(void *target, const char *value, struct error *err)
{
	uint32_t weight;

	if (parse_u32(value, &weight) < 0 || weight > UINT16_MAX)
		return error_set(err, ERR_INVALID, 0, "'%s' is not a number between 0 and 65535",
				 value);
	*(int64_t *)target = weight;
	return 0;
}

static const char *skip_number(const char *p)
{
	if (*p == '*')
		return p + 1;
	return *p >= '0' && *p <= '9' ? p + strspn(p, "0123456789") : NULL;
}

/* "c 1:3 rwm", "b 8:* r" */
int set_device_rule(void *target, const char *value, struct error *err)
{
	const char *p = value;
	size_t modes;

	if (*p && strchr("acb", *p) && p[1] == ' ') {
		p = skip_number(p + 2);
		p = p && *p == ':' ? skip_number(p + 1) : NULL;
		modes = p && *p == ' ' ? strspn(p + 1, "rwm") : 0;
		if (modes >= 1 && modes <= 3 && !p[1 + modes]) {
			strv_push(target, value);
			return 0;
		}
	}
	return error_set(err, ERR_INVALID, 0, "invalid device cgroup format '%s'", value);
}

int restart_parse(const char *text, struct restart_policy *ret, struct error *err)
{
	const char *colon = strchr(text, ':');

	if (colon == text)
		return error_set(err, ERR_INVALID, 0,
				 "invalid restart policy format: no policy provided before colon");
	if (colon && colon[1] && parse_i64(colon + 1, &ret->maximum_retry_count) < 0)
		return error_set(
			err, ERR_INVALID, 0,
			"invalid restart policy format: maximum retry count must be an integer");
	ret->name = colon ? xstrndup(text, (size_t)(colon - text)) : xstrdup(text);
	return 0;
}
