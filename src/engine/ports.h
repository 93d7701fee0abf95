/* SPDX-License-Identifier: Apache-2.0 */
/* A container's ports as ps and inspect show them. */
#pragma once

#include "network/network.h"

/* Published ones, and the exposed ones (NULL: none count) that are not. */
void ports_summary(char *const *exposed, const struct endpoint *eps, size_t n_eps,
		   struct port_summary **ret, size_t *ret_n);
void ports_map(const struct container_config *config, const struct endpoint *eps, size_t n_eps,
	       bool running, struct port_map_entry **ret, size_t *ret_n);
