/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host for network tests, in a network namespace of this process alone: nothing of the machine
 * changes. "lan" 192.0.2.1/24 leads to a neighbour at 192.0.2.2 in another namespace. Needs root.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "network/network.h"
#include "store/networks.h"

#define LAN_HOST "192.0.2.1"
#define LAN_HOST6 "2001:db8:1::1"
#define LAN_NEIGHBOUR "192.0.2.2"
#define LAN_NEIGHBOUR6 "2001:db8:1::2"

struct lab {
	char dir[64]; /* data root and run root                       */
	struct store store;
	struct network_config config;
	int home_fd, host_fd; /* where the test came from, the lab's "host"   */
	int neighbour_fd;
};

/* False: not root, the test is to be skipped. */
bool lab_open(struct lab *lab);
void lab_close(struct lab *lab);

/* For cmocka: a lab for all tests of a program; who asks for it without root is skipped, and fails
 * with MUST_RUN. */
int lab_setup(void **state);
int lab_teardown(void **state);
struct lab *lab_of(void **state);

/* Run fn in a child process in that namespace (-1: the lab's host); its result is the exit
 * status. */
int lab_run(const struct lab *lab, int netns_fd, int (*fn)(const void *arg), const void *arg);

/* A server in a namespace that answers each connection or datagram with the address it came from,
 * as text. Returns its pid. */
int lab_serve(int netns_fd, int type, uint16_t port);
void lab_stop(int pid);

/* From that namespace (-1: the host), connect or send to ip:port: the server's answer, owned;
 * NULL when there is none within limit seconds (what is lost is sent again after one). */
char *lab_ask(const struct lab *lab, int netns_fd, int type, const char *ip, uint16_t port,
	      int limit);
