/* SPDX-License-Identifier: Apache-2.0 */
/* NULL-terminated vectors of owned strings (char **). NULL is a vector that is not there;
 * functions read it as empty. */
#pragma once

#include "base/macros.h"

void strv_free(char **v);
void strv_release(char ***v); /* for cleanup(): frees *v, sets it NULL */
size_t strv_len(char *const *v);
char **strv_copy(char *const *v);	    /* NULL gives NULL */
void strv_push(char ***v, const char *str); /* appends a copy */
void strv_push_take(char ***v, char *str);  /* appends str itself, owned from now on */
void strv_pushf(char ***v, const char *fmt, ...) format_printf(2, 3);
void strv_extend(char ***v, char *const *more);
bool strv_contains(char *const *v, const char *str);
/* empty parts kept; "" gives one empty part */
char **strv_split(const char *str, char sep);
char *strv_join(char *const *v, const char *sep); /* owned; "" when empty */

/* Environment lists ("NAME=value"): the value of name or NULL; set replaces or appends. */
const char *strv_env_get(char *const *env, const char *name);
void strv_env_set(char ***env, const char *assignment);
