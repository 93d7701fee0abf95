/* SPDX-License-Identifier: Apache-2.0 */
/* The database, container records and events. */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/strv.h"
#include "store/containers.h"
#include "store/events.h"
#include "store/volumes.h"
#include "store/networks.h"
#include "sys/file.h"

#include <fcntl.h>

static char root[64];

static int setup(void **state)
{
	struct store *store = calloc(1, sizeof(*store));

	(void)snprintf(root, sizeof(root), "/tmp/test-store-XXXXXX");
	assert_non_null(mkdtemp(root));
	assert_int_equal(store_open(root, store, NULL), 0);
	*state = store;
	return 0;
}

static int teardown(void **state)
{
	store_release(*state);
	free(*state);
	return dir_remove_all_at(AT_FDCWD, root);
}

static struct container record(const char *id, const char *name)
{
	return (struct container){
		.id = (char *)id,
		.name = (char *)name,
		.image = (char *)"i",
		.image_id = (char *)"sha256:aa",
		.layers = (char *)"sha256:l1 sha256:l2",
		.created = 5,
		.path = (char *)"sh",
		.args = (char *)"[]",
		.config = (char *)"{}",
		.host = (char *)"{}",
		.networking = (char *)"{}",
	};
}

static void test_reopen(void **state)
{
	struct store again;

	assert_int_equal(store_open(root, &again, NULL), 0);
	store_release(&again);
	store_release(&again);
}

static void test_newer_schema(void **state)
{
	struct store *store = *state, again;
	struct error err = ERROR_INIT;

	assert_int_equal(store_exec(store, NULL, &err, "PRAGMA user_version = 999", ""), 0);
	assert_true(store_open(root, &again, &err) < 0);
	assert_non_null(strstr(error_text(&err), "newer version"));
	error_release(&err);
}

/* A file as the first version wrote it: what was in it is there, and the newest can use it. */
static void test_first_schema(void **state)
{
	const char *const schemas[] = { store_schema_containers, store_schema_images,
					store_schema_networks, store_schema_events,
					store_schema_execs };
	char dir[] = "/tmp/hoy-store-v1.XXXXXX";
	cleanup_free char *path = NULL;
	const struct volume_record volume = { (char *)"v", (char *)"{}", 1 };
	struct network_record *nets = NULL;
	struct endpoint_record *eps = NULL;
	struct store store;
	sqlite3 *db;
	size_t n = 0;

	(void)state;
	assert_non_null(mkdtemp(dir));
	path = xasprintf("%s/hoy.db", dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	for (size_t i = 0; i < ARRAY_SIZE(schemas); i++)
		assert_int_equal(sqlite3_exec(db, schemas[i], NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db,
				      "INSERT INTO endpoints(id, container_id, network_id, ip,"
				      " prefix_len, prefix6_len) SELECT 'e', 'c', id, '10.0.0.2',"
				      " 24, 0 FROM networks WHERE name = 'bridge';"
				      "PRAGMA user_version = 1",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	assert_int_equal(store_open(dir, &store, NULL), 0);
	assert_int_equal(network_record_list(&store, &nets, &n, NULL), 0);
	assert_int_equal(n, 3);
	assert_string_equal(nets[0].config, "");
	assert_null(nets[0].bridge);
	assert_int_equal(endpoint_record_list(&store, "c", NULL, &eps, &n, NULL), 0);
	assert_int_equal(n, 1);
	assert_string_equal(eps[0].if_name, "eth0");
	assert_string_equal(eps[0].names, "");
	endpoint_record_list_free(eps, n);
	assert_int_equal(volume_record_insert(&store, &volume, NULL), 0);
	network_record_list_free(nets, 3);
	store_release(&store);
	/* and again: nothing is left to do */
	assert_int_equal(store_open(dir, &store, NULL), 0);
	store_release(&store);
	assert_int_equal(dir_remove_all_at(AT_FDCWD, dir), 0);
}

static void test_volume_records(void **state)
{
	static const char a[] = "aaaa111111111111111111111111111111111111111111111111111111111111";
	static const char b[] = "bbbb222222222222222222222222222222222222222222222222222222222222";
	struct container one = record(a, "one"), two = record(b, "two");
	struct volume_record own = { (char *)"own", (char *)"{}", 1 };
	struct volume_record both = { (char *)"both", (char *)"{}", 2 };
	struct volume_mount_record m = { .container_id = (char *)a,
					 .target = (char *)"/own",
					 .volume = own.name,
					 .mode = (char *)"",
					 .propagation = (char *)"",
					 .rw = true };
	struct volume_mount_record *rows = NULL;
	cleanup(strv_release) char **names = NULL;
	struct store *store = *state;
	size_t n = 0;

	assert_int_equal(container_insert(store, &one, NULL), 0);
	assert_int_equal(container_insert(store, &two, NULL), 0);
	assert_int_equal(volume_record_insert(store, &own, NULL), 0);
	assert_int_equal(volume_record_insert(store, &both, NULL), 0);
	assert_int_equal(volume_mount_insert(store, &m, NULL), 0);
	m.target = (char *)"/both";
	m.volume = both.name;
	assert_int_equal(volume_mount_insert(store, &m, NULL), 0);
	m.container_id = (char *)b;
	assert_int_equal(volume_mount_insert(store, &m, NULL), 0);
	assert_true(volume_record_delete(store, "both", NULL) < 0); /* somebody has it */
	assert_int_equal(volume_mount_own(store, a, &names, NULL), 0);
	assert_int_equal(strv_len(names), 1);
	assert_string_equal(names[0], "own");
	assert_int_equal(container_delete(store, a, NULL), 0); /* its rows with it */
	assert_int_equal(volume_mount_list(store, NULL, &rows, &n, NULL), 0);
	assert_int_equal(n, 1);
	assert_string_equal(rows[0].container_id, b);
	volume_mount_list_free(rows, n);
	assert_int_equal(volume_record_delete(store, "own", NULL), 0);
}

static void test_network_records(void **state)
{
	struct network_record net = {
		.id = (char *)"n1",
		.name = (char *)"web",
		.driver = (char *)"bridge",
		.created = 7,
		.config = (char *)"{}",
		.bridge = (char *)"br-1",
	};
	struct network_record got = { 0 };
	struct endpoint_record ep = { .id = (char *)"e1",
				      .container_id = (char *)"c1",
				      .network_id = (char *)"n1",
				      .ip = (char *)"10.0.0.2",
				      .names = (char *)"a b",
				      .if_name = (char *)"eth1" };
	struct endpoint_name *names = NULL;
	struct error err = ERROR_INIT;
	size_t n = 0;

	assert_int_equal(network_record_insert(*state, &net, NULL), 0);
	assert_int_equal(network_record_insert(*state, &net, &err), -EEXIST);
	assert_string_equal(error_text(&err), "network with name web already exists");
	error_release(&err);
	assert_int_equal(network_record_find(*state, "web", &got, NULL), 0);
	assert_string_equal(got.bridge, "br-1");
	network_record_release(&got);
	assert_int_equal(endpoint_record_insert(*state, &ep, NULL), 0);
	assert_int_equal(endpoint_name_list(*state, "n1", &names, &n, NULL), 0);
	assert_int_equal(n, 1);
	assert_null(names[0].container_name);
	assert_string_equal(names[0].names, "a b");
	endpoint_name_list_free(names, n);
	/* a network that has endpoints cannot go */
	assert_true(network_record_delete(*state, "n1", NULL) < 0);
	assert_int_equal(endpoint_record_delete_one(*state, "e1", NULL), 0);
	assert_int_equal(network_record_delete(*state, "n1", NULL), 0);
	assert_true(network_record_find(*state, "web", &got, NULL) < 0);
}

static void test_find(void **state)
{
	static const char a[] = "aaaa111111111111111111111111111111111111111111111111111111111111";
	static const char b[] = "aaaa222222222222222222222222222222222222222222222222222222222222";
	struct container one = record(a, "web"), two = record(b, "aaaa1"), got;
	struct error err = ERROR_INIT;

	assert_int_equal(container_insert(*state, &one, NULL), 0);
	assert_int_equal(container_insert(*state, &two, NULL), 0);
	assert_int_equal(container_find(*state, "/web", &got, NULL), 0);
	assert_string_equal(got.id, a);
	container_release(&got);
	/* a name comes before a prefix */
	assert_int_equal(container_find(*state, "aaaa1", &got, NULL), 0);
	assert_string_equal(got.id, b);
	container_release(&got);
	assert_int_equal(container_find(*state, "aaaa11", &got, NULL), 0);
	assert_string_equal(got.id, a);
	container_release(&got);
	assert_true(container_find(*state, "aaaa", &got, &err) < 0);
	assert_int_equal(err.kind, ERR_INVALID);
	error_release(&err);
	assert_true(container_find(*state, "nope", &got, &err) < 0);
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	assert_string_equal(error_text(&err), "No such container: nope");
	error_release(&err);
	assert_true(container_find(*state, "", &got, NULL) < 0);
	assert_true(container_find(*state, "/", &got, NULL) < 0);
}

static void test_conflict(void **state)
{
	struct container one = record("1", "web"), two = record("2", "web"),
			 three = record("3", "db");
	struct error err = ERROR_INIT;

	assert_int_equal(container_insert(*state, &one, NULL), 0);
	assert_true(container_insert(*state, &two, &err) < 0);
	assert_int_equal(err.kind, ERR_CONFLICT);
	assert_string_equal(error_text(&err),
			    "Conflict. The container name \"/web\" is already in use by container "
			    "\"1\". You have to remove (or rename) that container to be able to "
			    "reuse that name.");
	error_release(&err);
	assert_int_equal(container_insert(*state, &three, NULL), 0);
	assert_true(container_rename(*state, "3", "web", &err) < 0);
	assert_int_equal(err.kind, ERR_CONFLICT);
	error_release(&err);
	assert_int_equal(container_rename(*state, "3", "db2", NULL), 0);
}

static void test_life(void **state)
{
	struct container one = record("1", "web"), got, *list;
	struct container_life life = {
		.status = CONTAINER_EXITED, .exit_code = 3, .finished = 9, .error = (char *)"boom"
	};
	bool used;
	size_t n;

	assert_int_equal(container_insert(*state, &one, NULL), 0);
	assert_int_equal(container_set_stopped(*state, "1", true, NULL), 0);
	assert_int_equal(container_set_life(*state, "1", &life, NULL), 0);
	assert_int_equal(container_get(*state, "1", &got, NULL), 0);
	assert_int_equal(got.life.status, CONTAINER_EXITED);
	assert_int_equal(got.life.exit_code, 3);
	assert_true(got.life.manually_stopped);
	assert_string_equal(got.life.error, "boom");
	container_release(&got);
	assert_int_equal(container_list_active(*state, &list, &n, NULL), 0);
	assert_int_equal(n, 0);
	assert_int_equal(containers_use_layer(*state, "sha256:l2", &used, NULL), 0);
	assert_true(used);
	assert_int_equal(containers_using_image(*state, "sha256:aa", &list, &n, NULL), 0);
	assert_int_equal(n, 1);
	container_list_free(list, n);
	assert_int_equal(container_delete(*state, "1", NULL), 0);
	assert_int_equal(container_get(*state, "1", &got, NULL), -ENOENT);
}

static int count_rows(void *arg, const struct event_row *row)
{
	(*(int *)arg)++;
	return row->attributes[0] == '{' ? 0 : -EINVAL;
}

static void test_events(void **state)
{
	struct strmap attributes = STRMAP_INIT;
	int64_t last = 0, before;
	int n = 0, fd;

	strmap_set(&attributes, "name", "a \"quoted\" one");
	assert_int_equal(event_watch(*state, &fd, NULL), 0);
	assert_int_equal(event_last_id(*state, &before, NULL), 0);
	assert_int_equal(event_record(*state, "container", "start", "1", &attributes, NULL), 0);
	assert_int_equal(event_record(*state, "container", "die", "1", NULL, NULL), 0);
	assert_int_equal(poll(&(struct pollfd){ fd, POLLIN, 0 }, 1, 1000), 1);
	event_watch_drain(*state, fd);
	assert_int_equal(poll(&(struct pollfd){ fd, POLLIN, 0 }, 1, 0), 0);
	assert_int_equal(event_read(*state, before, 0, count_rows, &n, &last, NULL), 0);
	assert_int_equal(n, 2);
	assert_int_equal(last, before + 2);
	(void)close(fd);
	strmap_release(&attributes);
}

static void test_events_pruned(void **state)
{
	int64_t last = 0;
	int n = 0;

	assert_int_equal(store_begin(*state, NULL), 0);
	for (int i = 0; i < 10600; i++)
		assert_int_equal(event_record(*state, "image", "pull", "x", NULL, NULL), 0);
	assert_int_equal(store_commit(*state, NULL), 0);
	assert_int_equal(event_read(*state, 0, 0, count_rows, &n, &last, NULL), 0);
	assert_in_range(n, 10000, 10300);
}

static void test_rollback(void **state)
{
	struct container one = record("1", "web"), got;

	assert_int_equal(store_begin(*state, NULL), 0);
	assert_int_equal(container_insert(*state, &one, NULL), 0);
	store_rollback(*state);
	store_rollback(*state);
	assert_int_equal(container_get(*state, "1", &got, NULL), -ENOENT);
}

/* Sixteen writers at once: nobody fails, every change is there. */
static void test_writers(void **state)
{
	enum { WRITERS = 16, EACH = 20 };
	int64_t last = 0;
	int n = 0, status;

	for (int w = 0; w < WRITERS; w++) {
		struct store own;
		pid_t pid = fork();

		if (pid != 0)
			continue;
		if (store_open(root, &own, NULL) < 0)
			_exit(1);
		for (int i = 0; i < EACH; i++) {
			if (store_begin(&own, NULL) < 0 ||
			    event_record(&own, "daemon", "reload", "x", NULL, NULL) < 0 ||
			    store_commit(&own, NULL) < 0)
				_exit(1);
		}
		store_release(&own);
		_exit(0);
	}
	while (wait(&status) > 0)
		assert_int_equal(status, 0);
	assert_int_equal(event_read(*state, 0, 0, count_rows, &n, &last, NULL), 0);
	assert_int_equal(n, WRITERS * EACH);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_reopen),	       T(test_newer_schema),   T(test_find),
		T(test_first_schema),  T(test_volume_records), T(test_network_records),
		T(test_conflict),      T(test_life),	       T(test_events),
		T(test_events_pruned), T(test_rollback),       T(test_writers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
