/* SPDX-License-Identifier: Apache-2.0 */
/* spec.mounts: the file systems that every container has, its three network files, its own
 * mounts. */
#include "engine/spec-parts.h"

#include <errno.h>
#include <string.h>

#include "base/strv.h"
#include "engine/runtime.h"

enum { SHM_SIZE_DEFAULT = 64 << 20, GROUP_TTY = 5 };

struct mount_row {
	const char *destination, *type, *source;
	const char *options;
	bool read_only_too; /* becomes ro with --read-only */
};

static const struct mount_row default_mounts[] = {
	{ "/proc", "proc", "proc", "nosuid,noexec,nodev", false },
	{ "/dev", "tmpfs", "tmpfs", "nosuid,strictatime,mode=755,size=65536k", false },
	{ "/dev/pts", "devpts", "devpts", "nosuid,noexec,newinstance,ptmxmode=0666,mode=0620,gid=5",
	  false },
	{ "/sys", "sysfs", "sysfs", "nosuid,noexec,nodev,ro", true },
	{ "/sys/fs/cgroup", "cgroup", "cgroup", "ro,nosuid,noexec,nodev", true },
	{ "/dev/mqueue", "mqueue", "mqueue", "nosuid,noexec,nodev", false },
};

static struct oci_mount *mount_add(struct oci_spec *spec, const char *destination, const char *type,
				   const char *source)
{
	struct oci_mount *m = &spec->mounts[spec->n_mounts++];

	m->destination = xstrdup(destination);
	m->type = xstrdup(type);
	m->source = xstrdup(source);
	return m;
}

static bool user_has(const struct spec_build *b, const char *target)
{
	for (size_t i = 0; i < b->mounts->n; i++) {
		if (strcmp(b->mounts->items[i].target, target) == 0)
			return true;
	}
	return false;
}

static void option_drop(char **options, const char *word)
{
	size_t j = 0;

	for (size_t i = 0; options[i]; i++) {
		if (strcmp(options[i], word) == 0)
			free(options[i]);
		else
			options[j++] = options[i];
	}
	options[j] = NULL;
}

static bool ipc_is(const struct spec_build *b, const char *mode)
{
	return b->in->host->ipc_mode && strcmp(b->in->host->ipc_mode, mode) == 0;
}

/* The host's message queues: in a user namespace only the owner of an IPC namespace may mount them
 * anew. A host need not have them mounted. */
static bool mount_host_mqueue(struct spec_build *b, const struct mount_row *row)
{
	struct oci_mount *m;

	if (!b->in->userns_path || strcmp(row->type, "mqueue") != 0 || !ipc_is(b, "host"))
		return false;
	if (access(row->destination, F_OK) < 0)
		return true;
	m = mount_add(&b->spec, row->destination, "bind", row->destination);
	m->options = strv_split(row->options, ',');
	strv_push(&m->options, "rbind");
	return true;
}

/* Group tty, if the container has one. */
static void mount_drop_group(const struct spec_build *b, struct oci_mount *m)
{
	const struct idmaps *maps = b->in->maps;
	uint32_t outside;

	if (b->in->userns_path && strcmp(m->type, "devpts") == 0 &&
	    idmap_outside(maps->gids, maps->n_gids, GROUP_TTY, &outside) < 0)
		option_drop(m->options, "gid=5");
}

static void mounts_defaults(struct spec_build *b)
{
	const struct host_config *host = b->in->host;

	for (size_t i = 0; i < ARRAY_SIZE(default_mounts); i++) {
		const struct mount_row *row = &default_mounts[i];
		struct oci_mount *m;

		if (user_has(b, row->destination) || mount_host_mqueue(b, row))
			continue;
		m = mount_add(&b->spec, row->destination, row->type, row->source);
		m->options = strv_split(row->options, ',');
		mount_drop_group(b, m);
		if (host->privileged && row->read_only_too && !host->readonly_rootfs)
			option_drop(m->options, "ro");
	}
}

static void mounts_shm(struct spec_build *b)
{
	int64_t size = b->in->host->shm_size > 0 ? b->in->host->shm_size : SHM_SIZE_DEFAULT;
	struct oci_mount *m;

	if (user_has(b, "/dev/shm") || ipc_is(b, "none"))
		return;
	if (b->in->shm_path || ipc_is(b, "host")) {
		m = mount_add(&b->spec, "/dev/shm", "bind",
			      b->in->shm_path ? b->in->shm_path : "/dev/shm");
		m->options = strv_split("rbind,rprivate", ',');
		return;
	}
	m = mount_add(&b->spec, "/dev/shm", "tmpfs", "shm");
	m->options = strv_split("nosuid,noexec,nodev,mode=1777", ',');
	strv_pushf(&m->options, "size=%lld", (long long)size);
}

/* /etc/hostname, /etc/hosts and /etc/resolv.conf are files of ours, bound. */
static void mounts_files(struct spec_build *b)
{
	static const char *const names[] = { "resolv.conf", "hostname", "hosts" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		cleanup_free char *target = xasprintf("/etc/%s", names[i]);
		cleanup_free char *source = instance_data_path(b->e, b->in->rec->id, names[i]);
		struct oci_mount *m;

		if (user_has(b, target))
			continue;
		m = mount_add(&b->spec, target, "bind", source);
		m->options = strv_split("rbind,rprivate", ',');
		if (b->in->host->readonly_rootfs)
			strv_push(&m->options, "ro");
	}
}

static void mount_bind(struct spec_build *b, const struct container_mount *in)
{
	struct oci_mount *m = mount_add(&b->spec, in->target, "bind", in->source);

	strv_push(&m->options, in->recursive ? "rbind" : "bind");
	if (!in->rw)
		strv_push(&m->options, in->recursive ? "rro" : "ro");
	strv_push(&m->options, in->propagation);
	/* What a volume has is its own, not one container's: ids are shifted by the mount, as those
	 * of the image's layers are. */
	if (in->kind == MOUNT_VOLUME && b->in->userns_path)
		strv_push(&m->options, "idmap");
}

/* Docker's: noexec, nosuid, nodev unless the options say exec, suid, dev. */
static void mount_tmpfs(struct spec_build *b, const struct container_mount *in)
{
	struct oci_mount *m = mount_add(&b->spec, in->target, "tmpfs", "tmpfs");

	m->options = strv_split("noexec,nosuid,nodev", ',');
	for (size_t i = 0; in->options && in->options[i]; i++) {
		const char *word = in->options[i];

		if (strcmp(word, "exec") == 0 || strcmp(word, "suid") == 0 ||
		    strcmp(word, "dev") == 0) {
			cleanup_free char *no = xasprintf("no%s", word);

			option_drop(m->options, no);
		}
		if (word[0] && !strv_contains(m->options, word))
			strv_push(&m->options, word);
	}
}

static void mounts_init(struct spec_build *b)
{
	cleanup_free char *program = NULL;
	struct oci_mount *m;

	if (!spec_has_init(b->in->host))
		return;
	program = runtime_program(b->e, "hoy-init");
	m = mount_add(&b->spec, "/sbin/docker-init", "bind", program);
	m->options = strv_split("bind,ro", ',');
}

int spec_mounts(struct spec_build *b, struct error *err)
{
	b->spec.mounts =
		xcalloc(ARRAY_SIZE(default_mounts) + b->mounts->n + 8, sizeof(*b->spec.mounts));
	mounts_defaults(b);
	mounts_shm(b);
	mounts_files(b);
	mounts_init(b);
	for (size_t i = 0; i < b->mounts->n; i++) {
		if (b->mounts->items[i].kind == MOUNT_TMPFS)
			mount_tmpfs(b, &b->mounts->items[i]);
		else
			mount_bind(b, &b->mounts->items[i]);
	}
	return 0;
}
