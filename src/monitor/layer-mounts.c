/* SPDX-License-Identifier: Apache-2.0 */
/* Layers are mounted once for all who run on them. */
#include "monitor/layer-mounts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "base/strv.h"
#include "sys/mountfd.h"
#include "sys/unixsock.h"

enum {
	ANSWER_MS = 50, /* a monitor that is busy for longer costs more than a mount */
	ASKED_MAX = 4,	/* so many are asked, then the rest is mounted */
	TELL_TRIES = 8,
};

static void close_dir(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir);
}

/* …/<hex>/index -> <hex> */
static char *layer_name(const char *index)
{
	const char *end = strrchr(index, '/'), *start = end;

	while (start > index && start[-1] != '/')
		start--;
	return xstrndup(start, (size_t)(end - start));
}

static int add(struct layer_mounts *mounts, const char *path, struct error *err)
{
	struct layer_mount *mount = &mounts->list[mounts->n];
	struct stat st;

	*mount = (struct layer_mount){ .fd = -1 };
	if (lower_is_index(path)) {
		if (stat(path, &st) < 0)
			return error_set(err, ERR_SYSTEM, errno, "mount the layer '%s'", path);
		mount->key = (struct monitor_layer){ st.st_dev, st.st_ino };
		mount->name = layer_name(path);
	}
	mounts->n++;
	return 0;
}

/* What is missing, from @from on: at most as many as go into one question. Where each of them is
 * in the list goes to at[]. */
static size_t missing(const struct layer_mounts *mounts, size_t *from,
		      struct monitor_layer keys[MONITOR_LAYERS_MAX], size_t at[MONITOR_LAYERS_MAX])
{
	size_t n = 0;

	for (; *from < mounts->n && n < MONITOR_LAYERS_MAX; ++*from) {
		const struct layer_mount *mount = &mounts->list[*from];

		if (!mount->name || mount->fd >= 0)
			continue;
		keys[n] = mount->key;
		at[n++] = *from;
	}
	return n;
}

static int receive(struct layer_mounts *mounts, int fd, const size_t *at, size_t n)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int fds[UNIXSOCK_FDS_MAX], r = poll(&p, 1, ANSWER_MS);
	struct monitor_frame frame;
	size_t n_fds = 0, used = 0;
	ssize_t len;

	if (r <= 0)
		return r < 0 ? -errno : -ETIMEDOUT;
	len = unixsock_recv_fds(fd, &frame, sizeof(frame), fds, &n_fds);
	if (len != sizeof(frame) || monitor_frame_check(&frame, 0, false) < 0 ||
	    frame.type != MONITOR_TREES)
		r = -EBADMSG;
	for (size_t i = 0; r > 0 && i < n && used < n_fds; i++) {
		if (frame.arg & 1U << i)
			mounts->list[at[i]].fd = fds[used++];
	}
	while (used < n_fds)
		(void)close(fds[used++]);
	return r < 0 ? r : 0;
}

/* -ECONNREFUSED, -ENOENT: there is no such monitor. */
static int ask(struct layer_mounts *mounts, int users_fd, const char *id)
{
	const struct monitor_frame hello = { .type = MONITOR_HELLO };
	const struct monitor_frame question = { .type = MONITOR_LAYERS };
	cleanup_free char *path = xasprintf("../containers/%s", id);
	cleanup_fd int dirfd = openat(users_fd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup_fd int fd = -1;
	struct monitor_layer keys[MONITOR_LAYERS_MAX];
	size_t at[MONITOR_LAYERS_MAX], from = 0, n;
	int r;

	if (dirfd < 0)
		return -errno;
	fd = unixsock_connect_at(dirfd, "monitor.sock", SOCK_SEQPACKET | SOCK_NONBLOCK);
	r = fd < 0 ? fd : monitor_frame_send(fd, &hello, NULL, 0, 0);
	while (r >= 0 && (n = missing(mounts, &from, keys, at)) > 0) {
		r = monitor_frame_send(fd, &question, keys, n * sizeof(*keys), 0);
		if (r >= 0)
			r = receive(mounts, fd, at, n);
	}
	return r;
}

/* One user of this layer after the other, until we have it. */
static void ask_users(const struct monitor_args *args, struct layer_mounts *mounts, size_t i,
		      int users_fd, char ***asked)
{
	int fd = openat(users_fd, mounts->list[i].name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup(close_dir) DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (fd >= 0 && !dir)
		(void)close(fd);
	while (dir && mounts->list[i].fd < 0 && strv_len(*asked) < ASKED_MAX &&
	       (entry = readdir(dir))) {
		const char *id = entry->d_name;
		int r;

		if (id[0] == '.' || strcmp(id, args->id) == 0 || strv_contains(*asked, id))
			continue;
		r = ask(mounts, users_fd, id);
		if (r == -ECONNREFUSED || r == -ENOENT)
			(void)unlinkat(dirfd(dir), id, 0);
		else
			strv_push(asked, id);
	}
}

static void ask_around(const struct monitor_args *args, struct layer_mounts *mounts)
{
	cleanup_fd int users_fd = open(args->users_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup(strv_release) char **asked = NULL;

	for (size_t i = 0; users_fd >= 0 && i < mounts->n; i++)
		if (mounts->list[i].name && mounts->list[i].fd < 0)
			ask_users(args, mounts, i, users_fd, &asked);
}

int layer_mounts_open(const struct monitor_args *args, struct layer_mounts *ret, struct error *err)
{
	cleanup(layer_mounts_release) struct layer_mounts mounts = LAYER_MOUNTS_INIT;
	int r = 0;

	mounts.list = xcalloc(strv_len(args->lower), sizeof(*mounts.list));
	for (size_t i = 0; r == 0 && args->lower[i]; i++)
		r = add(&mounts, args->lower[i], err);
	if (r < 0)
		return r;
	if (args->users_dir)
		ask_around(args, &mounts);
	for (size_t i = 0; i < mounts.n; i++) {
		struct layer_mount *mount = &mounts.list[i];
		const char *path = args->lower[i];

		if (mount->fd >= 0)
			continue;
		mount->fd = mount->name ? mount_erofs(path, LOWER_DATA)
					: mount_clone(AT_FDCWD, path, false);
		if (mount->fd < 0)
			return error_set(err, ERR_SYSTEM, -mount->fd, "mount the layer '%s'", path);
	}
	*ret = mounts;
	mounts = (struct layer_mounts)LAYER_MOUNTS_INIT;
	return 0;
}

void layer_mounts_release(struct layer_mounts *mounts)
{
	for (size_t i = 0; i < mounts->n; i++) {
		macros_close_fd(&mounts->list[i].fd);
		free(mounts->list[i].name);
	}
	free(mounts->list);
	*mounts = (struct layer_mounts)LAYER_MOUNTS_INIT;
}

/* Whoever was the last user removes the directory, maybe just before we put our file there. */
static bool tell_one(const struct monitor_args *args, const char *name)
{
	cleanup_free char *dir = xasprintf("%s/%s", args->users_dir, name);
	cleanup_free char *path = xasprintf("%s/%s", dir, args->id);

	for (int i = 0; i < TELL_TRIES; i++) {
		cleanup_fd int fd = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

		if (fd >= 0)
			return true;
		if (errno != ENOENT || (mkdir(dir, 0700) < 0 && errno != EEXIST))
			return false;
	}
	return false;
}

void layer_mounts_tell(const struct monitor_args *args, struct layer_mounts *mounts)
{
	if (!args->users_dir || (mkdir(args->users_dir, 0700) < 0 && errno != EEXIST))
		return;
	mounts->told = true;
	for (size_t i = 0; i < mounts->n; i++)
		if (mounts->list[i].name && !tell_one(args, mounts->list[i].name))
			return; /* a full run directory: others mount by themselves */
}

void layer_mounts_untell(const struct monitor_args *args, struct layer_mounts *mounts)
{
	for (size_t i = 0; mounts->told && i < mounts->n; i++) {
		cleanup_free char *dir = NULL, *path = NULL;

		if (!mounts->list[i].name)
			continue;
		dir = xasprintf("%s/%s", args->users_dir, mounts->list[i].name);
		path = xasprintf("%s/%s", dir, args->id);
		(void)unlink(path);
		(void)rmdir(dir);
	}
	mounts->told = false;
}

static int clone_of(const struct layer_mounts *mounts, const struct monitor_layer *key)
{
	for (size_t i = 0; i < mounts->n; i++) {
		const struct layer_mount *mount = &mounts->list[i];

		if (mount->name && mount->key.dev == key->dev && mount->key.ino == key->ino)
			return mount_clone(mount->fd, "", false);
	}
	return -ENOENT;
}

int layer_mounts_answer(const struct layer_mounts *mounts, int fd, const void *data, size_t len)
{
	struct monitor_frame answer = { .type = MONITOR_TREES };
	int fds[MONITOR_LAYERS_MAX] = { 0 }, r;
	struct monitor_layer key;
	size_t n = 0;

	if (len % sizeof(key) != 0 || len > MONITOR_LAYERS_MAX * sizeof(key))
		return -EBADMSG;
	for (size_t i = 0; i < len / sizeof(key); i++) {
		int tree;

		memcpy(&key, (const char *)data + i * sizeof(key), sizeof(key));
		tree = clone_of(mounts, &key);
		if (tree < 0)
			continue;
		fds[n++] = tree;
		answer.arg |= 1U << i;
	}
	r = unixsock_send_fds(fd, &answer, sizeof(answer), fds, n, MSG_DONTWAIT);
	while (n > 0)
		(void)close(fds[--n]);
	return r;
}
