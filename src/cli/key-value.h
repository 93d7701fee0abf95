/* SPDX-License-Identifier: Apache-2.0 */
/* Files of NAME=value lines: --env-file and --label-file. */
#pragma once

#include "base/error.h"
#include "base/strmap.h"

/* Append the lines of text to *list: blanks before a name and lines that are empty or start with
 * '#' are skipped. A name alone takes its value from our environment when use_env (and is left out
 * when it has none), else stands as it is. */
must_check int key_values_parse(const char *text, size_t len, bool use_env, char ***list,
				struct error *err);

/* The same, of each file. */
must_check int key_values_read_files(char *const *paths, bool use_env, char ***list,
				     struct error *err);

/* "a=b" and "c" -> { a: b, c: "" } */
void key_values_to_map(char *const *list, struct strmap *map);
