/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a pull can fit on the disk. */
#include <errno.h>
#include <sys/statvfs.h>

#include "base/clock.h"
#include "image/pull.h"

int pull_check_space(const struct pull *pull, uint64_t bytes, struct error *err)
{
	cleanup(strbuf_release) struct strbuf want = STRBUF_INIT, have = STRBUF_INIT;
	struct statvfs fs;
	uint64_t avail;

	if (fstatvfs(pull->temp.dirfd, &fs) < 0)
		return error_set(err, ERR_SYSTEM, errno, "statvfs %s", pull->ctx->store->data_root);
	avail = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (bytes <= avail)
		return 0;
	size_human((double)bytes, &want);
	size_human((double)avail, &have);
	return error_set(err, ERR_SYSTEM, ENOSPC,
			 "the missing layers are more than %s, and %s has %s left",
			 strbuf_str(&want), pull->ctx->store->data_root, strbuf_str(&have));
}
