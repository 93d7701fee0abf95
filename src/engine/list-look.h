/* SPDX-License-Identifier: Apache-2.0 */
/* A look at what lives of many containers at once, on more than one processor. */
#pragma once

#include "engine/instance.h"
#include "store/summaries.h"

/* What instance_glance found of a row, once somebody looked. */
struct row_look {
	bool done;
	struct instance_news news;
};

/* instance_glance for each row with a summary: one for each row, owned; NULL when there are too few
 * to share. What could not be looked at is not done: the caller tries again, and gets the error. */
struct row_look *list_look(const struct engine *e, struct container_row *rows, size_t n);
