/* SPDX-License-Identifier: Apache-2.0 */
/* The OOM killer's count, by a file opened while the container runs: nothing is polled. */
#include "monitor/oom.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "sys/file.h"

enum { CGROUP_FILE_MAX = 64 * 1024, EVENTS_MAX = 4096 };

/* The path in a line "N:…,memory,…:/path" of /proc/PID/cgroup; NULL: another controller's. */
static const char *memory_path(char *line)
{
	char *controllers = strchr(line, ':');
	char *path = controllers ? strchr(controllers + 1, ':') : NULL;
	char *name, *save = NULL;

	if (!path)
		return NULL;
	*path++ = '\0';
	for (name = strtok_r(controllers + 1, ",", &save); name; name = strtok_r(NULL, ",", &save))
		if (strcmp(name, "memory") == 0)
			return path;
	return NULL;
}

static int open_counter(char *text)
{
	cleanup_free char *file = NULL;
	char *line, *save = NULL;
	const char *unified = NULL, *memory = NULL;

	for (line = strtok_r(text, "\n", &save); line && !memory;
	     line = strtok_r(NULL, "\n", &save)) {
		if (strncmp(line, "0::", 3) == 0)
			unified = line + 3;
		else
			memory = memory_path(line);
	}
	if (memory && strcmp(memory, "/") != 0)
		file = xasprintf("/sys/fs/cgroup/memory%s/memory.oom_control", memory);
	else if (!memory && unified && strcmp(unified, "/") != 0)
		file = xasprintf("/sys/fs/cgroup%s/memory.events", unified);
	return file ? open(file, O_RDONLY | O_CLOEXEC) : -1;
}

static uint64_t count(const struct oom *oom)
{
	char text[EVENTS_MAX], *line;
	ssize_t n = oom->fd < 0 ? -1 : pread(oom->fd, text, sizeof(text) - 1, 0);

	if (n <= 0)
		return 0;
	text[n] = '\0';
	line = strstr(text, "oom_kill ");
	return line ? strtoull(line + strlen("oom_kill "), NULL, 10) : 0;
}

void oom_open(struct oom *oom, pid_t pid)
{
	cleanup_free char *text = NULL;
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);
	if (file_read_at(AT_FDCWD, path, CGROUP_FILE_MAX, &text, NULL) < 0)
		return;
	oom->fd = open_counter(text);
	oom->before = count(oom);
}

bool oom_happened(const struct oom *oom)
{
	return count(oom) > oom->before;
}

void oom_release(struct oom *oom)
{
	macros_close_fd(&oom->fd);
	*oom = (struct oom)OOM_INIT;
}
