/* SPDX-License-Identifier: Apache-2.0 */
/* What a name without a registry means. */
#include "cli/image-name.h"

#include "base/json.h"

struct default_registry {
	char *name;
};

static const struct json_field default_registry_fields[] = {
	FIELD_STR(struct default_registry, name, "DefaultRegistry"),
};
static const struct json_shape default_registry_shape =
	JSON_SHAPE(struct default_registry, default_registry_fields, 0);

static int ask(struct cli *cli, struct error *err)
{
	cleanup(strbuf_release) struct strbuf body = STRBUF_INIT;
	const struct client_call call = { .target = "/info" };
	struct default_registry registry = { 0 };

	int r = client_call(&cli->client, &call, &body, err);

	if (r >= 0)
		r = json_decode(&default_registry_shape, strbuf_str(&body), body.len, &registry,
				err);
	if (r < 0)
		return r;
	reference_set_default_registry(registry.name);
	json_release(&default_registry_shape, &registry);
	return 0;
}

int image_name_read(struct cli *cli, const char *text, struct reference *ret, struct error *err)
{
	static bool asked;
	int r = reference_parse(text, ret, err);

	if (r < 0 || !ret->implied || asked)
		return r;
	asked = true;
	reference_release(ret);
	r = ask(cli, err);
	return r < 0 ? r : reference_parse(text, ret, err);
}
