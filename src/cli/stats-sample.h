/* SPDX-License-Identifier: Apache-2.0 */
/* One sample of a container's resources -> the row that hoy stats shows. */
#pragma once

#include "wire/container-stats.h"

/* ref: as the container was named. stats NULL: nothing is known ("--"). The row is JSON, owned. */
char *stats_row(const char *ref, const struct container_stats *stats, bool whole_id);

double stats_cpu_percent(const struct container_stats *stats);
uint64_t
stats_memory(const struct container_stats *stats); /* without the page cache that can go at once */
