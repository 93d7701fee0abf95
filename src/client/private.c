/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The private engine: when nobody named an engine and none listens, the command starts hoyd for
 * itself. The socket is made here and listens before hoyd is there, so the request goes out at
 * once. hoyd has a session of its own (a Ctrl-C on the terminal is for the command) and ends when
 * life_fd's other end closes, however we end.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/json.h"
#include "base/strv.h"
#include "client/client.h"
#include "client/program.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/unixsock.h"

enum { CONFIG_MAX = 1024 * 1024 };

struct engine_config_file {
	char *run_root;
};

static const struct json_field engine_config_file_fields[] = {
	FIELD_STR(struct engine_config_file, run_root, "exec-root"),
};
static const struct json_shape engine_config_file_shape =
	JSON_SHAPE(struct engine_config_file, engine_config_file_fields, 0);

/* exec-root of the engine's configuration, owned; the default when there is no file. */
static int find_run_root(const char *config, char **ret, struct error *err)
{
	cleanup_free char *text = NULL;
	struct engine_config_file file = { NULL };
	size_t len;
	int r = file_read_at(AT_FDCWD, config ? config : "/etc/hoy/daemon.json", CONFIG_MAX, &text,
			     &len);

	if (r == -ENOENT && !config) {
		*ret = xstrdup("/run/hoy");
		return 0;
	}
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "read the engine's configuration '%s'",
				 config ? config : "/etc/hoy/daemon.json");
	r = json_decode(&engine_config_file_shape, text, len, &file, err);
	if (r < 0)
		return error_prefix(err, "%s", config ? config : "/etc/hoy/daemon.json");
	*ret = file.run_root ? take_ptr(file.run_root) : xstrdup("/run/hoy");
	json_release(&engine_config_file_shape, &file);
	return 0;
}

char *client_program(const char *name)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	cleanup_free char *beside = NULL;

	if (n > 0) {
		self[n] = '\0';
		beside = xasprintf("%.*s/%s", (int)(strrchr(self, '/') - self), self, name);
	}
	return beside && access(beside, X_OK) == 0 ? take_ptr(beside)
						   : xasprintf(HOY_LIBEXECDIR "/%s", name);
}

static int make_socket(const char *run_root, struct private_engine *engine, int *ret_fd,
		       struct error *err)
{
	cleanup_fd int dir = -1;
	cleanup_free char *name = xasprintf("private-%d.sock", (int)getpid());
	int r;

	dir = open(run_root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 && errno == ENOENT) {
		r = dir_make_all_at(AT_FDCWD, run_root, 0700);
		if (r < 0)
			return error_set(err, ERR_SYSTEM, -r,
					 "no engine listens at unix://" CLIENT_DEFAULT_SOCKET
					 ", and a private one cannot make '%s'",
					 run_root);
		dir = open(run_root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
	if (dir < 0)
		return error_set(err, ERR_SYSTEM, errno, "open '%s'", run_root);
	r = unixsock_listen_at(dir, name, SOCK_STREAM, 0600);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r,
				 "no engine listens at unix://" CLIENT_DEFAULT_SOCKET
				 ", and a private one cannot make its socket in '%s'",
				 run_root);
	*ret_fd = r;
	engine->socket = xasprintf("%s/%s", run_root, name);
	return 0;
}

static int spawn_engine(struct private_engine *engine, int listen_fd, int life_fd,
			const char *config, struct error *err)
{
	cleanup_free char *program = NULL;
	const char *argv[] = { "hoyd", "--private", "--listen-fd", "3", "--life-fd",
			       "4",    NULL,	    NULL,	   NULL };
	const struct fd_map fds[] = { { 2, 2 }, { listen_fd, 3 }, { life_fd, 4 } };
	struct spawn spawn = {
		.argv = (char *const *)argv,
		.fds = fds,
		.n_fds = ARRAY_SIZE(fds),
		.dirfd = -1,
		.new_session = true,
	};
	int r;

	if (config) {
		argv[6] = "--config-file";
		argv[7] = config;
	}
	program = client_program("hoyd");
	spawn.file = program;
	r = process_spawn(&spawn, &engine->pidfd, NULL);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "start %s", program) : 0;
}

int private_engine_start(struct private_engine *ret, struct error *err)
{
	cleanup(private_engine_release) struct private_engine engine = PRIVATE_ENGINE_INIT;
	cleanup_fd int listen_fd = -1, life_read = -1;
	cleanup_free char *run_root = NULL;
	const char *config = getenv("HOY_CONFIG");
	int r;

	if (config && !*config)
		config = NULL;
	r = find_run_root(config, &run_root, err);
	if (r < 0)
		return r;
	r = make_socket(run_root, &engine, &listen_fd, err);
	if (r < 0)
		return r;
	r = fd_pipe(&life_read, &engine.life_fd);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "make a pipe");
	r = spawn_engine(&engine, listen_fd, life_read, config, err);
	if (r < 0) {
		(void)unlink(engine.socket);
		return r;
	}
	*ret = engine;
	engine = (struct private_engine)PRIVATE_ENGINE_INIT;
	return 0;
}

void private_engine_release(struct private_engine *engine)
{
	macros_close_fd(&engine->life_fd);
	macros_close_fd(&engine->pidfd);
	free(engine->socket);
	*engine = (struct private_engine)PRIVATE_ENGINE_INIT;
}
