/* SPDX-License-Identifier: Apache-2.0 */
/* Dockerfile instructions that change an image's config. */
#include "image/changes.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/parse.h"
#include "base/strv.h"

typedef int (*change_fn)(const char *args, struct image_run_config *config, struct error *err);

static int bad(struct error *err, const char *what)
{
	return error_set(err, ERR_INVALID, EINVAL, "%s", what);
}

/* JSON list, or a line for the shell. */
static void set_command(const char *args, char ***ret)
{
	char **list = NULL;

	if (!change_json_list(args, &list)) {
		strv_push(&list, "/bin/sh");
		strv_push(&list, "-c");
		strv_push(&list, args);
	}
	strv_free(*ret);
	*ret = list;
}

static int change_cmd(const char *args, struct image_run_config *config, struct error *err)
{
	set_command(args, &config->cmd);
	return 0;
}

static int change_entrypoint(const char *args, struct image_run_config *config, struct error *err)
{
	set_command(args, &config->entrypoint);
	return 0;
}

/* "A=1 B=2" or the older "A the rest"; what a line sets does not count in the same line. */
static int pairs(const char *args, char *const *env, const char *instruction, char ***ret,
		 struct error *err)
{
	cleanup(strv_release) char **words = NULL;
	int r = change_words(args, env, &words, err);

	if (r < 0)
		return r;
	if (!words[0])
		return error_set(err, ERR_INVALID, EINVAL, "%s requires at least one argument",
				 instruction);
	if (!strchr(words[0], '=')) {
		size_t len = strcspn(args, " \t");
		cleanup_free char *value = strv_join(words + 1, " ");

		if (!words[1])
			return error_set(err, ERR_INVALID, EINVAL, "%s must have two arguments",
					 instruction);
		strv_pushf(ret, "%.*s=%s", (int)len, args, value);
		return 0;
	}
	for (size_t i = 0; words[i]; i++) {
		if (!strchr(words[i], '='))
			return error_set(err, ERR_INVALID, EINVAL,
					 "Syntax error - can't find = in \"%s\". Must be of the "
					 "form: name=value",
					 words[i]);
		if (words[i][0] == '=')
			return error_set(err, ERR_INVALID, EINVAL, "%s names can not be blank",
					 instruction);
		strv_push(ret, words[i]);
	}
	return 0;
}

static int change_env(const char *args, struct image_run_config *config, struct error *err)
{
	cleanup(strv_release) char **list = NULL;
	int r = pairs(args, config->env, "ENV", &list, err);

	for (size_t i = 0; r >= 0 && list && list[i]; i++)
		strv_env_set(&config->env, list[i]);
	return r;
}

static int change_label(const char *args, struct image_run_config *config, struct error *err)
{
	cleanup(strv_release) char **list = NULL;
	int r = pairs(args, config->env, "LABEL", &list, err);

	for (size_t i = 0; r >= 0 && list && list[i]; i++) {
		char *value = list[i] + strcspn(list[i], "=");

		*value++ = '\0';
		strmap_set(&config->labels, list[i], value);
	}
	return r;
}

static void set_add(char ***set, const char *item)
{
	if (!strv_contains(*set, item))
		strv_push(set, item);
}

/* first … last of one protocol, those that are not there yet. All 65,535 take no time. */
static void expose_range(struct image_run_config *config, uint32_t first, uint32_t last,
			 const char *proto)
{
	cleanup_free bool *there = xcalloc(UINT16_MAX + 1, sizeof(*there));
	size_t n = strv_len(config->exposed_ports);
	char **ports = xrealloc(config->exposed_ports, n + (last - first) + 2, sizeof(*ports));

	for (size_t i = 0; i < n; i++) {
		cleanup_free char *number = xstrndup(ports[i], strcspn(ports[i], "/"));
		const char *slash = strchr(ports[i], '/');
		uint16_t port;

		if (slash && strcmp(slash + 1, proto) == 0 && parse_port(number, &port) == 0)
			there[port] = true;
	}
	for (uint32_t port = first; port <= last; port++) {
		if (!there[port])
			ports[n++] = xasprintf("%u/%s", port, proto);
	}
	ports[n] = NULL;
	config->exposed_ports = ports;
}

static int expose(const char *word, struct image_run_config *config, struct error *err)
{
	static const char *const protocols[] = { "tcp", "udp", "sctp" };
	cleanup_free char *range = xstrndup(word, strcspn(word, "/"));
	const char *proto = word[strlen(range)] == '/' ? word + strlen(range) + 1 : "tcp";
	uint16_t first, last;

	if (parse_port_range(range, &first, &last) < 0)
		return error_set(err, ERR_INVALID, EINVAL, "invalid containerPort: %s", word);
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++) {
		if (strcasecmp(proto, protocols[i]) == 0) {
			expose_range(config, first, last, protocols[i]);
			return 0;
		}
	}
	return error_set(err, ERR_INVALID, EINVAL, "invalid proto: %s", proto);
}

static int change_expose(const char *args, struct image_run_config *config, struct error *err)
{
	cleanup(strv_release) char **words = NULL;
	int r = change_words(args, config->env, &words, err);

	if (r >= 0 && !words[0])
		return bad(err, "EXPOSE requires at least one argument");
	for (size_t i = 0; r >= 0 && words[i]; i++)
		r = expose(words[i], config, err);
	return r;
}

static int change_volume(const char *args, struct image_run_config *config, struct error *err)
{
	cleanup(strv_release) char **words = NULL;
	int r = 0;

	if (!change_json_list(args, &words))
		r = change_words(args, config->env, &words, err);
	if (r < 0)
		return r;
	if (!words[0])
		return bad(err, "VOLUME requires at least one argument");
	for (size_t i = 0; words[i]; i++) {
		if (words[i][0] == '\0')
			return bad(err, "VOLUME specified can not be an empty string");
		set_add(&config->volumes, words[i]);
	}
	return 0;
}

/* Exactly one word, which may hold blanks as the rest of the line does. */
static int one_word(const char *args, const struct image_run_config *config,
		    const char *instruction, char **ret, struct error *err)
{
	cleanup(strv_release) char **words = NULL;
	int r = change_words(args, config->env, &words, err);

	if (r < 0)
		return r;
	if (!words[0])
		return error_set(err, ERR_INVALID, EINVAL, "%s requires exactly one argument",
				 instruction);
	*ret = strv_join(words, " ");
	return 0;
}

static int change_user(const char *args, struct image_run_config *config, struct error *err)
{
	char *user = NULL;
	int r = one_word(args, config, "USER", &user, err);

	if (r < 0)
		return r;
	free(config->user);
	config->user = user;
	return 0;
}

static int change_workdir(const char *args, struct image_run_config *config, struct error *err)
{
	cleanup_free char *dir = NULL;
	int r = one_word(args, config, "WORKDIR", &dir, err);

	if (r < 0)
		return r;
	if (dir[0] != '/') {
		const char *base = config->working_dir ? config->working_dir : "";
		char *joined = xasprintf("%s/%s", strcmp(base, "/") == 0 ? "" : base, dir);

		free(config->working_dir);
		config->working_dir = joined;
		return 0;
	}
	free(config->working_dir);
	config->working_dir = take_ptr(dir);
	return 0;
}

static int change_stopsignal(const char *args, struct image_run_config *config, struct error *err)
{
	cleanup_free char *name = NULL;
	int number, r = one_word(args, config, "STOPSIGNAL", &name, err);

	if (r < 0)
		return r;
	if (parse_signal(name, &number) < 0)
		return error_set(err, ERR_INVALID, EINVAL, "invalid signal: %s", name);
	free(config->stop_signal);
	config->stop_signal = take_ptr(name);
	return 0;
}

static int change_onbuild(const char *args, struct image_run_config *config, struct error *err)
{
	size_t len = strcspn(args, " \t");

	if (len == 0)
		return bad(err, "ONBUILD requires at least one argument");
	if (len == 7 && strncasecmp(args, "ONBUILD", len) == 0)
		return bad(err, "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
	if ((len == 4 && strncasecmp(args, "FROM", len) == 0) ||
	    (len == 10 && strncasecmp(args, "MAINTAINER", len) == 0))
		return error_set(err, ERR_INVALID, EINVAL,
				 "%.*s isn't allowed as an ONBUILD trigger", (int)len, args);
	strv_push(&config->on_build, args);
	return 0;
}

static int health_option(const char *word, struct image_health *health, struct error *err)
{
	const struct {
		const char *name;
		int64_t *value;
	} times[] = {
		{ "--interval=", &health->interval },
		{ "--timeout=", &health->timeout },
		{ "--start-period=", &health->start_period },
		{ "--start-interval=", &health->start_interval },
	};

	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		size_t len = strlen(times[i].name);

		if (strncmp(word, times[i].name, len) != 0)
			continue;
		if (parse_duration(word + len, times[i].value) < 0 || *times[i].value < 0)
			return error_set(err, ERR_INVALID, EINVAL, "invalid duration: %s", word);
		return 0;
	}
	if (strncmp(word, "--retries=", 10) == 0 && parse_i64(word + 10, &health->retries) >= 0 &&
	    health->retries >= 0)
		return 0;
	return error_set(err, ERR_INVALID, EINVAL, "invalid HEALTHCHECK option: %s", word);
}

static int health_parse(const char *args, struct image_health *health, struct error *err)
{
	size_t len;
	int r;

	for (; args[0] == '-' && args[1] == '-'; args += strspn(args, " \t")) {
		cleanup_free char *word = xstrndup(args, strcspn(args, " \t"));

		r = health_option(word, health, err);
		if (r < 0)
			return r;
		args += strlen(word);
	}
	len = strcspn(args, " \t");
	if (len == 4 && strncasecmp(args, "NONE", 4) == 0) {
		strv_push(&health->test, "NONE");
		return 0;
	}
	if (len != 3 || strncasecmp(args, "CMD", 3) != 0)
		return error_set(err, ERR_INVALID, EINVAL,
				 "Unknown type \"%.*s\" in HEALTHCHECK (try CMD)", (int)len, args);
	args += len + strspn(args + len, " \t");
	if (*args == '\0')
		return bad(err, "Missing command after HEALTHCHECK CMD");
	if (change_json_list(args, &health->test)) {
		cleanup(strv_release) char **list = health->test;

		health->test = NULL;
		strv_push(&health->test, "CMD");
		strv_extend(&health->test, list);
		return 0;
	}
	strv_push(&health->test, "CMD-SHELL");
	strv_push(&health->test, args);
	return 0;
}

static int change_healthcheck(const char *args, struct image_run_config *config, struct error *err)
{
	struct image_health *health = xcalloc(1, sizeof(*health));
	struct image_run_config holder = { .healthcheck = health };
	int r = health_parse(args, health, err);

	if (r >= 0) {
		holder.healthcheck = config->healthcheck;
		config->healthcheck = health;
	}
	json_release(&image_run_config_shape, &holder);
	return r;
}

static const struct {
	const char *name;
	change_fn apply;
} instructions[] = {
	{ "CMD", change_cmd },
	{ "ENTRYPOINT", change_entrypoint },
	{ "ENV", change_env },
	{ "EXPOSE", change_expose },
	{ "HEALTHCHECK", change_healthcheck },
	{ "LABEL", change_label },
	{ "ONBUILD", change_onbuild },
	{ "STOPSIGNAL", change_stopsignal },
	{ "USER", change_user },
	{ "VOLUME", change_volume },
	{ "WORKDIR", change_workdir },
};

static int change_apply(const char *line, struct image_run_config *config, struct error *err)
{
	cleanup_free char *text = xstrdup(line + strspn(line, " \t\r\n"));
	size_t len = strlen(text), name_len;

	while (len > 0 && isspace((unsigned char)text[len - 1]))
		text[--len] = '\0';
	if (len == 0)
		return 0;
	name_len = strcspn(text, " \t");
	for (size_t i = 0; i < ARRAY_SIZE(instructions); i++) {
		const char *args = text + name_len;

		if (strlen(instructions[i].name) != name_len ||
		    strncasecmp(text, instructions[i].name, name_len) != 0)
			continue;
		return instructions[i].apply(args + strspn(args, " \t"), config, err);
	}
	return error_set(err, ERR_INVALID, EINVAL, "%.*s is not a valid change command",
			 (int)name_len, text);
}

int image_changes_apply(char *const *changes, struct image_run_config *config, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && changes && changes[i]; i++)
		r = change_apply(changes[i], config, err);
	return r;
}
