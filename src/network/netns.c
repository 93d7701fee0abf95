/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Network namespaces: made by stepping into a new one and back, so that no process, mount or name
 * keeps them, only the fd. When the last fd and process are gone the kernel drops all in it.
 */
#include "network/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "network/network.h"
#include "sys/file.h"

enum { NETNS_FLAGS = O_RDONLY | O_CLOEXEC };

/* A process that is in the wrong network namespace must not go on: it would work on the container's
 * network as if it were the host's. */
static void netns_return(const int *home_fd)
{
	if (*home_fd >= 0 && setns(*home_fd, CLONE_NEWNET) < 0)
		abort();
	if (*home_fd >= 0)
		(void)close(*home_fd);
}

static int loopback_up(void)
{
	cleanup_fd int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq ifr = { .ifr_name = "lo" };

	if (fd < 0)
		return -errno;
	ifr.ifr_flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING;
	return ioctl(fd, SIOCSIFFLAGS, &ifr) < 0 ? -errno : 0;
}

/* In the new namespace: no IPv6 on what will be put into it unless it is asked for, and never an
 * address or route by a neighbour's advertisement. lo was born before and keeps its ::1. */
static int ipv6_default(bool on)
{
	int r = file_put_at(AT_FDCWD, "/proc/sys/net/ipv6/conf/default/disable_ipv6",
			    on ? "0" : "1");

	if (r >= 0 && on)
		r = file_put_at(AT_FDCWD, "/proc/sys/net/ipv6/conf/default/accept_ra", "0");
	return r == -ENOENT ? 0 : r; /* a kernel without IPv6 */
}

/* What every new one gets; we are in it. */
static int netns_furnish(struct error *err)
{
	int r = loopback_up();

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "bring up the loopback interface");
	r = ipv6_default(false);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "disable IPv6 in a network namespace");
	return 0;
}

int netns_new(int *ret_fd, struct error *err)
{
	cleanup(netns_return) int home_fd = -1;
	cleanup_fd int fd = -1;
	int home = open("/proc/self/ns/net", NETNS_FLAGS);
	int r;

	if (home < 0)
		return error_set(err, ERR_SYSTEM, errno, "open the network namespace");
	if (unshare(CLONE_NEWNET) < 0) {
		r = error_set(err, ERR_SYSTEM, errno, "create a network namespace");
		(void)close(home);
		return r;
	}
	home_fd = home;
	r = netns_furnish(err);
	if (r < 0)
		return r;
	fd = open("/proc/self/ns/net", NETNS_FLAGS);
	if (fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open a network namespace");
	*ret_fd = take_fd(&fd);
	return 0;
}

int netns_adopt(int netns_fd, struct error *err)
{
	cleanup(netns_return) int home_fd = -1;
	int home = open("/proc/self/ns/net", NETNS_FLAGS);
	int r;

	if (home < 0)
		return error_set(err, ERR_SYSTEM, errno, "open the network namespace");
	if (setns(netns_fd, CLONE_NEWNET) < 0) {
		r = error_set(err, ERR_SYSTEM, errno, "enter a network namespace");
		(void)close(home);
		return r;
	}
	home_fd = home;
	return netns_furnish(err);
}

int netns_prepare(int netns_fd, bool ipv6, struct netlink *ret)
{
	cleanup(netns_return) int home_fd = -1;
	int home = open("/proc/self/ns/net", NETNS_FLAGS);
	int r;

	if (home < 0)
		return -errno;
	if (setns(netns_fd, CLONE_NEWNET) < 0) {
		r = -errno;
		(void)close(home);
		return r;
	}
	home_fd = home;
	if (ipv6) {
		r = ipv6_default(true);
		if (r < 0)
			return r;
	}
	return netlink_open(NETLINK_ROUTE, ret);
}
