/* SPDX-License-Identifier: Apache-2.0 */
/* --env-file and --label-file. */
#include <stdint.h>

#include "base/strbuf.h"
#include "base/strv.h"
#include "cli/key-value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = xmalloc(size + 1);
	cleanup(strv_release) char **list = NULL;
	struct strmap map = STRMAP_INIT;

	for (size_t i = 0; i < size; i++)
		text[i] = (char)data[i];
	text[size] = '\0';
	(void)!key_values_parse(text, size, true, &list, NULL);
	key_values_to_map(list, &map);
	strmap_release(&map);
	return 0;
}
