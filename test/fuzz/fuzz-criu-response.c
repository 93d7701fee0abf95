/* SPDX-License-Identifier: Apache-2.0 */
/* An answer of criu: never read beyond its end, texts always end. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/criu-rpc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct criu_response resp;

	if (criu_response_decode(data, size, &resp) == 0 &&
	    (!resp.type || strnlen(resp.script, sizeof(resp.script)) == sizeof(resp.script) ||
	     strnlen(resp.message, sizeof(resp.message)) == sizeof(resp.message)))
		abort();
	return 0;
}
