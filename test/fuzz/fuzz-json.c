/* SPDX-License-Identifier: Apache-2.0 */
/* JSON from anywhere: read by every kind of table, and what was read must come back the same
 * when written and read again. */
#include <stdint.h>
#include <string.h>

#include "base/json-array.h"
#include "wire/container.h"
#include "wire/image.h"
#include "wire/progress.h"
#include "wire/system.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct json_shape *shape, const char *text, size_t len)
{
	cleanup(strbuf_release) struct strbuf first = STRBUF_INIT, second = STRBUF_INIT;
	cleanup(error_release) struct error err = ERROR_INIT;
	void *obj = xcalloc(1, shape->size), *copy = xcalloc(1, shape->size);

	if (json_decode(shape, text, len, obj, &err) >= 0) {
		json_encode(shape, obj, &first);
		json_copy(shape, obj, copy);
		json_release(shape, copy);
		if (json_decode(shape, first.data, first.len, copy, NULL) < 0)
			abort();
		json_encode(shape, copy, &second);
		if (strcmp(first.data, second.data) != 0)
			abort();
	}
	json_release(shape, obj);
	json_release(shape, copy);
	free(obj);
	free(copy);
}

/* An array in two pieces is the same array, or none at all. */
static void check_pieces(const char *text, size_t len)
{
	static const struct json_shape *const shape = &progress_message_shape;
	struct json_array_reader array = JSON_ARRAY_READER_INIT(shape);
	cleanup(strbuf_release) struct strbuf one = STRBUF_INIT, two = STRBUF_INIT;
	size_t cut = len / 2, n = 0;
	void *items = NULL;
	bool whole = json_decode_array(shape, text, len, &items, &n, NULL) >= 0;

	json_encode_array(shape, items, n, &one);
	json_release_array(shape, items, n);
	items = NULL;
	n = 0;
	if ((json_array_add(&array, text, cut, NULL) >= 0 &&
	     json_array_add(&array, text + cut, len - cut, NULL) >= 0 &&
	     json_array_end(&array, &items, &n, NULL) >= 0) != whole)
		abort();
	json_encode_array(shape, items, n, &two);
	json_release_array(shape, items, n);
	json_array_release(&array);
	if (strcmp(one.data, two.data) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct json_shape *const shapes[] = {
		&container_create_request_shape,
		&container_stats_shape,
		&progress_message_shape,
		&image_inspect_shape,
		&system_info_shape,
	};
	cleanup(strbuf_release) struct strbuf pretty = STRBUF_INIT;
	/* exactly as long as it says: reading beyond it is seen */
	cleanup_free char *text = xmalloc(size);

	if (size > 0)
		memcpy(text, data, size);
	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++)
		check(shapes[i], text, size);
	check_pieces(text, size);
	(void)!json_pretty(text, size, 2, &pretty, NULL);
	return 0;
}
