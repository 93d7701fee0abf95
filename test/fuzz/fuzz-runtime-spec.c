/* SPDX-License-Identifier: Apache-2.0 */
/* config.json and process.json, profiles of seccomp, options of mounts: what is accepted must come
 * back the same when written and read again. */
#include <stdint.h>
#include <string.h>

#include "base/strbuf.h"
#include "oci/seccomp-default.h"
#include "runtime/mount-options.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_spec(const char *text, size_t len)
{
	cleanup(strbuf_release) struct strbuf first = STRBUF_INIT, second = STRBUF_INIT;
	struct oci_spec spec = { 0 };

	if (oci_spec_parse(text, len, &spec, NULL) < 0)
		return;
	json_encode(&oci_spec_shape, &spec, &first);
	for (size_t i = 0; i < spec.n_mounts; i++) {
		struct mount_options options;

		mount_options_parse(spec.mounts[i].options, &options);
		mount_options_release(&options);
	}
	oci_spec_release(&spec);
	if (oci_spec_parse(first.data, first.len, &spec, NULL) < 0)
		abort();
	json_encode(&oci_spec_shape, &spec, &second);
	if (strcmp(first.data, second.data) != 0)
		abort();
	oci_spec_release(&spec);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *caps[] = { (char *)(uintptr_t) "CAP_SYS_ADMIN", NULL };
	/* exactly as long as it says: reading beyond it is seen */
	cleanup_free char *text = xmalloc(size ? size : 1);
	struct oci_process process = { 0 };
	struct oci_seccomp seccomp = { 0 };

	if (size > 0)
		memcpy(text, data, size);
	check_spec(text, size);
	if (oci_process_parse(text, size, &process, NULL) == 0)
		json_release(&oci_process_shape, &process);
	if (seccomp_profile_parse(text, size, caps, &seccomp, NULL) == 0)
		json_release(&oci_seccomp_shape, &seccomp);
	return 0;
}
