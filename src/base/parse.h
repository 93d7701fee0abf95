/* SPDX-License-Identifier: Apache-2.0 */
/* Strict parsers of small values: the whole string must match, no leading blanks, no sign unless
 * said. -EINVAL when it is not such a value, -ERANGE when it does not fit. Outputs are untouched
 * on failure. */
#pragma once

#include "base/macros.h"

must_check int parse_u32(const char *str, uint32_t *ret); /* ids: decimal only */
must_check int parse_u64(const char *str, uint64_t *ret);
must_check int parse_i64(const char *str, int64_t *ret); /* optional '-' */
/* Go's: 1 t T true TRUE True, 0 f F false FALSE False */
must_check int parse_bool(const char *str, bool *ret);
/* docker/go-units RAMInBytes: "512m" "1.5g" "2GiB" "64kb" */
must_check int parse_size(const char *str, int64_t *ret);
/* FromHumanSize: the same text, powers of 1000 */
must_check int parse_size_decimal(const char *str, int64_t *ret);
/* Go's: "1h2m3.5s", "300ms"; "0" is allowed */
must_check int parse_duration(const char *str, int64_t *ret_ns);
/* "KILL" "SIGKILL" "9" "SIGRTMIN+3", any case */
must_check int parse_signal(const char *str, int *ret);
const char *signal_name(int sig);			   /* "SIGKILL"; NULL when unknown */
must_check int parse_port(const char *str, uint16_t *ret); /* 1 … 65535 */
/* "80" or "8000-8010" */
must_check int parse_port_range(const char *str, uint16_t *ret_first, uint16_t *ret_last);
