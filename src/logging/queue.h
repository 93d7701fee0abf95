/* SPDX-License-Identifier: Apache-2.0 */
/* Records that wait to be sent: first in, first out, bounded in bytes. */
#pragma once

#include "base/strbuf.h"
#include "wire/log-record.h"

struct log_queue {
	struct strbuf data; /* from head on */
	size_t head, limit;
};

size_t log_queue_size(const struct log_queue *queue);
/* False: there is no room for it. A queue that is empty takes any. */
bool log_queue_push(struct log_queue *queue, const struct log_record *record, const char *text);
/* The first; false: there is none. *ret_text holds until the next push. */
bool log_queue_peek(const struct log_queue *queue, struct log_record *ret, const char **ret_text);
void log_queue_pop(struct log_queue *queue);
void log_queue_release(struct log_queue *queue);
