/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Links of the host are moved into the container's network namespace: with their permanent
 * addresses, renamed, up. The kernel gives real devices back when that namespace ends; a virtual
 * one ends with it.
 */
#include "runtime/net-devices.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "sys/link-move.h"
#include "sys/rtnetlink.h"

enum { TEMPLATE_MAX = 1024 };

/* A move from where @from speaks to where @to does. */
struct move {
	struct netlink from, to;
	int to_fd;
};

#define MOVE_INIT                                                                                  \
	{                                                                                          \
		NETLINK_INIT, NETLINK_INIT, -1                                                     \
	}

static void move_release(struct move *m)
{
	netlink_release(&m->from);
	netlink_release(&m->to);
}

static int open_namespace(const struct launch *l)
{
	char path[40];

	if (l->ns_fd[NS_NETWORK] >= 0)
		return fcntl(l->ns_fd[NS_NETWORK], F_DUPFD_CLOEXEC, 3);
	(void)snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)l->pid);
	return namespace_open(path, NS_NETWORK);
}

/* A socket stays in the namespace where it was opened. */
static int open_inside(int netns_fd, struct netlink *ret)
{
	cleanup_fd int own = namespace_open("/proc/self/ns/net", NS_NETWORK);
	int r = own < 0 ? own : namespace_enter(netns_fd, NS_NETWORK), back;

	if (r < 0)
		return r;
	r = netlink_open(NETLINK_ROUTE, ret);
	back = namespace_enter(own, NS_NETWORK);
	return r < 0 ? r : back;
}

static int move_open(int netns_fd, bool into, struct move *ret)
{
	int r = netlink_open(NETLINK_ROUTE, into ? &ret->from : &ret->to);

	if (!r)
		r = open_inside(netns_fd, into ? &ret->to : &ret->from);
	return r;
}

/* "eth%d": the first number that is free there. */
static int find_name(const struct move *m, const char *wanted, char *ret, size_t size)
{
	const char *template = strstr(wanted, "%d");
	int index;

	for (int i = 0; i < TEMPLATE_MAX; i++) {
		if (template)
			(void)snprintf(ret, size, "%.*s%d", (int)(template - wanted), wanted, i);
		else
			(void)snprintf(ret, size, "%s", wanted);
		if (link_index(&m->to, ret, &index) == -ENODEV)
			return 0;
		if (!template)
			return -EEXIST;
	}
	return -ENFILE;
}

static int move_link(struct move *m, const char *old, const char *name)
{
	cleanup(strbuf_release) struct strbuf addresses = STRBUF_INIT;
	int index, r = link_index(&m->from, old, &index);

	if (!r)
		r = link_addresses_save(&m->from, index, &addresses);
	if (!r)
		r = link_move(&m->from, index, m->to_fd, name);
	if (!r)
		r = link_index(&m->to, name, &index);
	return r < 0 ? r : link_addresses_restore(&m->to, index, &addresses);
}

static int move_in(struct launch *l, struct move *m, const struct oci_net_device *dev,
		   struct error *err)
{
	const char *wanted = dev->name ? dev->name : dev->key;
	char *name = l->links.names[l->links.n];
	int index, r = link_index(&m->from, dev->key, &index);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "linux.netDevices: link '%s'", dev->key);
	r = find_name(m, wanted, name, sizeof(l->links.names[0]));
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r,
				 "linux.netDevices: name '%s' in the container's network namespace",
				 wanted);
	r = move_link(m, dev->key, name);
	/* It may be there although giving it its addresses failed. */
	if (r == 0 || link_index(&m->to, name, &index) == 0)
		l->links.n++;
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "linux.netDevices: move link '%s' as '%s'",
				 dev->key, name);
	return 0;
}

int net_devices_move(struct launch *l, struct error *err)
{
	const struct oci_linux *lx = l->spec->linux_;
	cleanup(move_release) struct move m = MOVE_INIT;
	int r;

	if (!lx->n_net_devices)
		return 0;
	if (!launch_has_own(l, NS_NETWORK))
		return error_set(err, ERR_INVALID, EINVAL,
				 "linux.netDevices needs a network namespace of the container's "
				 "own");
	l->links.netns_fd = open_namespace(l);
	r = l->links.netns_fd < 0 ? l->links.netns_fd : move_open(l->links.netns_fd, true, &m);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r,
				 "linux.netDevices: enter the container's network namespace");
	m.to_fd = l->links.netns_fd;
	l->links.names = xcalloc(lx->n_net_devices, sizeof(*l->links.names));
	for (size_t i = 0; !r && i < lx->n_net_devices; i++)
		r = move_in(l, &m, &lx->net_devices[i], err);
	return r;
}

void net_devices_return(struct launch *l)
{
	cleanup(move_release) struct move m = MOVE_INIT;
	cleanup_fd int own = -1;

	if (!l->links.n)
		return;
	own = namespace_open("/proc/self/ns/net", NS_NETWORK);
	if (own < 0 || move_open(l->links.netns_fd, false, &m) < 0)
		return;
	m.to_fd = own;
	/* The first error is the one to tell. */
	while (l->links.n--)
		ignore_result(move_link(&m, l->links.names[l->links.n],
					l->spec->linux_->net_devices[l->links.n].key));
	l->links.n = 0;
}
