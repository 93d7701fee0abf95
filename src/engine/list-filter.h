/* SPDX-License-Identifier: Apache-2.0 */
/* The filters of `ps`. */
#pragma once

#include <regex.h>

#include "engine/instance.h"
#include "wire/filters.h"

struct list_filter {
	struct filters filters;
	bool none;	       /* nothing can fit                              */
	bool all;	       /* a filter asks for stopped ones too           */
	int64_t before, since; /* creation times of the named ones, 0 none     */
	char **ancestors;      /* image ids that ancestor= names resolve to    */
	regex_t *names; /* of name=; those that are none (re_nsub SIZE_MAX) are parts of names */
	size_t n_names;
};

must_check int list_filter_open(struct engine *e, const char *json, struct list_filter *ret,
				struct error *err);
void list_filter_release(struct list_filter *f);

/* What the record alone tells. */
bool list_filter_record(const struct list_filter *f, const struct container *rec);
/* Whether there are filters for more than that, and what they say. */
bool list_filter_needs_summary(const struct list_filter *f);
bool list_filter_summary(const struct list_filter *f, const struct container_summary *summary);
/* health: its status, NULL without checks. */
bool list_filter_health(const struct list_filter *f, const char *health);
