/* SPDX-License-Identifier: Apache-2.0 */
/* -p and --expose. */
#include <stdint.h>

#include "base/strbuf.h"
#include "cli/port-spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = xstrndup((const char *)data, size);
	struct port_list list = { NULL, 0 };

	(void)!port_spec_parse(text, &list, NULL);
	(void)!expose_spec_parse(text, &list, NULL);
	port_list_release(&list);
	return 0;
}
