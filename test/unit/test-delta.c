/* SPDX-License-Identifier: Apache-2.0 */
/* Directories as overlayfs has them: the merged view, and what an upper one changed. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "layer/delta.h"
#include "sys/file.h"

static char *base, *low, *mid, *up;

/* "d/" is a directory, "-f" a whiteout, "d*" an opaque directory, all else a file. */
static void make(const char *root, const char *what)
{
	size_t len = strlen(what);
	cleanup_free char *path = xasprintf("%s/%s", root, what + (*what == '-'));

	if (*what == '-') {
		assert_int_equal(mknod(path, S_IFCHR, makedev(0, 0)), 0);
	} else if (what[len - 1] == '/' || what[len - 1] == '*') {
		path[strlen(path) - 1] = '\0';
		assert_int_equal(mkdir(path, 0755), 0);
		if (what[len - 1] == '*')
			assert_int_equal(setxattr(path, "trusted.overlay.opaque", "y", 1, 0), 0);
	} else {
		int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

		assert_true(fd >= 0);
		(void)close(fd);
	}
}

static void same_time(const char *root, const char *name)
{
	const struct timespec times[] = { { 1, 0 }, { 1, 0 } };
	cleanup_free char *path = xasprintf("%s/%s", root, name);

	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static int setup(void **state)
{
	static const char *const lows[] = { "a",   "d/", "d/x", "d/y",	 "e/",
					    "e/1", "f",	 "g/",	"same/", "same/k" };
	static const char *const mids[] = { "-a", "d/", "-d/x", "d/z", "e*", "e/2" };
	static const char *const ups[] = { "a",	  "d/",	  "-d/y",      "d/new", "e*",
					   "e/3", "-f",	  "-no",       "same/", "n/",
					   "n/n", "etc/", "etc/hosts", "proc/" };
	char template[] = "/tmp/hoy-delta.XXXXXX";

	base = mkdtemp(template) ? xstrdup(template) : NULL;
	assert_non_null(base);
	low = xasprintf("%s/low", base);
	mid = xasprintf("%s/mid", base);
	up = xasprintf("%s/up", base);
	if (mkdir(low, 0755) < 0 || mkdir(mid, 0755) < 0 || mkdir(up, 0755) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(lows); i++)
		make(low, lows[i]);
	for (size_t i = 0; i < ARRAY_SIZE(mids); i++)
		make(mid, mids[i]);
	for (size_t i = 0; i < ARRAY_SIZE(ups); i++)
		make(up, ups[i]);
	same_time(low, "same");
	same_time(up, "same");
	return 0;
}

static int teardown(void **state)
{
	int r = dir_remove_all_at(AT_FDCWD, base);

	free(base);
	free(low);
	free(mid);
	free(up);
	return r;
}

static void add_tree(const struct union_dir *dir, const char *path, struct strbuf *out)
{
	cleanup(union_names_release) struct union_names names = { NULL, 0 };

	assert_int_equal(union_list(dir, &names), 0);
	for (size_t i = 0; i < names.n; i++) {
		cleanup(union_dir_release) struct union_dir sub = { NULL, NULL, 0 };
		cleanup_free char *name =
			xasprintf("%s%s%s", path, *path ? "/" : "", names.items[i].name);

		strbuf_addf(out, "%s@%u ", name, dir->in[names.items[i].at]);
		if (union_open(dir, names.items[i].name, names.items[i].at, &sub) == 0)
			add_tree(&sub, name, out);
	}
}

static void test_union(void **state)
{
	cleanup(union_dir_release) struct union_dir root = { NULL, NULL, 0 };
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;
	struct stat st;
	size_t at;

	assert_int_equal(union_root((char *[]){ mid, low, NULL }, &root), 0);
	add_tree(&root, "", &out);
	assert_string_equal(strbuf_str(&out), "d@0 d/y@1 d/z@0 e@0 e/2@0 f@1 g@1 same@1 same/k@1 ");
	assert_int_equal(union_lookup(&root, "a", &st, &at), -ENOENT);
	assert_int_equal(union_lookup(&root, "f", &st, &at), 0);
	assert_int_equal(at, 1);
}

static int add_change(void *arg, const struct delta_change *change, struct error *err)
{
	strbuf_addf(arg, "%c%s%s ", "CAD"[change->kind], change -> path,
		    change -> opaque	       ? "*"
			      : change->hidden ? "~"
					       : "");
	return 0;
}

static void test_delta(void **state)
{
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;
	const struct delta_options opts = {
		.upper = up, .lower = (char *[]){ mid, low, NULL }, .visit = add_change, .arg = &out
	};

	assert_int_equal(delta_walk(&opts, NULL), 0);
	assert_string_equal(strbuf_str(&out), "Aa Cd Ad/new Dd/y Ce* De/2~ Ae/3 Df An An/n ");
}

static int stop(void *arg, const struct delta_change *change, struct error *err)
{
	return error_set(err, ERR_SYSTEM, ECANCELED, "enough");
}

static void test_delta_ends(void **state)
{
	cleanup_free char *none = xasprintf("%s/none", base);
	cleanup(error_release) struct error err = ERROR_INIT;
	struct delta_options opts = { .upper = none,
				      .lower = (char *[]){ low, NULL },
				      .visit = stop };

	assert_int_equal(delta_walk(&opts, &err), 0);
	opts.upper = up;
	assert_int_equal(delta_walk(&opts, &err), -ECANCELED);
}

static int add_bytes(void *arg, const void *data, size_t len)
{
	strbuf_add(arg, data, len);
	return 0;
}

static void test_pack(void **state)
{
	static const char *const names[] = { "d/.wh.y", "e/.wh..wh..opq", ".wh.f", "n/n" };
	cleanup(strbuf_release) struct strbuf tar = STRBUF_INIT;
	struct packer packer;
	size_t n = 0;

	packer_init(&packer, add_bytes, &tar);
	assert_int_equal(delta_pack(up, (char *[]){ mid, low, NULL }, &packer, &n, NULL), 0);
	packer_release(&packer);
	assert_int_equal(n, 9);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_non_null(memmem(tar.data, tar.len, names[i], strlen(names[i]) + 1));
	assert_null(memmem(tar.data, tar.len, "hosts", 5));
}

static void test_ids(void **state)
{
	struct idmap map[] = { { 0, 100000, 10 }, { 20, 200000, 1 } };
	const struct idmaps maps = { map, map, 2, 2 };
	uint32_t uid = 100003, gid = 200000;

	pack_ids(&maps, &uid, &gid);
	assert_int_equal(uid, 3);
	assert_int_equal(gid, 20);
	pack_ids(&maps, &uid, &gid);
	assert_int_equal(uid, 65534);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_union),	   cmocka_unit_test(test_delta),
		cmocka_unit_test(test_delta_ends), cmocka_unit_test(test_pack),
		cmocka_unit_test(test_ids),
	};

	if (geteuid() != 0) {
		printf("test-delta: skipped, whiteouts are root's to make\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, setup, teardown);
}
