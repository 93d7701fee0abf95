/* SPDX-License-Identifier: Apache-2.0 */
/* From the options of checkpoint and restore to what criu is asked. */
#include "runtime/criu-options.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>

#include "sys/file.h"

static int set_cgroups_mode(const char *text, int *ret, struct error *err)
{
	static const char *const names[] = { "soft", "full", "strict" };

	*ret = CRIU_CGROUPS_DEFAULT;
	if (!text || !*text)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strcmp(text, names[i])) {
			*ret = CRIU_CGROUPS_SOFT + (int)i;
			return 0;
		}
	}
	return error_set(err, ERR_INVALID, 0, "invalid manage-cgroups-mode '%s'", text);
}

static int set_empty_ns(char *const *names, uint32_t *ret, struct error *err)
{
	for (; names && *names; names++) {
		if (strcmp(*names, "network") != 0)
			return error_set(err, ERR_INVALID, 0, "namespace '%s' cannot be left empty",
					 *names);
		*ret |= CLONE_NEWNET;
	}
	return 0;
}

int criu_options_apply(const struct criu_options *o, struct criu_request *req, struct error *err)
{
	if (o->lazy_pages)
		return error_set(err, ERR_NOT_IMPLEMENTED, EOPNOTSUPP,
				 "--lazy-pages is not supported: memory goes whole");
	req->ext_unix_sk = o->ext_unix_sk;
	req->tcp_established = o->tcp_established;
	req->shell_job = o->shell_job;
	req->file_locks = o->file_locks;
	req->auto_dedup = o->auto_dedup;
	if (set_cgroups_mode(o->cgroups_mode, &req->cgroups_mode, err) < 0)
		return -EINVAL;
	return set_empty_ns(o->empty_ns, &req->empty_ns, err);
}

static int open_dir(const char *path, bool make, int *ret, struct error *err)
{
	int r = make ? dir_make_all_at(AT_FDCWD, path, 0700) : 0;
	int fd = r < 0 ? r : open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return error_set(err, ERR_SYSTEM, r < 0 ? -r : errno, "open directory '%s'", path);
	*ret = fd;
	return 0;
}

int criu_options_open(const struct criu_options *o, bool make, struct criu_request *req,
		      struct error *err)
{
	const char *images = o->image_path ? o->image_path : "checkpoint";
	int r = open_dir(images, make, &req->images_fd, err);

	return r < 0 ? r : open_dir(o->work_path ? o->work_path : images, true, &req->work_fd, err);
}
