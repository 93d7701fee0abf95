/* SPDX-License-Identifier: Apache-2.0 */
/* The proxies that hoy-fetch goes over. */
#pragma once

#include "wire/transfer.h"

/* libcurl reads the environment's; what the engine was told stands above it. Before there are
 * threads. */
void proxies_set(const struct fetch_request *request);
