/* SPDX-License-Identifier: Apache-2.0 */
/* Writing the network files of a container before each start. */
#include "engine/files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "sys/fd.h"
#include "sys/file.h"
#include "sys/lock.h"

enum { FILES_MAX = 1 << 20 };

static int file_write(int dirfd, const char *name, const char *data, size_t len, struct error *err)
{
	cleanup_fd int fd =
		openat(dirfd, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	int r = fd < 0 ? -errno : fd_write_all(fd, data, len);

	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "write %s of the container", name) : 0;
}

static int files_copy(struct engine *e, int dirfd, const char *from_id, struct error *err)
{
	static const char *const names[] = { "hostname", "hosts", "resolv.conf" };
	int r = 0;

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(names); i++) {
		cleanup_free char *from = instance_data_path(e, from_id, names[i]);
		cleanup_free char *data = NULL;
		size_t len = 0;

		r = file_read_at(AT_FDCWD, from, FILES_MAX, &data, &len);
		if (r == -ENOENT)
			r = 0;
		else if (r < 0)
			return error_set(err, ERR_SYSTEM, -r, "read %s", from);
		r = file_write(dirfd, names[i], data ? data : "", len, err);
	}
	return r;
}

static int resolv_conf_make(int dirfd, const struct netfiles_options *opts, struct error *err)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	cleanup_free char *host_resolv = NULL;
	/* /etc/resolv.conf of the host is often a symlink: opened as any program does. */
	cleanup_fd int fd = open("/etc/resolv.conf", O_RDONLY | O_CLOEXEC);
	size_t len;
	int r;

	if (fd >= 0 && fd_read_all(fd, FILES_MAX, &host_resolv, &len) < 0)
		host_resolv = NULL;
	r = netfiles_resolv_conf(opts, host_resolv ? host_resolv : "", &text, err);
	return r < 0 ? r : file_write(dirfd, "resolv.conf", strbuf_str(&text), text.len, err);
}

static int files_make(int dirfd, const struct netfiles_options *opts, struct error *err)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r;

	netfiles_hostname(opts, &text);
	r = file_write(dirfd, "hostname", strbuf_str(&text), text.len, err);
	if (r < 0)
		return r;
	strbuf_reset(&text);
	r = netfiles_hosts(opts, &text, err);
	if (r >= 0)
		r = file_write(dirfd, "hosts", strbuf_str(&text), text.len, err);
	return r < 0 ? r : resolv_conf_make(dirfd, opts, err);
}

/* Where they are, and what they are made of. */
static int files_begin(struct engine *e, const struct files_inputs *in, int *ret_dirfd,
		       struct netfiles_options *ret, struct error *err)
{
	cleanup_free char *dir = instance_data_path(e, in->rec->id, NULL);

	*ret = (struct netfiles_options){
		.hostname = in->config->hostname,
		.domainname = in->config->domainname,
		.extra_hosts = in->host->extra_hosts,
		.links = in->links,
		.dns = in->host->dns ? in->host->dns : e->config->dns,
		.dns_search = in->host->dns_search,
		.dns_options = in->host->dns_options,
		.endpoints = in->endpoints,
		.n_endpoints = in->n_endpoints,
		.host_network = in->host->network_mode &&
				strcmp(in->host->network_mode, "host") == 0,
		.resolver = in->resolver,
		.gateway = in->n_endpoints > 0 ? in->endpoints[0].gateway : NULL,
	};
	*ret_dirfd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return *ret_dirfd < 0 ? error_set(err, ERR_SYSTEM, errno, "open %s", dir) : 0;
}

int files_write(struct engine *e, const struct files_inputs *in, struct error *err)
{
	struct netfiles_options opts;
	cleanup_fd int dirfd = -1;
	int r = files_begin(e, in, &dirfd, &opts, err);

	if (r < 0)
		return r;
	if (in->shared_id)
		return files_copy(e, dirfd, in->shared_id, err);
	return files_make(dirfd, &opts, err);
}

int files_write_resolv_conf(struct engine *e, const struct files_inputs *in, struct error *err)
{
	struct netfiles_options opts;
	cleanup_fd int dirfd = -1;
	int r = files_begin(e, in, &dirfd, &opts, err);

	return r < 0 ? r : resolv_conf_make(dirfd, &opts, err);
}

/* "172.18.0.2\tname" is a line of the address 172.18.0.2. */
static bool line_is_of(const char *line, const char *ip)
{
	const size_t len = ip ? strlen(ip) : 0;

	return len > 0 && strncmp(line, ip, len) == 0 && (line[len] == '\t' || line[len] == ' ');
}

int files_lock(struct engine *e, const char *id, const struct host_config *host, int *ret_fd,
	       struct error *err)
{
	cleanup_free char *path = instance_data_path(e, id, "hosts.lock");
	cleanup_fd int fd = -1;
	int r;

	*ret_fd = -1;
	if (!host->links || !host->links[0])
		return 0;
	fd = lock_open_at(AT_FDCWD, path);
	r = fd < 0 ? fd : lock_take(fd);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "lock %s", path);
	*ret_fd = take_fd(&fd);
	return 0;
}

/* "172.30.0.2\tstore db" is a line of the name store. */
static const char *line_names(const char *line, const char *name)
{
	const char *names = strchr(line, '\t');
	const size_t len = strlen(name);

	if (!names || strncmp(names + 1, name, len) != 0 ||
	    (names[1 + len] != '\0' && names[1 + len] != ' '))
		return NULL;
	return names;
}

int files_hosts_readdress(struct engine *e, const char *id, const char *name, const char *ip,
			  struct error *err)
{
	cleanup_free char *dir = instance_data_path(e, id, NULL);
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	cleanup_fd int dirfd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup_free char *data = NULL;
	char *save = NULL;
	int r = dirfd < 0 ? -errno : file_read_at(dirfd, "hosts", FILES_MAX, &data, NULL);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "read hosts of the container");
	for (char *line = strtok_r(data, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		const char *names = line_names(line, name);

		strbuf_addf(&text, "%s%s\n", names ? ip : "", names ? names : line);
	}
	return file_write(dirfd, "hosts", strbuf_str(&text), text.len, err);
}

int files_hosts_change(struct engine *e, const struct files_inputs *in, const struct endpoint *came,
		       const struct endpoint *went, struct error *err)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	cleanup_free char *data = NULL;
	struct netfiles_options opts;
	cleanup_fd int dirfd = -1, lock_fd = -1;
	char *save = NULL;
	int r = files_begin(e, in, &dirfd, &opts, err);

	if (r >= 0)
		r = files_lock(e, in->rec->id, in->host, &lock_fd, err);
	if (r < 0)
		return r;
	r = file_read_at(dirfd, "hosts", FILES_MAX, &data, NULL);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "read hosts of the container");
	for (char *line = strtok_r(data, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (!went || !(line_is_of(line, went->ip) || line_is_of(line, went->ip6)))
			strbuf_addf(&text, "%s\n", line);
	}
	if (came)
		netfiles_hosts_line(&opts, came, &text);
	return file_write(dirfd, "hosts", strbuf_str(&text), text.len, err);
}
