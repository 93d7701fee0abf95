/* SPDX-License-Identifier: Apache-2.0 */
/* The files of ours that a container sees: /etc/hostname, /etc/hosts, /etc/resolv.conf. */
#pragma once

#include "engine/instance.h"

struct files_inputs {
	const struct container *rec;
	const struct container_config *config;
	const struct host_config *host;
	const struct endpoint *endpoints;
	size_t n_endpoints;
	bool resolver;	       /* 127.0.0.11 answers */
	char *const *links;    /* lines for /etc/hosts, NULL none */
	const char *shared_id; /* network container:X has X's files; NULL own ones */
};

/* Write them into <data>/containers/<id>/, in place: they are bound by inode. */
must_check int files_write(struct engine *e, const struct files_inputs *in, struct error *err);

/* For who reads and changes /etc/hosts of a container that has links: others do so without its
 * mutex when one that it is linked to starts with another address. Held until *ret_fd is closed;
 * -1: it has no links. */
must_check int files_lock(struct engine *e, const char *id, const struct host_config *host,
			  int *ret_fd, struct error *err);
/* Under that lock: the lines whose first name is that one have this address from now on. */
must_check int files_hosts_readdress(struct engine *e, const char *id, const char *name,
				     const char *ip, struct error *err);

/* For a container that runs: lines of /etc/hosts for an endpoint that came, without those of one
 * that went (NULL: none). What else is in the file stays. */
must_check int files_hosts_change(struct engine *e, const struct files_inputs *in,
				  const struct endpoint *came, const struct endpoint *went,
				  struct error *err);
/* Only /etc/resolv.conf. */
must_check int files_write_resolv_conf(struct engine *e, const struct files_inputs *in,
				       struct error *err);
