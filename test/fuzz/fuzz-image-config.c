/* SPDX-License-Identifier: Apache-2.0 */
/* Image configs, and the instructions that change them. */
#include <stdint.h>
#include <string.h>

#include "base/strv.h"
#include "image/changes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = xstrndup((const char *)data, size);
	cleanup(strv_release) char **lines = strv_split(text, '\n');
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;
	struct image_config config = { 0 }, again = { 0 };

	if (image_config_decode(text, strlen(text), &config, NULL) >= 0) {
		json_encode(&image_config_shape, &config, &out);
		if (image_config_decode(strbuf_str(&out), out.len, &again, NULL) < 0)
			abort();
		image_config_release(&again);
	}
	for (size_t i = 0; lines[i]; i++) {
		char *one[] = { lines[i], NULL };

		(void)!image_changes_apply(one, &config.config, NULL);
	}
	image_config_release(&config);
	return 0;
}
