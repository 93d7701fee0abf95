/* SPDX-License-Identifier: Apache-2.0 */
/* spec.process: argv, environment, working directory, user, limits. */
#include "engine/spec-parts.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/strv.h"

#define PATH_DEFAULT "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define INIT_PATH "/sbin/docker-init"

char **spec_root_dirs(const struct spec_inputs *in)
{
	char **dirs = NULL;

	if (in->rootfs) {
		strv_push(&dirs, in->rootfs);
		return dirs;
	}
	if (in->upper)
		strv_push(&dirs, in->upper);
	strv_extend(&dirs, in->lower);
	return dirs;
}

char **spec_environment(char *const *env, const char *hostname, bool tty, const char *home)
{
	char **out = NULL;

	strv_push(&out, PATH_DEFAULT);
	strv_pushf(&out, "HOSTNAME=%s", hostname ? hostname : "");
	if (tty)
		strv_push(&out, "TERM=xterm");
	for (size_t i = 0; env && env[i]; i++) {
		if (strchr(env[i], '='))
			strv_env_set(&out, env[i]);
	}
	if (!strv_env_get(out, "HOME"))
		strv_pushf(&out, "HOME=%s", home);
	return out;
}

bool spec_has_init(const struct host_config *host)
{
	const char *pid = host->pid_mode;

	return host->init.set && host->init.value &&
	       (!pid || !pid[0] || strcmp(pid, "private") == 0);
}

static void process_args(const struct spec_build *b, struct oci_process *p)
{
	const struct container_config *c = b->in->config;

	if (spec_has_init(b->in->host)) {
		strv_push(&p->args, INIT_PATH);
		strv_push(&p->args, "--");
	}
	strv_extend(&p->args, c->entrypoint);
	strv_extend(&p->args, c->cmd);
}

/* Before anything is made: the kernel would only say "invalid argument". */
static int user_is_mapped(const struct idmaps *maps, const struct user_identity *user,
			  struct error *err)
{
	uint32_t outside;
	bool good;

	if (!maps || maps->n_uids == 0)
		return 0;
	good = idmap_outside(maps->uids, maps->n_uids, user->uid, &outside) >= 0 &&
	       idmap_outside(maps->gids, maps->n_gids, user->gid, &outside) >= 0;
	for (size_t i = 0; good && i < user->n_groups; i++)
		good = idmap_outside(maps->gids, maps->n_gids, user->groups[i], &outside) >= 0;
	if (good)
		return 0;
	return error_set(err, ERR_INVALID, EINVAL,
			 "user %u:%u or one of its groups is not among the ids of the container's "
			 "user namespace, which has %u users",
			 user->uid, user->gid,
			 maps->uids[maps->n_uids - 1].inside + maps->uids[maps->n_uids - 1].size);
}

static int process_user(const struct spec_build *b, struct oci_process *p, char **ret_home,
			struct error *err)
{
	cleanup(user_identity_release) struct user_identity user = { 0 };
	cleanup(strv_release) char **dirs = spec_root_dirs(b->in);
	int r;

	r = users_resolve_in(b->e, dirs, b->in->config->user, b->in->host->group_add, &user, err);
	if (r < 0)
		return r;
	r = user_is_mapped(b->in->maps, &user, err);
	if (r < 0)
		return r;
	p->user.uid = user.uid;
	p->user.gid = user.gid;
	p->user.additional_gids = xcalloc(user.n_groups + 1, sizeof(int64_t));
	for (size_t i = 0; i < user.n_groups; i++)
		p->user.additional_gids[i] = user.groups[i];
	p->user.n_additional_gids = user.n_groups;
	*ret_home = take_ptr(user.home);
	return 0;
}

static uint64_t rlimit_value(int64_t value)
{
	return value < 0 ? UINT64_MAX : (uint64_t)value;
}

static int process_rlimits(const struct host_config *host, struct oci_process *p, struct error *err)
{
	p->rlimits = xcalloc(host->n_ulimits + 1, sizeof(*p->rlimits));
	for (size_t i = 0; i < host->n_ulimits; i++) {
		const struct ulimit *u = &host->ulimits[i];
		char *type = xasprintf("RLIMIT_%s", u->name ? u->name : "");

		for (char *c = type; *c; c++)
			*c = (char)toupper((unsigned char)*c);
		p->rlimits[p->n_rlimits++] = (struct oci_rlimit){
			.type = type,
			.hard = rlimit_value(u->hard),
			.soft = rlimit_value(u->soft),
		};
		if (rlimit_value(u->soft) > rlimit_value(u->hard))
			return error_set(err, ERR_INVALID, EINVAL,
					 "ulimit soft limit must be less than or equal to hard "
					 "limit: %lld > %lld",
					 (long long)u->soft, (long long)u->hard);
	}
	return 0;
}

int spec_process(struct spec_build *b, struct error *err)
{
	const struct container_config *c = b->in->config;
	const struct host_config *host = b->in->host;
	struct oci_process *p = b->spec.process;
	cleanup(strv_release) char **env = NULL;
	cleanup_free char *home = NULL;
	int r;

	process_args(b, p);
	if (!p->args)
		return error_set(err, ERR_INVALID, EINVAL, "no command specified");
	r = process_user(b, p, &home, err);
	if (r < 0)
		return r;
	p->terminal = c->tty;
	if (c->tty && host->n_console_size == 2 && host->console_size[0] > 0) {
		p->console_size = xcalloc(1, sizeof(*p->console_size));
		p->console_size->height = (uint64_t)host->console_size[0];
		p->console_size->width = (uint64_t)host->console_size[1];
	}
	env = strv_copy(b->in->links_env);
	strv_extend(&env, c->env);
	p->env = spec_environment(env, c->hostname, c->tty, home);
	p->cwd = xstrdup(c->working_dir && c->working_dir[0] ? c->working_dir : "/");
	p->oom_score_adj = (struct opt_i64){ true, host->oom_score_adj };
	return process_rlimits(host, p, err);
}
