/* SPDX-License-Identifier: Apache-2.0 */
/* The checks of config.json, split by section; private to runtime-spec-check*.c. Each sets one
 * sentence that names the member as a path: "linux.devices[2].major". */
#pragma once

#include "oci/runtime-spec.h"

must_check int check_process(const struct oci_process *process, struct error *err);
must_check int check_linux(const struct oci_linux *linux_, struct error *err);
/* One of @names (NULL-terminated), or "@where '@value' is not one of …". NULL is fine. */
must_check int check_word(const char *where, const char *value, const char *const *names,
			  struct error *err);
must_check int check_range(const char *where, int64_t value, int64_t min, int64_t max,
			   struct error *err);
must_check int check_absolute(const char *where, size_t i, const char *path, struct error *err);
/* "NAME=value", each. */
must_check int check_env(const char *where, char *const *env, struct error *err);
/* "0-3,7": of blanks, digits, commas and dashes; what the numbers mean is the kernel's matter. */
must_check int check_list(const char *where, const char *list, struct error *err);
must_check int check_mappings(const char *where, const struct oci_id_mapping *maps, size_t n,
			      struct error *err);
