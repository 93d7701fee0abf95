/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where an image may be pulled from. A name without a registry means docker.io, and clients do not
 * tell whether the registry was typed: for docker.io the machine's configuration decides, in this
 * order:
 *
 *	search-registries	"host[:port][/prefix]" in their order; "docker.io" among them stands
 *				for the next two
 *	registry-mirrors	"https://host[:port]", tried before
 *	docker.io itself
 *
 * Credentials go to the registry that the name names, never to one that stands for it.
 */
#pragma once

#include "image/image.h"
#include "oci/reference.h"

struct pull_endpoint {
	char *domain;	  /* host[:port]; certificates and insecure-registries go by it */
	char *base_url;	  /* of a mirror: "http://host"; NULL: to be found out          */
	char *repository; /* there                                                      */
	bool own;	  /* is what the name names                                     */
};

struct pull_endpoints {
	struct pull_endpoint *items;
	size_t n;
};

void pull_endpoints_release(struct pull_endpoints *endpoints);
/* At least one. ERR_INVALID: the configuration makes no sense. */
must_check int pull_endpoints_of(const struct image_context *ctx, const struct reference *ref,
				 struct pull_endpoints *ret, struct error *err);
/* "https://host:5000" or "http://…", no path: what a mirror must be. */
must_check int pull_endpoint_check_mirror(const char *url, struct error *err);
/* "host:5000/team". */
must_check int pull_endpoint_check_search(const char *text, struct error *err);
