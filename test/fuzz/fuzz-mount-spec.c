/* SPDX-License-Identifier: Apache-2.0 */
/* --mount, -v and --device. */
#include <stdint.h>

#include "base/strbuf.h"
#include "cli/device-spec.h"
#include "cli/mount-spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = xstrndup((const char *)data, size), *bind = NULL;
	struct mount mount = { .type = NULL };
	struct device_mapping device = { NULL };

	(void)!mount_spec_parse(text, &mount, NULL);
	mount_release(&mount);
	(void)!volume_spec_parse(text, &bind, NULL);
	(void)!device_spec_parse(text, &device, NULL);
	device_mapping_release(&device);
	return 0;
}
