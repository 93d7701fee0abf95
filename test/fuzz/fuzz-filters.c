/* SPDX-License-Identifier: Apache-2.0 */
/* ?filters= as it comes. */
#include <stdint.h>

#include "base/strbuf.h"
#include "wire/filters.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *json = xmalloc(size + 1);
	struct filters filters = FILTERS_INIT;
	struct strmap labels = STRMAP_INIT;
	bool on = false;
	int64_t until;

	for (size_t i = 0; i < size; i++)
		json[i] = data[i] ? (char)data[i] : ' ';
	json[size] = '\0';
	if (filters_parse(json, &filters, NULL) < 0)
		return 0;
	strmap_set(&labels, "a", "b");
	(void)filters_match(&filters, "name", "a");
	(void)filters_match_prefix(&filters, "id", "abc");
	(void)filters_match_part(&filters, "name", "abc");
	(void)filters_match_labels(&filters, "label", &labels);
	(void)!filters_get_bool(&filters, "dangling", &on, NULL);
	(void)filters_spare(&filters, &labels);
	(void)!filters_get_until(&filters, &until, NULL);
	strmap_release(&labels);
	filters_release(&filters);
	return 0;
}
