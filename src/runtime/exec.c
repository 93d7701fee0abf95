/* SPDX-License-Identifier: Apache-2.0 */
/* hoy-runtime exec: one more process in a running container, with the rights of its config unless
 * said otherwise. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/parse.h"
#include "base/strbuf.h"
#include "base/strv.h"
#include "runtime/cgroup-container.h"
#include "runtime/filter.h"
#include "runtime/scheduling.h"
#include "runtime/start-container.h"
#include "runtime/systemd-unit.h"
#include "runtime/warnings.h"
#include "sys/caps.h"
#include "sys/file.h"
#include "sys/process.h"

enum { PROCESS_MAX = 16 * 1024 * 1024 };

struct exec_options {
	char *process, *console_socket, *pid_file, *user, *cwd, *apparmor, *process_label,
		*pidfd_socket;
	char **env, **caps, **additional_gids, **cgroups;
	bool detach, tty, no_new_privs, ignore_paused, no_subreaper;
	int64_t preserve_fds;
	struct passed_fds fds;
};

static const struct arg_option exec_rows[] = {
	ARG_STR(struct exec_options, process, "process", 'p', "file",
		"process.json; instead of the options"),
	ARG_STR(struct exec_options, console_socket, "console-socket", 0, "path",
		"socket that gets the terminal's master"),
	ARG_STR(struct exec_options, pid_file, "pid-file", 0, "path", "write the process id here"),
	ARG_STR(struct exec_options, user, "user", 'u', "uid[:gid]", "who the process is"),
	ARG_STR(struct exec_options, cwd, "cwd", 0, "dir", "working directory in the container"),
	ARG_STR(struct exec_options, apparmor, "apparmor", 0, "profile", "AppArmor profile"),
	ARG_STR(struct exec_options, process_label, "process-label", 0, "label", "SELinux label"),
	ARG_STR(struct exec_options, pidfd_socket, "pidfd-socket", 0, "path",
		"socket that gets a pidfd of the process"),
	ARG_LIST(struct exec_options, cgroups, "cgroup", 0, "[controller:]path",
		 "an existing cgroup below the container's"),
	ARG_LIST(struct exec_options, env, "env", 'e', "name=value", "environment"),
	ARG_LIST(struct exec_options, caps, "cap", 'c', "capability", "one more capability"),
	ARG_LIST(struct exec_options, additional_gids, "additional-gids", 'g', "gid",
		 "one more group"),
	ARG_BOOL(struct exec_options, detach, "detach", 'd', "return when the program runs"),
	ARG_BOOL(struct exec_options, tty, "tty", 't', "give it a terminal"),
	ARG_BOOL(struct exec_options, no_new_privs, "no-new-privs", 0, "set no-new-privileges"),
	ARG_BOOL(struct exec_options, ignore_paused, "ignore-paused", 0, "also when it is paused"),
	ARG_BOOL(struct exec_options, no_subreaper, "no-subreaper", 0,
		 "do not adopt processes that are left behind", .flags = ARG_HIDDEN),
	ARG_I64(struct exec_options, preserve_fds, "preserve-fds", 0, "n",
		"pass n more file descriptors"),
};

static const struct arg_spec exec_spec = {
	.command = "exec",
	.usage = "[OPTIONS] CONTAINER [COMMAND [ARG...]]",
	.summary = "Run a process in a running container",
	ARG_OPTIONS(exec_rows),
	.flags = ARGS_STOP_AT_FIRST,
	.min_args = 1,
	.max_args = -1,
};

/* "1000" or "1000:1000": numbers only, the whole string (CVE-2026-30892). */
static int set_user(struct oci_user *user, const char *text, struct error *err)
{
	cleanup_free char *copy = xstrdup(text);
	char *colon = strchr(copy, ':');

	if (colon)
		*colon++ = '\0';
	if (parse_u32(copy, &user->uid) < 0 || user->uid == UINT32_MAX ||
	    (colon && (parse_u32(colon, &user->gid) < 0 || user->gid == UINT32_MAX)))
		return error_set(err, ERR_INVALID, 0, "parsing --user '%s': uid[:gid] wanted",
				 text);
	return 0;
}

static int add_gids(struct oci_user *user, char *const *gids, struct error *err)
{
	size_t n = strv_len(gids);

	if (n)
		user->additional_gids = xrealloc(user->additional_gids, user->n_additional_gids + n,
						 sizeof(*user->additional_gids));
	for (; gids && *gids; gids++) {
		uint32_t gid;

		if (parse_u32(*gids, &gid) < 0)
			return error_set(err, ERR_INVALID, 0, "invalid group '%s'", *gids);
		user->additional_gids[user->n_additional_gids++] = gid;
	}
	return 0;
}

static int add_caps(struct oci_process *p, char *const *caps, struct error *err)
{
	if (caps && !p->capabilities)
		p->capabilities = xcalloc(1, sizeof(*p->capabilities));
	for (; caps && *caps; caps++) {
		uint64_t bit;

		if (caps_bit(*caps, &bit) < 0)
			return error_set(err, ERR_INVALID, 0, "unknown capability '%s'", *caps);
		strv_push(&p->capabilities->bounding, *caps);
		strv_push(&p->capabilities->effective, *caps);
		strv_push(&p->capabilities->permitted, *caps);
	}
	return 0;
}

static void replace(char **member, const char *value)
{
	if (!value)
		return;
	free(*member);
	*member = xstrdup(value);
}

static int read_process(const char *file, struct oci_process *ret, struct error *err)
{
	cleanup_free char *text = NULL;
	size_t len;
	int r = file_read_at(AT_FDCWD, file, PROCESS_MAX, &text, &len);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "read '%s'", file);
	return oci_process_parse(text, len, ret, err);
}

/* The container's own process, changed by the options; it becomes *ret, which owns it. */
static int build_process(struct oci_spec *spec, const struct exec_options *o, char *const *args,
			 struct oci_process *ret, struct error *err)
{
	struct oci_process *p = ret;
	int r = 0;

	if (o->process)
		return read_process(o->process, ret, err);
	if (!args || !*args)
		return error_set(err, ERR_INVALID, 0, "process args cannot be empty");
	json_copy(&oci_process_shape, spec->process, p);
	strv_free(p->args);
	p->args = strv_copy(args);
	p->terminal = o->tty;
	p->no_new_privileges |= o->no_new_privs;
	replace(&p->cwd, o->cwd);
	replace(&p->apparmor_profile, o->apparmor);
	replace(&p->selinux_label, o->process_label);
	for (char **e = o->env; e && *e; e++) {
		if (!strchr(*e, '=') || **e == '=')
			return error_set(err, ERR_INVALID, 0,
					 "invalid environment variable '%s': name=value wanted",
					 *e);
		strv_env_set(&p->env, *e);
	}
	if (o->user)
		r = set_user(&p->user, o->user, err);
	if (!r)
		r = add_gids(&p->user, o->additional_gids, err);
	return r < 0 ? r : add_caps(p, o->caps, err);
}

/* The namespaces of the container's init process that are not ours. */
static int open_namespaces(pid_t pid, struct launch *l, struct error *err)
{
	for (int type = 0; type < NS_COUNT; type++) {
		char path[48];
		bool own;
		int fd;

		(void)snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid,
			       namespace_table[type].file);
		fd = namespace_open(path, (enum namespace_type)type);
		if (fd == -ENOENT)
			continue; /* a kernel without that kind */
		if (fd < 0)
			return error_set(err, ERR_SYSTEM, -fd,
					 "open the %s namespace of the container",
					 namespace_table[type].name);
		l->ns_fd[type] = fd;
		if (namespace_is_own(fd, (enum namespace_type)type, &own) == 0 && own)
			macros_close_fd(&l->ns_fd[type]);
	}
	return 0;
}

static int dir_enter_below(struct cgroup_dir *dir, const char *sub, struct error *err)
{
	char *path = xasprintf("%s/%s", dir->path, sub + strspn(sub, "/"));

	free(dir->path);
	dir->path = path;
	if (access(path, F_OK) < 0)
		return error_set(err, ERR_NOT_FOUND, errno, "find cgroup '%s'", path);
	return 0;
}

/* Go below in the hierarchies of the comma-separated @controllers, in all of them when NULL. */
static int enter_below(struct cgroup *cg, const char *controllers, const char *sub,
		       struct error *err)
{
	cleanup(strv_release) char **names = controllers ? strv_split(controllers, ',') : NULL;
	cleanup(strv_release) char **parts = strv_split(sub, '/');
	struct cgroup_dir *last = NULL;
	int r = 0;

	if (!*sub || strv_contains(parts, ".."))
		return error_set(err, ERR_INVALID, 0, "%s is not a sub cgroup path", sub);
	for (size_t i = 0; !names && !r && i < cg->n_dirs; i++)
		r = dir_enter_below(&cg->dirs[i], sub, err);
	for (char **name = names; !r && name && *name; name++) {
		const struct cgroup_dir *dir = cgroup_dir_of(cg, *name);

		if (!dir)
			return error_set(err, ERR_INVALID, 0, "unknown controller %s in --cgroup",
					 *name);
		if (dir != last) /* cpu and cpuacct may be one hierarchy */
			r = dir_enter_below(&cg->dirs[dir - cg->dirs], sub, err);
		last = &cg->dirs[dir - cg->dirs];
	}
	return r;
}

static int find_cgroup(const struct container *c, char *const *subs, struct launch *l,
		       struct error *err)
{
	int r;

	if (!c->cgroup_path && !subs)
		return 0;
	r = container_cgroup_find(c, &l->cgroup, err);
	for (; !r && subs && *subs; subs++) {
		cleanup_free char *copy = xstrdup(*subs);
		char *colon = strchr(copy, ':');

		if (colon)
			*colon++ = '\0';
		r = enter_below(&l->cgroup, colon ? copy : NULL, colon ? colon : copy, err);
	}
	return r;
}

struct exec_start {
	const struct exec_options *options;
	const struct container *container;
};

static int attach(const struct exec_start *s, struct launch *l)
{
	const struct container *c = s->container;
	int r = cgroup_attach(&l->cgroup, l->pid, l->in_unified);

	if (r != -EBUSY || s->options->cgroups)
		return r;
	/* v2: the container made groups below its own, which then takes no processes: go where its
	 * init is. */
	cgroup_release(&l->cgroup);
	r = cgroup_of_pid((pid_t)c->pid, &l->cgroup);
	return r < 0 ? r : cgroup_attach(&l->cgroup, l->pid, false);
}

static int prepare(struct launch *l, void *arg, struct error *err)
{
	const struct exec_start *s = arg;
	const char *pid_file = s->options->pid_file;
	char text[16];
	int n = snprintf(text, sizeof(text), "%d", (int)l->pid);
	int r = l->attach_self ? 0 : attach(s, l);

	/* From a login session a user's process cannot be moved by the user. */
	if ((r == -EACCES || r == -EPERM) && s->container->cgroup_systemd && !s->options->cgroups) {
		r = systemd_unit_attach(s->container, l->pid, err);
		if (r < 0)
			return r;
	}
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r,
				 "move the process into the container's cgroup");
	r = pid_file ? file_replace_at(AT_FDCWD, pid_file, text, (size_t)n, 0644) : 0;
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "write pid file '%s'", pid_file);
	return pidfd_send(s->options->pidfd_socket, "setns", l->pidfd, err);
}

static int launch_exec(const struct globals *g, const struct container *c,
		       const struct exec_options *o, const struct oci_spec *spec,
		       const struct oci_process *process, int *ret_status, struct error *err)
{
	cleanup(launch_release) struct launch l;
	struct exec_start start = { .options = o, .container = c };
	const struct launch_callbacks callbacks = { .prepare = prepare, .arg = &start };
	cleanup_fd int console = -1;
	int r;

	launch_init(&l);
	l.id = c->id;
	l.bundle = c->bundle;
	l.spec = spec;
	l.process = process;
	l.env = strv_copy(process->env);
	l.container_pid = (pid_t)c->pid;
	passed_fds_give(&o->fds, &l);
	r = bundle_check_process(process, err);
	if (!r)
		r = open_namespaces((pid_t)c->pid, &l, err);
	if (!r)
		r = find_cgroup(c, o->cgroups, &l, err);
	if (!r)
		r = console_open(o->console_socket, process->terminal, o->detach, &l.console_fd,
				 &console, err);
	if (!r)
		r = filter_prepare(g->root, spec->linux_->seccomp, &l.filter, err);
	if (!r)
		r = filter_connect_listener(spec->linux_->seccomp, &l.listener_fd, err);
	if (!r && !o->detach && !o->no_subreaper)
		r = relay_adopt(err);
	if (!r)
		launch_warn(&l);
	if (!r)
		r = scheduling_initial_affinity(process, err);
	if (!r)
		r = launch_run(&l, &callbacks, err);
	if (r < 0 || o->detach)
		return r;
	macros_close_fd(&l.console_fd);
	macros_close_fd(&l.listener_fd);
	return relay_until_exit(l.pidfd, console, ret_status, err);
}

static int check_status(const struct container *c, const struct exec_options *o, struct error *err)
{
	enum container_status status = container_status(c);

	if (status == CONTAINER_STOPPED || status == CONTAINER_CREATING)
		return error_set(err, ERR_CONFLICT, 0, "cannot exec in a stopped container");
	if (status == CONTAINER_PAUSED && !o->ignore_paused)
		return error_set(
			err, ERR_CONFLICT, 0,
			"cannot exec in a paused container (use --ignore-paused to override)");
	return 0;
}

static int exec_in(const struct globals *g, const struct exec_options *o, char **words,
		   int *ret_status, struct error *err)
{
	cleanup(container_unload) struct container c = CONTAINER_INIT;
	cleanup(oci_spec_release) struct oci_spec spec = { 0 };
	struct oci_process process = { 0 };
	int r = container_open(g->root, words[0], &c, err);

	if (!r)
		r = check_status(&c, o, err);
	if (!r)
		r = container_load_config(&c, &spec, err);
	if (!r)
		r = build_process(&spec, o, words + 1, &process, err);
	if (!r)
		r = launch_exec(g, &c, o, &spec, &process, ret_status, err);
	json_release(&oci_process_shape, &process);
	return r;
}

static int run_exec(const struct globals *g, int argc, char **argv, int *ret_status,
		    struct error *err)
{
	struct exec_options o = { 0 };
	cleanup_free char **words = NULL;
	int r = command_parse(&exec_spec, argc, argv, &o, &words, err);

	*ret_status = 0;
	if (!r)
		r = passed_fds_check(o.preserve_fds, &o.fds, err);
	if (!r)
		r = exec_in(g, &o, words, ret_status, err);
	args_release(&exec_spec, &o);
	return r;
}

const struct command cmd_exec = {
	.spec = &exec_spec, .run = run_exec, .failure_status = 255, .sealed = true
};
