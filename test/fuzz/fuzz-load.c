/* SPDX-License-Identifier: Apache-2.0 */
/* The documents of an archive of images: manifest.json, index.json, what they name. The first byte
 * tells which it is; the rest up to a NUL is the document, behind it the config. */
#include <stdint.h>
#include <string.h>

#include "base/strv.h"
#include "image/load.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add_file(struct load *load, enum load_kind kind, const char *name, const char *text,
		     size_t len)
{
	struct load_file *file = &load->files[load->n_files++];

	*file = (struct load_file){ .kind = kind, .name = xstrdup(name) };
	strbuf_add(&file->text, text, len);
	if (kind == LOAD_LINK)
		file->target = xstrndup(text, len);
}

/* In the order of strcmp, as load_read leaves them. */
static void make_files(struct load *load, const char *text, size_t len)
{
	char digest[DIGEST_SIZE];
	cleanup_free char *name = NULL;

	digest_of(text, len, digest);
	name = xasprintf("blobs/sha256/%s", digest_hex(digest));
	load->files = xcalloc(5, sizeof(*load->files));
	add_file(load, LOAD_DOCUMENT, name, text, len);
	add_file(load, LOAD_DOCUMENT, "config.json", text, len);
	add_file(load, LOAD_LAYER, "layer.tar", "", 0);
	add_file(load, LOAD_LINK, "link", "loop", 4);
	add_file(load, LOAD_LINK, "loop", "link", 4);
	load->layers = xcalloc(1, sizeof(struct load_layer *));
	load->layers[0] = xcalloc(1, sizeof(struct load_layer));
	*load->layers[0] = (struct load_layer){ .unpack = TRANSFER_CHILD_INIT, .dirfd = -1 };
	load->layers[0]->diff_id = xasprintf("sha256:%064d", 1);
	load->n_layers = 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data + 1, *config;
	struct load load = { .temp = LAYER_TEMP_INIT };
	struct strbuf document = STRBUF_INIT;
	size_t len;

	if (size < 1)
		return 0;
	len = strnlen(text, size - 1);
	config = text + len + (len < size - 1);
	make_files(&load, config, size - 1 - (size_t)(config - text));
	strbuf_add(&document, text, len);
	if (data[0] & 1)
		(void)!load_docker(&load, &document, NULL);
	else
		(void)!load_oci(&load, &document, NULL);
	for (size_t i = 0; i < load.n_images; i++) {
		image_config_release(&load.images[i].config);
		strv_release(&load.images[i].tags);
		free(load.images[i].layers);
	}
	free(load.images);
	load_release_files(&load);
	strbuf_release(&document);
	return 0;
}
