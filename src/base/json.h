/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON by table: one table of fields per struct gives decode, encode and release. Text is read
 * straight into the structs (json-scan.h), there is no tree. Nesting is at most JSON_DEPTH_MAX,
 * a map has at most 16384 members, arrays may take 64 bytes for each byte of text; callers bound
 * the text. Of two members of one name the last wins.
 *
 * A macro per field type checks the C type of the member at compile time:
 *
 *	static const struct json_field mount_fields[] = {
 *		FIELD_STR(struct mount_point, source, "Source"),
 *		FIELD_BOOL(struct mount_point, rw, "RW"),
 *		FIELD_ARRAY(struct mount_point, opts, n_opts, "Opts", &mount_opt_shape),
 *	};
 *	const struct json_shape mount_point_shape = JSON_SHAPE(struct mount_point, mount_fields, 0);
 *
 * Absent or null members leave the C member zero. A zero-filled struct is valid for encode and
 * release.
 */
#pragma once

#include "base/error.h"
#include "base/strbuf.h"
#include "base/strmap.h"

enum json_type {
	JSON_STR,      /* char * */
	JSON_BOOL,     /* bool */
	JSON_I64,      /* int64_t */
	JSON_U64,      /* uint64_t */
	JSON_U32,      /* uint32_t, refused outside 0 … 4294967295 */
	JSON_F64,      /* double */
	JSON_OPT_BOOL, /* struct opt_bool: null is not false */
	JSON_OPT_I64,  /* struct opt_i64 */
	/* int64_t, nanoseconds since 1970, as RFC 3339; 0 is "0001-01-01T00:00:00Z" */
	JSON_TIME,
	JSON_STRV,	  /* char **, NULL-terminated; NULL is null/absent, an empty vector is [] */
	JSON_STR_OR_STRV, /* char **: a string is read as a vector of one */
	/* char **: the keys of an object whose values are {} (ExposedPorts, Volumes) */
	JSON_SET,
	JSON_MAP, /* struct strmap: object of strings */
	/* a nested struct, inline. With the name "" its members stand among the parent's */
	JSON_OBJ,
	JSON_OBJP,	/* pointer to a struct, NULL is null/absent; allocated on decode */
	JSON_ARRAY,	/* T *items + size_t n: array of structs */
	JSON_ARRAY_I64, /* int64_t *items + size_t n */
	/* T *items + size_t n: object whose values are structs; T's first member is char *key. A
	 * shape whose only field is named "" stands for the value itself. */
	JSON_OBJMAP,
	JSON_RAW, /* char *: any value, kept as compact JSON text */
};

enum {
	JSON_OMIT_EMPTY = 1 << 0, /* encode leaves out null, "", 0, false, [], {} */
	/* decode refuses when absent or null: "<path> is required" */
	JSON_REQUIRED = 1 << 1,
	/* encode an absent vector, array or map as null (Go's nil), not as [] or {} */
	JSON_EMPTY_AS_NULL = 1 << 2,
};

enum {
	JSON_SHAPE_STRICT = 1 << 0, /* unknown members are refused, by name */
	/* names match without regard to case, as Go's decoder does */
	JSON_SHAPE_ANYCASE = 1 << 1,
	/* element of a JSON_OBJMAP: release and copy take its key along */
	JSON_SHAPE_KEYED = 1 << 2,
};

struct opt_bool {
	bool set, value;
};

struct opt_i64 {
	bool set;
	int64_t value;
};

struct json_field;

struct json_shape {
	const struct json_field *fields;
	size_t n_fields;
	size_t size;	    /* sizeof the struct */
	unsigned int flags; /* JSON_SHAPE_*      */
};

struct json_field {
	const char *name;
	enum json_type type;
	unsigned int flags;
	size_t offset;
	size_t count_offset;		/* JSON_ARRAY*, JSON_OBJMAP */
	const struct json_shape *shape; /* nested types             */
};

#define JSON_SHAPE(T, table, flags)                                                                \
	{                                                                                          \
		(table), ARRAY_SIZE(table), sizeof(T), (flags)                                     \
	}

#define JSON_OFFSET(T, member, ctype)                                                              \
	(offsetof(T, member) + 0 * sizeof(char[_Generic(((T *)0)->member, ctype : 1, default       \
							: -1)]))

#define FIELD_FLAGS(T, member, json, kind, ctype, fl)                                              \
	{                                                                                          \
		.name = (json), .type = (kind), .flags = (fl),                                     \
		.offset = JSON_OFFSET(T, member, ctype)                                            \
	}
#define FIELD_STR(T, m, name) FIELD_FLAGS(T, m, name, JSON_STR, char *, 0)
#define FIELD_STR_OMIT(T, m, name) FIELD_FLAGS(T, m, name, JSON_STR, char *, JSON_OMIT_EMPTY)
#define FIELD_BOOL(T, m, name) FIELD_FLAGS(T, m, name, JSON_BOOL, bool, 0)
#define FIELD_BOOL_OMIT(T, m, name) FIELD_FLAGS(T, m, name, JSON_BOOL, bool, JSON_OMIT_EMPTY)
#define FIELD_I64(T, m, name) FIELD_FLAGS(T, m, name, JSON_I64, int64_t, 0)
#define FIELD_I64_OMIT(T, m, name) FIELD_FLAGS(T, m, name, JSON_I64, int64_t, JSON_OMIT_EMPTY)
#define FIELD_U64(T, m, name) FIELD_FLAGS(T, m, name, JSON_U64, uint64_t, 0)
#define FIELD_U32(T, m, name) FIELD_FLAGS(T, m, name, JSON_U32, uint32_t, 0)
#define FIELD_F64(T, m, name) FIELD_FLAGS(T, m, name, JSON_F64, double, 0)
#define FIELD_U64_OMIT(T, m, name) FIELD_FLAGS(T, m, name, JSON_U64, uint64_t, JSON_OMIT_EMPTY)
#define FIELD_OPT_BOOL(T, m, name) FIELD_FLAGS(T, m, name, JSON_OPT_BOOL, struct opt_bool, 0)
#define FIELD_OPT_I64(T, m, name) FIELD_FLAGS(T, m, name, JSON_OPT_I64, struct opt_i64, 0)
#define FIELD_TIME(T, m, name) FIELD_FLAGS(T, m, name, JSON_TIME, int64_t, 0)
#define FIELD_STRV(T, m, name) FIELD_FLAGS(T, m, name, JSON_STRV, char **, 0)
#define FIELD_STRV_OMIT(T, m, name) FIELD_FLAGS(T, m, name, JSON_STRV, char **, JSON_OMIT_EMPTY)
#define FIELD_STRV_NULL(T, m, name) FIELD_FLAGS(T, m, name, JSON_STRV, char **, JSON_EMPTY_AS_NULL)
#define FIELD_STR_OR_STRV(T, m, name) FIELD_FLAGS(T, m, name, JSON_STR_OR_STRV, char **, 0)
#define FIELD_SET(T, m, name) FIELD_FLAGS(T, m, name, JSON_SET, char **, 0)
#define FIELD_MAP(T, m, name) FIELD_FLAGS(T, m, name, JSON_MAP, struct strmap, 0)
#define FIELD_MAP_OMIT(T, m, name) FIELD_FLAGS(T, m, name, JSON_MAP, struct strmap, JSON_OMIT_EMPTY)
#define FIELD_MAP_NULL(T, m, name)                                                                 \
	FIELD_FLAGS(T, m, name, JSON_MAP, struct strmap, JSON_EMPTY_AS_NULL)
#define FIELD_RAW(T, m, name) FIELD_FLAGS(T, m, name, JSON_RAW, char *, 0)
#define FIELD_OBJ_FLAGS(T, m, json, sh, fl)                                                        \
	{                                                                                          \
		.name = (json), .type = JSON_OBJ, .flags = (fl), .offset = offsetof(T, m),         \
		.shape = (sh)                                                                      \
	}
#define FIELD_OBJ(T, m, json, sh) FIELD_OBJ_FLAGS(T, m, json, sh, 0)
#define FIELD_OBJP_FLAGS(T, m, json, sh, fl)                                                       \
	{                                                                                          \
		.name = (json), .type = JSON_OBJP, .flags = (fl), .offset = offsetof(T, m),        \
		.shape = (sh)                                                                      \
	}
#define FIELD_OBJP(T, m, json, sh) FIELD_OBJP_FLAGS(T, m, json, sh, 0)
#define FIELD_LIST_FLAGS(T, m, count, json, kind, sh, fl)                                          \
	{                                                                                          \
		.name = (json), .type = (kind), .flags = (fl), .offset = offsetof(T, m),           \
		.count_offset = JSON_OFFSET(T, count, size_t), .shape = (sh)                       \
	}
#define FIELD_ARRAY(T, m, count, name, sh) FIELD_LIST_FLAGS(T, m, count, name, JSON_ARRAY, sh, 0)
#define FIELD_OBJMAP(T, m, count, name, sh) FIELD_LIST_FLAGS(T, m, count, name, JSON_OBJMAP, sh, 0)
#define FIELD_ARRAY_I64(T, m, count, name)                                                         \
	FIELD_LIST_FLAGS(T, m, count, name, JSON_ARRAY_I64, NULL, 0)

enum { JSON_DEPTH_MAX = 64 };

/* What decode and encode share. A bare shape has one field, named "", that stands for the value
 * itself; absent means zero, "" not, an empty vector not. */
bool json_shape_is_bare(const struct json_shape *shape);
bool json_field_is_absent(const struct json_field *field, const void *obj);
void json_field_release(const struct json_field *field, void *obj);

/* Decode text into obj (zero-filled by this call). On failure obj is released and zero, and err
 * (ERR_INVALID) names the member: "linux.namespaces[2].type must be a string". Returns 0 or
 * -EINVAL. */
must_check int json_decode(const struct json_shape *shape, const char *text, size_t len, void *obj,
			   struct error *err);

/* Append obj as compact JSON, members in table order. Cannot fail (invalid UTF-8 becomes
 * U+FFFD). */
void json_encode(const struct json_shape *shape, const void *obj, struct strbuf *out);

/* Decode/encode an array of structs at the top level. *ret_items is owned: release each, then
 * free. */
must_check int json_decode_array(const struct json_shape *shape, const char *text, size_t len,
				 void *ret_items, size_t *ret_n, struct error *err);
void json_encode_array(const struct json_shape *shape, const void *items, size_t n,
		       struct strbuf *out);

/* Free what obj owns, leave it zero-filled. Safe on a zero-filled obj, and twice. */
void json_release(const struct json_shape *shape, void *obj);
/* frees items too */
void json_release_array(const struct json_shape *shape, void *items, size_t n);

/* Deep copy: dst is zero-filled first. */
void json_copy(const struct json_shape *shape, const void *src, void *dst);

/* Append str as a JSON string with quotes, value as JSON writes numbers (shortest form that
 * reads back the same). */
void json_quote(struct strbuf *out, const char *str, size_t len);
void json_add_f64(struct strbuf *out, double value);

/* Check that text is one JSON value within the limits, and append it indented by `indent` spaces
 * a level ("" keys kept in order), as `docker inspect` prints (4 spaces). */
must_check int json_pretty(const char *text, size_t len, unsigned int indent, struct strbuf *out,
			   struct error *err);
