/* SPDX-License-Identifier: Apache-2.0 */
/* The queue: records one behind the other, moved to the front when half of it is used up. */
#include "logging/queue.h"

#include <string.h>

size_t log_queue_size(const struct log_queue *queue)
{
	return queue->data.len - queue->head;
}

bool log_queue_push(struct log_queue *queue, const struct log_record *record, const char *text)
{
	size_t size = log_queue_size(queue);

	if (size > 0 && size + sizeof(*record) + record->len > queue->limit)
		return false;
	if (queue->head > 0 && queue->head >= queue->data.len / 2) {
		memmove(queue->data.data, queue->data.data + queue->head, size);
		queue->data.len = size;
		queue->head = 0;
	}
	strbuf_add(&queue->data, record, sizeof(*record));
	strbuf_add(&queue->data, text, record->len);
	return true;
}

bool log_queue_peek(const struct log_queue *queue, struct log_record *ret, const char **ret_text)
{
	size_t pos = queue->head;

	return queue->data.len > 0 &&
	       log_record_next(queue->data.data, queue->data.len, &pos, ret, ret_text) > 0;
}

void log_queue_pop(struct log_queue *queue)
{
	struct log_record record;
	const char *text;

	if (log_record_next(queue->data.data, queue->data.len, &queue->head, &record, &text) > 0 &&
	    queue->head < queue->data.len)
		return;
	strbuf_reset(&queue->data);
	queue->head = 0;
}

void log_queue_release(struct log_queue *queue)
{
	strbuf_release(&queue->data);
	*queue = (struct log_queue){ .data = STRBUF_INIT };
}
