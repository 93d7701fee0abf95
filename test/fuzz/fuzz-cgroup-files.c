/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a cgroup, of both versions: each text as every one of them. */
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "base/strbuf.h"
#include "sys/cgroup.h"
#include "sys/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const names[] = {
	"cpu.stat",	 "cpuacct.stat",       "cpuacct.usage",
	"memory.stat",	 "memory.current",     "memory.max",
	"memory.events", "memory.failcnt",     "memory.limit_in_bytes",
	"pids.max",	 "pids.current",       "cpuacct.usage_percpu",
	"io.stat",	 "cgroup.events",      "blkio.throttle.io_service_bytes_recursive",
	"freezer.state", "memory.oom_control",
};

static char root[] = "/tmp/fuzz-cgroup.XXXXXX";
static int root_fd = -1;

static void root_remove(void)
{
	ignore_result(dir_remove_all_at(AT_FDCWD, root));
}

/* One file under all names: they are read alone. */
static void root_make(void)
{
	if (root_fd >= 0)
		return;
	if (!mkdtemp(root) || atexit(root_remove) != 0)
		abort();
	root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root_fd < 0 ||
	    close(openat(root_fd, names[0], O_CREAT | O_WRONLY | O_CLOEXEC, 0600)) < 0)
		abort();
	for (size_t i = 1; i < ARRAY_SIZE(names); i++) {
		if (linkat(root_fd, names[0], root_fd, names[i], 0) < 0)
			abort();
	}
}

static void read_all(enum cgroup_mode mode)
{
	static const char *const controllers[] = { "memory", "cpu",   "cpuacct",
						   "pids",   "blkio", "freezer" };
	struct cgroup cg = { .mode = mode };
	struct cgroup_stats stats = { 0 };
	uint64_t value;

	cg.n_dirs = mode == CGROUP_V2 ? 1 : ARRAY_SIZE(controllers);
	for (size_t i = 0; i < cg.n_dirs; i++)
		cg.dirs[i] = (struct cgroup_dir){
			.controllers = xstrdup(mode == CGROUP_V2 ? "" : controllers[i]),
			.path = xstrdup(root),
			.mount_len = (int)strlen(root),
		};
	if (cgroup_stats_read(&cg, &stats) == 0)
		cgroup_stats_release(&stats);
	(void)cgroup_oom_kills(&cg);
	(void)cgroup_is_frozen(&cg);
	ignore_result(cgroup_read_u64(&cg, "memory", "memory.max", &value));
	cgroup_release(&cg);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd;

	root_make();
	fd = openat(root_fd, names[0], O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd < 0 || (size && write(fd, data, size) != (ssize_t)size))
		abort();
	(void)close(fd);
	read_all(CGROUP_V2);
	read_all(CGROUP_V1);
	return 0;
}
