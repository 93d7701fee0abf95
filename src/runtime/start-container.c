/* SPDX-License-Identifier: Apache-2.0 */
/* create and run, on the host's side. What is made is undone by container_undo unless all of it
 * succeeded. */
#include "runtime/start-container.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "base/strv.h"
#include "runtime/cgroup-container.h"
#include "runtime/filter.h"
#include "runtime/hooks.h"
#include "runtime/mounts.h"
#include "runtime/net-devices.h"
#include "runtime/rootless.h"
#include "runtime/warnings.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/unixsock.h"

struct starting {
	const struct bundle *bundle;
	const struct create_options *options;
	struct container *container;
	struct cgroup *cgroup; /* placed, not made */
};

int console_open(const char *path, bool terminal, bool detached, int *ret_child, int *ret_ours,
		 struct error *err)
{
	int pair[2];

	if (!terminal && path)
		return error_set(err, ERR_INVALID, 0,
				 "cannot use console socket if the runtime will not allocate tty");
	if (!terminal)
		return 0;
	if (path) {
		int fd = unixsock_connect_at(AT_FDCWD, path, SOCK_STREAM);

		if (fd < 0)
			return error_set(err, ERR_SYSTEM, -fd, "connect to console socket '%s'",
					 path);
		*ret_child = fd;
		return 0;
	}
	if (detached)
		return error_set(err, ERR_INVALID, 0,
				 "cannot allocate tty if the runtime will detach without setting "
				 "console socket");
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a socket pair");
	*ret_ours = pair[0];
	*ret_child = pair[1];
	return 0;
}

static int open_namespaces(const struct oci_spec *spec, struct launch *l, struct error *err)
{
	const struct oci_linux *lx = spec->linux_;

	for (size_t i = 0; i < lx->n_namespaces; i++) {
		const struct oci_namespace *ns = &lx->namespaces[i];
		enum namespace_type type;
		bool own;
		int fd, r = namespace_by_name(ns->type, &type);

		if (r < 0)
			return error_set(err, ERR_INVALID, 0, "unknown namespace type '%s'",
					 ns->type);
		if (!ns->path) {
			l->ns_new[type] = true;
			continue;
		}
		fd = namespace_open(ns->path, type);
		if (fd < 0)
			return error_set(err, ERR_SYSTEM, -fd,
					 "linux.namespaces: open %s namespace '%s'", ns->type,
					 ns->path);
		l->ns_fd[type] = fd;
		/* Ours is not joined, it is kept: and it is not the container's own, whatever it is
		 * asked for in that belief. */
		if (namespace_is_own(fd, type, &own) == 0 && own)
			macros_close_fd(&l->ns_fd[type]);
	}
	return 0;
}

static int connect_sockets(const struct starting *s, struct launch *l, int *ret_console,
			   struct error *err)
{
	const struct create_options *o = s->options;
	int r = console_open(o->console_socket, l->process->terminal, !o->run || o->detach,
			     &l->console_fd, ret_console, err);

	if (r < 0)
		return r;
	r = filter_connect_listener(s->bundle->spec.linux_->seccomp, &l->listener_fd, err);
	if (r < 0)
		return r;
	if (o->run)
		return 0;
	l->listen_fd = unixsock_listen_at(s->container->dir_fd, "start.sock", SOCK_SEQPACKET, 0600);
	if (l->listen_fd < 0)
		return error_set(err, ERR_SYSTEM, -l->listen_fd, "make the socket for start");
	return 0;
}

static int set_oom_score(pid_t pid, const struct opt_i64 *score, struct error *err)
{
	char path[48], value[24];
	int r;

	if (!score->set)
		return 0;
	(void)snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", (int)pid);
	(void)snprintf(value, sizeof(value), "%lld", (long long)score->value);
	r = file_put_at(AT_FDCWD, path, value);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "set oom_score_adj to %s", value);
	return 0;
}

int container_write_pid_file(const char *path, pid_t pid, struct error *err)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%d", (int)pid);
	int r = path ? file_replace_at(AT_FDCWD, path, text, (size_t)n, 0644) : 0;

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "write pid file '%s'", path);
	return 0;
}

int container_save_process(struct container *c, pid_t pid, struct error *err)
{
	struct strbuf now = STRBUF_INIT;
	int r;

	c->pid = pid;
	r = process_start_time(pid, &c->pid_start);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r,
				 "read the start time of the container's process");
	clock_format(clock_now(), &now);
	c->created = strbuf_take(&now);
	return container_save(c, err);
}

/* The state first: with it, delete --force finds all the rest whenever we are killed. */
static int prepare(struct launch *l, void *arg, struct error *err)
{
	struct starting *s = arg;
	int r = container_save_process(s->container, l->pid, err);

	if (!r)
		r = container_cgroup_enter(s->container, l, err);
	if (!r)
		r = set_oom_score(l->pid, &l->process->oom_score_adj, err);
	if (!r)
		r = net_devices_move(l, err);
	if (!r)
		r = container_write_pid_file(s->options->pid_file, l->pid, err);
	return r < 0 ? r : pidfd_send(s->options->pidfd_socket, "standard", l->pidfd, err);
}

int container_run_hooks(const struct bundle *b, const struct container *c, struct error *err)
{
	static const struct oci_hooks none;
	const struct oci_hooks *h = b->spec.hooks ? b->spec.hooks : &none;
	cleanup(strbuf_release) struct strbuf state = STRBUF_INIT;
	cleanup_fd int dir = open(b->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct hook_run run = { .kind = "prestart", .dirfd = dir };
	int r;

	container_state_json(c, "creating", true, &state);
	run.state = strbuf_str(&state);
	r = hooks_run(&run, h->prestart, h->n_prestart, err);
	run.kind = "createRuntime";
	return r < 0 ? r : hooks_run(&run, h->create_runtime, h->n_create_runtime, err);
}

static int run_hooks(struct launch *l, void *arg, struct error *err)
{
	const struct starting *s = arg;

	(void)l;
	return container_run_hooks(s->bundle, s->container, err);
}

static void fill_launch(const struct globals *g, const struct bundle *b,
			const struct create_options *o, const struct container *c, struct launch *l)
{
	launch_init(l);
	l->id = c->id;
	l->bundle = b->path;
	l->root = g->root;
	l->spec = &b->spec;
	l->process = b->spec.process;
	l->env = strv_copy(l->process->env);
	l->rootfs = b->rootfs;
	l->init = true;
	l->no_pivot = o->no_pivot;
	l->no_new_keyring = o->no_new_keyring;
	passed_fds_give(&o->fds, l);
}

static int launch_bundle(const struct globals *g, struct starting *s, struct launched *ret,
			 struct error *err)
{
	cleanup(launch_release) struct launch l;
	const struct launch_callbacks callbacks = { .prepare = prepare,
						    .hooks = run_hooks,
						    .arg = s };
	const struct bundle *b = s->bundle;
	cleanup_fd int console = -1;
	int r;

	fill_launch(g, b, s->options, s->container, &l);
	l.cgroup = *s->cgroup;
	*s->cgroup = (struct cgroup){ 0 };
	r = open_namespaces(&b->spec, &l, err);
	if (!r)
		launch_warn(&l);
	if (!r)
		r = connect_sockets(s, &l, &console, err);
	if (!r)
		r = filter_prepare(g->root, b->spec.linux_->seccomp, &l.filter, err);
	if (!r)
		r = mounts_prepare(&l, err);
	if (!r)
		r = container_cgroup_make_first(s->container, &l.cgroup, err);
	if (!r)
		r = launch_run(&l, &callbacks, err);
	if (r < 0) {
		net_devices_return(&l);
		/* The first error is the one to tell. */
		ignore_result(container_cgroup_remove(s->container, &b->spec, NULL));
		return r;
	}
	*ret = (struct launched){ .pidfd = take_fd(&l.pidfd), .console = take_fd(&console) };
	return 0;
}

int container_record(const struct bundle *b, struct container *c, struct error *err)
{
	int r = file_replace_at(c->dir_fd, "config.json", b->text, b->text_len, 0600);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "write the config of '%s'", c->id);
	c->oci_version = xstrdup(OCI_RUNTIME_VERSION);
	c->bundle = xstrdup(b->path);
	c->rootfs = xstrdup(b->rootfs ? b->rootfs : "");
	c->owner = xstrdup("");
	strmap_copy(&c->annotations, &b->spec.annotations);
	c->late_hooks = b->spec.hooks && b->spec.hooks->n_poststart + b->spec.hooks->n_poststop;
	return 0;
}

int container_launch(const struct globals *g, const char *id, const struct create_options *options,
		     struct container *ret, struct launched *ret_launched, struct error *err)
{
	cleanup(bundle_release) struct bundle b = { 0 };
	cleanup(container_unload) struct container c = CONTAINER_INIT;
	cleanup(cgroup_release) struct cgroup cg = { 0 };
	struct starting starting = {
		.bundle = &b, .options = options, .container = &c, .cgroup = &cg
	};
	int r = bundle_load(options->bundle, &b, err);

	if (!r)
		r = rootless_check(&b.spec, err);
	if (!r)
		r = container_make(g->root, id, &c, err);
	if (r < 0)
		return r;
	/* First: a config on record says that its cgroup is ours to remove. */
	r = container_cgroup_place(g, &b.spec, &c, &cg, err);
	if (!r)
		r = container_record(&b, &c, err);
	if (!r)
		r = launch_bundle(g, &starting, ret_launched, err);
	if (r < 0) {
		ignore_result(container_forget(&c, NULL));
		return r;
	}
	/* What is done to it from here on needs not read it again. */
	c.config = xmalloc(sizeof(*c.config));
	*c.config = b.spec;
	b.spec = (struct oci_spec){ 0 };
	*ret = c;
	c = (struct container)CONTAINER_INIT;
	return 0;
}

int container_poststart(struct container *c, struct error *err)
{
	cleanup(strbuf_release) struct strbuf state = STRBUF_INIT;
	cleanup_fd int dir = -1;
	struct hook_run run = { .kind = "poststart" };
	const struct oci_spec *spec;
	int r = c->late_hooks ? container_config(c, &spec, err) : 0;

	if (r < 0 || !c->late_hooks || !spec->hooks)
		return r;
	container_state_json(c, "running", true, &state);
	run.state = strbuf_str(&state);
	run.dirfd = dir = open(c->bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return hooks_run(&run, spec->hooks->poststart, spec->hooks->n_poststart, err);
}

/* The container is gone whatever they say: a failure is a warning, as the specification has it. */
static int run_poststop(const struct container *c, const struct oci_spec *spec, struct error *err)
{
	cleanup(strbuf_release) struct strbuf state = STRBUF_INIT;
	cleanup_fd int dir = -1;
	struct hook_run run = { .kind = "poststop", .tolerant = true };

	if (!spec || !spec->hooks || !spec->hooks->n_poststop)
		return 0;
	container_state_json(c, "stopped", true, &state);
	run.state = strbuf_str(&state);
	run.dirfd = dir = open(c->bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return hooks_run(&run, spec->hooks->poststop, spec->hooks->n_poststop, err);
}

int container_destroy(struct container *c, struct error *err)
{
	struct error ignored = ERROR_INIT;
	const struct oci_spec *spec = NULL;
	int r;

	/* A record that was left half-made has the config at most: the cgroup's name is in it. */
	if ((c->half_made || c->late_hooks) && container_config(c, &spec, &ignored) < 0)
		error_release(&ignored);
	r = container_cgroup_remove(c, spec, err);
	if (!r)
		r = container_forget(c, err);
	return r < 0 ? r : run_poststop(c, spec, err);
}
