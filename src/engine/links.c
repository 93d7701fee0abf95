/* SPDX-License-Identifier: Apache-2.0 */
/* The links of a record: refused, kept, shown, and what they give at a start. */
#include "engine/links.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/strv.h"
#include "engine/files.h"
#include "engine/joins.h"
#include "network/network.h"
#include "wire/link-spec.h"
#include "wire/names.h"

/* One link, with the container that it is to. */
struct link {
	char *alias;
	struct instance to;
};

#define LINK_INIT                                                                                  \
	{                                                                                          \
		.to = INSTANCE_INIT                                                                \
	}

static void link_release(struct link *link)
{
	free(link->alias);
	instance_release(&link->to);
}

void links_release(struct links *links)
{
	strv_release(&links->hosts);
	strv_release(&links->env);
}

static bool on_default_bridge(const struct host_config *host)
{
	const char *network = joins_mode_network(host->network_mode);

	return network && strcmp(network, "bridge") == 0;
}

char *const *links_of(const struct host_config *host)
{
	return on_default_bridge(host) ? host->links : NULL;
}

static int host_conflict(struct error *err, const char *what)
{
	return error_set(err, ERR_INVALID, EINVAL,
			 "conflicting options: %s can't be used with links. This "
			 "would result in undefined behavior",
			 what);
}

/* 0: the container is gone. */
static int link_open(struct engine *e, const char *text, struct link *ret, struct error *err)
{
	cleanup_free char *name = NULL;
	struct error why = ERROR_INIT;
	bool gone;
	int r = link_spec_parse(text, &name, &ret->alias, err);

	if (r < 0)
		return r;
	r = instance_open(e, name, &ret->to, &why);
	if (r >= 0)
		return 1;
	gone = why.kind == ERR_NOT_FOUND || r == -ENOENT; /* one with --rm may go unseen */
	if (gone || !err)
		error_release(&why);
	else
		*err = why;
	return gone ? 0 : r;
}

static int resolve_one(struct engine *e, char **text, struct error *err)
{
	cleanup(link_release) struct link link = LINK_INIT;
	cleanup(host_config_release) struct host_config host = { 0 };
	int r = link_open(e, *text, &link, err);

	if (r == 0)
		return error_set(err, ERR_INVALID, ENOENT,
				 "could not get container for %.*s: No such container: %.*s",
				 (int)strcspn(*text, ":"), *text, (int)strcspn(*text, ":"), *text);
	if (r > 0 && !names_word_is_clean(link.alias))
		return error_set(err, ERR_INVALID, EINVAL, "bad format for links: %s", *text);
	if (r > 0)
		r = instance_host_config(&link.to, &host, err);
	if (r < 0)
		return r;
	if (host.network_mode && strcmp(host.network_mode, "host") == 0)
		return host_conflict(err, "host type networking");
	free(*text);
	*text = xasprintf("%s:%s", link.to.rec.id, link.alias);
	return 0;
}

int links_resolve(struct engine *e, struct host_config *host, struct error *err)
{
	int r = 0;

	if (!host->links || !host->links[0])
		return 0;
	if (host->network_mode && strcmp(host->network_mode, "host") == 0)
		return host_conflict(err, "host type networking");
	if (mode_container(host->network_mode))
		return host_conflict(err, "container type network");
	for (char **l = host->links; r >= 0 && on_default_bridge(host) && *l; l++)
		r = resolve_one(e, l, err);
	return r;
}

/* "STORE" for "store", "MY_DB" for "my-db". */
static char *variable_prefix(const char *alias)
{
	char *prefix = xstrdup(alias);

	for (char *c = prefix; *c; c++)
		*c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
	return prefix;
}

/* "80/tcp" before "443/tcp" before "443/udp". */
static int compare_ports(const void *pa, const void *pb)
{
	const char *a = *(char *const *)pa, *b = *(char *const *)pb;
	const long first = strtol(a, NULL, 10), second = strtol(b, NULL, 10);

	return first != second ? (first < second ? -1 : 1) : strcmp(a, b);
}

static void add_port(struct links *links, const char *prefix, const char *ip, const char *key,
		     bool first)
{
	const int len = (int)strcspn(key, "/");
	const char *proto = key[len] ? key + len + 1 : "tcp";
	cleanup_free char *upper = variable_prefix(proto);
	cleanup_free char *name = xasprintf("%s_PORT_%.*s_%s", prefix, len, key, upper);

	if (first)
		strv_pushf(&links->env, "%s_PORT=%s://%s:%.*s", prefix, proto, ip, len, key);
	strv_pushf(&links->env, "%s=%s://%s:%.*s", name, proto, ip, len, key);
	strv_pushf(&links->env, "%s_ADDR=%s", name, ip);
	strv_pushf(&links->env, "%s_PORT=%.*s", name, len, key);
	strv_pushf(&links->env, "%s_PROTO=%s", name, proto);
}

static int add_env(const struct container *rec, const struct link *link, const char *ip,
		   struct links *links, struct error *err)
{
	cleanup(container_config_release) struct container_config config = { 0 };
	cleanup_free char *prefix = variable_prefix(link->alias);
	int r = instance_config(&link->to, &config, err);
	char **ports = config.exposed_ports;

	if (r < 0)
		return r;
	strv_pushf(&links->env, "%s_NAME=/%s/%s", prefix, rec->name, link->alias);
	if (ports)
		qsort(ports, strv_len(ports), sizeof(*ports), compare_ports);
	for (size_t i = 0; ports && ports[i]; i++)
		add_port(links, prefix, ip, ports[i], i == 0);
	for (char *const *v = config.env; v && *v; v++) {
		if (strchr(*v, '=') && strncmp(*v, "HOME=", 5) != 0 && strncmp(*v, "PATH=", 5) != 0)
			strv_pushf(&links->env, "%s_ENV_%s", prefix, *v);
	}
	return 0;
}

/* <run>/containers/<id>/linked/<id of who is linked to it>: noted before its address is read, so
 * that one of the two sees the other. */
static int note_linked(const struct link *link, const char *by, struct error *err)
{
	cleanup_free char *name = xasprintf("linked/%s", by);

	if ((mkdirat(link->to.dirfd, "linked", 0700) == 0 || errno == EEXIST) &&
	    (mknodat(link->to.dirfd, name, S_IFREG | 0600, 0) == 0 || errno == EEXIST))
		return 0;
	return error_set(err, ERR_SYSTEM, errno, "note the link to container %s",
			 link->to.rec.name);
}

static int read_one(struct engine *e, const struct container *rec, const struct link *link,
		    struct links *links, struct error *err)
{
	const struct container *to = &link->to.rec;
	struct endpoint *eps = NULL;
	size_t n = 0;
	int r;

	if (to->life.status != CONTAINER_RUNNING && to->life.status != CONTAINER_PAUSED)
		return error_set(err, ERR_SYSTEM, 0,
				 "Cannot link to a non running container: /%s AS /%s/%s", to->name,
				 rec->name, link->alias);
	r = note_linked(link, rec->id, err);
	if (r >= 0)
		r = endpoint_list(&e->store, to->id, &eps, &n, err);
	for (size_t i = 0; r >= 0 && i < n; i++) {
		const bool same = strcmp(link->alias, to->name) == 0;

		if (eps[i].user_defined || !eps[i].ip)
			continue;
		strv_pushf(&links->hosts, "%s\t%s%s%s", eps[i].ip, link->alias, same ? "" : " ",
			   same ? "" : to->name);
		r = add_env(rec, link, eps[i].ip, links, err);
	}
	endpoint_list_free(eps, n);
	return r;
}

int links_read(struct engine *e, const struct container *rec, const struct host_config *host,
	       struct links *ret, struct error *err)
{
	int r = 0;

	for (char *const *l = links_of(host); r >= 0 && l && *l; l++) {
		cleanup(link_release) struct link link = LINK_INIT;

		r = link_open(e, *l, &link, err);
		if (r > 0)
			r = read_one(e, rec, &link, ret, err);
	}
	return r;
}

/* What it calls the container, in its hosts file. */
static void readdress(struct engine *e, const struct instance *by, const char *to, const char *ip)
{
	cleanup(host_config_release) struct host_config host = { 0 };
	cleanup_fd int lock_fd = -1;

	if (instance_host_config(by, &host, NULL) < 0 ||
	    files_lock(e, by->rec.id, &host, &lock_fd, NULL) < 0)
		return;
	for (char *const *l = host.links; l && *l; l++) {
		cleanup_free char *name = NULL, *alias = NULL;

		if (link_spec_parse(*l, &name, &alias, NULL) >= 0 && strcmp(name, to) == 0)
			ignore_result(files_hosts_readdress(e, by->rec.id, alias, ip, NULL));
	}
}

/* 0: it does not run, and notes the link again with its next start. */
static int follow_one(struct engine *e, const char *by_id, const char *to, const char *ip)
{
	cleanup(instance_release) struct instance by = INSTANCE_INIT;

	if (instance_open(e, by_id, &by, NULL) < 0 || !container_status_is_up(by.rec.life.status))
		return 0;
	readdress(e, &by, to, ip);
	return 1;
}

void links_follow(struct engine *e, const struct container *to, int run_fd,
		  const struct endpoint *eps, size_t n)
{
	cleanup_fd int fd = openat(run_fd, "linked", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	const char *ip = NULL;
	struct dirent *entry;

	if (!dir)
		return; /* of most containers there is none */
	(void)take_fd(&fd);
	for (size_t i = 0; i < n; i++)
		ip = eps[i].user_defined ? ip : eps[i].ip;
	while (ip && (entry = readdir(dir))) {
		if (entry->d_name[0] != '.' && follow_one(e, entry->d_name, to->id, ip) == 0)
			(void)unlinkat(dirfd(dir), entry->d_name, 0);
	}
	(void)closedir(dir);
}

int links_show(struct engine *e, const struct container *rec, struct host_config *host,
	       struct error *err)
{
	cleanup(strv_release) char **shown = NULL;

	if (!links_of(host))
		return 0;
	for (char *const *l = host->links; *l; l++) {
		cleanup(link_release) struct link link = LINK_INIT;
		int r = link_open(e, *l, &link, err);

		if (r < 0)
			return r;
		if (r > 0)
			strv_pushf(&shown, "/%s:/%s/%s", link.to.rec.name, rec->name, link.alias);
	}
	strv_free(host->links);
	host->links = take_ptr(shown);
	return 0;
}

/* The list without that alias; whether it was there. */
static bool drop_alias(char **links, const char *alias)
{
	bool found = false;
	char **to = links;

	for (; links && *links; links++) {
		cleanup_free char *name = NULL, *known = NULL;

		if (link_spec_parse(*links, &name, &known, NULL) >= 0 &&
		    strcmp(known, alias) == 0) {
			free(*links);
			found = true;
		} else {
			*to++ = *links;
		}
	}
	if (to)
		*to = NULL;
	return found;
}

int links_remove(struct engine *e, const char *ref, struct error *err)
{
	const char *path = ref[0] == '/' ? ref + 1 : ref, *alias = strrchr(path, '/');
	cleanup_free char *name = alias ? xstrndup(path, (size_t)(alias - path)) : NULL;
	cleanup(host_config_release) struct host_config host = { 0 };
	cleanup(instance_release) struct instance in = INSTANCE_INIT;
	int r;

	if (!alias)
		return error_set(err, ERR_CONFLICT, 0,
				 "Conflict, cannot remove the default name of the container");
	r = instance_open_locked(e, name, &in, err);
	if (r >= 0)
		r = instance_host_config(&in, &host, err);
	if (r < 0)
		return r;
	if (!drop_alias(host.links, alias + 1))
		return error_set(err, ERR_NOT_FOUND, ENOENT, "No such container: %s", path);
	return instance_set_host_config(e, &in, &host, NULL, err);
}
