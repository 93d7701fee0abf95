/* SPDX-License-Identifier: Apache-2.0 */
/* The mappings of a user namespace that is joined, against those of the config: whoever wrote both
 * has to mean the same. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/strbuf.h"
#include "runtime/userns.h"
#include "sys/file.h"

enum { MAP_FILE_MAX = 64 * 1024 };

static bool map_has(const char *text, const struct oci_id_mapping *want)
{
	unsigned int inside, outside, size;
	int used;

	for (; sscanf(text, "%u %u %u%n", &inside, &outside, &size, &used) == 3; text += used) {
		if (inside == want->container_id && outside == want->host_id && size == want->size)
			return true;
	}
	return false;
}

static size_t count_lines(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static int compare_map(pid_t pid, const char *file, const struct oci_id_mapping *maps, size_t n,
		       const char *where, struct error *err)
{
	cleanup_free char *path = xasprintf("/proc/%d/%s", (int)pid, file), *text = NULL;
	int r = n ? file_read_at(AT_FDCWD, path, MAP_FILE_MAX, &text, NULL) : 0;
	bool same = true;

	if (!n)
		return 0;
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "read '%s'", path);
	for (size_t i = 0; i < n; i++)
		same &= map_has(text, &maps[i]);
	if (same && count_lines(text) == n)
		return 0;
	return error_set(err, ERR_INVALID, EINVAL,
			 "%s is not the mapping of the user namespace that is joined", where);
}

int userns_check_maps(const struct launch *l, struct error *err)
{
	const struct oci_linux *lx = l->spec->linux_;
	int r;

	if (!userns_is_entered_first(l))
		return 0;
	r = compare_map(l->pid, "uid_map", lx->uid_mappings, lx->n_uid_mappings,
			"linux.uidMappings", err);
	return r < 0 ? r
		     : compare_map(l->pid, "gid_map", lx->gid_mappings, lx->n_gid_mappings,
				   "linux.gidMappings", err);
}
