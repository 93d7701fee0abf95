/* SPDX-License-Identifier: Apache-2.0 */
/* Signals as readable fds: the long-lived programs' poll loops read them like any other event. */
#include "sys/signals.h"

#include <errno.h>
#include <sys/signalfd.h>

int signals_open(const int *signals, size_t n)
{
	sigset_t set;
	int fd;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < n; i++)
		if (sigaddset(&set, signals[i]) < 0)
			return -errno;
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

int signals_read(int fd)
{
	struct signalfd_siginfo info;
	ssize_t n;

	do
		n = read(fd, &info, sizeof(info));
	while (n < 0 && errno == EINTR);
	if (n == (ssize_t)sizeof(info))
		return (int)info.ssi_signo;
	return n < 0 && errno != EAGAIN ? -errno : 0;
}

void signals_reset(void)
{
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		(void)signal(sig, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}
