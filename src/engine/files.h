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

/* For a container that runs: lines of /etc/hosts for an endpoint that came, without those of one
 * that went (NULL: none). What else is in the file stays. */
must_check int files_hosts_change(struct engine *e, const struct files_inputs *in,
				  const struct endpoint *came, const struct endpoint *went,
				  struct error *err);
/* Only /etc/resolv.conf. */
must_check int files_write_resolv_conf(struct engine *e, const struct files_inputs *in,
				       struct error *err);
