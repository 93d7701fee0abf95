/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Command-line options by table: one row per option writes straight into a struct of the caller,
 * and the same rows give the help text, completion and the check of the manual.
 *
 *	static const struct arg_option kill_options[] = {
 *		ARG_STR(struct kill_options, signal, "signal", 's', "string", "Signal to send"),
 *	};
 *	const struct arg_spec kill_spec = {
 *		.command = "hoy kill", .usage = "[OPTIONS] CONTAINER [CONTAINER...]",
 *		.summary = "Kill one or more running containers",
 *		ARG_OPTIONS(kill_options), .min_args = 1, .max_args = -1,
 *	};
 *
 * Understood: --long value, --long=value, -s value, -svalue, -s=value, -abc, --bool,
 * --bool=false, "--". Options may stand anywhere between the arguments unless ARGS_STOP_AT_FIRST
 * (docker run, exec: the rest belongs to the program). A row may be in several specs by .parent:
 * its struct must then be the first member of the bigger one.
 */
#pragma once

#include "base/error.h"
#include "base/json.h"
#include "base/strbuf.h"

enum arg_type {
	ARG_TYPE_BOOL,	   /* bool; takes no value unless by '=' */
	ARG_TYPE_OPT_BOOL, /* struct opt_bool: tells "not given" from false */
	ARG_TYPE_STR,	   /* char *, owned copy; the last one wins */
	ARG_TYPE_I64,	   /* int64_t, decimal */
	ARG_TYPE_OPT_I64,  /* struct opt_i64 */
	ARG_TYPE_U64,	   /* uint64_t */
	ARG_TYPE_BYTES,	   /* int64_t from "512m" */
	ARG_TYPE_DURATION, /* int64_t nanoseconds from "1m30s" */
	ARG_TYPE_LIST,	   /* char **, each use appends */
	ARG_TYPE_FUNC,	   /* set() decides */
};

enum {
	ARG_HIDDEN = 1 << 0,   /* not in the help */
	ARG_NO_VALUE = 1 << 1, /* of ARG_TYPE_FUNC: a switch, set() gets "true" */
};

struct arg_option {
	const char *name; /* without "--" */
	char short_name;  /* 0 none */
	enum arg_type type;
	unsigned int flags;
	size_t offset;
	const char *value; /* what the help calls the value: "string", "list", "bytes" … */
	const char *help;
	/* parsed into the member before all else, and shown "(default …)"; NULL none */
	const char *def;
	const char *def_text; /* shown only, verbatim: "default []" gives " (default [])" */
	/* ARG_TYPE_FUNC: target is the member. The error's text comes behind 'invalid argument
	 * "x" for "--y" flag: '. */
	int (*set)(void *target, const char *value, struct error *err);
};

enum { ARGS_STOP_AT_FIRST = 1 << 0 };

struct arg_spec {
	const char *command; /* "hoy run" */
	const char *usage;   /* "[OPTIONS] IMAGE [COMMAND] [ARG...]"; NULL none */
	const char *summary; /* one line; NULL none */
	const char *aliases; /* "hoy container run, hoy run"; NULL none */
	const struct arg_option *options;
	size_t n_options;
	const struct arg_spec *parent; /* further options, same target; NULL none */
	unsigned int flags;
	int min_args, max_args; /* max -1: any number */
	size_t given;		/* offset of a bool: whether any option was given; 0: nobody asks */
};

#define ARG_OPTIONS(table) .options = (table), .n_options = ARRAY_SIZE(table)

#define ARG_ROW(T, m, ctype, kind, long_name, short_, value_, help_, ...)                          \
	{                                                                                          \
		.name = (long_name), .short_name = (short_), .type = (kind),                       \
		.offset = JSON_OFFSET(T, m, ctype), .value = (value_), .help = (help_),            \
		##__VA_ARGS__                                                                      \
	}
#define ARG_BOOL(T, m, long_name, short_, help_, ...)                                              \
	ARG_ROW(T, m, bool, ARG_TYPE_BOOL, long_name, short_, NULL, help_, ##__VA_ARGS__)
#define ARG_OPT_BOOL(T, m, long_name, short_, help_, ...)                                          \
	ARG_ROW(T, m, struct opt_bool, ARG_TYPE_OPT_BOOL, long_name, short_, NULL, help_,          \
		##__VA_ARGS__)
#define ARG_STR(T, m, long_name, short_, value_, help_, ...)                                       \
	ARG_ROW(T, m, char *, ARG_TYPE_STR, long_name, short_, value_, help_, ##__VA_ARGS__)
#define ARG_I64(T, m, long_name, short_, value_, help_, ...)                                       \
	ARG_ROW(T, m, int64_t, ARG_TYPE_I64, long_name, short_, value_, help_, ##__VA_ARGS__)
#define ARG_OPT_I64(T, m, long_name, short_, value_, help_, ...)                                   \
	ARG_ROW(T, m, struct opt_i64, ARG_TYPE_OPT_I64, long_name, short_, value_, help_,          \
		##__VA_ARGS__)
#define ARG_U64(T, m, long_name, short_, value_, help_, ...)                                       \
	ARG_ROW(T, m, uint64_t, ARG_TYPE_U64, long_name, short_, value_, help_, ##__VA_ARGS__)
#define ARG_BYTES(T, m, long_name, short_, help_, ...)                                             \
	ARG_ROW(T, m, int64_t, ARG_TYPE_BYTES, long_name, short_, "bytes", help_, ##__VA_ARGS__)
#define ARG_DURATION(T, m, long_name, short_, help_, ...)                                          \
	ARG_ROW(T, m, int64_t, ARG_TYPE_DURATION, long_name, short_, "duration", help_,            \
		##__VA_ARGS__)
#define ARG_LIST(T, m, long_name, short_, value_, help_, ...)                                      \
	ARG_ROW(T, m, char **, ARG_TYPE_LIST, long_name, short_, value_, help_, ##__VA_ARGS__)
/* value_ NULL makes it a switch. */
#define ARG_FUNC(T, m, long_name, short_, value_, set_, help_, ...)                                \
	{                                                                                          \
		.name = (long_name), .short_name = (short_), .type = ARG_TYPE_FUNC,                \
		.flags = (value_) ? 0 : ARG_NO_VALUE, .offset = offsetof(T, m), .value = (value_), \
		.help = (help_), .set = (set_), ##__VA_ARGS__                                      \
	}

enum { ARGS_OK = 0, ARGS_HELP = 1 };

/* Parse argv[1 … argc-1] into target, which is zero-filled or holds values that options replace
 * or extend. *ret_rest: the arguments, NULL-terminated; the vector is the caller's to free, the
 * strings stay argv's. Returns ARGS_OK, ARGS_HELP (--help, or -h when no option has it: print
 * args_help and stop), or -EINVAL with err in docker's words: "unknown flag: --x", "unknown
 * shorthand flag: 'x' in -xy", "flag needs an argument: --x". */
must_check int args_parse(const struct arg_spec *spec, int argc, char *const *argv, void *target,
			  char ***ret_rest, struct error *err);

/* "'hoy kill' requires at least 1 argument" and its kin, when n is not within the spec. */
must_check int args_check_count(const struct arg_spec *spec, size_t n, struct error *err);

/* Free the strings and lists that the options own, and clear those members. */
void args_release(const struct arg_spec *spec, void *target);

/* The whole help page, wrapped at width columns (0: never). */
void args_help(const struct arg_spec *spec, unsigned int width, struct strbuf *out);
/* Only "Usage:  hoy kill [OPTIONS] CONTAINER [CONTAINER...]\n". */
void args_usage(const struct arg_spec *spec, struct strbuf *out);
/* Only the rows of options, as they stand below "Options:". */
void args_help_options(const struct arg_spec *spec, unsigned int width, struct strbuf *out);
