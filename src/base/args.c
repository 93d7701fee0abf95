/* SPDX-License-Identifier: Apache-2.0 */
/* Command lines by table: from argv into the caller's struct. The help page is args-help.c's. */
#include "base/args.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "base/strv.h"

struct parse {
	const struct arg_spec *spec;
	int argc;
	char *const *argv;
	int next; /* index of the argument to look at */
	void *target;
	struct error *err;
};

static const struct arg_option *find_long(const struct arg_spec *spec, const char *name, size_t len)
{
	for (; spec; spec = spec->parent)
		for (size_t i = 0; i < spec->n_options; i++)
			if (strncmp(spec->options[i].name, name, len) == 0 &&
			    !spec->options[i].name[len])
				return &spec->options[i];
	return NULL;
}

static const struct arg_option *find_short(const struct arg_spec *spec, char c)
{
	for (; spec; spec = spec->parent)
		for (size_t i = 0; i < spec->n_options; i++)
			if (spec->options[i].short_name == c)
				return &spec->options[i];
	return NULL;
}

static bool takes_value(const struct arg_option *opt)
{
	return opt->type != ARG_TYPE_BOOL && opt->type != ARG_TYPE_OPT_BOOL &&
	       !(opt->flags & ARG_NO_VALUE);
}

static const char *number_problem(int r)
{
	return r == -ERANGE ? "value out of range" : "invalid syntax";
}

static int set_bool(bool *member, const char *value, struct error *err)
{
	if (parse_bool(value, member) < 0)
		return error_set(err, ERR_INVALID, 0,
				 "strconv.ParseBool: parsing \"%s\": invalid syntax", value);
	return 0;
}

static int set_i64(int64_t *member, const char *value, struct error *err)
{
	int r = parse_i64(value, member);

	if (r < 0)
		return error_set(err, ERR_INVALID, 0, "strconv.ParseInt: parsing \"%s\": %s", value,
				 number_problem(r));
	return 0;
}

static int set_u64(uint64_t *member, const char *value, struct error *err)
{
	int r = parse_u64(value, member);

	if (r < 0)
		return error_set(err, ERR_INVALID, 0, "strconv.ParseUint: parsing \"%s\": %s",
				 value, number_problem(r));
	return 0;
}

static int set_bytes(int64_t *member, const char *value, struct error *err)
{
	if (parse_size(value, member) < 0)
		return error_set(err, ERR_INVALID, 0, "invalid size: '%s'", value);
	return 0;
}

static int set_duration(int64_t *member, const char *value, struct error *err)
{
	if (parse_duration(value, member) < 0)
		return error_set(err, ERR_INVALID, 0, "time: invalid duration \"%s\"", value);
	return 0;
}

static int set_str(char **member, const char *value)
{
	char *copy = xstrdup(value);

	free(*member);
	*member = copy;
	return 0;
}

static int set_value(const struct arg_option *opt, void *target, const char *value,
		     struct error *err)
{
	void *member = (char *)target + opt->offset;

	switch (opt->type) {
	case ARG_TYPE_BOOL:
		return set_bool(member, value, err);
	case ARG_TYPE_OPT_BOOL:
		((struct opt_bool *)member)->set = true;
		return set_bool(&((struct opt_bool *)member)->value, value, err);
	case ARG_TYPE_STR:
		return set_str(member, value);
	case ARG_TYPE_I64:
		return set_i64(member, value, err);
	case ARG_TYPE_OPT_I64:
		((struct opt_i64 *)member)->set = true;
		return set_i64(&((struct opt_i64 *)member)->value, value, err);
	case ARG_TYPE_U64:
		return set_u64(member, value, err);
	case ARG_TYPE_BYTES:
		return set_bytes(member, value, err);
	case ARG_TYPE_DURATION:
		return set_duration(member, value, err);
	case ARG_TYPE_LIST:
		strv_push(member, value);
		return 0;
	case ARG_TYPE_FUNC:
		return opt->set(member, value, err);
	}
	return -EINVAL;
}

static int apply(struct parse *p, const struct arg_option *opt, const char *value)
{
	struct error inner = ERROR_INIT;
	char with_short[8] = "";
	int r = set_value(opt, p->target, value, &inner);

	if (r >= 0)
		return 0;
	if (opt->short_name)
		(void)snprintf(with_short, sizeof(with_short), "-%c, ", opt->short_name);
	r = error_set(p->err, ERR_INVALID, 0, "invalid argument \"%s\" for \"%s--%s\" flag: %s",
		      value, with_short, opt->name, error_text(&inner));
	error_release(&inner);
	return r;
}

static int parse_long(struct parse *p, const char *arg)
{
	const char *name = arg + 2, *equals = strchrnul(name, '=');
	const struct arg_option *opt = find_long(p->spec, name, (size_t)(equals - name));

	if (equals == name || *name == '-')
		return error_set(p->err, ERR_INVALID, 0, "bad flag syntax: %s", arg);
	if (!opt && strcmp(name, "help") == 0)
		return ARGS_HELP;
	if (!opt)
		return error_set(p->err, ERR_INVALID, 0, "unknown flag: --%.*s",
				 (int)(equals - name), name);
	if (*equals)
		return apply(p, opt, equals + 1);
	if (!takes_value(opt))
		return apply(p, opt, "true");
	if (p->next == p->argc)
		return error_set(p->err, ERR_INVALID, 0, "flag needs an argument: --%s", name);
	return apply(p, opt, p->argv[p->next++]);
}

/* "-abc", "-sVALUE", "-s=VALUE", "-s VALUE". */
static int parse_short(struct parse *p, const char *arg)
{
	for (const char *c = arg + 1; *c; c++) {
		const struct arg_option *opt = find_short(p->spec, *c);
		int r;

		if (!opt && *c == 'h')
			return ARGS_HELP;
		if (!opt)
			return error_set(p->err, ERR_INVALID, 0,
					 "unknown shorthand flag: '%c' in -%s", *c, c);
		if (c[1] == '=')
			return apply(p, opt, c + 2);
		if (takes_value(opt)) {
			if (c[1])
				return apply(p, opt, c + 1);
			if (p->next == p->argc)
				return error_set(p->err, ERR_INVALID, 0,
						 "flag needs an argument: '%c' in -%s", *c, c);
			return apply(p, opt, p->argv[p->next++]);
		}
		r = apply(p, opt, "true");
		if (r < 0)
			return r;
	}
	return ARGS_OK;
}

static int apply_defaults(struct parse *p)
{
	for (const struct arg_spec *spec = p->spec; spec; spec = spec->parent) {
		for (size_t i = 0; i < spec->n_options; i++) {
			int r = spec->options[i].def
					? apply(p, &spec->options[i], spec->options[i].def)
					: 0;

			if (r < 0)
				return r;
		}
	}
	return 0;
}

int args_parse(const struct arg_spec *spec, int argc, char *const *argv, void *target,
	       char ***ret_rest, struct error *err)
{
	struct parse p = { spec, argc, argv, 1, target, err };
	cleanup_free char **rest = xcalloc((size_t)argc + 1, sizeof(char *));
	size_t n = 0;
	int r = apply_defaults(&p);

	while (r == ARGS_OK && p.next < argc) {
		char *arg = argv[p.next++];
		bool plain = arg[0] != '-' || !arg[1];

		if (plain)
			rest[n++] = arg;
		else if (arg[1] != '-')
			r = parse_short(&p, arg);
		else if (arg[2])
			r = parse_long(&p, arg);
		if (!plain && strcmp(arg, "--") != 0 && spec->given)
			*(bool *)((char *)target + spec->given) = true;
		if ((plain && (spec->flags & ARGS_STOP_AT_FIRST)) || strcmp(arg, "--") == 0)
			while (p.next < argc)
				rest[n++] = argv[p.next++];
	}
	if (r == ARGS_OK)
		*ret_rest = take_ptr(rest);
	return r;
}

int args_check_count(const struct arg_spec *spec, size_t n, struct error *err)
{
	size_t min = (size_t)spec->min_args;
	const char *how = "at least";

	if (n >= min && (spec->max_args < 0 || n <= (size_t)spec->max_args))
		return 0;
	if (spec->max_args == 0)
		return error_set(err, ERR_INVALID, 0, "'%s' accepts no arguments", spec->command);
	if (spec->max_args >= 0 && spec->min_args == spec->max_args)
		return error_set(err, ERR_INVALID, 0, "'%s' requires %d argument%s", spec->command,
				 spec->min_args, spec->min_args == 1 ? "" : "s");
	if (n >= min) {
		how = "at most";
		min = (size_t)spec->max_args;
	}
	return error_set(err, ERR_INVALID, 0, "'%s' requires %s %zu argument%s", spec->command, how,
			 min, min == 1 ? "" : "s");
}

void args_release(const struct arg_spec *spec, void *target)
{
	for (; spec; spec = spec->parent) {
		for (size_t i = 0; i < spec->n_options; i++) {
			void *member = (char *)target + spec->options[i].offset;

			if (spec->options[i].type == ARG_TYPE_STR) {
				free(*(char **)member);
				*(char **)member = NULL;
			} else if (spec->options[i].type == ARG_TYPE_LIST) {
				strv_release(member);
			}
		}
	}
}
