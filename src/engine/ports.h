/* SPDX-License-Identifier: Apache-2.0 */
/* A container's ports as ps and inspect show them. */
#pragma once

#include "network/network.h"

/* Published ones, and the exposed ones that are not (while it runs). */
void ports_summary(const struct container_config *config, const struct endpoint *eps, size_t n_eps,
		   bool running, struct port_summary **ret, size_t *ret_n);
void ports_map(const struct container_config *config, const struct endpoint *eps, size_t n_eps,
	       bool running, struct port_map_entry **ret, size_t *ret_n);
