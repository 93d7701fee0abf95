/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests, indexes and image configs: what is taken, what is refused and in which words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/strv.h"
#include "oci/image-config.h"
#include "oci/manifest.h"

#define D1 "sha256:1111111111111111111111111111111111111111111111111111111111111111"
#define D2 "sha256:2222222222222222222222222222222222222222222222222222222222222222"
#define CONFIG                                                                                     \
	"\"config\":{\"mediaType\":\"" MEDIA_OCI_CONFIG "\",\"digest\":\"" D1 "\",\"size\":9}"
#define LAYER(type) "{\"mediaType\":\"" type "\",\"digest\":\"" D2 "\",\"size\":77}"

static void test_image(void **state)
{
	static const char text[] = "{\"schemaVersion\":2," CONFIG ",\"layers\":[" LAYER(
		MEDIA_OCI_LAYER "+zstd") "," LAYER(MEDIA_DOCKER_LAYER ".tar.gzip") "]}";
	cleanup(manifest_release) struct manifest m = { 0 };

	assert_int_equal(manifest_decode(text, strlen(text), &m, NULL), 0);
	assert_int_equal(m.n_layers, 2);
	assert_string_equal(m.config.digest, D1);
	assert_int_equal(m.layers[1].size, 77);
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{ "", NULL },
		{ "[]", NULL },
		{ "{\"schemaVersion\":1,\"fsLayers\":[]}",
		  "image manifest schema 1 is too old to be supported: push the image again" },
		{ "{\"schemaVersion\":3," CONFIG ",\"layers\":[]}",
		  "manifest: unknown schemaVersion 3" },
		{ "{\"schemaVersion\":2," CONFIG ",\"layers\":[],\"manifests\":[]}",
		  "manifest: has both layers and manifests" },
		{ "{\"schemaVersion\":2}", "manifest: has neither layers nor manifests" },
		{ "{\"schemaVersion\":2,\"mediaType\":\"" MEDIA_OCI_INDEX "\"," CONFIG
		  ",\"layers\":[]}",
		  "manifest: content contradicts its type " MEDIA_OCI_INDEX },
		{ "{\"schemaVersion\":2,\"layers\":[" LAYER(MEDIA_OCI_LAYER) "]}",
		  "manifest: the config has an invalid or unsupported digest" },
		{ "{\"schemaVersion\":2," CONFIG
		  ",\"layers\":[{\"mediaType\":\"x\",\"digest\":\"" D2 "\",\"size\":1}]}",
		  "manifest: unsupported layer type \"x\"" },
		{ "{\"schemaVersion\":2," CONFIG ",\"layers\":[{\"mediaType\":\"" MEDIA_OCI_LAYER
		  "\",\"digest\":\"" D2 "\",\"size\":-1}]}",
		  "manifest: a layer " D2 " has an impossible size: -1 bytes" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup(error_release) struct error err = ERROR_INIT;
		struct manifest m = { 0 };

		if (manifest_decode(cases[i].text, strlen(cases[i].text), &m, &err) >= 0)
			fail_msg("%s was taken", cases[i].text);
		if (cases[i].error)
			assert_string_equal(error_text(&err), cases[i].error);
	}
}

static void test_content_type(void **state)
{
	static const char text[] = "{\"schemaVersion\":2," CONFIG ",\"layers\":[]}";
	enum manifest_kind kind;

	assert_int_equal(manifest_classify(text, strlen(text), NULL, &kind, NULL), 0);
	assert_int_equal(kind, MANIFEST_IMAGE);
	assert_int_equal(manifest_classify(text, strlen(text), MEDIA_OCI_MANIFEST, &kind, NULL), 0);
	assert_true(manifest_classify(text, strlen(text), MEDIA_DOCKER_LIST, &kind, NULL) < 0);
}

#define ENTRY(digest, os, arch, variant)                                                           \
	"{\"mediaType\":\"" MEDIA_OCI_MANIFEST "\",\"digest\":\"" digest                           \
	"\",\"size\":5,\"platform\":{\"os\":\"" os "\",\"architecture\":\"" arch "\","             \
	"\"variant\":\"" variant "\"}}"

static void test_select(void **state)
{
	static const char text[] =
		"{\"schemaVersion\":2,\"manifests\":[" ENTRY(D1, "linux", "arm", "v5") "," ENTRY(
			D2, "linux", "arm", "v7") "," ENTRY(D1, "unknown", "unknown", "") "]}";
	cleanup(manifest_index_release) struct manifest_index index = { 0 };
	struct platform want = { (char *)"linux", (char *)"arm", (char *)"v7" };
	cleanup(error_release) struct error err = ERROR_INIT;
	const struct descriptor *chosen;

	assert_int_equal(manifest_index_decode(text, strlen(text), &index, NULL), 0);
	assert_int_equal(manifest_index_select(&index, &want, &chosen, NULL), 0);
	assert_string_equal(chosen->digest, D2);
	want.variant = (char *)"v6";
	assert_int_equal(manifest_index_select(&index, &want, &chosen, NULL), 0);
	assert_string_equal(chosen->digest, D1);
	want.architecture = (char *)"s390x";
	want.variant = NULL;
	assert_true(manifest_index_select(&index, &want, &chosen, &err) < 0);
	assert_string_equal(error_text(&err),
			    "no matching manifest for linux/s390x in the manifest list entries");
	assert_int_equal(err.kind, ERR_NOT_FOUND);
}

static void test_config(void **state)
{
	static const char text[] =
		"{\"architecture\":\"amd64\",\"os\":\"linux\",\"created\":\"2024-01-02T03:04:05Z\","
		"\"config\":{\"Entrypoint\":\"/x\",\"Cmd\":[\"a\"],\"ExposedPorts\":{\"80/"
		"tcp\":{}},"
		"\"Labels\":null,\"Healthcheck\":{\"Test\":[\"CMD\",\"x\"],\"Interval\":5}},"
		"\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"" D1 "\"]},"
		"\"history\":[{\"created_by\":\"a\"},{\"empty_layer\":true}],\"unknown\":{}}";
	cleanup(image_config_release) struct image_config c = { 0 };

	assert_int_equal(image_config_decode(text, strlen(text), &c, NULL), 0);
	assert_string_equal(c.config.entrypoint[0], "/x");
	assert_string_equal(c.config.exposed_ports[0], "80/tcp");
	assert_int_equal(c.config.healthcheck->interval, 5);
	assert_int_equal(strv_len(c.rootfs.diff_ids), 1);
	assert_int_equal(c.n_history, 2);
	assert_true(c.history[1].empty_layer);
	assert_int_equal(c.created, INT64_C(1704164645) * 1000000000);
}

static void test_config_refused(void **state)
{
	static const char *const bad[] = {
		"{\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"sha256:../x\"]}}",
		"{\"rootfs\":{\"type\":\"tree\"}}",
		"{\"config\":[]}",
		"{\"config\":{\"Cmd\":7}}",
		"",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct image_config c = { 0 };

		if (image_config_decode(bad[i], strlen(bad[i]), &c, NULL) >= 0)
			fail_msg("%s was taken", bad[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_image),	     cmocka_unit_test(test_refused),
		cmocka_unit_test(test_content_type), cmocka_unit_test(test_select),
		cmocka_unit_test(test_config),	     cmocka_unit_test(test_config_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
