/* SPDX-License-Identifier: Apache-2.0 */
/* Layers and images on disk and in the database: into place in one step, counted right, swept. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/strv.h"
#include "image/image.h"
#include "image/put.h"
#include "layer/layer.h"
#include "oci/digest.h"
#include "store/images.h"
#include "store/layers.h"
#include "sys/file.h"

struct world {
	char path[64];
	struct store store;
	struct image_context ctx;
};

static int setup(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));

	strcpy(w->path, "/tmp/hoy-test-layer.XXXXXX");
	assert_non_null(mkdtemp(w->path));
	assert_int_equal(store_open(w->path, &w->store, NULL), 0);
	w->ctx.store = &w->store;
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	store_release(&w->store);
	assert_int_equal(dir_remove_all_at(AT_FDCWD, w->path), 0);
	free(w);
	return 0;
}

static void diff_id_of(const char *text, char ret[DIGEST_SIZE])
{
	digest_of(text, strlen(text), ret);
}

static bool exists(struct world *w, const char *dir, const char *name)
{
	cleanup_free char *path = xasprintf("%s/%s", dir, name);
	struct stat st;

	return fstatat(w->store.data_fd, path, &st, 0) == 0;
}

static bool layer_exists(struct world *w, const char *text)
{
	char id[DIGEST_SIZE];

	diff_id_of(text, id);
	return exists(w, "layers", digest_hex(id));
}

/* An image of the layers "a b c", each made anew where it is not there yet. */
static int put(struct world *w, const char *layers, const char *tag, char **ret_id)
{
	cleanup(strv_release) char **names = strv_split(layers, ' ');
	cleanup(image_config_release) struct image_config config = { 0 };
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct layer_temp temp = LAYER_TEMP_INIT;
	struct put_layer *items = xcalloc(strv_len(names) + 1, sizeof(*items));
	char id[DIGEST_SIZE];
	struct put what = { .temp = &temp,
			    .layers = items,
			    .config = &config,
			    .config_text = &text,
			    .id = id,
			    .tag = tag,
			    .action = "import" };
	bool changed;
	int r;

	assert_int_equal(layer_temp_new(&w->store, &temp, NULL), 0);
	for (size_t i = 0; names[i]; i++) {
		char diff_id[DIGEST_SIZE];
		int fd;

		diff_id_of(names[i], diff_id);
		strv_push(&config.rootfs.diff_ids, diff_id);
		items[i] = (struct put_layer){ .temp_name = xasprintf("%zu", i),
					       .diff_id = xstrdup(diff_id),
					       .size = 100 };
		assert_int_equal(layer_begin(&w->store, &temp, items[i].temp_name, &fd, NULL), 0);
		close(fd);
		what.n_layers++;
	}
	config.rootfs.type = xstrdup("layers");
	json_encode(&image_config_shape, &config, &text);
	digest_of(text.data, text.len, id);
	r = put_image(&w->ctx, &what, &changed, NULL);
	*ret_id = xstrdup(id);
	for (size_t i = 0; i < what.n_layers; i++)
		put_layer_release(&items[i]);
	free(items);
	layer_temp_release(&w->store, &temp);
	return r;
}

static void remove_image(struct world *w, const char *ref, bool force, int want)
{
	struct image_delete_item *items = NULL;
	size_t n = 0;

	assert_int_equal(image_remove(&w->ctx, ref, force, false, &items, &n, NULL) < 0, want < 0);
	json_release_array(&image_delete_item_shape, items, n);
}

static void test_shared(void **state)
{
	struct world *w = *state;
	cleanup_free char *one = NULL, *two = NULL;
	int64_t size;

	assert_int_equal(put(w, "base x", "docker.io/library/one:1", &one), 0);
	assert_int_equal(put(w, "base y", "docker.io/library/two:1", &two), 0);
	assert_int_equal(layer_shared_size(&w->store, one, &size, NULL), 0);
	assert_int_equal(size, 100);
	assert_int_equal(layer_total_size(&w->store, &size, NULL), 0);
	assert_int_equal(size, 300);
	remove_image(w, "one:1", false, 0);
	assert_true(layer_exists(w, "base") && layer_exists(w, "y"));
	assert_false(layer_exists(w, "x"));
	remove_image(w, "two:1", false, 0);
	assert_false(layer_exists(w, "base"));
	assert_int_equal(layer_total_size(&w->store, &size, NULL), 0);
	assert_int_equal(size, 0);
}

static void test_stack(void **state)
{
	struct world *w = *state;
	cleanup(layer_stack_release) struct layer_stack stack = { NULL };
	cleanup(image_release) struct image image = { 0 };
	cleanup_free char *id = NULL;
	char top[DIGEST_SIZE];

	assert_int_equal(put(w, "p q p", "docker.io/library/s:1", &id), 0);
	assert_int_equal(image_resolve(&w->ctx, "s:1", &image, NULL), 0);
	assert_int_equal(image.size, 300);
	assert_int_equal(layer_stack_open(&w->store, image.config.rootfs.diff_ids, &stack, NULL),
			 0);
	assert_int_equal(strv_len(stack.lower), 2);
	diff_id_of("p", top);
	assert_non_null(strstr(stack.lower[0], digest_hex(top)));
	remove_image(w, id, true, 0);
}

static void test_find(void **state)
{
	struct world *w = *state;
	cleanup_free char *id = NULL;
	static const char *const bad[] = { "nope", "find:2", "sha256:zz", "Find", "ffffffffffff" };

	assert_int_equal(put(w, "f", "docker.io/library/find:1", &id), 0);
	assert_int_equal(image_tag(&w->ctx, id, "other/name", "7", NULL), 0);
	{
		const char *const good[] = { "find:1", "docker.io/library/find:1", id,
					     digest_hex(id), "other/name:7" };

		for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
			cleanup(image_release) struct image image = { 0 };

			assert_int_equal(image_resolve(&w->ctx, good[i], &image, NULL), 0);
			assert_string_equal(image.id, id);
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct image image = { 0 };

		assert_true(image_resolve(&w->ctx, bad[i], &image, NULL) < 0);
	}
	remove_image(w, id, false, -1); /* two repositories */
	remove_image(w, "find:1", false, 0);
	assert_true(layer_exists(w, "f"));
	remove_image(w, digest_hex(id), false, 0);
	assert_false(layer_exists(w, "f"));
}

/* A pull that lost a race: an image may not stand on a layer that is not there. */
static void test_missing_layer(void **state)
{
	struct world *w = *state;
	cleanup(image_config_release) struct image_config config = { 0 };
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct layer_temp temp = LAYER_TEMP_INIT;
	char id[DIGEST_SIZE], diff_id[DIGEST_SIZE];
	const struct put what = {
		.temp = &temp, .config = &config, .config_text = &text, .id = id, .action = "pull"
	};
	struct image image = { 0 };
	bool changed;

	diff_id_of("gone", diff_id);
	strv_push(&config.rootfs.diff_ids, diff_id);
	json_encode(&image_config_shape, &config, &text);
	digest_of(text.data, text.len, id);
	assert_int_equal(put_image(&w->ctx, &what, &changed, NULL), -ESTALE);
	assert_true(image_resolve(&w->ctx, id, &image, NULL) < 0);
}

/* What a crash leaves: a temp nobody holds, a directory whose record was never committed, and one
 * whose record is gone. */
static void test_sweep(void **state)
{
	struct world *w = *state;
	struct layer_temp held = LAYER_TEMP_INIT;
	cleanup_free char *id = NULL, *orphan = NULL;
	char diff_id[DIGEST_SIZE];

	assert_int_equal(put(w, "keep", "docker.io/library/keep:1", &id), 0);
	diff_id_of("orphan", diff_id);
	orphan = xasprintf("layers/%s/diff/a/b", digest_hex(diff_id));
	assert_int_equal(dir_make_all_at(w->store.data_fd, orphan, 0700), 0);
	assert_int_equal(dir_make_all_at(w->store.data_fd, "tmp/dead/0/diff", 0700), 0);
	assert_int_equal(layer_temp_new(&w->store, &held, NULL), 0);
	assert_int_equal(image_sweep(&w->ctx, NULL), 0);
	assert_false(layer_exists(w, "orphan"));
	assert_false(exists(w, "tmp", "dead"));
	assert_false(exists(w, "tmp", "dead.lock"));
	assert_true(exists(w, "tmp", held.name));
	assert_true(layer_exists(w, "keep"));
	layer_temp_release(&w->store, &held);
	remove_image(w, "keep:1", false, 0);
}

/* An orphan in a new layer's place does not stop it. */
static void test_displaced(void **state)
{
	struct world *w = *state;
	cleanup_free char *id = NULL, *orphan = NULL, *inside = NULL;
	char diff_id[DIGEST_SIZE];

	diff_id_of("again", diff_id);
	orphan = xasprintf("layers/%s", digest_hex(diff_id));
	inside = xasprintf("%s/old", orphan);
	assert_int_equal(dir_make_all_at(w->store.data_fd, inside, 0700), 0);
	assert_int_equal(put(w, "again", "docker.io/library/again:1", &id), 0);
	assert_true(exists(w, orphan, "diff"));
	assert_false(exists(w, orphan, "old"));
	remove_image(w, "again:1", false, 0);
}

static void test_list(void **state)
{
	struct world *w = *state;
	static const struct {
		const char *filters;
		size_t n;
	} cases[] = {
		{ NULL, 2 },
		{ "{\"reference\":[\"list*\"]}", 1 },
		{ "{\"reference\":[\"*:2\"]}", 1 },
		{ "{\"reference\":[\"nothing\"]}", 0 },
		{ "{\"dangling\":[\"true\"]}", 1 },
		{ "{\"dangling\":{\"false\":true}}", 1 },
		{ "{\"label\":[\"x\"]}", 0 },
	};
	cleanup_free char *one = NULL, *two = NULL;

	assert_int_equal(put(w, "l1", "docker.io/library/list:2", &one), 0);
	assert_int_equal(put(w, "l2", NULL, &two), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct image_list_options opts = { .filters_json = cases[i].filters };
		struct image_summary *items = NULL;
		size_t n = 99;

		assert_int_equal(image_list(&w->ctx, &opts, &items, &n, NULL), 0);
		if (n != cases[i].n)
			fail_msg("%s: %zu", cases[i].filters, n);
		json_release_array(&image_summary_shape, items, n);
	}
	remove_image(w, one, false, 0);
	remove_image(w, two, false, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shared), cmocka_unit_test(test_stack),
		cmocka_unit_test(test_find),   cmocka_unit_test(test_missing_layer),
		cmocka_unit_test(test_sweep),  cmocka_unit_test(test_displaced),
		cmocka_unit_test(test_list),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
