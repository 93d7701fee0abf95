/* SPDX-License-Identifier: Apache-2.0 */
/* "linux/arm/v7" as the API takes it. */
#include "cli/platform-flag.h"

#include "base/strv.h"
#include "http/url.h"
#include "oci/platform.h"
#include "wire/image.h"

int platform_add_as(struct strbuf *target, const char *name, char *const *platforms,
		    struct error *err)
{
	cleanup(platform_release) struct platform p = PLATFORM_INIT;
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct image_platform wire = { NULL };
	int r;

	if (!platforms || !platforms[0] || !platforms[0][0])
		return 0;
	if (platforms[1])
		return error_set(err, ERR_NOT_IMPLEMENTED, 0,
				 "more than one --platform is not supported: an image here has one "
				 "platform");
	r = platform_parse(platforms[0], &p, err);
	if (r < 0)
		return error_prefix(err, "invalid platform");
	wire.os = p.os;
	wire.architecture = p.architecture;
	wire.variant = p.variant;
	json_encode(&image_platform_shape, &wire, &text);
	url_add(target, name, strbuf_str(&text));
	return 0;
}

int platform_add(struct strbuf *target, char *const *platforms, struct error *err)
{
	return platform_add_as(target, "platform", platforms, err);
}
