/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hoy-relay: see network/relay.h. fd 3 is the channel to who started us: a message "PROTOCOL
 * ADDRESS PORT" with a bound socket each, then "go". From there on we hold no right and no file
 * but those sockets.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/parse.h"
#include "base/strbuf.h"
#include "network/relay-loop.h"
#include "sys/unixsock.h"

enum {
	CHANNEL_FD = 3,
	LINE_MAX = 128,
	NOBODY = 65534,
	SLOTS_MAX = 4096,
	FDS_PER_SLOT = 2,
	FDS_SPARE = 16,
};

static unsigned int slots_free;

bool relay_take_slot(void)
{
	if (slots_free == 0)
		return false;
	slots_free--;
	return true;
}

void relay_give_slot(void)
{
	slots_free++;
}

static void set_slots(unsigned int listeners)
{
	struct rlimit lim = { 1024, 1024 };
	rlim_t room;

	(void)getrlimit(RLIMIT_NOFILE, &lim);
	lim.rlim_cur = lim.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &lim);
	room = lim.rlim_cur > listeners + FDS_SPARE ? lim.rlim_cur - listeners - FDS_SPARE : 0;
	slots_free = room / FDS_PER_SLOT < SLOTS_MAX ? (unsigned int)(room / FDS_PER_SLOT)
						     : SLOTS_MAX;
}

static int target_parse(char *line, char **ret_protocol, struct relay_target *ret)
{
	char *save = NULL, *address, *port;
	uint16_t number;

	*ret_protocol = strtok_r(line, " ", &save);
	address = strtok_r(NULL, " ", &save);
	port = strtok_r(NULL, " ", &save);
	*ret = (struct relay_target){ .addr.sin_family = AF_INET };
	if (!port || inet_pton(AF_INET, address, &ret->addr.sin_addr) != 1 ||
	    parse_port(port, &number) < 0)
		return -EINVAL;
	ret->addr.sin_port = htons(number);
	return 0;
}

/* A protocol that is only held, or a target of another family, needs no more than its fd kept
 * open. */
static int source_add(char *line, int fd)
{
	struct relay_target target;
	char *protocol;

	if (target_parse(line, &protocol, &target) < 0)
		return -EINVAL;
	if (strcmp(protocol, "tcp") == 0)
		relay_add_tcp(fd, &target);
	else if (strcmp(protocol, "udp") == 0)
		relay_add_udp(fd, &target);
	return 0;
}

/* Returns the number of sockets, or -errno: the end without "go" among it. */
static int receive_sources(void)
{
	int n = 0;

	for (;;) {
		char line[LINE_MAX];
		int fd = -1;
		ssize_t len = unixsock_recv_fd(CHANNEL_FD, line, sizeof(line) - 1, &fd);

		if (len <= 0)
			return len < 0 ? (int)len : -ECANCELED;
		line[len] = '\0';
		if (fd < 0)
			return strcmp(line, "go") == 0 ? n : -EINVAL;
		if (source_add(line, fd) < 0)
			return -EINVAL;
		n++;
	}
}

static int drop_rights(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	if (geteuid() == 0 && (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
			       setresuid(NOBODY, NOBODY, NOBODY) < 0))
		return -errno;
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ? -errno : 0;
}

int main(void)
{
	int n;

	if (chdir("/") < 0)
		return 1;
	n = receive_sources();
	(void)close(CHANNEL_FD);
	if (n < 0)
		return 1;
	set_slots((unsigned int)n);
	if (drop_rights() < 0)
		return 1;
	event_loop_run();
}
