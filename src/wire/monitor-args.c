/* SPDX-License-Identifier: Apache-2.0 */
/* hoy-monitor's argv, from one table: written by engine/start and exec, read by monitor/main. */
#include "wire/monitor-args.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/parse.h"
#include "base/strbuf.h"
#include "base/strv.h"

enum arg_type { ARG_STR, ARG_STRV, ARG_FLAG, ARG_I64, ARG_UINT, ARG_FD };

struct arg_field {
	const char *name;
	enum arg_type type;
	size_t offset;
};

#define ARG(name, type, member)                                                                    \
	{                                                                                          \
		(name), (type), offsetof(struct monitor_args, member)                              \
	}

static const struct arg_field arg_fields[] = {
	ARG("--id", ARG_STR, id),
	ARG("--exec", ARG_STR, exec_id),
	ARG("--dir", ARG_STR, dir),
	ARG("--bundle", ARG_STR, bundle),
	ARG("--runtime", ARG_STR, runtime),
	ARG("--runtime-root", ARG_STR, runtime_root),
	ARG("--runtime-arg", ARG_STRV, runtime_args),
	ARG("--lower", ARG_STRV, lower),
	ARG("--upper", ARG_STR, upper),
	ARG("--work", ARG_STR, work),
	ARG("--users-dir", ARG_STR, users_dir),
	ARG("--rootfs-bind", ARG_STR, rootfs_bind),
	ARG("--root-only", ARG_FLAG, root_only),
	ARG("--volatile", ARG_FLAG, volatile_upper),
	ARG("--log-driver", ARG_STR, log_driver),
	ARG("--log-path", ARG_STR, log_path),
	ARG("--log-max-size", ARG_I64, log_max_size),
	ARG("--log-max-file", ARG_UINT, log_max_file),
	ARG("--log-attrs", ARG_STR, log_attrs),
	ARG("--log-compress", ARG_STR, log_compress),
	ARG("--log-program", ARG_STR, log_program),
	ARG("--log-forward", ARG_STR, log_forward),
	ARG("--log-drop", ARG_FLAG, log_drop),
	ARG("--terminal", ARG_FLAG, terminal),
	ARG("--stdin", ARG_FLAG, stdin_open),
	ARG("--stdin-once", ARG_FLAG, stdin_once),
	ARG("--restart", ARG_STR, restart),
	ARG("--restart-max", ARG_UINT, restart_max),
	ARG("--exit-arg", ARG_STRV, exit_command),
	ARG("--health-arg", ARG_STRV, health_command),
	ARG("--health-interval", ARG_I64, health_interval),
	ARG("--health-start-interval", ARG_I64, health_start_interval),
	ARG("--health-start-period", ARG_I64, health_start_period),
	ARG("--resolver", ARG_STR, resolver),
	ARG("--resolver-arg", ARG_STRV, resolver_command),
	ARG("--ready-fd", ARG_FD, ready_fd),
	ARG("--lock-fd", ARG_FD, lock_fd),
	ARG("--netns-fd", ARG_FD, netns_fd),
	ARG("--userns-fd", ARG_FD, userns_fd),
	ARG("--pidns-fd", ARG_FD, pidns_fd),
	ARG("--ipcns-fd", ARG_FD, ipcns_fd),
	ARG("--netns-bind", ARG_FLAG, netns_bind),
};

static const struct monitor_args args_default = MONITOR_ARGS_INIT;

static const void *field_of(const struct monitor_args *args, const struct arg_field *field)
{
	return (const char *)args + field->offset;
}

static void push_number(char ***argv, const char *name, int64_t value, int64_t unset)
{
	if (value == unset)
		return;
	strv_push(argv, name);
	strv_pushf(argv, "%" PRId64, value);
}

static void push_str(char ***argv, const char *name, const char *value)
{
	if (!value)
		return;
	strv_push(argv, name);
	strv_push(argv, value);
}

static void push_field(char ***argv, const struct monitor_args *args, const struct arg_field *field)
{
	const void *value = field_of(args, field), *unset = field_of(&args_default, field);

	switch (field->type) {
	case ARG_STR:
		push_str(argv, field->name, *(const char *const *)value);
		break;
	case ARG_STRV:
		for (char *const *v = *(char *const *const *)value; v && *v; v++)
			push_str(argv, field->name, *v);
		break;
	case ARG_FLAG:
		if (*(const bool *)value)
			strv_push(argv, field->name);
		break;
	case ARG_I64:
		push_number(argv, field->name, *(const int64_t *)value, *(const int64_t *)unset);
		break;
	case ARG_UINT:
		push_number(argv, field->name, *(const unsigned int *)value,
			    *(const unsigned int *)unset);
		break;
	case ARG_FD:
		push_number(argv, field->name, *(const int *)value, *(const int *)unset);
		break;
	}
}

char **monitor_args_to_argv(const struct monitor_args *args, const char *program)
{
	char **argv = NULL;

	strv_push(&argv, program);
	for (size_t i = 0; i < ARRAY_SIZE(arg_fields); i++)
		push_field(&argv, args, &arg_fields[i]);
	return argv;
}

static int parse_number(const char *text, int64_t min, int64_t max, int64_t *ret)
{
	int64_t value;
	int r = parse_i64(text, &value);

	if (r < 0)
		return r;
	if (value < min || value > max)
		return -ERANGE;
	*ret = value;
	return 0;
}

static int read_value(struct monitor_args *args, const struct arg_field *field, char *text)
{
	void *value = (char *)args + field->offset;
	int64_t number = 0;
	int r = 0;

	switch (field->type) {
	case ARG_STR:
		*(const char **)value = text;
		break;
	case ARG_STRV:
		strv_push((char ***)value, text);
		break;
	case ARG_FLAG:
		*(bool *)value = true;
		break;
	case ARG_I64:
		r = parse_number(text, -1, INT64_MAX, (int64_t *)value);
		break;
	case ARG_UINT:
		r = parse_number(text, 0, UINT32_MAX, &number);
		*(unsigned int *)value = (unsigned int)number;
		break;
	case ARG_FD:
		r = parse_number(text, 3, 1 << 20, &number);
		*(int *)value = (int)number;
		break;
	}
	return r;
}

static const struct arg_field *find_field(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(arg_fields); i++)
		if (strcmp(arg_fields[i].name, name) == 0)
			return &arg_fields[i];
	return NULL;
}

/* What nothing works without, and what belongs together. NULL, or the option that is missing. */
static const char *find_missing(const struct monitor_args *args)
{
	if (!args->id)
		return "--id";
	if (!args->dir)
		return "--dir";
	if (args->root_only)
		return !args->upper != !args->work ? "--work" : NULL;
	if (!args->bundle)
		return "--bundle";
	if (!args->runtime || args->runtime[0] != '/')
		return "--runtime";
	if (!args->upper != !args->work)
		return "--work";
	if (args->log_driver && strcmp(args->log_driver, "none") != 0 && !args->log_path)
		return "--log-path";
	if (!args->log_program != !args->log_forward)
		return "--log-program";
	if ((args->health_interval > 0) != (args->health_command != NULL))
		return "--health-arg";
	if (args->resolver && !args->resolver_command)
		return "--resolver-arg";
	return NULL;
}

int monitor_args_from_argv(int argc, char **argv, struct monitor_args *ret, const char **ret_bad)
{
	cleanup(monitor_args_release) struct monitor_args args = MONITOR_ARGS_INIT;
	const char *missing;

	for (int i = 1; i < argc; i++) {
		const struct arg_field *field = find_field(argv[i]);
		bool has_value = field && field->type != ARG_FLAG;

		*ret_bad = argv[i];
		if (!field || (has_value && i + 1 == argc))
			return -EINVAL;
		if (read_value(&args, field, has_value ? argv[++i] : NULL) < 0)
			return -EINVAL;
	}
	missing = find_missing(&args);
	if (missing) {
		*ret_bad = missing;
		return -EINVAL;
	}
	*ret = args;
	args = (struct monitor_args)MONITOR_ARGS_INIT;
	return 0;
}

void monitor_args_release(struct monitor_args *args)
{
	if (!args)
		return;
	strv_free((char **)args->runtime_args);
	strv_free((char **)args->lower);
	strv_free((char **)args->exit_command);
	strv_free((char **)args->health_command);
	strv_free((char **)args->resolver_command);
	*args = (struct monitor_args)MONITOR_ARGS_INIT;
}

bool lower_is_index(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && strcmp(slash + 1, LOWER_INDEX) == 0;
}
