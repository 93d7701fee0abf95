/* SPDX-License-Identifier: Apache-2.0 */
/* Writing the files of names. Reading the records and writing the file are one step under the
 * network lock, so that the file never falls behind. */
#include "network/names.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/strbuf.h"
#include "sys/file.h"
#include "wire/names.h"

/* hoy-dns reads as nobody, through a fd of the directory: it must be allowed to look into it. What
 * is above it is closed to others. */
enum { DIR_MODE = 0711, FILE_MODE = 0644 };

static char *names_dir(const struct network_config *config, const char *network_id)
{
	return xasprintf("%s/names/%s", config->run_root, network_id);
}

int names_open(const struct network_config *config, const char *network_id, int *ret_fd)
{
	cleanup_free char *path = names_dir(config, network_id);
	cleanup_fd int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (fd < 0 && errno == ENOENT) {
		r = dir_make_all_at(AT_FDCWD, path, DIR_MODE);
		if (r < 0)
			return r;
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (fd < 0 || fchmod(fd, DIR_MODE) < 0)
		return -errno;
	*ret_fd = take_fd(&fd);
	return 0;
}

static int names_text(struct store *store, const char *network_id, struct strbuf *out,
		      struct error *err)
{
	cleanup(network_record_release) struct network_record network = { 0 };
	struct endpoint_name *list = NULL;
	size_t n = 0;
	int r;

	r = network_record_find(store, network_id, &network, err);
	if (r >= 0)
		r = endpoint_name_list(store, network_id, &list, &n, err);
	if (r < 0)
		return r;
	names_add_network(out, network.name);
	for (size_t i = 0; i < n; i++)
		names_add_endpoint(out, list[i].ip, list[i].ip6, list[i].container_name,
				   list[i].names);
	endpoint_name_list_free(list, n);
	return 0;
}

int names_write(struct store *store, const struct network_config *config, const char *network_id,
		struct error *err)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	cleanup_fd int lock_fd = -1, dirfd = -1;
	int r;

	r = network_lock(config, &lock_fd, err);
	if (r >= 0)
		r = names_text(store, network_id, &text, err);
	if (r < 0)
		return r;
	r = names_open(config, network_id, &dirfd);
	if (r >= 0)
		r = file_replace_at(dirfd, NAMES_FILE, text.data, text.len, FILE_MODE);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "write the names of network %s", network_id)
		     : 0;
}

int names_write_all(struct store *store, const struct network_config *config,
		    char *const *network_ids, struct error *err)
{
	int r = 0;

	for (; r >= 0 && network_ids && *network_ids; network_ids++)
		r = names_write(store, config, *network_ids, err);
	return r;
}

int names_refresh(struct store *store, const struct network_config *config,
		  const char *container_id, struct error *err)
{
	struct endpoint_record *eps = NULL;
	size_t n = 0;
	int r = endpoint_record_list(store, container_id, NULL, &eps, &n, err);

	for (size_t i = 0; r >= 0 && i < n; i++) {
		if (eps[i].user_defined)
			r = names_write(store, config, eps[i].network_id, err);
	}
	endpoint_record_list_free(eps, n);
	return r;
}

void names_remove(const struct network_config *config, const char *network_id)
{
	cleanup_free char *path = names_dir(config, network_id);

	ignore_result(dir_remove_all_at(AT_FDCWD, path));
}
