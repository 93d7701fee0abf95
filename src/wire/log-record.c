/* SPDX-License-Identifier: Apache-2.0 */
/* Records between hoy-monitor and hoy-log. */
#include "wire/log-record.h"

#include <errno.h>
#include <string.h>

void log_record_add(struct strbuf *out, const char *text, size_t len, bool ends, int stream,
		    int64_t time)
{
	const struct log_record record = {
		.len = (uint32_t)len,
		.stream = (uint8_t)stream,
		.flags = ends ? LOG_RECORD_ENDS : 0,
		.time = time,
	};

	strbuf_add(out, &record, sizeof(record));
	strbuf_add(out, text, len);
}

int log_record_next(const char *batch, size_t len, size_t *pos, struct log_record *ret,
		    const char **ret_text)
{
	size_t left = len - *pos;

	if (left == 0)
		return 0;
	if (left < sizeof(*ret))
		return -EBADMSG;
	memcpy(ret, batch + *pos, sizeof(*ret));
	if (ret->len > LOG_RECORD_TEXT_MAX || ret->len > left - sizeof(*ret) || ret->stream < 1 ||
	    ret->stream > 2)
		return -EBADMSG;
	*ret_text = batch + *pos + sizeof(*ret);
	*pos += sizeof(*ret) + ret->len;
	return 1;
}
