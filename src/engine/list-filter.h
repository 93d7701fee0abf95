/* SPDX-License-Identifier: Apache-2.0 */
/* The filters of `ps`. */
#pragma once

#include "engine/instance.h"
#include "wire/filters.h"

struct list_filter {
	struct filters filters;
	bool none;	       /* nothing can fit                              */
	bool all;	       /* a filter asks for stopped ones too           */
	int64_t before, since; /* creation times of the named ones, 0 none     */
	char **ancestors;      /* image ids that ancestor= names resolve to    */
};

must_check int list_filter_open(struct engine *e, const char *json, struct list_filter *ret,
				struct error *err);
void list_filter_release(struct list_filter *f);

/* What the record alone tells. */
bool list_filter_record(const struct list_filter *f, const struct container *rec);
/* What its configs tell. */
bool list_filter_config(const struct list_filter *f, const struct container_config *config,
			const struct host_config *host, const struct container_summary *summary);
