/* SPDX-License-Identifier: Apache-2.0 */
/* Templates as people type them, run over a fixed value. */
#include <stdint.h>
#include <string.h>

#include "base/template.h"
#include "wire/container.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char json[] = "{\"Id\":\"abc\",\"N\":5,\"F\":1.5,\"T\":true,\"None\":null,"
				   "\"L\":[\"a\",\"b\",{\"x\":1}],"
				   "\"M\":{\"k\":\"v\",\"z\":\"w\"},\"State\":{\"Health\":null},"
				   "\"S\":{\"Pid\":1,\"In\":[[1],[2,3]]},\"C()\":{\"q\":\"r\"}}";
	cleanup(template_release) struct template *tmpl = NULL;
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;
	cleanup_free char *text = xmalloc(size + 1);

	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	if (template_compile(text, &tmpl, NULL) >= 0) {
		(void)!template_execute(tmpl, 0, json, sizeof(json) - 1, &out, NULL);
		(void)!template_execute_as(tmpl, TEMPLATE_STRICT, &container_inspect_shape, json,
					   sizeof(json) - 1, &out, NULL);
	}
	return 0;
}
