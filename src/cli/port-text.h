/* SPDX-License-Identifier: Apache-2.0 */
/* "0.0.0.0:8080->80/tcp, 443/tcp": the ports of a container for a person, ranges put together. */
#pragma once

#include "base/strbuf.h"
#include "wire/container.h"

/* Sorts ports. */
void ports_text(struct port_summary *ports, size_t n, struct strbuf *out);
