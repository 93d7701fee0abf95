/* SPDX-License-Identifier: Apache-2.0 */
/*
 * faults [-v] [-e ERRNO] [-n EVERY] [-t SECONDS] [-b BEFORE] [-a AFTER] -r ROOT -g CGROUP -- CMD…
 *
 * Runs CMD (a call of an OCI runtime) once for each system call that it and its child make up
 * to the container's first instruction, and makes that one call fail. Each run has to end by
 * itself, with status 0, or with status 1 (exec: 255) and one sentence on stderr; and nothing may
 * be left of it: no process, mount, cgroup CGROUP, or entry of the state directory ROOT that was
 * not there before. A failure of the removal itself may leave what AFTER (run when something is to
 * be removed) then removes.
 *
 * -n 7: every seventh call only. -t: what takes longer hangs (20). BEFORE is run before each. -v
 * tells each answer. x86-64 only.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CALLS_MAX = 512, POINTS_MAX = 8192, TEXT_MAX = 262144 };
enum role { PARENT, CHILD, ROLES };

static const char *const role_names[ROLES] = { "parent", "child" };

/* A call of one process, the count'th of its number. */
struct point {
	enum role role;
	long nr;
	unsigned int count;
	bool ending; /* the program had been started: what is left to do is removal */
};

struct plan {
	struct point points[POINTS_MAX];
	size_t n;
};

struct tracee {
	pid_t pid;
	bool entered; /* between the two stops of a call */
	bool inject;  /* an error into this one */
	bool started; /* it runs the runtime, not us */
	unsigned int seen[CALLS_MAX];
};

static struct {
	bool verbose, running;
	int errnum;
	unsigned int every, seconds;
	char *before, *after, *root, *cgroup;
	char **argv;
	int failures;
} opt = { .every = 1, .seconds = 20 };

static struct tracee tracees[ROLES];

static const struct {
	long nr;
	const char *name;
	int errnum; /* 0: cannot fail, or is of the C library's start: never made to */
} calls[] = {
	{ SYS_brk, "brk", 0 },
	{ SYS_close, "close", 0 }, /* an fd is closed whatever close(2) says */
	{ SYS_munmap, "munmap", 0 },
	{ SYS_exit_group, "exit_group", 0 },
	{ SYS_rt_sigreturn, "rt_sigreturn", 0 },
	{ SYS_arch_prctl, "arch_prctl", 0 },
	{ SYS_set_tid_address, "set_tid_address", 0 },
	{ SYS_set_robust_list, "set_robust_list", 0 },
	{ SYS_rseq, "rseq", 0 },
	{ SYS_mprotect, "mprotect", 0 },
	{ SYS_getrandom, "getrandom", 0 },
	{ SYS_getpid, "getpid", 0 },
	{ SYS_geteuid, "geteuid", 0 },
	{ SYS_getuid, "getuid", 0 },
	{ SYS_umask, "umask", 0 },
	{ SYS_rt_sigprocmask, "rt_sigprocmask", 0 },
	{ SYS_openat, "openat", EMFILE },
	{ SYS_openat2, "openat2", EMFILE },
	{ SYS_write, "write", ENOSPC },
	{ SYS_mkdir, "mkdir", ENOSPC },
	{ SYS_mkdirat, "mkdirat", ENOSPC },
	{ SYS_clone3, "clone3", EAGAIN },
	{ SYS_mmap, "mmap", ENOMEM },
	{ SYS_recvfrom, "recvfrom", EIO },
	{ SYS_sendto, "sendto", ENOBUFS },
	{ SYS_prctl, "prctl", EINVAL },
	{ SYS_seccomp, "seccomp", ENOMEM },
	{ SYS_setresuid, "setresuid", EAGAIN },
	{ SYS_setresgid, "setresgid", EAGAIN },
	{ SYS_setgroups, "setgroups", ENOMEM },
	{ SYS_execve, "execve", ENOMEM },
	{ SYS_execveat, "execveat", ENOMEM },
};

static int error_of(long nr)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i].nr == nr)
			return calls[i].errnum && opt.errnum ? opt.errnum : calls[i].errnum;
	return opt.errnum ? opt.errnum : EIO;
}

static const char *name_of(long nr)
{
	static char text[24];

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i].nr == nr)
			return calls[i].name;
	snprintf(text, sizeof(text), "call %ld", nr);
	return text;
}

static _Noreturn void fail(const char *what)
{
	perror(what);
	exit(2);
}

static int run_shell(const char *command)
{
	int status = command ? system(command) : 0;

	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* --- what is there: the same text before and after means that nothing was left */

static size_t add_file(char *text, size_t len, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	while (fd >= 0 && len < TEXT_MAX - 1 && (n = read(fd, text + len, TEXT_MAX - 1 - len)) > 0)
		len += (size_t)n;
	if (fd >= 0)
		close(fd);
	return len;
}

static size_t add_directory(char *text, size_t len, const char *path)
{
	DIR *dir = opendir(path);

	for (struct dirent *de; dir && (de = readdir(dir));)
		if (de->d_name[0] != '.' && len + 512 < TEXT_MAX)
			len += (size_t)sprintf(text + len, "%s/%s\n", path, de->d_name);
	if (dir)
		closedir(dir);
	return len;
}

static void snapshot(char text[TEXT_MAX])
{
	size_t len = add_file(text, 0, "/proc/self/mountinfo");
	DIR *dir = opendir("/sys/fs/cgroup");

	len = add_directory(text, len, opt.root);
	for (struct dirent *de; dir && (de = readdir(dir));) {
		char path[1024];

		snprintf(path, sizeof(path), "/sys/fs/cgroup/%s/%s", de->d_name, opt.cgroup);
		if (de->d_name[0] == '.' || access(path, F_OK) < 0 || len + 1024 > TEXT_MAX)
			continue;
		len += (size_t)sprintf(text + len, "%s\n", path);
		strcat(path, "/cgroup.procs");
		len = add_file(text, len, path);
	}
	if (dir)
		closedir(dir);
	text[len] = '\0';
}

static bool has_line(const char *text, const char *line)
{
	size_t n = strlen(line);

	for (const char *c = text; (c = strstr(c, line)); c += n)
		if ((c == text || c[-1] == '\n') && (c[n] == '\n' || !c[n]))
			return true;
	return false;
}

/* Is there a line of now that was not there before? With @print it is told. */
static bool is_left(const char *before, char *now, bool print)
{
	bool any = false;
	char *save = NULL;

	for (char *line = strtok_r(now, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (has_line(before, line))
			continue;
		if (print)
			printf("    left: %s\n", line);
		any = true;
	}
	return any;
}

/* --- one run under ptrace */

static enum role role_of(pid_t pid)
{
	return pid == tracees[PARENT].pid ? PARENT : CHILD;
}

static void enter_call(struct tracee *t, enum role role, const struct point *target,
		       struct plan *plan)
{
	struct user_regs_struct regs;
	long nr;

	if (ptrace(PTRACE_GETREGS, t->pid, NULL, &regs) < 0)
		return;
	nr = (long)regs.orig_rax;
	if (nr < 0 || nr >= CALLS_MAX || !t->started)
		return;
	t->seen[nr]++;
	if (plan && error_of(nr) && plan->n < POINTS_MAX)
		plan->points[plan->n++] = (struct point){ role, nr, t->seen[nr], opt.running };
	if (!target || target->role != role || target->nr != nr || target->count != t->seen[nr])
		return;
	regs.orig_rax = (unsigned long long)-1;
	ptrace(PTRACE_SETREGS, t->pid, NULL, &regs);
	t->inject = true;
}

static void leave_call(struct tracee *t, const struct point *target)
{
	struct user_regs_struct regs;

	if (!t->inject || ptrace(PTRACE_GETREGS, t->pid, NULL, &regs) < 0)
		return;
	t->inject = false;
	regs.rax = (unsigned long long)(-(long long)error_of(target->nr));
	ptrace(PTRACE_SETREGS, t->pid, NULL, &regs);
}

/* The signal to go on with; -1: the tracee is on its own from here. */
static int handle_stop(pid_t pid, int status, const struct point *target, struct plan *plan)
{
	enum role role = role_of(pid);
	struct tracee *t = &tracees[role];
	int sig = WSTOPSIG(status), event = status >> 16;

	if (event == PTRACE_EVENT_EXEC) {
		t->started = true;
		if (role == PARENT)
			return 0;
		opt.running = true; /* the container's program: none of ours */
		ptrace(PTRACE_DETACH, pid, NULL, NULL);
		return -1;
	}
	if (event)
		return 0;
	if (sig == SIGSTOP && t->pid != pid) { /* a new child's first stop */
		*t = (struct tracee){ .pid = pid, .started = true };
		return 0;
	}
	if (sig != (SIGTRAP | 0x80))
		return sig == SIGSTOP ? 0 : sig;
	t->entered = !t->entered;
	if (t->entered)
		enter_call(t, role, target, plan);
	else
		leave_call(t, target);
	return 0;
}

static pid_t start_traced(int err_fd)
{
	pid_t pid = fork();

	if (pid < 0)
		fail("fork");
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		dup2(null, 0);
		dup2(null, 1);
		dup2(err_fd, 2);
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		execvp(opt.argv[0], opt.argv);
		_exit(127);
	}
	if (waitpid(pid, NULL, 0) != pid)
		fail("waitpid");
	ptrace(PTRACE_SETOPTIONS, pid, NULL,
	       PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
		       PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL);
	memset(tracees, 0, sizeof(tracees));
	tracees[PARENT] = (struct tracee){ .pid = pid };
	opt.running = false;
	ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
	return pid;
}

static void on_alarm(int sig)
{
	(void)sig;
}

/* The runtime's status; -1: it hung, and was killed. */
static int run_traced(int err_fd, const struct point *target, struct plan *plan)
{
	pid_t main_pid = start_traced(err_fd);
	int result = -1, status;
	pid_t pid;

	alarm(opt.seconds);
	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		int sig;

		if (!WIFSTOPPED(status)) {
			if (pid != main_pid)
				continue;
			result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
			break;
		}
		sig = handle_stop(pid, status, target, plan);
		if (sig >= 0)
			ptrace(PTRACE_SYSCALL, pid, NULL, sig);
	}
	alarm(0);
	for (int i = 0; result < 0 && i < ROLES; i++)
		if (tracees[i].pid > 0)
			kill(tracees[i].pid, SIGKILL);
	return result;
}

/* We are the subreaper: what the runtime left running is our child now. A process that is about to
 * end is given the time to. */
static bool process_left(void)
{
	struct timespec ms = { .tv_nsec = 1000000 };

	for (int i = 0; i < 3000; i++) {
		int status;
		pid_t pid = waitpid(-1, &status, WNOHANG | __WALL);

		if (pid < 0)
			return false;
		if (pid > 0 && WIFSTOPPED(status))
			ptrace(PTRACE_DETACH, pid, NULL, NULL);
		else if (pid == 0)
			nanosleep(&ms, NULL);
	}
	return true;
}

/* --- judging */

static void complain(const struct point *p, const char *what, const char *text)
{
	printf("FAIL %s %s %u: %s%s%s\n", role_names[p->role], name_of(p->nr), p->count, what,
	       *text ? ": " : "", text);
	opt.failures++;
}

static void check_answer(const struct point *p, int status, const char *text)
{
	size_t lines = 0;

	for (const char *c = text; *c; c++)
		lines += *c == '\n';
	if (opt.verbose)
		printf("%s %s %u -> %d %s%s", role_names[p->role], name_of(p->nr), p->count, status,
		       text, *text ? "" : "\n");
	if (status < 0)
		complain(p, "it hangs", "");
	else if (status != 0 && status != 1 && status != 255)
		complain(p, "unexpected status", text);
	else if (status != 0 && (lines != 1 || !strstr(text, " failed: ")))
		complain(p, "not one sentence", text);
	else if (status == 0 && *text)
		complain(p, "success with words", text);
}

static int run_captured(const struct point *p, char *text, size_t size)
{
	int err_fd = memfd_create("stderr", MFD_CLOEXEC);
	int status = run_traced(err_fd, p, NULL);
	ssize_t n = pread(err_fd, text, size - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	close(err_fd);
	return status;
}

static void try_point(const struct point *p)
{
	static char before[TEXT_MAX], now[TEXT_MAX], text[8192];
	int status;

	snapshot(before);
	if (run_shell(opt.before) != 0)
		fail(opt.before);
	status = run_captured(p, text, sizeof(text));
	check_answer(p, status, text);
	snapshot(now);
	if (opt.after && (status == 0 || p->ending || opt.before) && is_left(before, now, false) &&
	    run_shell(opt.after) != 0)
		complain(p, "what is left cannot be removed", "");
	if (process_left())
		complain(p, "a process is left", text);
	snapshot(now);
	if (!is_left(before, now, true))
		return;
	complain(p, "something is left", text);
	run_shell(opt.after);
}

/* What there is to fail: learned from a run that succeeds. */
static struct plan *make_plan(void)
{
	struct plan *plan = calloc(1, sizeof(*plan));

	if (!plan)
		fail("calloc");
	if (run_shell(opt.before) != 0)
		fail(opt.before);
	if (run_traced(STDERR_FILENO, NULL, plan) != 0 || run_shell(opt.after) != 0 ||
	    process_left()) {
		fprintf(stderr, "faults: the command fails by itself\n");
		exit(2);
	}
	return plan;
}

static void parse(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "+ve:n:t:b:a:r:g:")) != -1) {
		if (c == 'v')
			opt.verbose = true;
		else if (c == 'e')
			opt.errnum = atoi(optarg);
		else if (c == 'n')
			opt.every = (unsigned int)atoi(optarg);
		else if (c == 't')
			opt.seconds = (unsigned int)atoi(optarg);
		else if (c == 'b')
			opt.before = optarg;
		else if (c == 'a')
			opt.after = optarg;
		else if (c == 'r')
			opt.root = optarg;
		else if (c == 'g')
			opt.cgroup = optarg;
	}
	opt.argv = argv + optind;
	if (!*opt.argv || !opt.root || !opt.cgroup || !opt.every) {
		fprintf(stderr, "usage: faults [-v] [-e ERRNO] [-n EVERY] [-t SECONDS] [-b BEFORE] "
				"[-a AFTER] "
				"-r ROOT -g CGROUP -- COMMAND [ARG]...\n");
		exit(2);
	}
}

int main(int argc, char **argv)
{
	struct sigaction act = { .sa_handler = on_alarm };
	struct plan *plan;
	size_t tried = 0;

	parse(argc, argv);
	setvbuf(stdout, NULL, _IOLBF, 0);
	sigaction(SIGALRM, &act, NULL);
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	plan = make_plan();
	for (size_t i = 0; i < plan->n; i += opt.every, tried++)
		try_point(&plan->points[i]);
	printf("%zu of %zu calls made to fail, %d wrong answers\n", tried, plan->n, opt.failures);
	free(plan);
	return opt.failures > 0;
}
