/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests, indexes and frames of the transfer programs from anywhere. */
#include <stdint.h>
#include <string.h>

#include "oci/digest.h"
#include "oci/manifest.h"
#include "wire/transfer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_frames(const uint8_t *data, size_t size)
{
	cleanup(transfer_reader_release) struct transfer_reader reader = TRANSFER_READER_INIT;
	enum transfer_type type;
	const char *frame;
	size_t len;

	strbuf_add(&reader.buf, data, size);
	while (transfer_next(&reader, &type, &frame, &len) > 0) {
		if (len > size)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct platform want = { (char *)"linux", (char *)"amd64", NULL };
	cleanup_free char *text = xstrndup((const char *)data, size);
	struct manifest manifest = { 0 };
	struct manifest_index index = { 0 };
	const struct descriptor *chosen;

	if (manifest_decode(text, strlen(text), &manifest, NULL) >= 0 &&
	    !digest_is_valid(manifest.config.digest))
		abort();
	manifest_release(&manifest);
	if (manifest_index_decode(text, strlen(text), &index, NULL) >= 0 &&
	    manifest_index_select(&index, &want, &chosen, NULL) >= 0 &&
	    !digest_is_valid(chosen->digest))
		abort();
	manifest_index_release(&index);
	read_frames(data, size);
	return 0;
}
