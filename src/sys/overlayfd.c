/* SPDX-License-Identifier: Apache-2.0 */
/* Overlays of mounts. Everything is named by fd: no path is too long, none means something else. */
#include "sys/overlayfd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sys/mountfd.h"

static int set_dir(int fs_fd, const char *key, int fd)
{
	char path[40];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return fsconfig(fs_fd, FSCONFIG_SET_STRING, key, path, 0) < 0 ? -errno : 0;
}

static int configure(int fs_fd, const struct overlay_spec *spec)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < spec->n_lower; i++)
		r = set_dir(fs_fd, "lowerdir+", spec->lower[i]);
	if (r == 0 && spec->upper >= 0)
		r = set_dir(fs_fd, "upperdir", spec->upper);
	if (r == 0 && spec->upper >= 0)
		r = set_dir(fs_fd, "workdir", spec->work);
	if (r == 0 && spec->is_volatile && spec->upper >= 0 &&
	    fsconfig(fs_fd, FSCONFIG_SET_FLAG, "volatile", NULL, 0) < 0)
		r = -errno;
	if (r == 0 && fsconfig(fs_fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		r = -errno;
	return r;
}

/* "e overlay: …\n" */
static void take_words(int fs_fd, char *words)
{
	char text[OVERLAY_WORDS + 2];
	ssize_t n = read(fs_fd, text, sizeof(text) - 1);
	size_t len;

	text[n > 2 ? n : 2] = '\0';
	len = strcspn(text + 2, "\n");
	memcpy(words, text + 2, len);
	words[len] = '\0';
}

int overlay_new(const struct overlay_spec *spec, int target_fd, char *words)
{
	cleanup_fd int fs_fd = -1;
	int r = 0, fd;

	*words = '\0';
	for (size_t i = 0; r == 0 && i < spec->n_lower; i++)
		r = mount_attach(spec->lower[i], target_fd);
	if (r < 0)
		return r;
	fs_fd = fsopen("overlay", FSOPEN_CLOEXEC);
	if (fs_fd < 0)
		return -errno;
	r = configure(fs_fd, spec);
	if (r < 0) {
		take_words(fs_fd, words);
		return r;
	}
	fd = fsmount(fs_fd, FSMOUNT_CLOEXEC, 0);
	return fd < 0 ? -errno : fd;
}
