/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cache of compiled seccomp programs: <root>/.seccomp/<hash>, 0600 in a 0700 directory.
 *
 * A file is struct cache_header, the whole text that it was compiled from, the program. The text is
 * compared byte by byte, so the hash in the name need not be a strong one; a file that is damaged
 * in any way is compiled again.
 */
#include "runtime/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/strbuf.h"
#include "runtime/container.h"
#include "runtime/stages.h"
#include "sys/caps.h"
#include "sys/file.h"
#include "sys/seccomp.h"
#include "sys/unixsock.h"

#define CACHE_DIR ".seccomp"
#define CACHE_MAGIC "hoyscmp3"

struct cache_header {
	char magic[8];
	uint32_t text_len, n_insns;
};

void filter_release(struct filter *filter)
{
	if (filter->mapped)
		(void)munmap(filter->mapped, filter->mapped_len);
	else
		free(filter->insns);
	*filter = (struct filter){ 0 };
}

/* FNV-1a, 64 bits, eight bytes at a time. */
static uint64_t hash_text(const char *text, size_t len)
{
	uint64_t hash = 0xcbf29ce484222325ULL, word;

	for (; len >= sizeof(word); len -= sizeof(word), text += sizeof(word)) {
		memcpy(&word, text, sizeof(word));
		hash = (hash ^ word) * 0x100000001b3ULL;
		hash ^= hash >> 29;
	}
	for (; len; len--, text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3ULL;
	return hash;
}

static bool cache_matches(const void *map, size_t size, const struct strbuf *text)
{
	const struct cache_header *header = map;
	size_t padded = (text->len + 7) & ~(size_t)7;

	return size >= sizeof(*header) &&
	       !memcmp(header->magic, CACHE_MAGIC, sizeof(header->magic)) &&
	       header->text_len == text->len && header->n_insns &&
	       header->n_insns <= BPF_MAXINSNS &&
	       size == sizeof(*header) + padded + header->n_insns * sizeof(struct sock_filter) &&
	       !memcmp(header + 1, text->data, text->len);
}

static int cache_read(int dir, const char *name, const struct strbuf *text, struct filter *ret)
{
	cleanup_fd int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	void *map;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || st.st_mode & 022 || st.st_size == 0)
		return -EPERM;
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	if (!cache_matches(map, (size_t)st.st_size, text)) {
		(void)munmap(map, (size_t)st.st_size);
		return -EBADMSG;
	}
	ret->mapped = map;
	ret->mapped_len = (size_t)st.st_size;
	ret->n = ((const struct cache_header *)map)->n_insns;
	ret->insns = (struct sock_filter *)((char *)map + st.st_size) - ret->n;
	return 0;
}

/* Failure to keep it costs time the next time, nothing else. */
static void cache_write(int dir, const char *name, const struct strbuf *text,
			const struct filter *filter)
{
	struct cache_header header = { .text_len = (uint32_t)text->len,
				       .n_insns = (uint32_t)filter->n };
	static const char zeros[8];
	struct strbuf data = STRBUF_INIT;

	memcpy(header.magic, CACHE_MAGIC, sizeof(header.magic));
	strbuf_add(&data, &header, sizeof(header));
	strbuf_add(&data, text->data, text->len);
	strbuf_add(&data, zeros, -text->len & 7);
	strbuf_add(&data, filter->insns, filter->n * sizeof(*filter->insns));
	ignore_result(file_replace_at(dir, name, data.data, data.len, 0600));
	strbuf_release(&data);
}

static int cache_open(const char *root)
{
	cleanup_fd int root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd;

	if (root_fd < 0)
		return -errno;
	fd = openat(root_fd, CACHE_DIR, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	if (mkdirat(root_fd, CACHE_DIR, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = openat(root_fd, CACHE_DIR, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Everything that the program depends on. */
static void cache_text(const struct oci_seccomp *seccomp, struct strbuf *text)
{
	char version[32];

	filter_library_version(version, sizeof(version));
	strbuf_addf(text, "libseccomp %s %d\n", version, (int)sizeof(void *));
	json_encode(&oci_seccomp_shape, seccomp, text);
}

int filter_prepare(const char *root, const struct oci_seccomp *seccomp, struct filter *ret,
		   struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	cleanup_fd int dir = -1;
	char name[32];
	int r;

	*ret = (struct filter){ 0 };
	if (!seccomp)
		return 0;
	r = filter_flags(seccomp, &ret->flags, err);
	if (r < 0)
		return r;
	cache_text(seccomp, &text);
	(void)snprintf(name, sizeof(name), "%016llx",
		       (unsigned long long)hash_text(text.data, text.len));
	dir = cache_open(root);
	if (dir < 0 || cache_read(dir, name, &text, ret) < 0) {
		r = filter_compile(seccomp, ret, err);
		if (!r && dir >= 0)
			cache_write(dir, name, &text, ret);
	}
	strbuf_release(&text);
	return r;
}

int filter_connect_listener(const struct oci_seccomp *seccomp, int *ret_fd, struct error *err)
{
	int fd;

	if (!seccomp || !filter_notifies(seccomp))
		return 0;
	fd = unixsock_connect_at(AT_FDCWD, seccomp->listener_path, SOCK_STREAM);
	if (fd < 0)
		return error_set(err, ERR_SYSTEM, -fd,
				 "linux.seccomp.listenerPath: connect to '%s'",
				 seccomp->listener_path);
	*ret_fd = fd;
	return 0;
}

/* The container process state of the specification. */
static void process_state(const struct launch *l, struct strbuf *out)
{
	const char *metadata = l->spec->linux_->seccomp->listener_metadata;
	struct container c = {
		.id = (char *)(uintptr_t)l->id,
		.bundle = (char *)(uintptr_t)l->bundle,
		.pid = l->init ? l->pid : l->container_pid,
		.annotations = l->spec->annotations,
	};

	strbuf_addf(out, "{\"ociVersion\":\"%s\",\"fds\":[\"seccompFd\"],\"pid\":%d",
		    OCI_RUNTIME_VERSION, (int)l->pid);
	if (metadata) {
		strbuf_adds(out, ",\"metadata\":");
		json_quote(out, metadata, strlen(metadata));
	}
	strbuf_adds(out, ",\"state\":");
	container_state_json(&c, l->init ? "creating" : "running", true, out);
	strbuf_addc(out, '}');
}

/* One state a connection, then it is closed. */
static int send_listener(struct launch *l, int fd, struct error *err)
{
	cleanup(strbuf_release) struct strbuf state = STRBUF_INIT;
	int r;

	process_state(l, &state);
	r = unixsock_send_fd(l->listener_fd, state.data, state.len, fd);
	(void)close(fd);
	macros_close_fd(&l->listener_fd);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "send the seccomp listener to '%s'",
				 l->spec->linux_->seccomp->listener_path);
	return 0;
}

int stage_seccomp(struct launch *l, struct error *err)
{
	int r;

	if (l->process->no_new_privileges) {
		r = seccomp_no_new_privileges();
		if (r < 0)
			return error_set(err, ERR_SYSTEM, -r, "set no-new-privileges");
	}
	if (!l->filter.n)
		return 0;
	if (!l->process->no_new_privileges) {
		/* A filter needs CAP_SYS_ADMIN then; it is still permitted, and goes in the next
		 * stage. */
		struct caps caps = { 0 };

		r = caps_permitted(&caps.permitted);
		caps.effective = caps.permitted;
		if (!r)
			r = caps_apply(&caps);
		if (r < 0)
			return error_set(err, ERR_SYSTEM, -r, "raise capabilities for seccomp");
	}
	r = seccomp_program_load(l->filter.insns, l->filter.n, l->filter.flags);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "load the seccomp program");
	return l->filter.flags & SECCOMP_FILTER_FLAG_NEW_LISTENER ? send_listener(l, r, err) : 0;
}
