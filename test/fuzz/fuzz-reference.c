/* SPDX-License-Identifier: Apache-2.0 */
/* References, platforms, challenges and credentials: text that a person or a registry sends. */
#include <stdint.h>
#include <string.h>

#include "image/auth.h"
#include "oci/platform.h"
#include "oci/reference.h"
#include "registry/registry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read prints as something that reads the same; it never holds a path that climbs. */
static void check_reference(const char *text)
{
	cleanup(reference_release) struct reference ref = REFERENCE_INIT, again = REFERENCE_INIT;
	cleanup(strbuf_release) struct strbuf first = STRBUF_INIT, second = STRBUF_INIT;

	if (reference_parse(text, &ref, NULL) < 0)
		return;
	reference_string(&ref, &first);
	if (strstr(ref.path, "..") || reference_parse(strbuf_str(&first), &again, NULL) < 0)
		abort();
	reference_string(&again, &second);
	if (strcmp(strbuf_str(&first), strbuf_str(&second)) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = xstrndup((const char *)data, size);
	struct platform platform = PLATFORM_INIT;
	struct registry_challenge challenge = { 0 };
	struct auth_config auth = { 0 };

	check_reference(text);
	if (platform_parse(text, &platform, NULL) >= 0)
		platform_release(&platform);
	if (registry_challenge_parse(text, &challenge) >= 0)
		registry_challenge_release(&challenge);
	if (auth_config_decode(text, &auth, NULL) >= 0)
		auth_config_release(&auth);
	(void)registry_is_insecure(text, NULL);
	return 0;
}
