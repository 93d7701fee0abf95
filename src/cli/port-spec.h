/* SPDX-License-Identifier: Apache-2.0 */
/* What -p, --publish and --expose take, expanded to one mapping per container port. */
#pragma once

#include "base/error.h"

struct port_mapping {
	char *port;	 /* "80/tcp"                                          */
	char *host_ip;	 /* "" any                                            */
	char *host_port; /* "" random, "8080", or "8000-8010" to choose from  */
};

struct port_list {
	struct port_mapping *items;
	size_t n;
};

void port_list_release(struct port_list *list);

/* Append the mappings of "[[ip:][hostPort]:]containerPort[/proto]", ports may be ranges, or of the
 * long form "published=8080,target=80,protocol=tcp". */
must_check int port_spec_parse(const char *spec, struct port_list *list, struct error *err);

/* Append the ports of --expose "80", "80/udp", "8000-8010/tcp"; only .port is set. */
must_check int expose_spec_parse(const char *spec, struct port_list *list, struct error *err);
