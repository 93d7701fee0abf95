/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hoy-init: process 1 of a container that was started with --init. It runs the program, passes
 * signals on to it, reaps what others leave behind, and ends with the program's exit code. libc
 * only, static: it is bound into containers that may have no libc at all.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Its cause is ours, or the kernel's own business: not to be passed on. */
static const int kept_signals[] = { SIGFPE,  SIGILL, SIGSEGV, SIGBUS, SIGABRT,
				    SIGTRAP, SIGSYS, SIGTTIN, SIGTTOU };

static int exec_program(char **argv, const sigset_t *mask)
{
	/* A group of its own in the foreground, so that the terminal's signals reach it and not us.
	 */
	if (setpgid(0, 0) == 0 && tcsetpgrp(STDIN_FILENO, getpid()) < 0 && errno != ENOTTY &&
	    errno != ENXIO && errno != EBADF)
		return 126;
	(void)signal(SIGTTIN, SIG_DFL);
	(void)signal(SIGTTOU, SIG_DFL);
	(void)sigprocmask(SIG_SETMASK, mask, NULL);
	(void)execvp(argv[0], argv);
	(void)fprintf(stderr, "hoy-init: exec %s: %s\n", argv[0], strerror(errno));
	return errno == ENOENT ? 127 : 126;
}

/* To the program alone; to its group, where it has one, for those who ask for that as they do with
 * tini. It is our child and not reaped: the pid is its own. */
static void forward(pid_t program, int sig)
{
	if (!getenv("TINI_KILL_PROCESS_GROUP") || kill(-program, sig) < 0)
		(void)kill(program, sig);
}

/* Everybody's remains; returns the exit code once the program is among them, -1 before. */
static int reap(pid_t program)
{
	int status, code = -1;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == program)
			code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	}
	return code;
}

int main(int argc, char **argv)
{
	sigset_t all, old;
	pid_t program;
	int code = -1;

	if (argc > 1 && strcmp(argv[1], "--") == 0)
		argv++;
	if (!argv[1]) {
		(void)fprintf(stderr, "usage: hoy-init [--] PROGRAM [ARG...]\n");
		return 125;
	}
	(void)sigfillset(&all);
	for (size_t i = 0; i < sizeof(kept_signals) / sizeof(kept_signals[0]); i++)
		(void)sigdelset(&all, kept_signals[i]);
	(void)signal(SIGTTIN, SIG_IGN);
	(void)signal(SIGTTOU, SIG_IGN);
	(void)sigprocmask(SIG_SETMASK, &all, &old);
	program = fork();
	if (program == 0)
		_exit(exec_program(argv + 1, &old));
	if (program < 0) {
		(void)fprintf(stderr, "hoy-init: fork: %s\n", strerror(errno));
		return 126;
	}
	while (code < 0) {
		int sig = sigwaitinfo(&all, NULL);

		if (sig == SIGCHLD)
			code = reap(program);
		else if (sig > 0)
			forward(program, sig);
	}
	return code;
}
