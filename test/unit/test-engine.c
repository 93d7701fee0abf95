/* SPDX-License-Identifier: Apache-2.0 */
/* The engine's pure parts: users, mounts, rights, folding, names, merging. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cmocka.h>

#include "base/strv.h"
#include "engine/create-parts.h"
#include "engine/names.h"
#include "engine/rootview.h"
#include "engine/spec-parts.h"
#include "engine/view.h"
#include "sys/file.h"

static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\n"
			     "bad line\n"
			     "neg:x:-1:0::/:/bin/sh\n"
			     "app:x:1000:1001:App:/home/app:/bin/sh\n";
static const char group[] = "root:x:0:root\nwheel:x:10:root,app\napp:x:1001:\nvideo:x:44:\n";

struct user_case {
	const char *user, *add;
	int r;
	uint32_t uid, gid;
	size_t n_groups;
	const char *home;
};

static const struct user_case user_cases[] = {
	{ "", NULL, 0, 0, 0, 2, "/root" }, /* root's own groups come along */
	{ "app", NULL, 0, 1000, 1001, 2, "/home/app" },
	{ "1000", NULL, 0, 1000, 1001, 2, "/home/app" }, /* a number that has a name */
	{ "1234", NULL, 0, 1234, 0, 1, "/" },
	{ "1234:44", NULL, 0, 1234, 44, 1, "/" },
	{ "app:video", NULL, 0, 1000, 44, 1, "/home/app" },
	{ "app", "video", 0, 1000, 1001, 3, "/home/app" },
	{ "app", "nogroup", -EINVAL, 0, 0, 0, NULL },
	{ "nobody", NULL, -EINVAL, 0, 0, 0, NULL },
	{ "neg", NULL, -EINVAL, 0, 0, 0, NULL }, /* its line is no entry */
	{ "app:nope", NULL, -EINVAL, 0, 0, 0, NULL },
	{ "4294967296", NULL, -EINVAL, 0, 0, 0, NULL },
	{ "2147483648", NULL, -EINVAL, 0, 0, 0, NULL },
	{ "-1", NULL, -EINVAL, 0, 0, 0, NULL },
};

static void test_users(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(user_cases); i++) {
		const struct user_case *c = &user_cases[i];
		char *add[] = { (char *)c->add, NULL };
		struct user_identity u = { 0 };
		int r = users_resolve(c->user, add, passwd, group, &u, NULL);

		print_message("%s + %s\n", c->user, c->add ? c->add : "");
		assert_int_equal(r, c->r);
		if (r == 0) {
			assert_int_equal(u.uid, c->uid);
			assert_int_equal(u.gid, c->gid);
			assert_int_equal(u.n_groups, c->n_groups);
			assert_int_equal(u.groups[0], u.gid);
			assert_string_equal(u.home, c->home);
		}
		user_identity_release(&u);
	}
}

static void test_users_without_files(void **state)
{
	struct user_identity u = { 0 };

	assert_int_equal(users_resolve("", NULL, NULL, NULL, &u, NULL), 0);
	assert_int_equal(u.uid, 0);
	assert_string_equal(u.home, "/");
	user_identity_release(&u);
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	(void)close(fd);
}

/* An upper directory over two lowers, with what overlayfs knows to hide. */
static void test_rootview(void **state)
{
	char top[] = "/tmp/test-rootview-XXXXXX", *data = NULL;
	char *dirs[] = { (char *)"upper", (char *)"mid", (char *)"low", NULL };
	struct engine e = { 0 };
	struct rootview *view;

	assert_non_null(mkdtemp(top));
	assert_int_equal(chdir(top), 0);
	for (size_t i = 0; dirs[i]; i++) {
		char *etc = xasprintf("%s/etc", dirs[i]);

		assert_int_equal(mkdir(dirs[i], 0755), 0);
		assert_int_equal(mkdir(etc, 0755), 0);
		free(etc);
	}
	put("low/etc/passwd", "low");
	put("low/etc/group", "low");
	put("mid/etc/passwd", "mid");
	assert_int_equal(symlink("/../etc/./real/../passwd", "upper/etc/link"), 0);
	assert_int_equal(mkdir("mid/etc/real", 0755), 0);
	assert_int_equal(symlink("loop", "upper/etc/loop"), 0);
	assert_int_equal(symlink("/tmp", "upper/out"), 0);

	assert_int_equal(rootview_open(dirs, &view), 0);
	assert_int_equal(rootview_read(view, "etc/passwd", 100, &data), 0);
	assert_string_equal(data, "mid");
	free(take_ptr(data));
	assert_int_equal(rootview_read(view, "etc/group", 100, &data), 0);
	assert_string_equal(data, "low");
	free(take_ptr(data));
	assert_int_equal(rootview_read(view, "etc/link", 100, &data), 0);
	assert_string_equal(data, "mid");
	free(take_ptr(data));
	assert_int_equal(rootview_read(view, "etc/loop", 100, &data), -ELOOP);
	assert_int_equal(rootview_read(view, "etc/passwd", 2, &data), -EFBIG);
	assert_int_equal(rootview_read(view, "etc", 100, &data), -EISDIR);
	assert_int_equal(rootview_read(view, "out/etc/passwd", 100, &data), -ENOENT);
	assert_int_equal(rootview_read(view, "etc/passwd/x", 100, &data), -ENOTDIR);
	if (mknod("upper/etc/passwd", S_IFCHR | 0600, makedev(0, 0)) == 0)
		assert_int_equal(rootview_read(view, "etc/passwd", 100, &data), -ENOENT);
	rootview_free(view, &e);
	assert_int_equal(e.n_late_fds, 3); /* for engine_tidy */
	for (size_t i = 0; i < e.n_late_fds; i++)
		assert_int_equal(close(e.late_fds[i]), 0);
	free(e.late_fds);
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(dir_remove_all_at(AT_FDCWD, top), 0);
}

struct bind_case {
	const char *bind;
	int r;
	const char *target;
	bool rw;
};

static const struct bind_case bind_cases[] = {
	{ "/a:/b", 0, "/b", true },
	{ "/a:/b:ro", 0, "/b", false },
	{ "/a:/b/../c/:ro,rslave", 0, "/c", false },
	{ "/a", -EINVAL, NULL, false },
	{ "/a:b", -EINVAL, NULL, false },
	{ "/a:/", -EINVAL, NULL, false },
	{ "/a:/b/..", -EINVAL, NULL, false },
	{ "/a:/b:bad", -EINVAL, NULL, false },
	{ "/a:/b:ro:x", -EINVAL, NULL, false },
	{ "vol:/b", 0, "/b", true },
	{ "vol:/b:ro,nocopy", 0, "/b", false },
	{ "vol:/b:rprivate,odd", -EINVAL, NULL, false },
	{ ":/b", -EINVAL, NULL, false },
};

static void test_binds(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(bind_cases); i++) {
		char *binds[] = { (char *)bind_cases[i].bind, NULL };
		struct host_config host = { .binds = binds };
		struct mount_list list = { NULL, 0 };
		int r = mount_list_read(&host, &list, NULL);

		print_message("%s\n", bind_cases[i].bind);
		assert_int_equal(r, bind_cases[i].r);
		if (r == 0) {
			assert_string_equal(list.items[0].target, bind_cases[i].target);
			assert_int_equal(list.items[0].rw, bind_cases[i].rw);
		}
		mount_list_release(&list);
	}
}

static void test_duplicate_mount(void **state)
{
	char *binds[] = { (char *)"/a:/x", (char *)"/b:/x/", NULL };
	struct host_config host = { .binds = binds };
	struct mount_list list = { NULL, 0 };
	struct error err = ERROR_INIT;

	assert_true(mount_list_read(&host, &list, &err) < 0);
	assert_string_equal(error_text(&err), "Duplicate mount point: /x");
	error_release(&err);
}

static size_t caps_count(const char *add, const char *drop, bool privileged)
{
	char *adds[] = { (char *)add, NULL }, *drops[] = { (char *)drop, NULL };
	char **caps = NULL;
	size_t n;

	if (spec_capabilities(adds, drops, privileged, &caps, NULL) < 0)
		return SIZE_MAX;
	n = strv_len(caps);
	strv_free(caps);
	return n;
}

static void test_capabilities(void **state)
{
	assert_int_equal(caps_count(NULL, NULL, false), 14);
	assert_int_equal(caps_count(NULL, "ALL", false), 0);
	assert_int_equal(caps_count("net_bind_service", "all", false), 1);
	assert_int_equal(caps_count("SYS_ADMIN", NULL, false), 15);
	assert_int_equal(caps_count(NULL, "CAP_CHOWN", false), 13);
	assert_int_equal(caps_count(NULL, "NOPE", false), SIZE_MAX);
	assert_true(caps_count("ALL", NULL, false) >= 14);
	assert_int_equal(caps_count("ALL", NULL, false), caps_count(NULL, NULL, true));
	assert_int_equal(caps_count("ALL", "CHOWN", false) + 1, caps_count("ALL", NULL, false));
}

static void test_security_options(void **state)
{
	char *good[] = { (char *)"no-new-privileges", (char *)"seccomp=unconfined",
			 (char *)"apparmor:other",    (char *)"systempaths=unconfined",
			 (char *)"label=disable",     NULL };
	char *bad[] = { (char *)"frobnicate=1", NULL };
	struct security_options s = { 0 };

	assert_int_equal(security_options_read(good, &s, NULL), 0);
	assert_true(s.no_new_privileges && s.seccomp_unconfined && s.systempaths_unconfined);
	assert_string_equal(s.apparmor, "other");
	security_options_release(&s);
	assert_true(security_options_read(bad, &s, NULL) < 0);
}

struct fold_case {
	const char *what;
	enum monitor_status monitor;
	bool known, alive;
	enum container_status before, after;
	bool changed;
	int64_t code;
	unsigned int restarts;
};

static const struct fold_case fold_cases[] = {
	{ "ended", MONITOR_STOPPED, true, false, CONTAINER_RUNNING, CONTAINER_EXITED, true, 3 },
	{ "ending", MONITOR_STOPPED, true, true, CONTAINER_RUNNING, CONTAINER_EXITED, true, 3 },
	{ "killed", MONITOR_RUNNING, true, false, CONTAINER_RUNNING, CONTAINER_EXITED, true, 137 },
	{ "reboot", MONITOR_RUNNING, false, false, CONTAINER_RUNNING, CONTAINER_EXITED, true, 255 },
	{ "runs", MONITOR_RUNNING, true, true, CONTAINER_RUNNING, CONTAINER_RUNNING, true, 0 },
	{ "starts", MONITOR_STARTING, true, true, CONTAINER_CREATED, CONTAINER_CREATED, false, 0 },
	{ "unseen", MONITOR_RUNNING, true, true, CONTAINER_CREATED, CONTAINER_RUNNING, true, 0 },
	{ "old", MONITOR_STOPPED, true, false, CONTAINER_EXITED, CONTAINER_EXITED, false, 0 },
	{ "waits", MONITOR_RESTARTING, true, true, CONTAINER_RUNNING, CONTAINER_RESTARTING, true,
	  0 },
	{ "paused", MONITOR_RUNNING, true, true, CONTAINER_PAUSED, CONTAINER_PAUSED, true, 0 },
	{ "anew", MONITOR_RUNNING, true, true, CONTAINER_PAUSED, CONTAINER_RUNNING, true, 3, 1 },
};

static void test_fold(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(fold_cases); i++) {
		const struct fold_case *c = &fold_cases[i];
		struct monitor_state m = { .status = c->monitor,
					   .pid = 7,
					   .exit_code = 3,
					   .started = 1,
					   .finished = 2,
					   .restarts = c->restarts };
		struct container_life life = { .status = c->before };

		print_message("%s\n", c->what);
		assert_int_equal(instance_fold_life(&m, c->known, c->alive, &life), c->changed);
		assert_int_equal(life.status, c->after);
		assert_int_equal(life.exit_code, c->code);
		assert_int_equal(life.pid, c->alive && c->monitor == MONITOR_RUNNING ? 7 : 0);
	}
}

static void test_names(void **state)
{
	static const char *const bad[] = { "a", "-ab", "a/b", "a b", "_ab", "", "ab\n" };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_true(name_check(bad[i], NULL) < 0);
	assert_int_equal(name_check("web-1.x_Y", NULL), 0);
	for (unsigned int i = 0; i < 8; i++) {
		char *name = name_random(i), *id = id_random();

		assert_int_equal(name_check(name, NULL), 0);
		assert_int_equal(strlen(id), 64);
		free(name);
		free(id);
	}
}

static char **vector(const char *one)
{
	char **v = NULL;

	strv_push(&v, one);
	return v;
}

static void test_merge(void **state)
{
	struct container_config c = { 0 };
	struct image_run_config image = { .cmd = vector("serve"),
					  .entrypoint = vector("/entry"),
					  .env = vector("A=image"),
					  .user = xstrdup("app") };

	strv_push(&image.env, "B=image");
	strv_push(&c.env, "A=mine");
	create_merge(&c, &image);
	assert_string_equal(c.entrypoint[0], "/entry");
	assert_string_equal(c.cmd[0], "serve");
	assert_string_equal(c.env[0], "A=mine");
	assert_string_equal(c.env[1], "B=image");
	assert_string_equal(c.user, "app");
	container_config_release(&c);

	c.entrypoint = vector(""); /* --entrypoint "" */
	c.cmd = vector("sh");
	create_merge(&c, &image);
	assert_null(c.entrypoint);
	assert_string_equal(c.cmd[0], "sh");
	container_config_release(&c);

	c.entrypoint = vector("/mine"); /* the image's command does not follow */
	create_merge(&c, &image);
	assert_int_equal(strv_len(c.cmd), 0);
	container_config_release(&c);
	json_release(&image_run_config_shape, &image);
}

static void test_environment(void **state)
{
	char *env[] = { (char *)"PATH=/mine", (char *)"X=1", (char *)"unset", NULL };
	char **out = spec_environment(env, "host", true, "/root");

	assert_string_equal(strv_env_get(out, "PATH"), "/mine");
	assert_string_equal(strv_env_get(out, "TERM"), "xterm");
	assert_string_equal(strv_env_get(out, "HOME"), "/root");
	assert_string_equal(strv_env_get(out, "HOSTNAME"), "host");
	assert_int_equal(strv_len(out), 5);
	strv_free(out);
}

static void test_resources(void **state)
{
	struct host_config h = { .memory = 5 << 20 };
	struct error err = ERROR_INIT;

	assert_true(create_check_resources(&h, false, &err) < 0);
	assert_string_equal(error_text(&err), "Minimum memory limit allowed is 6MB");
	error_release(&err);
	h = (struct host_config){ .cpuset_cpus = (char *)"0-99999" };
	assert_true(create_check_resources(&h, false, NULL) < 0);
	h = (struct host_config){ .cpuset_cpus = (char *)"x" };
	assert_true(create_check_resources(&h, false, NULL) < 0);
	h = (struct host_config){ .nano_cpus = 500000000,
				  .memory = 512 << 20,
				  .cpuset_cpus = (char *)"0" };
	assert_int_equal(create_check_resources(&h, false, NULL), 0);
}

static void test_command(void **state)
{
	struct container rec = { .path = (char *)"sh", .args = (char *)"[\"-c\",\"a b\"]" };
	char *text = view_command(&rec);

	assert_string_equal(text, "sh -c 'a b'");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_users),
		cmocka_unit_test(test_users_without_files),
		cmocka_unit_test(test_rootview),
		cmocka_unit_test(test_binds),
		cmocka_unit_test(test_duplicate_mount),
		cmocka_unit_test(test_capabilities),
		cmocka_unit_test(test_security_options),
		cmocka_unit_test(test_fold),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_resources),
		cmocka_unit_test(test_command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
