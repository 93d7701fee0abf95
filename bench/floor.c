/* SPDX-License-Identifier: Apache-2.0 */
/*
 * floor [-H] ROOTFS SCRATCH COMMAND [ARG]...
 *
 * The least that a container with docker's default file systems and namespaces needs from the
 * kernel: one clone, an overlay over ROOTFS (upper and work below SCRATCH), proc, dev, sys, shm,
 * mqueue, the masked paths, pivot_root, exec, wait, removal. No record, no log, no cgroup, no
 * seccomp: nothing that runs containers for a living can be faster. -H keeps the host's network.
 * bench/run times it like any other command.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

static void do_mount(const char *source, const char *target, const char *type, unsigned long flags,
		     const char *data)
{
	if (mount(source, target, type, flags, data) < 0)
		err(111, "mount %s", target);
}

static void make_dev(void)
{
	static const struct {
		const char *name;
		unsigned int major, minor;
	} nodes[] = { { "dev/null", 1, 3 }, { "dev/zero", 1, 5 },   { "dev/full", 1, 7 },
		      { "dev/tty", 5, 0 },  { "dev/random", 1, 8 }, { "dev/urandom", 1, 9 } };
	static const char *const links[][2] = { { "/proc/self/fd", "dev/fd" },
						{ "/proc/self/fd/0", "dev/stdin" },
						{ "/proc/self/fd/1", "dev/stdout" },
						{ "/proc/self/fd/2", "dev/stderr" },
						{ "pts/ptmx", "dev/ptmx" } };

	do_mount("tmpfs", "dev", "tmpfs", MS_NOSUID | MS_STRICTATIME, "mode=755,size=65536k");
	umask(0);
	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++)
		if (mknod(nodes[i].name, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor)) <
		    0)
			err(111, "mknod %s", nodes[i].name);
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		if (symlink(links[i][0], links[i][1]) < 0)
			err(111, "symlink %s", links[i][1]);
	umask(022);
	mkdir("dev/pts", 0755);
	mkdir("dev/shm", 01777);
	mkdir("dev/mqueue", 0755);
	do_mount("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
		 "newinstance,ptmxmode=0666,mode=0620,gid=5");
	do_mount("shm", "dev/shm", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		 "mode=1777,size=65536k");
	do_mount("mqueue", "dev/mqueue", "mqueue", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
}

static void mask_paths(void)
{
	static const char *const files[] = { "proc/kcore", "proc/keys", "proc/timer_list" };
	static const char *const readonly[] = { "proc/bus", "proc/fs", "proc/irq", "proc/sys",
						"proc/sysrq-trigger" };
	static const char *const dirs[] = { "proc/acpi", "proc/scsi", "sys/firmware" };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (access(files[i], F_OK) == 0)
			do_mount("/dev/null", files[i], NULL, MS_BIND, NULL);
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		if (access(dirs[i], F_OK) == 0)
			do_mount("tmpfs", dirs[i], "tmpfs", MS_RDONLY, NULL);
	for (size_t i = 0; i < sizeof(readonly) / sizeof(readonly[0]); i++) {
		if (access(readonly[i], F_OK) < 0)
			continue;
		do_mount(readonly[i], readonly[i], NULL, MS_BIND | MS_REC, NULL);
		do_mount(NULL, readonly[i], NULL,
			 MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	}
}

static void child(const char *rootfs, char **argv)
{
	char options[4096 + 64];

	do_mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL);
	snprintf(options, sizeof(options), "lowerdir=%.4000s,upperdir=upper,workdir=work,volatile",
		 rootfs);
	do_mount("overlay", "merged", "overlay", 0, options);
	if (chdir("merged") < 0)
		err(111, "chdir");
	do_mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	make_dev();
	do_mount("sysfs", "sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, NULL);
	mask_paths();
	if (sethostname("floor", 5) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 ||
	    umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		err(111, "pivot_root");
	execve(argv[0], argv, (char *[]){ NULL });
	err(127, "exec %s", argv[0]);
}

/* Work in a fresh directory below base: all names after this are short and relative. */
static void make_scratch(const char *base, char name[64])
{
	snprintf(name, 64, "floor-%d", (int)getpid());
	if (chdir(base) < 0 || mkdir(name, 0755) < 0 || chdir(name) < 0 ||
	    mkdir("upper", 0755) < 0 || mkdir("work", 0755) < 0 || mkdir("merged", 0755) < 0)
		err(111, "%s/%s", base, name);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

int main(int argc, char **argv)
{
	struct clone_args args = {
		.flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC |
			 CLONE_NEWCGROUP | CLONE_NEWNET | CLONE_VFORK,
		.exit_signal = SIGCHLD,
	};
	char scratch[64];
	int status = 0;
	long pid;

	if (argc > 1 && !strcmp(argv[1], "-H")) {
		args.flags &= ~(uint64_t)CLONE_NEWNET;
		argv++;
		argc--;
	}
	if (argc < 4)
		errx(2, "usage: floor [-H] ROOTFS SCRATCH COMMAND [ARG]...");
	make_scratch(argv[2], scratch);
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid < 0)
		err(111, "clone3");
	if (pid == 0)
		child(argv[1], argv + 3);
	waitpid((pid_t)pid, &status, 0);
	if (chdir("..") == 0)
		nftw(scratch, remove_one, 8, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
